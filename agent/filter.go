package agent

import (
	"net/netip"

	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/capture/afpacket"
	"github.com/ruleids/ruleids/engine"
)

// portDNS is where DNS messages are looked for (RFC 1035, section 4.2).
const portDNS = 53

// A filterer is a Source in whose stead the kernel can drop packets.
type filterer interface {
	SetFilter(*afpacket.Filter) error
}

// Filter returns the filter that lets through what any of the plans can look at, without the packets from or to
// the networks of ignore.
func Filter(ignore []netip.Prefix, plans ...*engine.Plan) (*afpacket.Filter, error) {
	interest := &afpacket.Interest{}
	for _, p := range plans {
		classes, dns := p.Interest()
		for _, c := range classes {
			interest.Classes.Add(c)
		}
		if dns {
			ports := []afpacket.PortRange{{First: portDNS, Last: portDNS}}
			interest.TCPPorts, interest.UDPPorts = ports, ports
		}
	}
	return afpacket.NewFilter(ignore, interest)
}

// filter makes the kernel drop what no plan can look at. A filter that cannot be set is no reason to stop: more
// packets come then than are needed.
func (d *Daemon) filter(c *config.Config, plans ...*engine.Plan) {
	s, ok := d.opt.Source.(filterer)
	if !ok {
		return
	}
	f, err := Filter(c.Capture.Ignore, plans...)
	if err == nil {
		err = s.SetFilter(f)
	}
	if err != nil {
		d.log.Error("the kernel's filter was not changed; packets that no rule looks at may come along", "error", err)
	}
}
