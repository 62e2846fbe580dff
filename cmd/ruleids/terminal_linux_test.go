package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ruleids/ruleids/internal/ansi"
)

// TestOnATerminal runs the program with its output on a pseudo-terminal: there it uses colours and
// ends with a summary without being asked.
func TestOnATerminal(t *testing.T) {
	scan := filepath.Join(t.TempDir(), "scan.pcap")
	if err := os.WriteFile(scan, synscan(20), 0o644); err != nil {
		t.Fatal(err)
	}
	sgr := regexp.MustCompile(`\x1b\[[0-9;]*m`)
	for _, c := range []struct {
		name           string
		args           []string
		env            string
		color, summary bool
	}{
		{name: "plain", color: true, summary: true},
		{name: "no colour, no summary", args: []string{"--color", "never", "--summary", "never"}},
		{name: "NO_COLOR", env: "NO_COLOR=1", summary: true},
		{name: "NO_COLOR but asked for", env: "NO_COLOR=1", args: []string{"--color", "always"}, color: true, summary: true},
		{name: "dumb", env: "TERM=dumb", summary: true},
		{name: "json", args: []string{"--format", "json"}, color: true, summary: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command("ruleids", append([]string{"run", "-r", scan}, c.args...)...)
			cmd.Env = append(os.Environ(), "NO_COLOR=", "TERM=xterm", c.env)
			out := onTerminal(t, cmd)
			if !strings.Contains(out, "port_scan") {
				t.Errorf("no alert in %q", out)
			}
			if got := sgr.MatchString(out); got != c.color {
				t.Errorf("coloured: %v, want %v: %q", got, c.color, out)
			}
			if got := strings.Contains(out, "1 capture, 20 packets"); got != c.summary {
				t.Errorf("summary: %v, want %v: %q", got, c.summary, out)
			}
		})
	}
}

// TestFitsTheTerminal runs commands on terminals of several widths: no line is wider, none is folded that fits, and in a pipe
// every alert is one line.
func TestFitsTheTerminal(t *testing.T) {
	scan := filepath.Join(t.TempDir(), "scan.pcap")
	if err := os.WriteFile(scan, synscan(2000), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"run", "-r", scan}, {"plan"}, {"explain", "-r", scan}, {"config", "show"}} {
		for _, width := range []int{80, 100, 132, 200} {
			cmd := exec.Command("ruleids", args...)
			cmd.Env = append(os.Environ(), "TERM=xterm", "NO_COLOR=")
			for line := range strings.SplitSeq(onTerminalOf(t, width, cmd), "\r\n") {
				line = line[strings.LastIndex(line, "\r")+1:]
				if n := ansi.Columns(line); n > width && len(strings.Fields(line)) > 1 {
					t.Errorf("%v: %d columns on a terminal of %d: %q", args, n, width, line)
				}
			}
		}
	}
	out, err := exec.Command("ruleids", "run", "-r", scan).Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.SplitSeq(strings.TrimSpace(string(out)), "\n") {
		if !strings.HasPrefix(line, "20") {
			t.Errorf("a line in a pipe is not an alert: %q", line)
		}
	}
}

// TestTopOnATerminal runs top on a terminal until a key ends it: the screen is drawn again and again, and given back.
func TestTopOnATerminal(t *testing.T) {
	dir := t.TempDir()
	must(os.WriteFile(filepath.Join(dir, "scan.pcap"), synscan(5000), 0o644))
	socket := filepath.Join(dir, "c.sock")
	daemon := exec.Command("ruleids", "run", "--simulate", "scan.pcap", "--speed", "20", "--socket", socket)
	daemon.Dir = dir
	log, err := daemon.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		must(daemon.Process.Signal(os.Interrupt))
		if err := daemon.Wait(); err != nil {
			t.Errorf("the daemon ends with %v", err)
		}
	}()
	if n, err := log.Read(make([]byte, 4096)); n == 0 { // its first line
		t.Fatal(err)
	}
	master, slave := openTerminal(t)
	defer master.Close()
	top := exec.Command("ruleids", "top", "--socket", socket, "--every", "100ms")
	top.Stdin, top.Stdout, top.Stderr = slave, slave, slave
	if err := top.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	var out []byte
	buf, asked := make([]byte, 64<<10), false
	for {
		n, err := master.Read(buf)
		out = append(out, buf[:n]...)
		if !asked && bytes.Count(out, []byte(screenHome)) >= 3 {
			asked = true
			if _, err := master.Write([]byte("q")); err != nil {
				t.Fatal(err)
			}
		}
		if err != nil {
			break
		}
	}
	if err := top.Wait(); err != nil {
		t.Errorf("%v: %q", err, out)
	}
	text := string(out)
	if !strings.HasPrefix(text, screenOn) || !strings.HasSuffix(text, screenOff) || !strings.Contains(text, "packets/s") || !strings.Contains(text, "ip.src=198.51.100.7") {
		t.Errorf("the screen was %q", text)
	}
	for _, frame := range strings.Split(text, screenHome)[1:] {
		if n := strings.Count(frame, "\n"); n >= 24 {
			t.Errorf("%d lines on a screen of 24: %q", n+1, frame)
		}
	}
}

// TestProgressOnATerminal gives the program more and more packets until it draws its bar.
func TestProgressOnATerminal(t *testing.T) {
	scan := synscan(20)
	const header = 24
	r, w := io.Pipe()
	cmd := exec.Command("ruleids", "run", "-r", "-", "--color", "never")
	cmd.Stdin = r
	seen := make(chan struct{})
	go func() {
		defer w.Close()
		_, err := w.Write(scan)
		for err == nil {
			select {
			case <-seen:
				return
			default:
				_, err = w.Write(scan[header:])
			}
		}
	}()
	var once bool
	out := onTerminal(t, cmd, func(sofar []byte) {
		if !once && bytes.Contains(sofar, []byte("packets (")) {
			once = true
			close(seen)
		}
	})
	bar := regexp.MustCompile(`\r[0-9.]+ k?M?B  [0-9,]+ packets \([0-9,]+/s\)  [0-9,]+ alerts?\x1b\[K`)
	if !bar.MatchString(out) {
		t.Errorf("no progress bar in %q", out)
	}
	// Alerts and the summary stand on lines of their own, not behind the bar.
	for line := range strings.SplitSeq(out, "\n") {
		last := line[strings.LastIndex(strings.TrimSuffix(line, "\r"), "\r")+1:]
		if strings.Contains(last, "packets (") && (strings.Contains(last, "port_scan") || strings.Contains(last, "capture,")) {
			t.Errorf("the bar and other text share a line: %q", line)
		}
	}
}

// onTerminal runs cmd with standard output and error on a terminal and returns what it wrote there.
// Each watch is called with all that has been written whenever something was.
func onTerminal(t *testing.T, cmd *exec.Cmd, watch ...func([]byte)) string {
	t.Helper()
	return onTerminalOf(t, 120, cmd, watch...)
}

// onTerminalOf is onTerminal with a terminal of a width.
func onTerminalOf(t *testing.T, width int, cmd *exec.Cmd, watch ...func([]byte)) string {
	t.Helper()
	master, slave := openTerminal(t)
	defer master.Close()
	if err := unix.IoctlSetWinsize(int(master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: uint16(width)}); err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = slave, slave
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	var out []byte
	buf := make([]byte, 64<<10)
	for {
		n, err := master.Read(buf)
		out = append(out, buf[:n]...)
		for _, f := range watch {
			f(out)
		}
		if err != nil {
			// A terminal whose other side is closed gives EIO.
			if !errors.Is(err, syscall.EIO) && err != io.EOF {
				t.Error(err)
			}
			break
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	return string(out)
}

func openTerminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	fd := int(master.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 120}); err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	return master, slave
}
