package packet

import "encoding/binary"

// inner decodes what a tunnel carries. Until a sound IP header is found in there, only the link
// fields of p can have changed, and they are put back.
func (d *Decoder) inner(p *Packet, etherType uint16, b []byte, wire, depth int) {
	if depth >= maxNesting {
		d.fault()
		return
	}
	layers, ethType, vlan, src, dst := p.Layers, p.EthType, p.VLAN, p.EthSrc, p.EthDst
	if !d.network(p, etherType, b, wire, depth+1) {
		p.Layers, p.EthType, p.VLAN, p.EthSrc, p.EthDst = layers, ethType, vlan, src, dst
	}
}

// gre decodes GRE: RFC 2784 with the key and sequence number of RFC 2890 and the routing of
// RFC 1701, or version 1, which carries PPP (RFC 2637).
func (d *Decoder) gre(p *Packet, b []byte, wire, depth int) {
	const (
		checksum = 0x8000
		routing  = 0x4000
		key      = 0x2000
		sequence = 0x1000
		ack      = 0x0080 // version 1
		version  = 0x0007
	)
	if len(b) < 4 {
		d.fault()
		return
	}
	flags, protocol := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	n := 4
	switch flags & version {
	case 0:
		if flags&(checksum|routing) != 0 {
			n += 4
		}
	case 1:
		if flags&sequence == 0 {
			return // an acknowledgment alone
		}
		if flags&ack != 0 {
			n += 4
		}
	default:
		return
	}
	if flags&key != 0 {
		n += 4
	}
	if flags&sequence != 0 {
		n += 4
	}
	if flags&routing != 0 && flags&version == 0 {
		// Source route entries: family, offset, length, then so many octets; family 0 ends them.
		for {
			if n+4 > len(b) {
				d.fault()
				return
			}
			family, length := binary.BigEndian.Uint16(b[n:]), int(b[n+3])
			n += 4 + length
			if family == 0 {
				break
			}
		}
	}
	switch protocol {
	case etherERSPAN:
		if flags&sequence != 0 { // type II has a header of its own, type I none
			n += 8
		}
		protocol = etherTEB
	case etherERSPAN3:
		if n+12 > len(b) {
			d.fault()
			return
		}
		if b[n+11]&1 != 0 { // a platform-specific subheader
			n += 8
		}
		n += 12
		protocol = etherTEB
	}
	if n > len(b) {
		d.fault()
		return
	}
	d.inner(p, protocol, b[n:], wire-n, depth)
}

// vxlan decodes VXLAN (RFC 7348 section 5). Its I flag must be set.
func (d *Decoder) vxlan(p *Packet, b []byte, wire, depth int) {
	if len(b) < 8 || b[0]&0x08 == 0 {
		return // something else on that port
	}
	d.inner(p, etherTEB, b[8:], wire-8, depth)
}

// geneve decodes GENEVE (RFC 8926 section 3.4), version 0.
func (d *Decoder) geneve(p *Packet, b []byte, wire, depth int) {
	if len(b) < 8 || b[0]>>6 != 0 {
		return // something else on that port
	}
	n := 8 + int(b[0]&0x3f)*4
	if n > len(b) {
		d.fault()
		return
	}
	d.inner(p, binary.BigEndian.Uint16(b[2:]), b[n:], wire-n, depth)
}

// gtpu decodes GTP-U (3GPP TS 29.281 section 5): version 1, protocol type GTP, message G-PDU.
func (d *Decoder) gtpu(p *Packet, b []byte, wire, depth int) {
	const gpdu = 255
	if len(b) < 8 || b[0]>>4 != 3 || b[1] != gpdu {
		return
	}
	wire = min(wire, 8+int(binary.BigEndian.Uint16(b[2:])))
	b = b[:min(len(b), wire)]
	n := 8
	if b[0]&7 != 0 { // sequence number, N-PDU number, type of the next extension header
		n = 12
		if n > len(b) {
			d.fault()
			return
		}
		for next := b[11]; b[0]&4 != 0 && next != 0; next = b[n-1] {
			if n >= len(b) || b[n] == 0 || n+int(b[n])*4 > len(b) {
				d.fault()
				return
			}
			n += int(b[n]) * 4
		}
	}
	if n == len(b) {
		return
	}
	switch b[n] >> 4 {
	case 4:
		d.inner(p, etherIPv4, b[n:], wire-n, depth)
	case 6:
		d.inner(p, etherIPv6, b[n:], wire-n, depth)
	}
}
