package decision

import (
	"context"
	"errors"
	"testing"
	"time"
)

// TestMonitorNeedsNoFirewall: in monitor mode, a kernel without sets is no trouble for who never enforced anything.
func TestMonitorNeedsNoFirewall(t *testing.T) {
	f := newFixture(t, func(c *Config) { c.Mode = "monitor" })
	f.Close()
	f.firewall.Fail(errors.New("the kernel has no ipset"))
	f.open()
	f.do(Recorded, byRule(Quarantine, bad, time.Minute))
	f.wait(time.Minute)
	if s := f.Status(); f.troubles.firewall.State().Failures != 0 {
		t.Errorf("%+v", s.Failing)
	}
	// It is as soon as somebody enforces.
	c := *f.config
	c.Mode = "enforce"
	if _, err := f.Reconfigure(context.Background(), &c); err == nil || f.Status().Failing["firewall"] == "" {
		t.Errorf("%v, %+v", err, f.Status().Failing)
	}
}

// TestMonitorEmptiesLater: members of an earlier run in enforce mode are taken out as soon as that can be done.
func TestMonitorEmptiesLater(t *testing.T) {
	f := newFixture(t)
	f.do(Decided, byRule(Block, bad, 0))
	f.Close()
	f.config.Mode = "monitor"
	f.firewall.Fail(errors.New("the lock is held"))
	f.open()
	if s := f.Status(); s.Failing["firewall"] == "" {
		t.Errorf("%+v", s.Failing)
	}
	f.firewall.Fail(nil)
	f.inFirewall("block " + bad)
	f.wait(maxRetry)
	f.inFirewall()
	if s := f.Status(); s.Failing["firewall"] != "" || s.Blocks != 1 {
		t.Errorf("%+v", s)
	}
}
