package agent

import (
	"net/netip"

	"github.com/ruleids/ruleids/capture/live"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/packet"
)

// portDNS is where DNS messages are looked for (RFC 1035, section 4.2).
const portDNS = 53

// A filterer is a Source in whose stead the kernel can drop packets.
type filterer interface {
	SetFilter(*live.Filter) error
}

// Filter returns the filter that lets through what any of the plans can look at, without the packets from or to
// the networks of ignore; where a map of hosts and services learns, all that it can learn from.
func Filter(ignore []netip.Prefix, learns bool, plans ...*engine.Plan) (*live.Filter, error) {
	interest := &live.Interest{}
	if learns {
		for c := range packet.Class(packet.NumClasses) {
			if c.Event() == packet.EventPacket && c != packet.ClassOther {
				interest.Classes.Add(c)
			}
		}
	}
	for _, p := range plans {
		classes, dns := p.Interest()
		for _, c := range classes {
			interest.Classes.Add(c)
		}
		if dns {
			ports := []live.PortRange{{First: portDNS, Last: portDNS}}
			interest.TCPPorts, interest.UDPPorts = ports, ports
		}
	}
	return live.NewFilter(ignore, interest)
}
