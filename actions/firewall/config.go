package firewall

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
)

// The backends.
const (
	Iptables = "iptables" // chains by the iptables program, members in ipsets
	Nftables = "nftables" // a table of its own
	Command  = "command"  // a program of the user's
)

// Config is the settings of the firewall: attributes of the block `response`, beside those of decision.Config.
// NewConfig returns one with every default set; gohcl.DecodeBody into it leaves the defaults of what the block does
// not set.
type Config struct {
	// Backend is "iptables", "nftables" or "command".
	Backend string `hcl:"backend,optional"`
	// Hooks are the chains in which packets are looked at: "INPUT" for those to this host, "FORWARD" for those
	// that it passes on.
	Hooks []string `hcl:"hooks,optional"`
	// Verdict is "drop", or "reject" to tell the sender.
	Verdict string `hcl:"verdict,optional"`
	// SetSize is how many members each set can hold; there is a set for each kind of decision and each of IPv4 and
	// IPv6.
	SetSize int `hcl:"set_size,optional"`
	// Iptables is the path of the iptables program; "" for the one in PATH. Its namesake for IPv6 must be beside it.
	Iptables string `hcl:"iptables,optional"`
	// Command is the program of the backend "command" and its arguments.
	Command []string `hcl:"command,optional"`
	// CommandTimeout is how long the program may run.
	CommandTimeout string `hcl:"command_timeout,optional"`
}

// NewConfig returns the defaults.
func NewConfig() *Config {
	return &Config{Backend: Iptables, Hooks: hookNames(), Verdict: drop, SetSize: 262_144, CommandTimeout: "5s"}
}

// What becomes of the packets of members.
const (
	drop   = "drop"
	reject = "reject"
)

// hookNames are the chains that packets to and through a host pass, as iptables calls them.
func hookNames() []string { return []string{"INPUT", "FORWARD"} }

// Bounds of settings. ipset keeps the length of a hash in 32 bits; ten million members take a gigabyte of the kernel's
// memory, which is more than a slip of the pen should.
const (
	maxSetSize        = 10_000_000
	maxCommandTimeout = time.Minute
)

// Validate returns all that is wrong with the settings, in the order of the fields. It looks at no file.
func (c *Config) Validate() (ps []decision.Problem) {
	wrong := func(setting, format string, args ...any) {
		ps = append(ps, decision.Problem{Setting: setting, Detail: fmt.Sprintf(format, args...)})
	}
	if b := []string{Command, Iptables, Nftables}; !slices.Contains(b, c.Backend) {
		wrong("backend", "%q is none of %s.", c.Backend, strings.Join(b, ", "))
	}
	if len(c.Hooks) == 0 {
		wrong("hooks", "Without a chain no packet is looked at; write some of %s.", strings.Join(hookNames(), ", "))
	}
	for _, h := range c.Hooks {
		if !slices.Contains(hookNames(), h) {
			wrong("hooks", "%q is none of %s.", h, strings.Join(hookNames(), ", "))
		}
	}
	if c.Verdict != drop && c.Verdict != reject {
		wrong("verdict", "%q is none of %s, %s.", c.Verdict, drop, reject)
	}
	if c.SetSize < 1 || c.SetSize > maxSetSize {
		wrong("set_size", "A set cannot hold %d members; write a number from 1 to %d.", c.SetSize, maxSetSize)
	}
	switch {
	case c.Backend == Command && (len(c.Command) == 0 || c.Command[0] == ""):
		wrong("command", "The backend %q needs a program: command = [\"/usr/local/bin/fw\"].", Command)
	case c.Backend != Command && len(c.Command) > 0:
		wrong("command", "Only the backend %q runs a program; write backend = %q, or leave it out.", Command, Command)
	}
	if d, err := time.ParseDuration(c.CommandTimeout); err != nil || d <= 0 || d > maxCommandTimeout {
		wrong("command_timeout", "%q is no length of time from \"1ms\" to \"%s\".", c.CommandTimeout, maxCommandTimeout)
	}
	return ps
}

// Resolve makes relative paths relative to a folder, that of the settings file. A bare name of a program is looked for
// in PATH.
func (c *Config) Resolve(dir string) {
	beside := func(p string) string {
		if strings.ContainsRune(p, filepath.Separator) && !filepath.IsAbs(p) {
			return filepath.Join(dir, p)
		}
		return p
	}
	c.Iptables = beside(c.Iptables)
	if len(c.Command) > 0 {
		c.Command = slices.Clone(c.Command)
		c.Command[0] = beside(c.Command[0])
	}
}

// Restart returns the names of the settings that differ from others, sorted. A Firewall cannot take over any of them.
func (c *Config) Restart(from *Config) []string {
	var out []string
	for _, s := range []struct {
		name string
		same bool
	}{
		{"backend", c.Backend == from.Backend}, {"command", slices.Equal(c.Command, from.Command)},
		{"command_timeout", c.CommandTimeout == from.CommandTimeout}, {"hooks", slices.Equal(c.hooks(), from.hooks())},
		{"iptables", c.Iptables == from.Iptables}, {"set_size", c.SetSize == from.SetSize}, {"verdict", c.Verdict == from.Verdict},
	} {
		if !s.same {
			out = append(out, s.name)
		}
	}
	return out
}

// hooks returns the chains in a fixed order, each once.
func (c *Config) hooks() []string {
	return slices.DeleteFunc(hookNames(), func(h string) bool { return !slices.Contains(c.Hooks, h) })
}
