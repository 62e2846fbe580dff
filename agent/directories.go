package agent

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/ruleids/ruleids/actions/firewall"
	"github.com/ruleids/ruleids/event/logsource"
	"github.com/ruleids/ruleids/internal/host"
	"github.com/ruleids/ruleids/internal/place"
	"github.com/ruleids/ruleids/rules/lists"
)

// directories makes what the daemon needs while it may, for the account that it will run as. A simulation needs none.
type directories struct {
	idle
	d *Daemon
}

// Open makes the directories that decisions and honeypots keep files in, and finds the ports of SSH servers, which only
// root may be able to read.
func (p *directories) Open(context.Context) error {
	d, c := p.d, p.d.running
	if d.opt.Simulate != "" {
		return nil
	}
	if err := place.Make(); err != nil {
		return err
	}
	for _, s := range []struct{ setting, path string }{{"journal", c.Response.Journal}, {"audit", c.Response.Audit}} {
		if err := ownDirectory(s.path, d.account); err != nil {
			return fmt.Errorf("response: %w; name another place with response { %s = … }", err, s.setting)
		}
	}
	if p.fetches() {
		if err := ownDirectory(filepath.Join(c.Rules.Fetched, "lists"), d.account); err != nil {
			return fmt.Errorf("rules: %w; name another place with rules { fetched = … }", err)
		}
	}
	if dir := c.Evidence.Dir; dir != "" {
		if err := ownDirectory(filepath.Join(dir, "x"), d.account); err != nil {
			return fmt.Errorf("evidence: %w; name another place with evidence { dir = … }", err)
		}
	}
	for _, l := range c.Logs {
		if err := ownDirectory(logsource.StateFile(l.Config), d.account); err != nil {
			return fmt.Errorf("auth %q: %w; name another place with state", l.Name, err)
		}
	}
	for _, h := range c.Honeypots {
		for _, path := range []string{h.Config.Log, h.Config.HostKeyFile} {
			if err := ownDirectory(path, d.account); err != nil {
				return fmt.Errorf("honeypot %q: %w; name another place", h.Name, err)
			}
		}
	}
	if d.account != nil && c.Firewall.Backend == firewall.Iptables {
		if err := firewall.AllowLock(d.account.GID); err != nil {
			d.log.Warn("iptables-legacy may not work: its lock cannot be opened to the account", "account", d.account.Name, "error", err)
		}
	}
	if ports, err := host.SSHPorts(); err == nil { // else it is tried again, and logged, without privileges
		d.decisions.sshPorts = ports
	}
	return nil
}

// fetches reports whether there is something to fetch.
func (p *directories) fetches() bool {
	c := &p.d.running.Rules
	return c.Fetched != "" && (c.Source != "" || slices.ContainsFunc(p.d.opt.Loaded.Rules.Lists, func(l *lists.List) bool { return l.Feeds != nil }))
}

// ownDirectory makes the directory of a file, "" for none, for an account where it is missing.
func ownDirectory(file string, account *Account) error {
	dir := filepath.Dir(file)
	if file == "" || exists(dir) {
		return nil
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	if account != nil {
		return os.Lchown(dir, account.UID, account.GID) // never what a link put in its place leads to
	}
	return nil
}

// privileges is the place in the list of parts where the daemon gives up its privileges.
type privileges struct {
	idle
	d *Daemon
}

// Open drops the privileges. A simulation keeps those that it was started with, unless the settings name an account.
func (p *privileges) Open(context.Context) error {
	if p.d.opt.Simulate != "" && p.d.account == nil {
		return nil
	}
	return DropPrivileges(p.d.account)
}
