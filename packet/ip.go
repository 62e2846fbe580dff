package packet

import "encoding/binary"

// IP protocol numbers (Assigned Internet Protocol Numbers, IANA).
const (
	protoHopByHop    = 0
	protoICMP        = 1
	protoIPv4        = 4
	protoTCP         = 6
	protoUDP         = 17
	protoIPv6        = 41
	protoRouting     = 43
	protoFragment    = 44
	protoGRE         = 47
	protoAH          = 51
	protoICMPv6      = 58
	protoNone        = 59
	protoDestination = 60
	protoEtherIP     = 97
	protoMPLS        = 137
	protoShim6       = 140
)

// linkLayers are the layers below IP. They outlive the IP packet they were found with: an IP
// packet in a tunnel keeps those that were seen last.
const linkLayers = LayerFrame | LayerEth | LayerEthType | LayerVLAN

// ipv4 decodes an IPv4 header (RFC 791 section 3.1) and what follows. p is left alone unless the
// header is whole and sound.
func (d *Decoder) ipv4(p *Packet, b []byte, wire, depth int) bool {
	if len(b) < 20 {
		return d.fault()
	}
	h := (*[20]byte)(b)
	header := int(h[0]&15) * 4
	if h[0]>>4 != 4 || header < 20 || header > len(b) {
		return d.fault()
	}
	total := int(binary.BigEndian.Uint16(h[2:]))
	if total < header {
		if total != 0 {
			return d.fault()
		}
		total = wire // segmentation offload: the length is not known yet
	}
	fragment := binary.BigEndian.Uint16(h[6:])
	proto := h[9]
	p.Layers = p.Layers&linkLayers | LayerIP
	p.Class = ClassIP
	p.IPVersion = 4
	p.IPLen = uint32(total)
	p.IPID = uint32(binary.BigEndian.Uint16(h[4:]))
	p.DF = fragment&0x4000 != 0
	p.MF = fragment&0x2000 != 0
	p.FragOffset = fragment & 0x1fff
	p.TTL = h[8]
	p.IPProto = proto
	p.Src = AddrFrom4([4]byte(h[12:]))
	p.Dst = AddrFrom4([4]byte(h[16:]))
	p.FragOverlap = false
	p.sourceRouted = false
	p.ipAt = p.at(b)
	// Bytes beyond the total length are padding of the link, and no payload. Bytes that the
	// header promises and the wire did not have are none either.
	wire = min(wire, total)
	b = b[header:min(len(b), wire)]
	wire -= header
	p.segmentAt, p.segmentCap, p.segmentLen = p.at(b), uint32(len(b)), uint32(wire)
	if fragment&0x3fff != 0 {
		p.fragment, p.fragmentLen, p.fragmentProto = b, uint32(wire), proto
		if fragment&0x1fff != 0 {
			return true
		}
	}
	if proto == protoTCP {
		d.tcp(p, b, wire)
		return true
	}
	d.transport(p, proto, b, wire, depth)
	return true
}

// ipv6 decodes an IPv6 header (RFC 8200 section 3), its extension headers, and what follows. p is
// left alone unless the first header is whole and sound.
func (d *Decoder) ipv6(p *Packet, b []byte, wire, depth int) bool {
	if len(b) < 40 || b[0]>>4 != 6 {
		return d.fault()
	}
	h := (*[40]byte)(b)
	next := h[6]
	total := 40 + int(binary.BigEndian.Uint16(h[4:]))
	if total == 40 && next != protoNone {
		total = wire // a jumbogram (RFC 2675), or the length is not known yet
	}
	p.Layers = p.Layers&linkLayers | LayerIP
	p.Class = ClassIP
	p.IPVersion = 6
	p.IPLen = uint32(total)
	p.IPID = 0
	p.DF = false
	p.MF = false
	p.FragOffset = 0
	p.FragOverlap = false
	p.sourceRouted = false
	p.ipAt = p.at(b)
	p.TTL = h[7]
	p.IPProto = next
	p.Src = fromHalves(binary.BigEndian.Uint64(h[8:]), binary.BigEndian.Uint64(h[16:]))
	p.Dst = fromHalves(binary.BigEndian.Uint64(h[24:]), binary.BigEndian.Uint64(h[32:]))
	wire = min(wire, total)
	b = b[40:min(len(b), wire)]
	wire -= 40
	p.segmentAt, p.segmentCap, p.segmentLen = p.at(b), uint32(len(b)), uint32(wire)
	switch next {
	case protoTCP:
		d.tcp(p, b, wire)
	case protoUDP, protoICMPv6:
		d.transport(p, next, b, wire, depth)
	default:
		d.extensions(p, next, b, wire, depth)
	}
	return true
}

// extensions walks IPv6 extension headers (RFC 8200 section 4) up to the transport header. The
// protocol of the packet is that of the last header it could reach.
func (d *Decoder) extensions(p *Packet, next uint8, b []byte, wire, depth int) {
	for range maxHeaders {
		var n int
		switch next {
		case protoHopByHop, protoRouting, protoDestination, protoShim6:
			if len(b) < 8 {
				d.fault()
				return
			}
			n = 8 + int(b[1])*8
			// RFC 5095 and RFC 8754: a route that is not at its end.
			p.sourceRouted = p.sourceRouted || next == protoRouting && (b[2] == 0 || b[2] == 4) && b[3] != 0
		case protoAH: // RFC 4302 section 2.2: in units of four octets, minus 2
			if len(b) < 8 {
				d.fault()
				return
			}
			n = 8 + int(b[1])*4
		case protoFragment:
			if len(b) < 8 {
				d.fault()
				return
			}
			n = 8
			p.FragOffset = binary.BigEndian.Uint16(b[2:]) >> 3
			p.MF = b[3]&1 != 0
			p.IPID = binary.BigEndian.Uint32(b[4:])
			p.fragment, p.fragmentLen, p.fragmentProto = b[8:], uint32(wire-8), b[0]
			if p.FragOffset != 0 {
				p.IPProto = b[0]
				return
			}
		default:
			p.segmentAt, p.segmentCap, p.segmentLen = p.at(b), uint32(len(b)), uint32(wire)
			d.transport(p, next, b, wire, depth)
			return
		}
		if n > len(b) {
			d.fault()
			return
		}
		next = b[0]
		p.IPProto = next
		b, wire = b[n:], wire-n
	}
	d.fault()
}

// authenticated walks the authentication headers of an IPv4 packet up to what they protect.
func (d *Decoder) authenticated(p *Packet, b []byte, wire, depth int) {
	for range maxHeaders {
		n := 8
		if len(b) >= n {
			n += int(b[1]) * 4
		}
		if len(b) < n {
			break
		}
		next := b[0]
		b, wire = b[n:], wire-n
		p.IPProto = next
		p.segmentAt, p.segmentCap, p.segmentLen = p.at(b), uint32(len(b)), uint32(wire)
		if next != protoAH {
			d.transport(p, next, b, wire, depth)
			return
		}
	}
	d.fault()
}

// transport decodes what an IP packet carries: a transport header, or another packet.
func (d *Decoder) transport(p *Packet, proto uint8, b []byte, wire, depth int) {
	switch proto {
	case protoTCP:
		d.tcp(p, b, wire)
	case protoUDP:
		d.udp(p, b, wire, depth)
	case protoICMP:
		if p.IPVersion == 4 {
			d.icmp(p, b, wire, LayerICMP, ClassICMP)
		}
	case protoICMPv6:
		if p.IPVersion == 6 {
			d.icmp(p, b, wire, LayerICMPv6, ClassICMPv6)
		}
	case protoIPv4:
		t := TunnelIPIP
		if p.IPVersion == 6 {
			t = Tunnel4in6
		}
		d.inner(p, t, etherIPv4, b, wire, depth)
	case protoIPv6:
		t := TunnelSIT
		if p.IPVersion == 6 {
			t = Tunnel6in6
		}
		d.inner(p, t, etherIPv6, b, wire, depth)
	case protoGRE:
		d.gre(p, b, wire, depth)
	case protoAH: // of IPv4; extensions walks those of IPv6
		d.authenticated(p, b, wire, depth)
	case protoMPLS: // RFC 4023
		d.inner(p, TunnelMPLS, etherMPLS, b, wire, depth)
	case protoEtherIP: // RFC 3378: version 3, twelve reserved bits
		if len(b) < 2 || b[0]>>4 != 3 {
			d.fault()
			return
		}
		d.inner(p, TunnelEtherIP, etherTEB, b[2:], wire-2, depth)
	}
}
