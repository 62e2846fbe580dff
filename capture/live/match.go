package live

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"sort"

	"github.com/ruleids/ruleids/packet"
)

// Match reports whether the filter lets a frame through: what the program in the kernel would have said.
// It is for frames that did not come that way, as those of a capture file, and for those that
// came under another filter. Frames of link types that a Source does not capture pass. Nothing is allocated.
func (f *Filter) Match(fr *packet.Frame) bool {
	if f.empty() {
		return true
	}
	b := fr.Data
	switch fr.Link {
	case packet.LinkEthernet:
		return f.matchEthernet(b)
	case packet.LinkRaw:
		if len(b) == 0 {
			return true
		}
		switch b[0] >> 4 {
		case 4:
			return f.matchIPv4(b)
		case 6:
			return f.matchIPv6(b)
		}
	}
	return true
}

func (f *Filter) matchEthernet(b []byte) bool {
	if len(b) < 14 {
		return true
	}
	etherType := binary.BigEndian.Uint16(b[12:])
	b = b[14:]
	for n := 0; etherType == etherVLAN || etherType == etherQinQ || etherType == etherQinQOld; n++ {
		if n == maxTags || len(b) < 4 {
			return true
		}
		etherType = binary.BigEndian.Uint16(b[2:])
		b = b[4:]
	}
	switch etherType {
	case etherIPv4:
		return f.matchIPv4(b)
	case etherIPv6:
		return f.matchIPv6(b)
	case etherARP, etherRARP:
		return len(b) < 8 || f.wants(packet.ClassARP)
	case etherTEB, etherPPP, etherMPLS, etherMPLSUp, etherPPPoE, etherVNTag:
		return true
	}
	return etherType <= etherMaxLength || f.wants(packet.ClassOther)
}

// wants reports whether a packet of a class passes.
func (f *Filter) wants(c packet.Class) bool {
	return f.interest == nil || f.interest.Classes.Has(c)
}

// ignores reports whether an address is in a network that is ignored.
func (f *Filter) ignores(a netip.Addr) bool {
	i := sort.Search(len(f.ranges), func(i int) bool { return a.Compare(f.ranges[i].first) < 0 })
	return i > 0 && a.Compare(f.ranges[i-1].last) <= 0
}

func (f *Filter) matchIPv4(b []byte) bool {
	if len(b) < 20 || b[0]>>4 != 4 || b[0]&15 < 5 {
		return true
	}
	if len(f.ranges) > 0 && (f.ignores(netip.AddrFrom4([4]byte(b[12:]))) || f.ignores(netip.AddrFrom4([4]byte(b[16:])))) {
		return false
	}
	if f.interest == nil {
		return true
	}
	header, total, proto := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:])), b[9]
	if total < header || len(b) < header {
		return true
	}
	if binary.BigEndian.Uint16(b[6:])&0x3fff != 0 {
		return true // the transport header may be spread over fragments
	}
	b = b[header:min(total, len(b))]
	if proto == protoICMP {
		return len(b) < 4 || f.wants(packet.ClassICMP)
	}
	return f.matchTransport(proto, b)
}

func (f *Filter) matchIPv6(b []byte) bool {
	if len(b) < 40 || b[0]>>4 != 6 {
		return true
	}
	if len(f.ranges) > 0 && (f.ignores(netip.AddrFrom16([16]byte(b[8:]))) || f.ignores(netip.AddrFrom16([16]byte(b[24:])))) {
		return false
	}
	if f.interest == nil {
		return true
	}
	length, proto := int(binary.BigEndian.Uint16(b[4:])), b[6]
	if length == 0 || slices.Contains(extensions(), uint32(proto)) {
		return true
	}
	b = b[40:min(40+length, len(b))]
	if proto == protoICMPv6 {
		return len(b) < 4 || f.wants(packet.ClassICMPv6)
	}
	return f.matchTransport(proto, b)
}

// matchTransport judges a packet by what is behind its IP header.
func (f *Filter) matchTransport(proto uint8, b []byte) bool {
	i := f.interest
	switch proto {
	case protoTCP:
		if len(b) < 20 || b[12]>>4 < 5 {
			return true
		}
		if hasPort(i.TCPPorts, binary.BigEndian.Uint16(b)) || hasPort(i.TCPPorts, binary.BigEndian.Uint16(b[2:])) {
			return true
		}
		class := packet.ClassTCP
		if b[12]&15 != 0 {
			class = packet.ClassTCPReserved
		}
		return f.wants(class + packet.Class(b[13]))
	case protoUDP:
		if len(b) < 8 || f.wants(packet.ClassUDP) {
			return true
		}
		src, dst := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
		return slices.Contains(tunnelPorts(), uint32(dst)) || hasPort(i.UDPPorts, src) || hasPort(i.UDPPorts, dst)
	}
	return slices.Contains(tunnels(), uint32(proto)) || f.wants(packet.ClassIP)
}
