package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/ruleids/ruleids/agent"
	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/fleet/link"
	"github.com/ruleids/ruleids/internal/diag"
)

// settings says whether the daemon would start with the settings and the rules that they name.
func (d *doctor) settings() {
	findings := diag.Findings(diag.Sort(append(d.Loaded.Diags, d.config.CheckLists()...)))
	errs, first := 0, ""
	for _, f := range findings {
		if f.Severity == "error" {
			if errs++; errs == 1 {
				first = fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Detail)
			}
		}
	}
	file := cmp.Or(d.Input.Settings.File, "no settings file")
	switch {
	case errs > 0:
		d.found(file, Problem, fmt.Sprintf("settings and rules have errors (%d); the first: %s", errs, first), "Mend them: ruleids config check and ruleids lint show each with its place.")
	case d.Input.Settings.File == "":
		d.found(file, Note, fmt.Sprintf("the defaults are used, with %d rules", len(d.Loaded.Rules.Rules)), "Name the settings of the daemon with --config.")
	default:
		n := 0
		for _, r := range d.Loaded.Rules.Rules {
			if r.Enabled {
				n++
			}
		}
		d.found(file, OK, fmt.Sprintf("it loads, with %d rules that are on", n), "")
	}
	if x := agent.CheckAccount(d.config); x != nil {
		d.found("user", Problem, strings.TrimSuffix(x.Detail, "."), "Make the account (useradd --system), or name another with user = …")
	}
}

// daemon asks the daemon how it is, where one runs.
func (d *doctor) daemon() {
	socket := d.config.Control.Socket
	if socket == "" {
		d.found("", Unknown, "the settings have no control socket to ask at", "")
		return
	}
	ctx, cancel := context.WithTimeout(d.ctx, each)
	defer cancel()
	c := api.NewClient(socket)
	defer c.Close()
	s, err := c.Status(ctx)
	if err == nil {
		d.status = s
	}
	switch {
	case errors.Is(err, os.ErrPermission):
		d.found(socket, Unknown, "this account may not ask the daemon", "Run this as root, or as a member of the socket's group.")
	case err != nil:
		d.found(socket, Note, "no daemon answers", "Start it: systemctl start ruleids, or ruleids run -i IFACE.")
	case !s.Healthy || len(s.Trouble) > 0:
		for _, t := range s.Trouble {
			d.found(socket, Problem, t, "ruleids status says more.")
		}
		if len(s.Trouble) == 0 {
			d.found(socket, Problem, "it runs and is not healthy", "ruleids status says more.")
		}
	default:
		d.found(socket, OK, fmt.Sprintf("it runs with %d rules and has seen %d packets", s.Rules.Loaded, s.Packets.Seen), "")
	}
}

// secrets looks for secrets that the daemon cannot read, or that others can.
func (d *doctor) secrets() {
	n := 0
	for _, f := range d.config.SecretFiles() {
		n++
		file, err := os.Open(f.Path)
		switch {
		case errors.Is(err, os.ErrPermission):
			d.found(f.Setting, Unknown, fmt.Sprintf("this account may not read %s", f.Path), "Run this as root, or as the daemon's account.")
			continue
		case err != nil:
			d.found(f.Setting, Problem, fmt.Sprintf("%s cannot be read: %v", f.Path, err), "Write the secret to the file, readable for the daemon's account alone (chmod 600), or name another file.")
			continue
		}
		st, err := file.Stat()
		_ = file.Close()
		if err == nil && st.Size() == 0 {
			d.found(f.Setting, Problem, f.Path+" is empty", "Write the secret to it.")
			continue
		}
		d.found(f.Setting, OK, f.Path+" can be read", "")
	}
	for _, x := range d.config.CheckSecrets() {
		d.found("", Problem, strings.TrimSuffix(x.Detail, "."), "")
	}
	for _, name := range d.config.SecretEnvs() {
		n++
		if _, ok := os.LookupEnv(name.Path); !ok {
			d.found(name.Setting, Note, fmt.Sprintf("the environment variable %s is not set here; the daemon may have it", name.Path), "Set it in the unit: systemctl edit ruleids, Environment= or EnvironmentFile=.")
		}
	}
	if n == 0 {
		d.found("", OK, "the settings name none in files", "")
	}
}

// names resolves the hosts that the settings have the daemon talk to.
func (d *doctor) names() {
	seen := map[string]bool{}
	for _, n := range agent.Needed(d.Loaded.Config, d.Loaded.Rules.Lists, os.LookupEnv) {
		if seen[n.Host] || net.ParseIP(n.Host) != nil {
			continue
		}
		seen[n.Host] = true
		ctx, cancel := context.WithTimeout(d.ctx, each)
		at, err := net.DefaultResolver.LookupHost(ctx, n.Host)
		cancel()
		if err != nil {
			var dns *net.DNSError
			says := fmt.Sprintf("%s cannot be resolved: %v", n.What, err)
			if errors.As(err, &dns) && dns.IsNotFound {
				says = fmt.Sprintf("%s is a name that there is not", n.What)
			}
			d.found(n.Host, Problem, says, "Mend the name in the settings, or the resolver in /etc/resolv.conf: resolvectl query "+n.Host)
			continue
		}
		d.found(n.Host, OK, n.What+" is at "+at[0], "")
	}
	if _, err := link.Read(d.config.Fleet.Directory); err != nil && !errors.Is(err, link.ErrNone) {
		d.found("fleet", Note, fmt.Sprintf("whether this host belongs to a fleet cannot be read: %v", err), "Run this as root, or as the daemon's account.")
	}
	if len(seen) == 0 {
		d.found("", OK, "the settings name no host that has to be resolved", "")
	}
}
