package packet

import "encoding/binary"

// icmpParts reads what hangs on the type of an ICMP or ICMPv6 message: identifier and sequence number of the messages
// that are answered (RFC 792, RFC 950, RFC 4443 section 4), and the target and the link-layer address of neighbor
// discovery (RFC 4861 section 4).
func (d *Decoder) icmpParts(p *Packet, b []byte) {
	const (
		echoReply6           = 129
		echo6                = 128
		routerSolicitation   = 133
		routerAdvertisement  = 134
		neighborSolicitation = 135
		neighborAdvertise    = 136
		redirect             = 137
		sourceAddress        = 1 // options
		targetAddress        = 2
	)
	var answered bool
	if p.Layers&LayerICMP != 0 {
		switch p.ICMPType {
		case 0, 8, 13, 14, 15, 16, 17, 18: // echo, timestamp, information, address mask
			answered = true
		}
	} else {
		answered = p.ICMPType == echo6 || p.ICMPType == echoReply6
	}
	if answered {
		if d.Need&LayerICMPEcho != 0 && len(b) >= 8 {
			p.Layers |= LayerICMPEcho
			p.ICMPIdent, p.ICMPSeq = binary.BigEndian.Uint16(b[4:]), binary.BigEndian.Uint16(b[6:])
		}
		return
	}
	if p.Layers&LayerICMPv6 == 0 || d.Need&neighborParts == 0 {
		return
	}
	options := 8
	switch p.ICMPType {
	case routerSolicitation:
	case routerAdvertisement:
		options = 16
	case neighborSolicitation, neighborAdvertise, redirect:
		options = 24
		if p.ICMPType == redirect {
			options = 40
		}
		if len(b) >= 24 && d.Need&LayerNDTarget != 0 {
			p.NDTarget = fromHalves(binary.BigEndian.Uint64(b[8:]), binary.BigEndian.Uint64(b[16:]))
			p.Layers |= LayerNDTarget
		}
	default:
		return
	}
	if d.Need&LayerNDLink == 0 {
		return
	}
	for options+8 <= len(b) {
		o := b[options:]
		size := int(o[1]) * 8
		if size == 0 || size > len(o) {
			return
		}
		if (o[0] == sourceAddress || o[0] == targetAddress) && size == 8 {
			p.NDLink = MAC(binary.BigEndian.Uint64(o) & (1<<48 - 1))
			p.Layers |= LayerNDLink
			return
		}
		options += size
	}
}
