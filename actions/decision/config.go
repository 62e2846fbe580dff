package decision

import (
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/ruleids/ruleids/internal/setting"
)

// A Mode says whether decisions are carried out.
type Mode string

const (
	Monitor Mode = "monitor" // they are recorded
	Enforce Mode = "enforce" // they are done
)

// Config is the settings of decisions: attributes of the block `response`. NewConfig returns one with every
// default set; gohcl.DecodeBody into it leaves the defaults of what the block does not set.
type Config struct {
	// Mode is "monitor" or "enforce".
	Mode string `hcl:"mode,optional"`
	// Journal is the path of the file of decisions. Its folder must exist, and be the program's to write to.
	Journal string `hcl:"journal,optional"`
	// Audit is the path of the audit log; "" for none.
	Audit string `hcl:"audit,optional"`
	// NeverBlock are addresses and prefixes that only a person can have blocked, by force.
	NeverBlock []string `hcl:"never_block,optional"`
	// Grace is how long automatic decisions leave a target alone after its release.
	Grace string `hcl:"grace,optional"`
	// EscalateBy is what the time of an automatic decision is multiplied with for each earlier offence.
	EscalateBy float64 `hcl:"escalate_by,optional"`
	// EscalateMax is the longest time that EscalateBy may lead to.
	EscalateMax string `hcl:"escalate_max,optional"`
	// ForgetAfter is how long offences are remembered after a decision ended.
	ForgetAfter string `hcl:"forget_after,optional"`
	// MaxDecisions is how many decisions hold at a time, but for a thousand more that people may make. It bounds
	// memory and the journal where an attacker forges his address.
	MaxDecisions int `hcl:"max_decisions,optional"`
	// SSHPorts are the local ports of SSH servers; none for those that sshd_config names.
	SSHPorts []int `hcl:"ssh_ports,optional"`
	// SSHLoginGrace is how long a client that is not logged in can stay connected, LoginGraceTime of
	// sshd_config; "0s" where there is no such limit.
	SSHLoginGrace string `hcl:"ssh_login_grace,optional"`
}

// NewConfig returns the defaults.
func NewConfig() *Config {
	return &Config{Mode: string(Monitor), Journal: "/var/lib/ruleids/decisions.jsonl", Audit: "/var/log/ruleids/audit.jsonl",
		Grace: "60s", EscalateBy: 2, EscalateMax: "24h", ForgetAfter: "24h", MaxDecisions: 200_000, SSHLoginGrace: "2m"}
}

// A Problem is what is wrong with one setting.
type Problem = setting.Problem

// settings is what the text of a Config says.
type settings struct {
	mode                Mode
	grace               time.Duration
	escalateBy          float64
	escalateMax, forget time.Duration
	maxDecisions        int
	neverBlock          []Target
	sshPorts            []uint16
	sshLoginGrace       time.Duration
}

// Validate returns all that is wrong with the settings, in the order of the fields. It looks at no file.
func (c *Config) Validate() []Problem {
	_, ps := c.parse()
	return ps
}

// Resolve makes relative paths relative to a folder, that of the settings file.
func (c *Config) Resolve(dir string) {
	for _, p := range []*string{&c.Journal, &c.Audit} {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
}

// Bounds of settings. A factor of 100 reaches any maximum with the third offence; ten million decisions take some
// 5 GB of memory, which is more than a slip of the pen should.
const (
	maxFactor    = 100
	maxDecisions = 10_000_000
)

func (c *Config) parse() (s settings, ps []Problem) {
	wrong := func(name, format string, args ...any) {
		ps = append(ps, Problem{Setting: name, Detail: fmt.Sprintf(format, args...)})
	}
	span := func(name, text string) time.Duration {
		d, err := setting.ParseDuration(text)
		if err != nil {
			wrong(name, "%v.", err)
		}
		return d
	}
	s.mode = Mode(c.Mode)
	if s.mode != Monitor && s.mode != Enforce {
		wrong("mode", "%q is none of %s, %s.", c.Mode, Enforce, Monitor)
	}
	if c.Journal == "" {
		wrong("journal", "Decisions need the path of a file that they are kept in.")
	}
	if c.Audit != "" && filepath.Clean(c.Audit) == filepath.Clean(c.Journal) {
		wrong("audit", "The audit log cannot be the journal; give it a file of its own.")
	}
	for _, text := range c.NeverBlock {
		t, err := ParseTarget(text)
		if err != nil {
			wrong("never_block", "%v.", err)
			continue
		}
		s.neverBlock = append(s.neverBlock, t)
	}
	s.grace = span("grace", c.Grace)
	if s.escalateBy = c.EscalateBy; !(c.EscalateBy >= 1 && c.EscalateBy <= maxFactor) {
		wrong("escalate_by", "%v would not lengthen a quarantine; write a number from 1 (always the same) to %d.", c.EscalateBy, maxFactor)
	}
	if s.escalateMax = span("escalate_max", c.EscalateMax); s.escalateMax > maxFor {
		wrong("escalate_max", "Write at most %d days.", maxFor/(24*time.Hour))
	}
	s.forget = span("forget_after", c.ForgetAfter)
	if s.maxDecisions = c.MaxDecisions; c.MaxDecisions < 1 || c.MaxDecisions > maxDecisions {
		wrong("max_decisions", "%d decisions cannot be held; write a number from 1 to %d.", c.MaxDecisions, maxDecisions)
	}
	for _, p := range c.SSHPorts {
		if p < 1 || p > 65535 {
			wrong("ssh_ports", "%d is no port; write numbers from 1 to 65535.", p)
			continue
		}
		if !slices.Contains(s.sshPorts, uint16(p)) {
			s.sshPorts = append(s.sshPorts, uint16(p))
		}
	}
	s.sshLoginGrace = span("ssh_login_grace", c.SSHLoginGrace)
	return s, ps
}

// restart returns the settings that differ from others and that a running Book cannot take over.
func (c *Config) restart(from *Config) []string {
	var out []string
	for _, s := range []struct {
		name string
		same bool
	}{
		{"audit", c.Audit == from.Audit}, {"journal", c.Journal == from.Journal},
		{"ssh_login_grace", c.SSHLoginGrace == from.SSHLoginGrace}, {"ssh_ports", slices.Equal(c.SSHPorts, from.SSHPorts)},
	} {
		if !s.same {
			out = append(out, s.name)
		}
	}
	return out
}
