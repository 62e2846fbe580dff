package packet

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// Addr is an IPv4 or IPv6 address as two big-endian halves. IPv4 addresses are held in their
// IPv4-mapped form ::ffff:a.b.c.d (RFC 4291, section 2.5.5.2), so that one comparison serves both
// families; a mapped address in an IPv6 header therefore equals the IPv4 address it stands for.
// The zero value is ::, the IPv6 unspecified address.
type Addr struct {
	Hi, Lo uint64
}

const v4Prefix = 0xffff_0000_0000

// AddrFrom4 returns the address of four bytes in network order.
func AddrFrom4(b [4]byte) Addr {
	return Addr{Lo: v4Prefix | uint64(binary.BigEndian.Uint32(b[:]))}
}

// AddrFrom16 returns the address of sixteen bytes in network order.
func AddrFrom16(b [16]byte) Addr {
	return Addr{Hi: binary.BigEndian.Uint64(b[:8]), Lo: binary.BigEndian.Uint64(b[8:])}
}

// AddrFromNetip converts a netip.Addr; its zone is dropped.
func AddrFromNetip(a netip.Addr) Addr { return AddrFrom16(a.As16()) }

// Is4 reports whether a is an IPv4 address.
func (a Addr) Is4() bool { return a.Hi == 0 && a.Lo>>32 == 0xffff }

// Netip converts a to a netip.Addr, IPv4 addresses unmapped.
func (a Addr) Netip() netip.Addr {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], a.Hi)
	binary.BigEndian.PutUint64(b[8:], a.Lo)
	return netip.AddrFrom16(b).Unmap()
}

// String returns the usual text: dotted quad, or RFC 5952.
func (a Addr) String() string { return a.Netip().String() }

// Less orders addresses numerically, IPv4 at its mapped place.
func (a Addr) Less(b Addr) bool { return a.Hi < b.Hi || a.Hi == b.Hi && a.Lo < b.Lo }

// Next returns the address after a; the one after the last is ::.
func (a Addr) Next() Addr {
	lo, carry := bits.Add64(a.Lo, 1, 0)
	return Addr{Hi: a.Hi + carry, Lo: lo}
}

// MAC is a 48-bit hardware address in the low bits, first octet highest.
type MAC uint64

// String returns the six octets in lower-case hex with colons.
func (m MAC) String() string {
	const hex = "0123456789abcdef"
	var b [17]byte
	for i := range 6 {
		o := byte(m >> (40 - 8*i))
		b[3*i], b[3*i+1] = hex[o>>4], hex[o&15]
		if i < 5 {
			b[3*i+2] = ':'
		}
	}
	return string(b[:])
}
