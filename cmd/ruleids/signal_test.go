//go:build unix

package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestReaderGoesAway closes the reading end of the pipe that standard output goes to, as head does: the
// program ends with status 2 and says nothing.
func TestReaderGoesAway(t *testing.T) {
	for _, args := range [][]string{
		{"run", "-r", "-"},
		{"explain", "-r", "-"},
		{"plan"},
		{"plan", "--format", "json"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			r.Close()
			defer w.Close()
			var stderr bytes.Buffer
			cmd := exec.Command("ruleids", args...)
			cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(synscan(20)), w, &stderr
			if err := cmd.Run(); cmd.ProcessState.ExitCode() != statusFault || stderr.Len() > 0 {
				t.Errorf("%v, standard error %q", err, &stderr)
			}
		})
	}
}

// TestInterrupt stops a replay that waits for more packets: what there was is told, with status 2.
func TestInterrupt(t *testing.T) {
	in, feed := io.Pipe()
	var stderr bytes.Buffer
	cmd := exec.Command("ruleids", "run", "-r", "-", "--summary", "always")
	cmd.Stdin, cmd.Stderr = in, &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := feed.Write(synscan(20)); err != nil {
		t.Fatal(err)
	}
	// The alert comes while the input is still open: it does not wait in a buffer for more.
	buf := make([]byte, 4096)
	n, err := out.Read(buf)
	if err != nil || !strings.Contains(string(buf[:n]), "port_scan") {
		t.Errorf("%v, standard output %q", err, buf[:n])
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, out); err != nil {
		t.Error(err)
	}
	feed.Close()
	err = cmd.Wait()
	if cmd.ProcessState.ExitCode() != statusFault || !strings.Contains(stderr.String(), "warning: the replay was interrupted") || !strings.Contains(stderr.String(), "1 alert: 1 high") {
		t.Errorf("%v, standard error %q", err, &stderr)
	}
}

// TestSignalEndsWaiting sends a signal to commands that wait for standard input: it ends them at once.
func TestSignalEndsWaiting(t *testing.T) {
	for _, args := range [][]string{{"fmt", "-"}, {"lint", "-"}} {
		for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("ruleids", args...)
			cmd.Stdin = r
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			r.Close()
			// More than a pipe holds, so that the program has begun to read.
			if _, err := w.Write(make([]byte, 200_000)); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // ends by the test's time limit where the signal is swallowed
			if s, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !s.Signaled() || s.Signal() != sig {
				t.Errorf("%v with %v: %v", args, sig, cmd.ProcessState)
			}
			w.Close()
		}
	}
}
