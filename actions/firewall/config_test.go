package firewall

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	if ps := NewConfig().Validate(); len(ps) > 0 {
		t.Errorf("the defaults: %v", ps)
	}
	for _, tt := range []struct {
		change  func(*Config)
		setting string
		says    string
	}{
		{func(c *Config) { c.Backend = "pf" }, "backend", "command, iptables, nftables"},
		{func(c *Config) { c.Hooks = nil }, "hooks", "INPUT"},
		{func(c *Config) { c.Hooks = []string{"OUTPUT"} }, "hooks", `"OUTPUT" is none of`},
		{func(c *Config) { c.Verdict = "accept" }, "verdict", "drop, reject"},
		{func(c *Config) { c.SetSize = 0 }, "set_size", "from 1 to"},
		{func(c *Config) { c.Backend = Command }, "command", "needs a program"},
		{func(c *Config) { c.Command = []string{"x"} }, "command", `backend = "command"`},
		{func(c *Config) { c.CommandTimeout = "2h" }, "command_timeout", `"2h"`},
	} {
		c := NewConfig()
		tt.change(c)
		ps := c.Validate()
		if len(ps) != 1 || ps[0].Setting != tt.setting || !strings.Contains(ps[0].Detail, tt.says) {
			t.Errorf("%s: %v", tt.setting, ps)
		}
		if _, err := Open(c, Options{}); err == nil {
			t.Errorf("%s: it opens", tt.setting)
		}
	}
}

func TestResolve(t *testing.T) {
	c := NewConfig()
	args := []string{filepath.Join("bin", "fw"), "--x"}
	c.Iptables, c.Command = "iptables-legacy", args
	c.Resolve("/etc/ruleids")
	if c.Iptables != "iptables-legacy" || !slices.Equal(c.Command, []string{filepath.Join("/etc/ruleids", "bin", "fw"), "--x"}) {
		t.Errorf("%q, %q", c.Iptables, c.Command)
	}
	if args[0] != filepath.Join("bin", "fw") {
		t.Error("the caller's slice was changed")
	}
}

func TestRestart(t *testing.T) {
	c, d := NewConfig(), NewConfig()
	d.Hooks = []string{"FORWARD", "INPUT", "INPUT"}
	if got := c.Restart(d); got != nil {
		t.Errorf("the same in another order needs a restart: %q", got)
	}
	d.Hooks, d.SetSize, d.Verdict = []string{"INPUT"}, 5, reject
	if got := c.Restart(d); !slices.Equal(got, []string{"hooks", "set_size", "verdict"}) {
		t.Errorf("restart for %q", got)
	}
}
