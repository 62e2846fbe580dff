package packet

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// Addr is an IPv4 or IPv6 address as two big-endian halves. IPv4 addresses are held in their
// IPv4-mapped form ::ffff:a.b.c.d (RFC 4291, section 2.5.5.2), so that one comparison serves both
// families. What an IPv6 header writes in that form is another address than the IPv4 address, which
// did not send it: it is held as ::1:ffff:a.b.c.d, in the block 0000::/8 that is not assigned
// (RFC 4291, section 2.4), and shown as it was written. The zero value is ::, the IPv6 unspecified address.
type Addr struct {
	Hi, Lo uint64
}

const (
	v4Prefix  = 0xffff_0000_0000
	mappedBit = 1 << 48 // of an address that an IPv6 header writes as IPv4-mapped
)

// fromHalves returns the address of an IPv6 header.
func fromHalves(hi, lo uint64) Addr {
	if hi == 0 && lo>>32 == v4Prefix>>32 {
		lo |= mappedBit
	}
	return Addr{hi, lo}
}

// AddrFrom4 returns the address of four bytes in network order.
func AddrFrom4(b [4]byte) Addr {
	return Addr{Lo: v4Prefix | uint64(binary.BigEndian.Uint32(b[:]))}
}

// AddrFrom16 returns the address of sixteen bytes of an IPv6 header, in network order.
func AddrFrom16(b [16]byte) Addr {
	return fromHalves(binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:]))
}

// AddrFromNetip converts a netip.Addr; its zone is dropped. An IPv4-mapped address stays what it is: Unmap
// those that a socket of both families returns for IPv4.
func AddrFromNetip(a netip.Addr) Addr {
	if a.Is4() {
		return AddrFrom4(a.As4())
	}
	return AddrFrom16(a.As16())
}

// Is4 reports whether a is an IPv4 address.
func (a Addr) Is4() bool { return a.Hi == 0 && a.Lo>>32 == 0xffff }

// Netip converts a to a netip.Addr: IPv4 addresses to those of four bytes, and what an IPv6 header writes as
// IPv4-mapped to one for which Is4In6 holds.
func (a Addr) Netip() netip.Addr {
	var b [16]byte
	if a.Is4() {
		binary.BigEndian.PutUint32(b[:4], uint32(a.Lo))
		return netip.AddrFrom4([4]byte(b[:4]))
	}
	if a.Hi == 0 && a.Lo>>32 == (mappedBit|v4Prefix)>>32 {
		a.Lo &^= mappedBit
	}
	binary.BigEndian.PutUint64(b[:8], a.Hi)
	binary.BigEndian.PutUint64(b[8:], a.Lo)
	return netip.AddrFrom16(b)
}

// String returns the usual text: dotted quad, or RFC 5952.
func (a Addr) String() string { return a.Netip().String() }

// Less orders addresses numerically, IPv4 at its mapped place.
func (a Addr) Less(b Addr) bool { return a.Hi < b.Hi || a.Hi == b.Hi && a.Lo < b.Lo }

// Compare is for sorting in the order of Less.
func (a Addr) Compare(b Addr) int {
	if c := cmp.Compare(a.Hi, b.Hi); c != 0 {
		return c
	}
	return cmp.Compare(a.Lo, b.Lo)
}

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
