package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// patience is how long one command may take under Wine on a busy machine.
const patience = 3 * time.Minute

// A prefix is a Windows of Wine's, with the program in it.
type prefix struct {
	dir, program string // program is ruleids.exe
	native       string // the same program for this system
	alive        *exec.Cmd
	screen       *exec.Cmd // Xvfb, where there is one
	display      string    // of the screen
	root         string    // of the repository
}

var windows prefix

// TestMain makes one prefix for all tests: that takes longer than most of them.
func TestMain(m *testing.M) {
	code := 0
	if os.Getenv("RULEIDS_WINE") != "" {
		if err := windows.make(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		defer windows.remove()
	}
	code = m.Run()
	windows.remove()
	os.Exit(code)
}

// need skips a test where Wine is not asked for.
func need(t *testing.T) {
	t.Helper()
	if windows.dir == "" {
		t.Skip("make wine-test runs this")
	}
}

func (p *prefix) make() (err error) {
	if p.root, err = filepath.Abs("../.."); err != nil {
		return err
	}
	if p.dir, err = os.MkdirTemp("", "ruleids-wine-"); err != nil {
		return err
	}
	p.program, p.native = filepath.Join(p.dir, "ruleids.exe"), filepath.Join(p.dir, "ruleids")
	for out, goos := range map[string]string{p.program: "windows", p.native: "linux"} {
		if err := p.build(goos, "build", "-ldflags", "-s -w", "-o", out, "./cmd/ruleids"); err != nil {
			return err
		}
	}
	if err := p.openScreen(); err != nil {
		return err
	}
	boot := p.command("wineboot", "-i")
	if out, err := boot.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", boot, err, out)
	}
	if err := os.WriteFile(p.path("windows", "system32", "bcryptprimitives.dll"), forwarder(), 0o644); err != nil {
		return err
	}
	// A program that waits keeps this Windows up: it would be started again for each command, and its services with it.
	p.alive = p.command("wine", p.program, "lsp")
	if _, err := p.alive.StdinPipe(); err != nil {
		return err
	}
	return p.alive.Start()
}

// openScreen starts a screen that nobody sees, where Xvfb is installed.
func (p *prefix) openScreen() error {
	if _, err := exec.LookPath("Xvfb"); err != nil {
		return nil
	}
	screen := exec.Command("Xvfb", "-displayfd", "1", "-nolisten", "tcp")
	out, err := screen.StdoutPipe()
	if err == nil {
		err = screen.Start()
	}
	if err != nil {
		return err
	}
	p.screen = screen
	number := 0
	if _, err := fmt.Fscan(out, &number); err != nil {
		return fmt.Errorf("Xvfb names no display: %w", err)
	}
	p.display = fmt.Sprintf(":%d", number)
	return nil
}

// build runs go for a system.
func (p *prefix) build(goos string, args ...string) error {
	cmd := exec.Command("go", args...)
	cmd.Dir = p.root
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", cmd, err, out)
	}
	return nil
}

// remove ends what runs in the prefix, and removes it.
func (p *prefix) remove() {
	if p.dir == "" {
		return
	}
	_ = p.command("wineserver", "-k").Run() // it has ended where nothing ran
	if p.alive != nil {
		_ = p.alive.Wait()
	}
	if p.screen != nil {
		_ = p.screen.Process.Kill()
		_ = p.screen.Wait()
	}
	_ = os.RemoveAll(p.dir)
	p.dir = ""
}

// path returns a path on drive C.
func (p *prefix) path(parts ...string) string {
	return filepath.Join(append([]string{p.dir, "wine", "drive_c"}, parts...)...)
}

func (p *prefix) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = p.root
	cmd.Env = append(os.Environ(), "WINEPREFIX="+filepath.Join(p.dir, "wine"), "WINEDEBUG=-all", "WINEARCH=win64", "DISPLAY="+p.display)
	return cmd
}

// start runs the program until the test is over, or ends it. What it says is told where the test fails.
func (p *prefix) start(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := p.command("wine", append([]string{p.program}, args...)...)
	var said strings.Builder
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &said, &said, time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%v says\n%s", cmd, said.String())
		}
	})
	return cmd
}

// run runs a program under Wine and returns what it printed, and its exit status.
func (p *prefix) run(t *testing.T, within time.Duration, dir, program string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	base := p.command("wine")
	cmd := exec.CommandContext(ctx, "wine", append([]string{program}, args...)...)
	cmd.Dir, cmd.Env = filepath.Join(p.root, dir), base.Env
	cmd.WaitDelay = time.Second // programs of Wine's own keep standard error open
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		t.Logf("%v: %v", cmd, err)
		code = -1
	}
	return strings.ReplaceAll(out.String(), "\r\n", "\n"), errs.String(), code
}

// ruleids runs the program and fails the test unless it exits with a status and prints all of the words.
func (p *prefix) ruleids(t *testing.T, code int, words []string, args ...string) string {
	t.Helper()
	out, errs, got := p.run(t, patience, ".", p.program, args...)
	for _, w := range words {
		if !strings.Contains(out+errs, w) {
			t.Errorf("ruleids %s does not print %q", strings.Join(args, " "), w)
		}
	}
	if got != code || t.Failed() {
		t.Fatalf("ruleids %s: exit status %d, want %d\n%s\n%s", strings.Join(args, " "), got, code, out, errs)
	}
	return out
}

// answers waits until a daemon answers: under Wine the first connection goes to the instance of the pipe that holds its name,
// which answers nobody.
func (p *prefix) answers(t *testing.T, args ...string) {
	t.Helper()
	until(t, "a pipe that answers", func() bool {
		_, _, code := p.run(t, patience/9, ".", p.program, append([]string{"status"}, args...)...)
		return code == 0 || code == 1
	})
}
