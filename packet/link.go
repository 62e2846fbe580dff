package packet

import "encoding/binary"

// ethernet decodes an Ethernet header, its VLAN tags, and what follows. wire is never below len(b).
func (d *Decoder) ethernet(p *Packet, b []byte, wire, depth int) bool {
	if len(b) < 14 || depth > maxNesting {
		return d.fault()
	}
	h := (*[14]byte)(b)
	etherType := binary.BigEndian.Uint16(h[12:])
	p.EthDst = MAC(binary.BigEndian.Uint64(h[0:8]) >> 16)
	p.EthSrc = MAC(binary.BigEndian.Uint64(h[4:12]) & (1<<48 - 1))
	b, wire = b[14:], wire-14
	if etherType <= etherMaxLength {
		p.Layers = p.Layers&^LayerEthType | LayerEth
		return d.llc(p, etherType, b, wire, depth)
	}
	p.EthType = etherType
	p.Layers |= LayerEth | LayerEthType
	if etherType == etherIPv4 {
		return d.ipv4(p, b, wire, depth)
	}
	return d.network(p, etherType, b, wire, depth)
}

// vlan decodes a tag, those that follow it, and what they carry. A tag's EtherType comes before it.
func (d *Decoder) vlan(p *Packet, b []byte, wire, depth int) bool {
	p.VLANDepth = 0
	for range maxHeaders {
		if len(b) < 4 {
			return d.fault()
		}
		p.VLANDepth++
		p.VLAN = binary.BigEndian.Uint16(b) & 0xfff
		p.Layers |= LayerVLAN
		etherType := binary.BigEndian.Uint16(b[2:])
		b, wire = b[4:], wire-4
		switch etherType {
		case etherVLAN, etherQinQ, etherQinQOld:
			continue
		}
		if etherType <= etherMaxLength {
			return d.llc(p, etherType, b, wire, depth)
		}
		return d.network(p, etherType, b, wire, depth)
	}
	return d.fault()
}

// llc decodes an IEEE 802.2 header in an IEEE 802.3 frame: the SNAP form of RFC 1042 and the IP
// form of RFC 948. Everything else there is neither ARP nor IP, and no fault.
func (d *Decoder) llc(p *Packet, length uint16, b []byte, wire, depth int) bool {
	wire = min(wire, int(length))
	b = b[:min(len(b), wire)]
	const ui = 3 // unnumbered information
	if len(b) >= 3 && b[0] == 0x06 && b[1] == 0x06 && b[2] == ui {
		return d.ipv4(p, b[3:], wire-3, depth)
	}
	if len(b) < 8 || b[0] != 0xaa || b[1] != 0xaa || b[2] != ui {
		return false
	}
	if org := uint32(b[3])<<16 | uint32(b[4])<<8 | uint32(b[5]); org != 0 && org != 0x0000f8 {
		return false
	}
	return d.network(p, binary.BigEndian.Uint16(b[6:]), b[8:], wire-8, depth)
}

// cooked decodes LINKTYPE_LINUX_SLL: packet type, ARPHRD type, address length, address of eight
// octets, protocol.
func (d *Decoder) cooked(p *Packet, b []byte, wire int) bool {
	if len(b) < 16 {
		return d.fault()
	}
	return d.cookedProtocol(p, binary.BigEndian.Uint16(b[2:]), binary.BigEndian.Uint16(b[14:]), b[16:], wire-16)
}

// cooked2 decodes LINKTYPE_LINUX_SLL2: protocol, two reserved octets, interface index, ARPHRD type,
// packet type, address length, address of eight octets.
func (d *Decoder) cooked2(p *Packet, b []byte, wire int) bool {
	if len(b) < 20 {
		return d.fault()
	}
	return d.cookedProtocol(p, binary.BigEndian.Uint16(b[8:]), binary.BigEndian.Uint16(b), b[20:], wire-20)
}

// cookedProtocol decodes what the protocol of a cooked header announces. With some ARPHRD types it
// is no EtherType; they carry neither ARP nor IP where Decode could find it.
func (d *Decoder) cookedProtocol(p *Packet, hardware, protocol uint16, b []byte, wire int) bool {
	const (
		arphrdNetlink = 824
		arphrdGRE     = 778 // the protocol is GRE's, which has EtherTypes as well
		linux8022     = 4   // ETH_P_802_2
	)
	switch {
	case hardware == arphrdNetlink:
		return false
	case protocol == linux8022:
		return d.llc(p, 0xffff, b, wire, 0) // no length
	}
	return d.network(p, protocol, b, wire, 0)
}

// loopback decodes LINKTYPE_NULL and LINKTYPE_LOOP: an address family of four octets. AF_INET is 2
// everywhere; AF_INET6 is 10 on Linux, 24 on NetBSD and OpenBSD, 28 on FreeBSD, 30 on Darwin.
func (d *Decoder) loopback(p *Packet, b []byte, wire int, link LinkType) bool {
	if len(b) < 4 {
		return d.fault()
	}
	family := binary.BigEndian.Uint32(b)
	if link == LinkNull && family > 0xffff {
		family = binary.LittleEndian.Uint32(b) // captured on a little-endian host
	}
	switch family {
	case 2:
		return d.ipv4(p, b[4:], wire-4, 0)
	case 10, 24, 28, 30:
		return d.ipv6(p, b[4:], wire-4, 0)
	}
	// Some hosts put an EtherType there; no family is that large.
	return d.network(p, binary.BigEndian.Uint16(b[2:]), b[4:], wire-4, 0)
}

// hdlc decodes PPP in HDLC-like framing (RFC 1662), its address and control perhaps left out, or
// Cisco's HDLC, which has an EtherType in place of the PPP protocol.
func (d *Decoder) hdlc(p *Packet, b []byte, wire int) bool {
	if len(b) >= 4 && (b[0] == 0x0f || b[0] == 0x8f) && b[1] == 0 {
		return d.network(p, binary.BigEndian.Uint16(b[2:]), b[4:], wire-4, 0)
	}
	return d.ppp(p, b, wire, 0)
}

// ppp decodes a PPP frame: address and control where they were not negotiated away (RFC 1661
// section 6.6), and a protocol of two octets, or of one, which is then odd (section 6.5).
func (d *Decoder) ppp(p *Packet, b []byte, wire, depth int) bool {
	if len(b) >= 2 && b[0] == 0xff && b[1] == 0x03 {
		b, wire = b[2:], wire-2
	}
	if len(b) < 1 {
		return d.fault()
	}
	protocol, n := uint16(b[0]), 1
	if protocol&1 == 0 {
		if len(b) < 2 {
			return d.fault()
		}
		protocol, n = binary.BigEndian.Uint16(b), 2
	}
	b, wire = b[n:], wire-n
	switch protocol { // PPP DLL Protocol Numbers, IANA
	case 0x0021:
		return d.ipv4(p, b, wire, depth)
	case 0x0057:
		return d.ipv6(p, b, wire, depth)
	case 0x0281, 0x0283:
		return d.mpls(p, b, wire, depth)
	}
	return false
}

// pppoe decodes a PPPoE session header (RFC 2516 section 4): version and type 1, code 0.
func (d *Decoder) pppoe(p *Packet, b []byte, wire, depth int) bool {
	if len(b) < 6 || b[0] != 0x11 {
		return d.fault()
	}
	if b[1] != 0 {
		return false // a discovery packet
	}
	length := int(binary.BigEndian.Uint16(b[4:]))
	b, wire = b[6:], min(wire-6, length)
	return d.ppp(p, b[:min(len(b), wire)], wire, depth)
}

// mpls decodes a label stack (RFC 3032) and what follows. No field says what that is: by RFC 4928 a
// first nibble of 4 or 6 is IP, and a pseudowire keeps clear of them with a control word of
// nibble 0 (RFC 4385). An Ethernet frame is looked for behind that word and without one.
func (d *Decoder) mpls(p *Packet, b []byte, wire, depth int) bool {
	for range maxHeaders {
		if len(b) < 4 {
			return d.fault()
		}
		bottom := b[2]&1 != 0
		b, wire = b[4:], wire-4
		if !bottom {
			continue
		}
		if len(b) == 0 {
			return false
		}
		switch b[0] >> 4 {
		case 4:
			return d.ipv4(p, b, wire, depth)
		case 6:
			return d.ipv6(p, b, wire, depth)
		case 0:
			if len(b) >= 4 && likelyEthernet(b[4:]) {
				return d.ethernet(p, b[4:], wire-4, depth+1)
			}
		}
		if likelyEthernet(b) {
			return d.ethernet(p, b, wire, depth+1)
		}
		return false
	}
	return d.fault()
}

// likelyEthernet reports whether b looks like an Ethernet frame with ARP, IP or tags in it.
func likelyEthernet(b []byte) bool {
	if len(b) < 14 {
		return false
	}
	switch binary.BigEndian.Uint16(b[12:]) {
	case etherIPv4, etherIPv6, etherARP, etherVLAN, etherQinQ, etherQinQOld, etherMPLS, etherPPPoE:
		return true
	}
	return false
}

// arp decodes ARP and RARP (RFC 826, RFC 903).
func (d *Decoder) arp(p *Packet, b []byte) bool {
	if len(b) < 8 {
		return d.fault()
	}
	p.ARPOpcode = binary.BigEndian.Uint16(b[6:])
	p.Layers = p.Layers&linkLayers | LayerARP
	p.Class = ClassARP
	// Hardware type, protocol type, and the lengths of their addresses. Type 6, IEEE 802, is the
	// same to a host on Ethernet: Linux takes either, so an attacker may send either.
	switch binary.BigEndian.Uint64(b) >> 16 {
	case 0x0001_0800_06_04, 0x0006_0800_06_04:
	default:
		return true
	}
	if len(b) < 28 {
		d.Malformed++
		return true
	}
	h := (*[28]byte)(b)
	p.ARPSrcMAC = MAC(binary.BigEndian.Uint64(h[8:]) >> 16)
	p.ARPSrcIP = AddrFrom4([4]byte(h[14:]))
	p.ARPDstMAC = MAC(binary.BigEndian.Uint64(h[18:]) >> 16)
	p.ARPDstIP = AddrFrom4([4]byte(h[24:]))
	p.Layers |= LayerARPIPv4
	return true
}

// fddi decodes an FDDI frame: frame control, two addresses, IEEE 802.2 in frames of that kind.
func (d *Decoder) fddi(p *Packet, b []byte, wire int) bool {
	if len(b) < 13 {
		return d.fault()
	}
	return b[0]&0xc0 == 0x40 && d.llc(p, 0xffff, b[13:], wire-13, 0)
}

// nflog decodes a netfilter log message: family, version, resource, and attributes with length and type in the byte order
// of the capturing host, of which one is the packet.
func (d *Decoder) nflog(p *Packet, b []byte, wire int) bool {
	const payload = 9 // NFULA_PAYLOAD
	if len(b) < 8 {
		return d.fault()
	}
	b, wire = b[4:], wire-4
	for len(b) >= 4 {
		n, kind := int(binary.LittleEndian.Uint16(b)), binary.LittleEndian.Uint16(b[2:])
		if kind > 0xff { // captured on a big-endian host
			n, kind = int(binary.BigEndian.Uint16(b)), binary.BigEndian.Uint16(b[2:])
		}
		switch {
		case n < 4:
			return d.fault()
		case kind == payload:
			wire = min(wire, n)
			return d.rawIP(p, b[4:max(4, min(len(b), wire))], wire-4, 0)
		}
		n = (n + 3) &^ 3
		b, wire = b[min(n, len(b)):], wire-n
	}
	return false
}

// pktap decodes Apple's header: its length and, after the kind of what follows, the link type of that.
func (d *Decoder) pktap(p *Packet, b []byte, wire int) {
	if len(b) < 12 {
		d.fault()
		return
	}
	d.behind(p, binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[8:]), 12, b, wire)
}

// ppi decodes per-packet information: version, flags, length, link type.
func (d *Decoder) ppi(p *Packet, b []byte, wire int) {
	if len(b) < 8 {
		d.fault()
		return
	}
	d.behind(p, uint32(binary.LittleEndian.Uint16(b[2:])), binary.LittleEndian.Uint32(b[4:]), 8, b, wire)
}

// behind decodes what is behind a header of n bytes, at least so many, that names a link type.
func (d *Decoder) behind(p *Packet, n, link, least uint32, b []byte, wire int) {
	switch {
	case n < least || n > uint32(len(b)):
		d.fault()
	case link > 0xffff:
		d.Unknown++
	default:
		d.link(p, LinkType(link), b[n:], wire-int(n))
	}
}
