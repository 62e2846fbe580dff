package live

import (
	"slices"

	"golang.org/x/net/bpf"

	"github.com/ruleids/ruleids/packet"
)

// ipv4 finds the transport header of an IPv4 packet.
func (c *compiler) ipv4() {
	c.emit(
		bpf.StoreScratch{Src: bpf.RegX, N: memBase},
		bpf.LoadScratch{Dst: bpf.RegA, N: memFirst},
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 15},
		bpf.ALUOpConstant{Op: bpf.ALUOpShiftLeft, Val: 2},
		bpf.StoreScratch{Src: bpf.RegA, N: memHeader},
		bpf.LoadIndirect{Off: 2, Size: 2}, // total length
		bpf.LoadScratch{Dst: bpf.RegX, N: memHeader},
	)
	c.branchX(bpf.JumpGreaterOrEqual, next, c.accept)
	c.emit(
		bpf.ALUOpX{Op: bpf.ALUOpSub},
		bpf.StoreScratch{Src: bpf.RegA, N: memRest},
		bpf.LoadScratch{Dst: bpf.RegX, N: memBase},
		bpf.LoadScratch{Dst: bpf.RegA, N: memLen},
		bpf.ALUOpX{Op: bpf.ALUOpSub},
		bpf.LoadScratch{Dst: bpf.RegX, N: memHeader},
	)
	c.branchX(bpf.JumpGreaterOrEqual, next, c.accept)
	c.emit(bpf.ALUOpX{Op: bpf.ALUOpSub})
	c.rest()
	c.emit(bpf.LoadScratch{Dst: bpf.RegX, N: memBase}, bpf.LoadIndirect{Off: 6, Size: 2})
	c.branch(bpf.JumpBitsSet, 0x3fff, c.accept, next) // a fragment: it may have a part of the transport header
	c.emit(
		bpf.LoadIndirect{Off: 9, Size: 1},
		bpf.StoreScratch{Src: bpf.RegA, N: memProto},
		bpf.LoadScratch{Dst: bpf.RegA, N: memHeader},
		bpf.ALUOpX{Op: bpf.ALUOpAdd},
		bpf.StoreScratch{Src: bpf.RegA, N: memBase},
		bpf.LoadScratch{Dst: bpf.RegA, N: memProto},
	)
	c.branch(bpf.JumpEqual, protoTCP, c.tcp, next)
	c.branch(bpf.JumpEqual, protoUDP, c.udp, next)
	c.branch(bpf.JumpEqual, protoICMP, c.icmp, next)
	c.oneOf(tunnels(), c.accept)
	c.jump(c.ip)
}

// ipv6 finds the transport header of an IPv6 packet that has no extension header.
func (c *compiler) ipv6() {
	c.emit(bpf.StoreScratch{Src: bpf.RegX, N: memBase}, bpf.LoadIndirect{Off: 4, Size: 2}) // payload length
	c.branch(bpf.JumpEqual, 0, c.accept, next)
	c.emit(
		bpf.StoreScratch{Src: bpf.RegA, N: memRest},
		bpf.LoadScratch{Dst: bpf.RegA, N: memLen},
		bpf.ALUOpX{Op: bpf.ALUOpSub},
		bpf.ALUOpConstant{Op: bpf.ALUOpSub, Val: 40},
	)
	c.rest()
	c.emit(
		bpf.LoadScratch{Dst: bpf.RegX, N: memBase},
		bpf.LoadIndirect{Off: 6, Size: 1},
		bpf.StoreScratch{Src: bpf.RegA, N: memProto},
		bpf.TXA{},
		bpf.ALUOpConstant{Op: bpf.ALUOpAdd, Val: 40},
		bpf.StoreScratch{Src: bpf.RegA, N: memBase},
		bpf.LoadScratch{Dst: bpf.RegA, N: memProto},
	)
	c.branch(bpf.JumpEqual, protoTCP, c.tcp, next)
	c.branch(bpf.JumpEqual, protoUDP, c.udp, next)
	c.branch(bpf.JumpEqual, protoICMPv6, c.icmp6, next)
	c.oneOf(extensions(), c.accept)
	c.oneOf(tunnels(), c.accept)
	c.jump(c.ip)
}

// rest makes memRest the lesser of itself and A.
func (c *compiler) rest() {
	less := c.label()
	c.emit(bpf.LoadScratch{Dst: bpf.RegX, N: memRest})
	c.branchX(bpf.JumpGreaterThan, next, less)
	c.emit(bpf.TXA{})
	c.place(less)
	c.emit(bpf.StoreScratch{Src: bpf.RegA, N: memRest})
}

// transport looks at transport headers.
func (c *compiler) transport() {
	i := c.f.interest
	c.place(c.ip)
	c.class(packet.ClassIP)

	c.place(c.icmp)
	c.atLeast(4)
	c.class(packet.ClassICMP)

	c.place(c.icmp6)
	c.atLeast(4)
	c.class(packet.ClassICMPv6)

	c.place(c.udp)
	c.atLeast(8)
	if i.Classes.Has(packet.ClassUDP) {
		c.jump(c.accept)
	} else {
		c.emit(bpf.LoadScratch{Dst: bpf.RegX, N: memBase}, bpf.LoadIndirect{Off: 2, Size: 2})
		c.oneOf(tunnelPorts(), c.accept)
		c.ports(i.UDPPorts)
		c.jump(c.drop)
	}

	c.place(c.tcp)
	c.atLeast(20)
	c.emit(bpf.LoadScratch{Dst: bpf.RegX, N: memBase}, bpf.LoadIndirect{Off: 12, Size: 1}, bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 4})
	c.branch(bpf.JumpGreaterOrEqual, 5, next, c.accept)
	c.ports(i.TCPPorts)
	reserved := c.label()
	c.emit(bpf.LoadIndirect{Off: 12, Size: 2})
	c.branch(bpf.JumpBitsSet, 0x0f00, reserved, next)
	c.flags(packet.ClassTCP)
	c.place(reserved)
	c.flags(packet.ClassTCPReserved)
}

// atLeast lets packets through whose transport header is cut short.
func (c *compiler) atLeast(n uint32) {
	c.emit(bpf.LoadScratch{Dst: bpf.RegA, N: memRest})
	c.branch(bpf.JumpGreaterOrEqual, n, next, c.accept)
}

// ports lets packets through from or to one of the ports. X holds where the transport header begins.
func (c *compiler) ports(ranges []PortRange) {
	ranges = slices.Clone(ranges)
	slices.SortFunc(ranges, func(x, y PortRange) int { return int(x.First) - int(y.First) })
	var spans []span
	for _, r := range ranges {
		lo, hi := uint32(r.First), uint32(r.Last)
		if n := len(spans); n > 0 && lo <= spans[n-1].hi+1 {
			spans[n-1].hi = max(spans[n-1].hi, hi)
			continue
		}
		spans = append(spans, span{lo, hi, c.accept})
	}
	if len(spans) == 0 {
		return
	}
	for _, off := range []uint32{0, 2} {
		miss := c.label()
		c.emit(bpf.LoadIndirect{Off: off, Size: 2})
		c.search(spans, 1<<16-1, miss)
		c.place(miss)
	}
}

// flags looks the low eight flags of TCP up in the 256 classes from base on. X holds where the header begins.
func (c *compiler) flags(base packet.Class) {
	var words [8]uint32
	for n := range packet.Class(256) {
		if c.f.interest.Classes.Has(base + n) {
			words[n/32] |= 1 << (n % 32)
		}
	}
	if i := slices.IndexFunc(words[:], func(w uint32) bool { return w != words[0] }); i < 0 {
		switch words[0] {
		case 0:
			c.jump(c.drop)
			return
		case 1<<32 - 1:
			c.jump(c.accept)
			return
		}
	}
	var spans []span
	for n, w := range words {
		if k := len(spans); k > 0 && w == words[n-1] {
			spans[k-1].hi = uint32(n)
			continue
		}
		to := c.label()
		switch w {
		case 0:
			to = c.drop
		case 1<<32 - 1:
			to = c.accept
		}
		spans = append(spans, span{uint32(n), uint32(n), to})
	}
	bit := c.label()
	c.emit(
		bpf.LoadIndirect{Off: 13, Size: 1},
		bpf.StoreScratch{Src: bpf.RegA, N: memFirst},
		bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: 31},
		bpf.TAX{},
		bpf.LoadScratch{Dst: bpf.RegA, N: memFirst},
		bpf.ALUOpConstant{Op: bpf.ALUOpShiftRight, Val: 5},
	)
	c.search(spans, 7, c.drop)
	for _, s := range spans {
		if s.to != c.accept && s.to != c.drop {
			c.place(s.to)
			c.emit(bpf.LoadConstant{Dst: bpf.RegA, Val: words[s.lo]})
			c.jump(bit)
		}
	}
	c.place(bit)
	c.emit(bpf.ALUOpX{Op: bpf.ALUOpShiftRight})
	c.branch(bpf.JumpBitsSet, 1, c.accept, c.drop)
}
