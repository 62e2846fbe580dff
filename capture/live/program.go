package live

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/net/bpf"

	"github.com/ruleids/ruleids/packet"
)

// EtherTypes, IP protocols and ports that a filter knows (IANA). Those that packet.Decode looks behind and
// a filter does not are let through.
const (
	etherMaxLength = 1500 // up to here it is a length, and LLC follows
	etherIPv4      = 0x0800
	etherARP       = 0x0806
	etherTEB       = 0x6558
	etherRARP      = 0x8035
	etherVLAN      = 0x8100
	etherIPv6      = 0x86dd
	etherPPP       = 0x880b
	etherMPLS      = 0x8847
	etherMPLSUp    = 0x8848
	etherPPPoE     = 0x8864
	etherQinQ      = 0x88a8
	etherQinQOld   = 0x9100
	etherVNTag     = 0x8926

	protoICMP   = 1
	protoTCP    = 6
	protoUDP    = 17
	protoICMPv6 = 58

	// maxTags is how many VLAN tags a filter goes behind, besides one that was taken off.
	maxTags = 3

	// outgoing is PACKET_OUTGOING of linux/if_packet.h.
	outgoing = 4
)

// opaque returns the EtherTypes that IP may be behind where a filter does not look.
func opaque() []uint32 {
	return []uint32{etherTEB, etherPPP, etherMPLS, etherMPLSUp, etherPPPoE, etherVNTag}
}

// tags returns the EtherTypes of VLAN tags.
func tags() []uint32 { return []uint32{etherVLAN, etherQinQ, etherQinQOld} }

// tunnels returns the IP protocols that carry packets, or a transport header behind one of their own: IP in IP, 6in4, GRE,
// AH, EtherIP, MPLS in IP.
func tunnels() []uint32 { return []uint32{4, 41, 47, 51, 97, 137} }

// extensions returns the IP protocols that are extension headers of IPv6.
func extensions() []uint32 { return []uint32{0, 43, 44, 51, 60, 140} }

// tunnelPorts returns the UDP destination ports of GTP-U, VXLAN and GENEVE.
func tunnelPorts() []uint32 { return []uint32{2152, 4789, 6081} }

// Places in the scratch memory of a program.
const (
	memLen    = iota // bytes that are captured of the packet
	memFirst         // the first byte of the IPv4 header; later the flags of TCP
	memBase          // where the IP header begins, later the transport header
	memHeader        // bytes of the IPv4 header
	memRest          // bytes from the transport header on, by the IP header and as captured
	memProto         // IP protocol
)

// A compiler makes the program of a Filter. While it runs X holds where the IP header begins.
type compiler struct {
	assembler
	f            *Filter
	accept, drop label
	arp, other   label
	v4, v6       label
	ip           label // IP without a transport header that Decode knows
	tcp, udp     label
	icmp, icmp6  label
}

// program returns the program of a filter for frames of a link type, of which snap bytes are to be
// captured. On the loopback interface a packet is dropped on its way out, since it comes in at once. The
// program returns the number of bytes to capture, 0 for none.
func (f *Filter) program(link packet.LinkType, snap uint32, loopback bool) []bpf.Instruction {
	c := &compiler{f: f}
	for _, l := range []*label{&c.accept, &c.drop, &c.arp, &c.other, &c.v4, &c.v6, &c.ip, &c.tcp, &c.udp, &c.icmp, &c.icmp6} {
		*l = c.label()
	}
	c.common = c.drop
	if loopback {
		c.emit(bpf.LoadExtension{Num: bpf.ExtType})
		c.branch(bpf.JumpEqual, outgoing, c.drop, next)
	}
	if !f.empty() {
		c.length(snap)
		if link == packet.LinkEthernet {
			c.ethernet()
		} else {
			c.raw()
		}
		all := f.wantsIP()
		if all && len(f.ignore) == 0 {
			// Whatever is in an IP packet, it is wanted. A few instructions on each packet are left, and those
			// that look behind the Ethernet header are calls.
			c.place(c.v4)
			c.place(c.v6)
		} else {
			c.network(all)
		}
		if !all {
			c.transport()
		}
	}
	c.place(c.accept)
	c.emit(bpf.RetConstant{Val: snap})
	c.place(c.drop)
	c.emit(bpf.RetConstant{})
	return c.assembler.program()
}

// length notes how many bytes are captured: the program sees all of the packet, Decode will not.
func (c *compiler) length(snap uint32) {
	whole := c.label()
	c.emit(bpf.LoadExtension{Num: bpf.ExtLen})
	c.branch(bpf.JumpGreaterThan, snap, next, whole)
	c.emit(bpf.LoadConstant{Dst: bpf.RegA, Val: snap})
	c.place(whole)
	c.emit(bpf.StoreScratch{Src: bpf.RegA, N: memLen})
}

// oneOf goes to a label where A is one of some values.
func (c *compiler) oneOf(values []uint32, to label) {
	for _, v := range values {
		c.branch(bpf.JumpEqual, v, to, next)
	}
}

// ethernet finds the protocol behind an Ethernet header and its VLAN tags.
func (c *compiler) ethernet() {
	for n := range uint32(maxTags + 1) {
		tag := c.label()
		c.emit(bpf.LoadScratch{Dst: bpf.RegA, N: memLen})
		c.branch(bpf.JumpGreaterOrEqual, 14+4*n, next, c.accept)
		c.emit(bpf.LoadAbsolute{Off: 12 + 4*n, Size: 2}, bpf.LoadConstant{Dst: bpf.RegX, Val: 14 + 4*n})
		c.branch(bpf.JumpEqual, etherIPv4, c.v4, next)
		c.branch(bpf.JumpEqual, etherIPv6, c.v6, next)
		c.oneOf([]uint32{etherARP, etherRARP}, c.arp)
		if n == maxTags {
			c.oneOf(tags(), c.accept)
		} else {
			c.oneOf(tags(), tag)
		}
		c.jump(c.other)
		c.place(tag)
	}
	i := c.f.interest
	c.place(c.arp)
	if i == nil {
		c.place(c.other)
		c.jump(c.accept)
		return
	}
	c.emit(bpf.LoadScratch{Dst: bpf.RegA, N: memLen}, bpf.ALUOpX{Op: bpf.ALUOpSub})
	c.branch(bpf.JumpGreaterOrEqual, 8, next, c.accept)
	c.class(packet.ClassARP)
	c.place(c.other) // A is the EtherType
	c.branch(bpf.JumpGreaterThan, etherMaxLength, next, c.accept)
	c.oneOf(opaque(), c.accept)
	c.class(packet.ClassOther)
}

// raw finds the version of a packet without a link header.
func (c *compiler) raw() {
	c.emit(bpf.LoadScratch{Dst: bpf.RegA, N: memLen})
	c.branch(bpf.JumpGreaterOrEqual, 1, next, c.accept)
	c.emit(bpf.LoadAbsolute{Off: 0, Size: 1}, bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 4}, bpf.LoadConstant{Dst: bpf.RegX, Val: 0})
	c.branch(bpf.JumpEqual, 4, c.v4, next)
	c.branch(bpf.JumpEqual, 6, c.v6, c.accept)
}

// class ends the program for a packet whose class is known.
func (c *compiler) class(class packet.Class) {
	if c.f.interest.Classes.Has(class) {
		c.jump(c.accept)
	} else {
		c.jump(c.drop)
	}
}

// network looks at IP headers; all says that nothing but addresses matters.
func (c *compiler) network(all bool) {
	c.place(c.v4)
	c.emit(bpf.LoadScratch{Dst: bpf.RegA, N: memLen}, bpf.ALUOpX{Op: bpf.ALUOpSub})
	c.branch(bpf.JumpGreaterOrEqual, 20, next, c.accept)
	c.emit(bpf.LoadIndirect{Off: 0, Size: 1}, bpf.StoreScratch{Src: bpf.RegA, N: memFirst}, bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 4})
	c.branch(bpf.JumpEqual, 4, next, c.accept)
	c.emit(bpf.LoadScratch{Dst: bpf.RegA, N: memFirst}, bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 15})
	c.branch(bpf.JumpGreaterOrEqual, 5, next, c.accept)
	c.addresses(12, 4)
	if !all {
		c.ipv4()
	} else {
		c.jump(c.accept)
	}

	c.place(c.v6)
	c.emit(bpf.LoadScratch{Dst: bpf.RegA, N: memLen}, bpf.ALUOpX{Op: bpf.ALUOpSub})
	c.branch(bpf.JumpGreaterOrEqual, 40, next, c.accept)
	c.emit(bpf.LoadIndirect{Off: 0, Size: 1}, bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 4})
	c.branch(bpf.JumpEqual, 6, next, c.accept)
	c.addresses(8, 16)
	if !all {
		c.ipv6()
	} else {
		c.jump(c.accept)
	}
}

// addresses drops packets whose source, at off from the IP header, or destination, behind it, is ignored.
func (c *compiler) addresses(off, size uint32) {
	var ps []netip.Prefix
	for _, p := range c.f.ignore {
		if p.Addr().BitLen() == int(size)*8 {
			ps = append(ps, p)
		}
	}
	if len(ps) == 0 {
		return
	}
	for range 2 {
		kept := c.label()
		c.networks(ps, off, 0, kept)
		c.place(kept)
		off += size
	}
}

// networks drops packets whose address at off from the IP header is in one of the networks, and goes to miss
// otherwise. It is called for the words of an address in turn; all networks share the words before this one.
func (c *compiler) networks(ps []netip.Prefix, off uint32, word int, miss label) {
	var spans []span
	deeper := map[label][]netip.Prefix{}
	for _, p := range ps { // ascending, wider networks first
		b := p.Addr().AsSlice()
		lo := binary.BigEndian.Uint32(b[word*4:])
		hi := lo
		if bits := p.Bits() - 32*word; bits < 32 {
			hi |= 1<<(32-bits) - 1
		}
		last := len(spans) - 1
		whole := p.Bits() <= 32*(word+1)
		switch {
		case last >= 0 && spans[last].to == c.drop && lo <= spans[last].hi:
			// It is in the network before it.
		case whole && last >= 0 && spans[last].to == c.drop && lo == spans[last].hi+1:
			spans[last].hi = hi
		case whole:
			spans = append(spans, span{lo, hi, c.drop})
		case last >= 0 && spans[last].lo == lo:
			deeper[spans[last].to] = append(deeper[spans[last].to], p)
		default:
			l := c.label()
			spans = append(spans, span{lo, lo, l})
			deeper[l] = []netip.Prefix{p}
		}
	}
	c.emit(bpf.LoadIndirect{Off: off + uint32(word)*4, Size: 4})
	c.search(spans, 1<<32-1, miss)
	for _, s := range spans {
		if s.to != c.drop {
			c.place(s.to)
			c.networks(deeper[s.to], off, word+1, miss)
		}
	}
}
