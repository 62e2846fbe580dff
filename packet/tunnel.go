package packet

import "encoding/binary"

// A Tunnel is a kind of tunnel: how an IP packet carries another packet.
type Tunnel uint8

// The kinds of tunnels. TunnelNone is the zero value.
const (
	TunnelNone    Tunnel = iota
	TunnelIPIP           // IPv4 in IPv4 (RFC 2003)
	TunnelSIT            // IPv6 in IPv4 (RFC 4213)
	Tunnel4in6           // IPv4 in IPv6 (RFC 2473)
	Tunnel6in6           // IPv6 in IPv6 (RFC 2473)
	TunnelGRE            // GRE (RFC 2784, RFC 2637)
	TunnelERSPAN         // mirrored frames in GRE (draft-foschiano-erspan)
	TunnelEtherIP        // EtherIP (RFC 3378)
	TunnelMPLS           // MPLS in IP (RFC 4023)
	TunnelVXLAN          // VXLAN (RFC 7348)
	TunnelGENEVE         // GENEVE (RFC 8926)
	TunnelGTP            // GTP-U (3GPP TS 29.281)
	numTunnels
)

// String returns the value of tunnel.type, "" for TunnelNone.
func (t Tunnel) String() string {
	return [numTunnels]string{"", "ipip", "6in4", "4in6", "6in6", "gre", "erspan", "etherip", "mpls", "vxlan", "geneve", "gtp"}[t]
}

// Tunnels returns the kinds of tunnels in the order of the reference.
func Tunnels() []Tunnel {
	ts := make([]Tunnel, 0, numTunnels-1)
	for t := TunnelNone + 1; t < numTunnels; t++ {
		ts = append(ts, t)
	}
	return ts
}

// TunnelByName returns the tunnel with a name; ok is false where there is none.
func TunnelByName(name string) (t Tunnel, ok bool) {
	for _, t := range Tunnels() {
		if t.String() == name {
			return t, true
		}
	}
	return TunnelNone, false
}

// UDP reports whether the tunnel's packets are UDP datagrams.
func (t Tunnel) UDP() bool { return t == TunnelVXLAN || t == TunnelGENEVE || t == TunnelGTP }

// An Outer is the outermost IP packet of a frame in which a tunnel was opened.
type Outer struct {
	Src, Dst         Addr
	IPLen            uint32
	UDPLength        uint16
	SrcPort, DstPort uint16 // with LayerOuterPorts
	TTL              uint8
	IPVersion        uint8
	IPProto          uint8
	Tunnel           Tunnel // what it carries
	Depth            uint8  // how many tunnels are opened within each other, from 1
	payload          []byte
}

// View fills v with the outermost packet of p alone, as if its tunnel had not been opened: a datagram of UDP.
// p must have LayerTunnel and a Tunnel with UDP.
func (o *Outer) View(v, p *Packet) {
	v.Number, v.Time, v.Clock, v.Class, v.Attrs, v.Data = p.Number, p.Time, p.Clock, ClassUDP, nil, p.Data
	v.Layers = LayerFrame | LayerIP | LayerUDP | LayerPorts | LayerPayload
	v.FrameLen, v.CapLen, v.Malformed = p.FrameLen, p.CapLen, p.Malformed
	v.Src, v.Dst, v.IPLen, v.IPVersion, v.IPProto, v.TTL = o.Src, o.Dst, o.IPLen, o.IPVersion, o.IPProto, o.TTL
	v.IPID, v.FragOffset, v.DF, v.MF, v.FragOverlap = 0, 0, false, false, false
	v.sum, v.beyond, v.sourceRouted, v.apart = p.sum, false, false, true
	v.SrcPort, v.DstPort, v.UDPLength, v.Payload = o.SrcPort, o.DstPort, o.UDPLength, o.payload
}

// inner decodes what a tunnel carries. Until a sound IP or ARP header is found in there, only the link
// fields of p can have changed, and they are put back.
func (d *Decoder) inner(p *Packet, t Tunnel, etherType uint16, b []byte, wire, depth int) {
	if depth >= maxNesting {
		d.fault()
		return
	}
	layers, ethType, vlan, tags, src, dst := p.Layers, p.EthType, p.VLAN, p.VLANDepth, p.EthSrc, p.EthDst
	outer := Outer{Src: p.Src, Dst: p.Dst, IPLen: p.IPLen, TTL: p.TTL, IPVersion: p.IPVersion, IPProto: p.IPProto, Tunnel: t, Depth: 1}
	if layers&LayerPorts != 0 {
		outer.SrcPort, outer.DstPort, outer.UDPLength, outer.payload = p.SrcPort, p.DstPort, p.UDPLength, p.Payload
	}
	if !d.network(p, etherType, b, wire, depth+1) {
		p.Layers, p.EthType, p.VLAN, p.VLANDepth, p.EthSrc, p.EthDst = layers, ethType, vlan, tags, src, dst
		return
	}
	if p.Layers&LayerTunnel != 0 { // of a tunnel in this one
		outer.Depth += p.Outer.Depth
	}
	p.Outer = outer
	p.Layers |= LayerTunnel
	p.Layers &^= LayerOuterPorts
	if layers&LayerPorts != 0 {
		p.Layers |= LayerOuterPorts
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
	tunnel := TunnelGRE
	switch protocol {
	case etherERSPAN:
		tunnel = TunnelERSPAN
		if flags&sequence != 0 { // type II has a header of its own, type I none
			n += 8
		}
		protocol = etherTEB
	case etherERSPAN3:
		tunnel = TunnelERSPAN
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
	d.inner(p, tunnel, protocol, b[n:], wire-n, depth)
}

// vxlan decodes VXLAN (RFC 7348 section 5). Its I flag must be set.
func (d *Decoder) vxlan(p *Packet, b []byte, wire, depth int) {
	if len(b) < 8 || b[0]&0x08 == 0 {
		return // something else on that port
	}
	d.inner(p, TunnelVXLAN, etherTEB, b[8:], wire-8, depth)
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
	d.inner(p, TunnelGENEVE, binary.BigEndian.Uint16(b[2:]), b[n:], wire-n, depth)
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
		d.inner(p, TunnelGTP, etherIPv4, b[n:], wire-n, depth)
	case 6:
		d.inner(p, TunnelGTP, etherIPv6, b[n:], wire-n, depth)
	}
}
