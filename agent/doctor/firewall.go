package doctor

import (
	"context"
	"fmt"
	"log/slog"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/actions/firewall"
)

// others are services that write the firewall as a whole when they start or reload, with what they do to what others have in it.
var others = []struct{ unit, does string }{
	{"nftables.service", "loads /etc/nftables.conf, which mostly begins with flush ruleset: that removes the sets of the daemon, which puts them back within ten seconds"},
	{"firewalld.service", "keeps tables of its own; a reload leaves nftables sets of others alone, and flushes those of iptables"},
	{"ufw.service", "writes iptables chains; a reload may put its jumps in front of those of the daemon"},
	{"netfilter-persistent.service", "restores iptables rules as they were saved; netfilter-persistent flush removes all"},
	{"docker.service", "puts its own jumps in front of the chain FORWARD"},
}

// firewall says whether decisions can be carried out, and who else changes the firewall.
func (d *doctor) firewall() {
	enforce := d.config.Response.Mode == decision.Enforce
	if !enforce {
		d.found("", Note, "the mode is monitor: nothing is kept out", `Where rules are to block: response { mode = "enforce" }`)
	}
	state := Note
	if enforce {
		state = Problem
	}
	f, err := firewall.Open(&d.config.Firewall, firewall.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		d.found(string(d.config.Firewall.Backend), state, err.Error(), "Choose another backend with response { backend = … }, or install what it needs.")
		return
	}
	defer f.Close()
	ctx, cancel := context.WithTimeout(d.ctx, each)
	defer cancel()
	switch s, err := f.Show(ctx); {
	case err != nil && !privileged():
		d.found(string(d.config.Firewall.Backend), Unknown, "it cannot be looked at without privileges", "Run this as root.")
	case err != nil:
		d.found(string(d.config.Firewall.Backend), state, fmt.Sprintf("it cannot be asked: %v", err), "Load the kernel's modules (modprobe nf_tables), or choose another backend with response { backend = … }.")
	case s.Installed:
		members := 0
		for _, x := range s.Sets {
			members += x.Members
		}
		d.found(s.Backend, OK, fmt.Sprintf("what the daemon needs is installed, with %d members", members), "")
	default:
		d.found(s.Backend, OK, "it answers; nothing of the daemon is in it", "")
	}
	if s := d.status; s != nil && s.Responses != nil && s.Responses.Repairs > 0 {
		times := "once"
		if s.Responses.Repairs > 1 {
			times = fmt.Sprintf("%d times", s.Responses.Repairs)
		}
		says := "somebody removed what the daemon needs, and it put that back " + times
		if at := s.Responses.LastRepair; at != nil {
			says += ", the last time at " + at.Local().Format(time.DateTime)
		}
		d.found(string(d.config.Firewall.Backend), Note, says, "Find who flushes the firewall (nft flush ruleset, iptables -F): in between nobody is kept out. The daemon's log says what was missing.")
	}
	for _, o := range others {
		if d.active(o.unit) {
			d.found(o.unit, Note, "it is active and "+o.does, "Have it leave the tables of the daemon alone, and look at ruleids firewall show after it was reloaded.")
		}
	}
}

// active reports whether systemd says that a unit is active.
func (d *doctor) active(unit string) bool { return d.show(unit)["ActiveState"] == "active" }

// show returns what systemd says of a unit; nil where there is no systemd.
func (d *doctor) show(unit string) map[string]string {
	program, err := exec.LookPath("systemctl")
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(d.ctx, each)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, "show", unit, "-p", "LoadState,ActiveState,SubState,Result,NRestarts,UnitFileState").Output()
	if err != nil {
		return nil
	}
	m := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			m[k] = v
		}
	}
	return m
}

// service says what systemd makes of the daemon.
func (d *doctor) service() {
	const unit = "ruleids.service"
	m := d.show(unit)
	switch {
	case m == nil:
		d.found("", Unknown, "there is no systemd that answers here", "")
	case m["LoadState"] == "not-found":
		d.found(unit, Note, "it is not installed", "docs/operations.md says how; without it nothing starts the daemon again.")
	case m["ActiveState"] == "failed":
		d.found(unit, Problem, "it failed: "+m["Result"], "journalctl -u ruleids -e says why; then systemctl restart ruleids.")
	case m["ActiveState"] != "active":
		d.found(unit, Problem, "it is "+m["ActiveState"], "systemctl start ruleids")
	case slices.Contains([]string{"disabled", "masked"}, m["UnitFileState"]):
		d.found(unit, Problem, "it runs, and will not after the next boot: it is "+m["UnitFileState"], "systemctl enable ruleids")
	case m["NRestarts"] != "0" && m["NRestarts"] != "":
		d.found(unit, Note, "it runs, and was started again "+m["NRestarts"]+" times", "journalctl -u ruleids -p err says why.")
	default:
		d.found(unit, OK, "it is "+m["ActiveState"]+" and "+m["UnitFileState"], "")
	}
}
