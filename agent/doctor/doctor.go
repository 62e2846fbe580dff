// Package doctor looks at what usually goes wrong with a sensor, and says what to do about it: in the settings and rules, the
// interfaces, the kernel, the firewall, the disk, the clock and the network. It changes nothing, and needs no daemon.
package doctor

import (
	"cmp"
	"context"
	"time"

	"github.com/ruleids/ruleids/agent"
	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/agent/config"
)

// A State says what a check found.
type State string

// The states: all is well; something to know that may be as it should be; something that has to be mended; and what could not be
// found out.
const (
	OK      State = "ok"
	Note    State = "note"
	Problem State = "problem"
	Unknown State = "unknown"
)

// A Finding is what a check found out about one thing.
type Finding struct {
	Check  string `json:"check"`  // "interface", "disk", …
	Of     string `json:"of"`     // what it is about, "eth0"; "" where there is only one
	State  State  `json:"state"`  //
	Says   string `json:"says"`   // a phrase
	Remedy string `json:"remedy"` // what to do; "" for nothing
}

// Options say what is looked at.
type Options struct {
	Input  agent.Input
	Loaded *agent.Loaded // what Input held
	// Root is the directory in the place of /, for tests.
	Root string
}

// A doctor is one run.
type doctor struct {
	Options
	ctx      context.Context
	config   *config.Config
	status   *api.Status // of the daemon; nil where none answers
	findings []Finding
	check    string // that runs
}

// each bounds every check that asks something outside of this process.
const each = 5 * time.Second

// Run runs all checks and returns what they found, in the order of the checks.
func Run(ctx context.Context, opt Options) []Finding {
	d := &doctor{Options: opt, ctx: ctx, config: opt.Loaded.Config}
	d.Root = cmp.Or(d.Root, "/")
	for _, c := range []struct {
		name string
		run  func()
	}{
		{"settings", d.settings}, {"daemon", d.daemon}, {"service", d.service}, {"capabilities", d.capabilities}, {"interface", d.interfaces}, {"memory", d.memory},
		{"bpf", d.bpf}, {"firewall", d.firewall}, {"clock", d.clock}, {"disk", d.disks}, {"secrets", d.secrets}, {"names", d.names}, {"inotify", d.inotify},
	} {
		if ctx.Err() != nil {
			break
		}
		d.check = c.name
		c.run()
	}
	return d.findings
}

// found adds a finding of the check that runs.
func (d *doctor) found(of string, state State, says, remedy string) {
	d.findings = append(d.findings, Finding{Check: d.check, Of: of, State: state, Says: says, Remedy: remedy})
}

// Problems returns how many findings have to be mended.
func Problems(list []Finding) (n int) {
	for _, f := range list {
		if f.State == Problem {
			n++
		}
	}
	return n
}
