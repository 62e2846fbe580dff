package alert

import (
	"strconv"

	"github.com/ruleids/ruleids/packet"
)

// IP protocol numbers that alerts treat on their own (IANA, Assigned Internet Protocol Numbers).
const (
	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoICMPv6 = 58
	protoSCTP   = 132
)

// protocolNames are the names that Suricata's EVE gives to IP protocols: those of /etc/protocols.
// A protocol that is not here is written as its number in three digits, which is what Suricata
// does too.
var protocolNames = map[uint8]string{
	0: "HOPOPT", protoICMP: "ICMP", 2: "IGMP", 4: "IP-ENCAP", protoTCP: "TCP", 8: "EGP", 9: "IGP",
	protoUDP: "UDP", 27: "RDP", 33: "DCCP", 41: "IPv6", 43: "IPv6-Route", 44: "IPv6-Frag",
	46: "RSVP", 47: "GRE", 50: "ESP", 51: "AH", protoICMPv6: "IPv6-ICMP", 59: "IPv6-NoNxt",
	60: "IPv6-Opts", 88: "EIGRP", 89: "OSPFIGP", 94: "IPIP", 97: "ETHERIP", 103: "PIM",
	108: "IPCOMP", 112: "VRRP", 115: "L2TP", protoSCTP: "SCTP", 135: "Mobility-Header",
	136: "UDPLite", 137: "MPLS-in-IP",
}

// Protocol returns the alert's protocol by the name that EVE has for it: "TCP", "UDP", "ICMP",
// "IPv6-ICMP", "ARP" and so on, a number in three digits where it has none, and "" where the event
// was no packet or had no network layer.
func (a *Alert) Protocol() string {
	switch {
	case a.Layers&packet.LayerARP != 0:
		return "ARP"
	case a.Layers&packet.LayerIP == 0, a.IPVersion == 0 && a.IPProto == 0:
		return ""
	}
	return protocolName(a.IPProto)
}

// protocolName returns the name of an IP protocol, or its number in three digits.
func protocolName(proto uint8) string {
	if n, ok := protocolNames[proto]; ok {
		return n
	}
	n := strconv.Itoa(int(proto))
	return "000"[:3-len(n)] + n
}

// protocolNumber is the inverse of Protocol for the names of IP protocols.
func protocolNumber(name string) (n uint8, ok bool) {
	for n, s := range protocolNames {
		if s == name {
			return n, true
		}
	}
	v, err := strconv.ParseUint(name, 10, 8)
	return uint8(v), err == nil
}

// hasAddresses reports whether Src and Dst mean anything.
func (a *Alert) hasAddresses() bool {
	return a.Layers&(packet.LayerIP|packet.LayerARPIPv4) != 0
}

// hasDestination reports whether Dst means anything: logs of logins mostly do not tell where a client came in.
func (a *Alert) hasDestination() bool {
	return a.hasAddresses() && (a.Layers&packet.LayerIP == 0 || a.IPVersion != 0 || !a.Dst.Netip().IsUnspecified())
}

// hasICMP reports whether ICMPType and ICMPCode mean anything.
func (a *Alert) hasICMP() bool {
	return a.Layers&(packet.LayerICMP|packet.LayerICMPv6) != 0
}
