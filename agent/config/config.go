// Package config reads the daemon's settings: ruleids.hcl, the environment and flags, checked with the
// same diagnostics as rule files.
//
// One table (Settings) has every setting with its default and its meaning. The loader, `config show`, the
// environment's names and the reference in docs/operations.md are made from it.
package config

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/actions/firewall"
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
)

// Config is what the daemon is told. It does not change after Load.
type Config struct {
	Agent   string // name of this sensor, in every alert
	User    string // account to run as once the sockets are open; "" to stay
	Capture Capture
	Rules   Rules
	Control Control
	Metrics Metrics
	Log     Log

	Response decision.Config // what becomes of actions of rules
	Firewall firewall.Config // of the block response, too

	// Outputs and what follows are in the order of the file.
	Outputs     []Output
	Reputations []Reputation
	Notifiers   []Notifier
	Honeypots   []Honeypot

	// Files are the settings files that were read: none or one.
	Files []string
	// Sources holds the text of Files, for the printing of diagnostics.
	Sources map[string]*hcl.File

	from   map[string]string    // by setting: where its value comes from
	ranges map[string]hcl.Range // by setting: the value in the file, where it comes from there
}

// Fault returns what is wrong with the value of a setting, at the place where that comes from: beyond the checks of
// Load, which does not look at the system. code is one of diag.Codes.
func (c *Config) Fault(setting, code, format string, args ...any) *hcl.Diagnostic {
	text := fmt.Sprintf(format, args...)
	if rng, ok := c.ranges[setting]; ok {
		return diag.New(code, rng, "%s: %s.", setting, text)
	}
	d := diag.New(code, hcl.Range{}, "%s: %s.", c.from[setting], text)
	d.Subject = nil
	return d
}

// Capture says which packets are read, and how.
type Capture struct {
	Interfaces  []string
	Snaplen     int  // bytes of a packet that are looked at
	Ring        Size // bytes of the ring of each worker and interface
	Promiscuous bool
	Ignore      []netip.Prefix // packets from or to these are dropped in the kernel
	Checksums   string         // "auto", "on" or "off"
	Tunnels     []string       // that end here, each a kind and perhaps a network: see Ends
	Workers     int            // rings on each interface, and goroutines that evaluate rules; 0 for one for each CPU
}

// A TunnelEnd is a kind of tunnel that ends here.
type TunnelEnd struct {
	Tunnel packet.Tunnel
	Peer   netip.Prefix // of its other ends; the zero Prefix is any
}

// Ends returns the tunnels of the setting; the error says what is wrong with one.
func (c *Capture) Ends() ([]TunnelEnd, error) {
	ends := make([]TunnelEnd, 0, len(c.Tunnels))
	for _, word := range c.Tunnels {
		kind, peer, given := strings.Cut(word, " ")
		t, ok := packet.TunnelByName(kind)
		if !ok {
			var kinds []string
			for _, t := range packet.Tunnels() {
				kinds = append(kinds, t.String())
			}
			return nil, fmt.Errorf("%q is not a kind of tunnel: it must be one of %s, and perhaps the address or network of the other end behind a space", kind, strings.Join(kinds, ", "))
		}
		end := TunnelEnd{Tunnel: t}
		if given {
			n, err := network(peer)
			if err != nil {
				return nil, err
			}
			end.Peer = n
		}
		ends = append(ends, end)
	}
	return ends, nil
}

// Rules says where rules come from.
type Rules struct {
	Paths  []string
	Stdlib bool
	Poll   time.Duration // between two looks at the files beside the kernel's notices; 0 for none
}

// Control is the control socket.
type Control struct {
	Socket string // path; "" for none
}

// Metrics is the HTTP server of metrics.
type Metrics struct {
	Listen string // host:port; "" for none
}

// Log is the daemon's own log.
type Log struct {
	Format string // "text" or "json"
	Level  string // "debug", "info", "warn" or "error"
}

// The settings that a running daemon takes over with a reload. All others need a restart.
var reloadable = map[string]bool{
	"rules.paths": true, "rules.stdlib": true, "capture.ignore": true, "log.level": true,
	"response.mode": true, "response.never_block": true, "response.grace": true, "response.escalate_by": true,
	"response.escalate_max": true, "response.forget_after": true, "response.max_decisions": true,
}

// Restart returns the names of the settings that differ between two configurations and that only a
// restart can change, sorted as in the table.
func Restart(running, wanted *Config) []string {
	var out []string
	for i := range settings {
		s := &settings[i]
		if !reloadable[s.Name] && render(s.at(running)) != render(s.at(wanted)) {
			out = append(out, s.Name)
		}
	}
	for _, s := range []struct {
		block string
		same  bool
	}{
		{"output", sameSections(running.Outputs, wanted.Outputs)},
		{"reputation", sameSections(running.Reputations, wanted.Reputations)},
		{"notifier", sameSections(running.Notifiers, wanted.Notifiers)},
		{"honeypot", sameSections(running.Honeypots, wanted.Honeypots)},
	} {
		if !s.same {
			out = append(out, s.block)
		}
	}
	return out
}
