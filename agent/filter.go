package agent

import (
	"net/netip"

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
