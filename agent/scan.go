package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/assets"
	"github.com/ruleids/ruleids/internal/printable"
)

// scans runs nmap every so often on the networks that the settings name, and on no others. It is a process of its own, with
// the daemon's rights; it sends to other hosts, so that nothing runs it that was not asked for.
type scans struct {
	of *assetMap

	mu     sync.Mutex
	status api.ScanStatus
}

// maxScanOutput bounds what is kept of the XML of a scan, in bytes: that of 65,536 hosts with some ports each.
const maxScanOutput = 256 << 20

// scanStop is how long nmap may take to end once it is told to.
const scanStop = 5 * time.Second

// run scans at the start, and then every so often, until ctx is done.
func (s *scans) run(ctx context.Context) {
	c := &s.of.d.running.Scan
	if len(c.Nets) == 0 {
		return
	}
	if s.of.d.opt.Simulate != "" {
		s.of.d.log.Info("a simulation scans nothing")
		return
	}
	for {
		s.scan(ctx)
		next := time.Now().Add(c.Every)
		s.mu.Lock()
		s.status.Next = &next
		s.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-time.After(c.Every):
		}
	}
}

// scan runs nmap once. What it found before it failed counts.
func (s *scans) scan(ctx context.Context) {
	d, c := s.of.d, &s.of.d.running.Scan
	s.mu.Lock()
	s.status.Running, s.status.Next = true, nil
	s.mu.Unlock()
	d.log.Info("a scan begins", "nets", c.Nets, "program", c.Program)
	began := time.Now()
	found, err := s.nmap(ctx)
	fresh := 0
	if len(found.Hosts) > 0 {
		fresh = s.of.all.Import(found)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.Running = false
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		s.status.Error = err.Error()
		d.log.Error("a scan failed", "error", err, "hosts", len(found.Hosts))
		return
	}
	now := time.Now()
	s.status.Last, s.status.Hosts, s.status.Error = &now, len(found.Hosts), ""
	d.log.Info("a scan ended", "hosts", len(found.Hosts), "new", fresh, "after", time.Since(began).Round(time.Second).String())
}

// nmap runs nmap and reads what it writes.
func (s *scans) nmap(ctx context.Context) (*assets.Scan, error) {
	c := &s.of.d.running.Scan
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	args := append(c.Program[1:len(c.Program):len(c.Program)], "-oX", "-")
	v6 := false
	for _, n := range c.Nets {
		v6 = v6 || n.Addr().Is6()
		args = append(args, n.String())
	}
	if v6 {
		args = append([]string{"-6"}, args...)
	}
	cmd := exec.CommandContext(ctx, c.Program[0], args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = scanStop
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &printable.Limit{W: &out, Left: maxScanOutput}, &printable.Limit{W: &errs, Left: 4096}
	err := cmd.Run()
	found, rerr := assets.ReadScan(&out)
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return found, fmt.Errorf("%s is not installed; install it, or say scan { program = … }", c.Program[0])
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return found, fmt.Errorf("it took more than %s; give it more with scan { timeout = … }, or fewer nets", c.Timeout)
	case err != nil:
		return found, fmt.Errorf("%w: %s", err, strings.TrimSpace(errs.String()))
	case rerr != nil:
		return found, fmt.Errorf("its output cannot be read: %w", rerr)
	}
	return found, nil
}

// report returns how scanning goes; nil where nothing is scanned.
func (s *scans) report() *api.ScanStatus {
	c := &s.of.d.running.Scan
	if len(c.Nets) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.status
	out.Every = c.Every.String()
	for _, n := range c.Nets {
		out.Nets = append(out.Nets, n.String())
	}
	return &out
}
