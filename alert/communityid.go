package alert

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"

	"github.com/ruleids/ruleids/packet"
)

// icmpCounterparts and icmpv6Counterparts give, for the ICMP messages that come in pairs, the type
// of the other message. Community ID takes a pair for a flow of two directions, with the types for
// its ports; every other message is a flow of one direction, with type and code for its ports.
var icmpCounterparts = map[uint8]uint8{
	0: 8, 8: 0, // echo
	9: 10, 10: 9, // router advertisement and solicitation
	13: 14, 14: 13, // timestamp
	15: 16, 16: 15, // information
	17: 18, 18: 17, // address mask
}

var icmpv6Counterparts = map[uint8]uint8{
	128: 129, 129: 128, // echo
	130: 131, 131: 130, // multicast listener query and report
	133: 134, 134: 133, // router solicitation and advertisement
	135: 136, 136: 135, // neighbour solicitation and advertisement
	139: 140, 140: 139, // node information query and response
	144: 145, 145: 144, // home agent address discovery
}

// CommunityID returns the Community ID of the alert's flow, version 1 with seed 0
// (https://github.com/corelight/community-id-spec): the same text that Suricata, Zeek and Wireshark
// give it, in both directions. It is "" where the packet does not tell its flow: without an IP
// layer, for a later fragment or a cut transport header, and for SCTP, whose ports are not decoded.
func (a *Alert) CommunityID() string {
	return string(a.appendCommunityID(nil))
}

func (a *Alert) appendCommunityID(dst []byte) []byte {
	if a.Layers&packet.LayerIP == 0 || a.IPVersion == 0 && a.IPProto == 0 {
		return dst
	}
	src, dest := a.Src, a.Dst
	var sport, dport uint16
	ports, oneWay := true, false
	switch a.IPProto {
	case protoTCP, protoUDP:
		if a.Layers&packet.LayerPorts == 0 {
			return dst
		}
		sport, dport = a.SrcPort, a.DstPort
	case protoICMP, protoICMPv6:
		if !a.hasICMP() {
			return dst
		}
		pairs := icmpCounterparts
		if a.IPProto == protoICMPv6 {
			pairs = icmpv6Counterparts
		}
		sport, dport, oneWay = uint16(a.ICMPType), uint16(a.ICMPCode), true
		if other, ok := pairs[a.ICMPType]; ok {
			dport, oneWay = uint16(other), false
		}
	case protoSCTP:
		return dst
	default:
		ports = false
	}
	if !oneWay && (dest.Less(src) || src == dest && dport < sport) {
		src, dest, sport, dport = dest, src, dport, sport
	}

	// Seed, addresses, protocol, padding, ports: at most 2+16+16+1+1+2+2 bytes.
	var buf [40]byte
	b := buf[:2]
	if a.IPVersion != 6 && src.Is4() && dest.Is4() {
		b = binary.BigEndian.AppendUint32(b, uint32(src.Lo))
		b = binary.BigEndian.AppendUint32(b, uint32(dest.Lo))
	} else {
		from, to := src.Netip().As16(), dest.Netip().As16()
		b = append(append(b, from[:]...), to[:]...)
	}
	b = append(b, a.IPProto, 0)
	if ports {
		b = binary.BigEndian.AppendUint16(b, sport)
		b = binary.BigEndian.AppendUint16(b, dport)
	}
	sum := sha1.Sum(b)
	return base64.StdEncoding.AppendEncode(append(dst, "1:"...), sum[:])
}
