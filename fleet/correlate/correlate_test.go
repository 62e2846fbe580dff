package correlate

import (
	"net/netip"
	"testing"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

func raised(after time.Duration, agent, rule, category, src string) *alert.Alert {
	return &alert.Alert{Time: noon.Add(after).UnixNano(), Layers: packet.LayerFrame | packet.LayerIP, IPProto: 6, IPVersion: 4, Src: packet.AddrFromNetip(netip.MustParseAddr(src)),
		Dst: packet.AddrFromNetip(netip.MustParseAddr("192.0.2.1")), Rule: rule, Category: category, Severity: scale.SeverityHigh, Agent: agent}
}

// TestShipped: each shipped rule fires on what it is for, and not on what is nearly that.
func TestShipped(t *testing.T) {
	const m = time.Minute
	for name, c := range map[string]struct {
		alerts []*alert.Alert
		want   string
	}{
		"three agents see a scan": {[]*alert.Alert{raised(0, "a", "port_scan", "recon", "203.0.113.7"), raised(m, "b", "host_sweep", "recon", "203.0.113.7"), raised(2*m, "c", "honeypot_touch", "honeypot", "203.0.113.7")}, "fleet_scan"},
		"two agents":              {[]*alert.Alert{raised(0, "a", "port_scan", "recon", "203.0.113.7"), raised(m, "b", "port_scan", "recon", "203.0.113.7"), raised(2*m, "b", "ping_sweep", "recon", "203.0.113.7")}, ""},
		"three sources":           {[]*alert.Alert{raised(0, "a", "port_scan", "recon", "203.0.113.7"), raised(m, "b", "port_scan", "recon", "203.0.113.8"), raised(2*m, "c", "port_scan", "recon", "203.0.113.9")}, ""},
		"too slow":                {[]*alert.Alert{raised(0, "a", "port_scan", "recon", "203.0.113.7"), raised(m, "b", "port_scan", "recon", "203.0.113.7"), raised(10*m, "c", "port_scan", "recon", "203.0.113.7")}, ""},
		"stages at two agents":    {[]*alert.Alert{raised(0, "a", "port_scan", "recon", "203.0.113.7"), raised(9*m, "b", "brute_force", "credential", "203.0.113.7"), raised(29*m, "b", "dns_tunnel", "dns", "203.0.113.7")}, "fleet_kill_chain"},
		"stages at one agent":     {[]*alert.Alert{raised(0, "a", "port_scan", "recon", "203.0.113.7"), raised(9*m, "a", "brute_force", "credential", "203.0.113.7"), raised(29*m, "a", "dns_tunnel", "dns", "203.0.113.7")}, ""},
		"a worm": {[]*alert.Alert{raised(0, "a", "brute_force", "credential", "10.1.0.1"), raised(m, "a", "brute_force", "credential", "10.1.0.2"), raised(2*m, "b", "brute_force", "credential", "10.2.0.1"),
			raised(3*m, "b", "brute_force", "credential", "10.2.0.2"), raised(4*m, "c", "brute_force", "credential", "10.3.0.1")}, "worm"},
		"from outside": {[]*alert.Alert{raised(0, "a", "brute_force", "credential", "203.0.113.1"), raised(m, "a", "brute_force", "credential", "203.0.113.2"), raised(2*m, "b", "brute_force", "credential", "203.0.113.3"),
			raised(3*m, "b", "brute_force", "credential", "203.0.113.4"), raised(4*m, "c", "brute_force", "credential", "203.0.113.5")}, ""},
		"alerts of rules on alerts": {[]*alert.Alert{raised(0, "a", "kill_chain", "recon", "203.0.113.7"), raised(m, "b", "kill_chain", "recon", "203.0.113.7"), raised(2*m, "c", "kill_chain", "recon", "203.0.113.7")}, ""},
	} {
		var fired []*alert.Alert
		x, _, diags := Load(rules.Options{}, func(a *alert.Alert) { fired = append(fired, a) })
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		for _, a := range c.alerts {
			x.Look(a)
		}
		got := ""
		for _, a := range fired {
			got += a.Rule
			if a.Agent != Name {
				t.Errorf("%s: agent %q", name, a.Agent)
			}
		}
		if got != c.want {
			t.Errorf("%s: %q fired, want %q", name, got, c.want)
		}
	}
}
