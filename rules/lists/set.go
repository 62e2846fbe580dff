package lists

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ruleids/ruleids/packet"
)

// A Set is what `in` looks into: addresses, integers (MAC addresses among them), strings or domain names. It does
// not change after it was made.
type Set struct {
	Addrs *AddrSet            // nil unless of addresses
	Ints  []IntRange          // sorted, disjoint, not adjacent
	Strs  map[string]struct{} // nil unless of strings
	Names *NameSet            // nil unless of domain names
}

// An IntRange is the integers from Lo to Hi, both included.
type IntRange struct{ Lo, Hi int64 }

// NewIntSet returns the set of the integers in any of the ranges; a range with Lo > Hi is empty.
func NewIntSet(rs []IntRange) *Set {
	rs = slices.DeleteFunc(slices.Clone(rs), func(r IntRange) bool { return r.Lo > r.Hi })
	slices.SortFunc(rs, func(a, b IntRange) int {
		if a.Lo < b.Lo {
			return -1
		}
		if a.Lo > b.Lo {
			return 1
		}
		return 0
	})
	out := rs[:0]
	for _, r := range rs {
		if n := len(out); n > 0 && r.Lo-1 <= out[n-1].Hi {
			out[n-1].Hi = max(out[n-1].Hi, r.Hi)
			continue
		}
		out = append(out, r)
	}
	return &Set{Ints: slices.Clip(out)}
}

// NewStringSet returns the set of strings.
func NewStringSet(ss []string) *Set {
	m := make(map[string]struct{}, len(ss))
	for _, s := range ss {
		m[s] = struct{}{}
	}
	return &Set{Strs: m}
}

// NewAddrSet returns the set of the addresses in any of the ranges. It sorts ranges in place.
func NewAddrSet(ranges []AddrRange) *Set { return &Set{Addrs: buildAddrSet(ranges)} }

// HasInt reports whether n is in a set of integers.
func (s *Set) HasInt(n int64) bool {
	lo, hi := 0, len(s.Ints)
	for lo < hi {
		m := int(uint(lo+hi) >> 1)
		if s.Ints[m].Hi < n {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo < len(s.Ints) && s.Ints[lo].Lo <= n
}

// HasString reports whether b is in a set of strings or of domain names.
func (s *Set) HasString(b []byte) bool {
	if s.Names != nil {
		return s.Names.Has(b)
	}
	_, ok := s.Strs[string(b)]
	return ok
}

// An AddrRange is the addresses from Lo to Hi, both included.
type AddrRange struct{ Lo, Hi packet.Addr }

// An AddrSet is a set of addresses, held as disjoint ranges: 8 bytes for a range of IPv4 and 32 for
// one of IPv6. A lookup in a million CIDRs is one table index and a short binary search.
type AddrSet struct {
	lo4, hi4 []uint32 // sorted, disjoint, not adjacent
	// octet says of each first octet of an IPv4 address whether all, none or some of its addresses are
	// in the set: most lookups in lists of networks such as RFC 1918 need no more.
	octet [256]coverage
	// index[k] is the place of the first range whose end is not below k<<16; nil for short sets.
	index []uint32
	r6    []AddrRange // sorted, disjoint
	wide  bool        // one of r6, as ::/0, holds IPv4 addresses
}

// coverage says how much of a block of addresses a set has.
type coverage uint8

const (
	coversNone coverage = iota
	coversSome
	coversAll
)

// v4Index is the number of ranges from which a table over the upper 16 bits pays for its 256 KiB.
const v4Index = 256

func buildAddrSet(rs []AddrRange) *AddrSet {
	slices.SortFunc(rs, func(a, b AddrRange) int { return a.Lo.Compare(b.Lo) })
	s := &AddrSet{}
	n4 := 0
	for _, r := range rs {
		if r.Lo.Is4() && r.Hi.Is4() {
			n4++
		}
	}
	s.lo4, s.hi4 = make([]uint32, 0, n4), make([]uint32, 0, n4)
	for _, r := range rs {
		if r.Hi.Less(r.Lo) {
			continue
		}
		if r.Lo.Is4() && r.Hi.Is4() {
			lo, hi := uint32(r.Lo.Lo), uint32(r.Hi.Lo)
			if n := len(s.hi4); n > 0 && (lo <= s.hi4[n-1] || lo == s.hi4[n-1]+1) {
				s.hi4[n-1] = max(s.hi4[n-1], hi)
				continue
			}
			s.lo4, s.hi4 = append(s.lo4, lo), append(s.hi4, hi)
			continue
		}
		if n := len(s.r6); n > 0 && !s.r6[n-1].Hi.Less(r.Lo) {
			if s.r6[n-1].Hi.Less(r.Hi) {
				s.r6[n-1].Hi = r.Hi
			}
			continue
		}
		s.r6 = append(s.r6, r)
	}
	for _, r := range s.r6 {
		s.wide = s.wide || r.Lo.Less(packet.Addr{Lo: 0x1_0000_0000_0000}) && packet.Addr{Lo: 0xffff_0000_0000 - 1}.Less(r.Hi)
	}
	s.lo4, s.hi4, s.r6 = slices.Clip(s.lo4), slices.Clip(s.hi4), slices.Clip(s.r6)
	for i := range s.lo4 {
		for o := s.lo4[i] >> 24; o <= s.hi4[i]>>24; o++ {
			s.octet[o] = coversSome
			if s.lo4[i] <= o<<24 && s.hi4[i] >= o<<24|0xffffff {
				s.octet[o] = coversAll
			}
		}
	}
	for o := range s.octet {
		if s.wide && s.octet[o] == coversNone {
			s.octet[o] = coversSome
		}
	}
	if len(s.lo4) >= v4Index {
		s.index = make([]uint32, 1<<16+1)
		j := 0
		for k := range s.index {
			for j < len(s.hi4) && uint64(s.hi4[j]) < uint64(k)<<16 {
				j++
			}
			s.index[k] = uint32(j)
		}
	}
	return s
}

// Has reports whether a is in the set. A range of IPv6 that spans the IPv4-mapped addresses has
// IPv4 addresses in it too.
func (s *AddrSet) Has(a packet.Addr) bool {
	if a.Is4() {
		if c := s.octet[uint8(a.Lo>>24)]; c != coversSome {
			return c == coversAll
		}
	}
	return s.has(a)
}

func (s *AddrSet) has(a packet.Addr) bool {
	if a.Is4() && s.has4(uint32(a.Lo)) {
		return true
	}
	return (s.wide || !a.Is4()) && s.has6(a)
}

func (s *AddrSet) has6(a packet.Addr) bool {
	lo, hi := 0, len(s.r6)
	for lo < hi {
		m := int(uint(lo+hi) >> 1)
		if s.r6[m].Hi.Less(a) {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo < len(s.r6) && !a.Less(s.r6[lo].Lo)
}

func (s *AddrSet) has4(v uint32) bool {
	lo, hi := 0, len(s.hi4)
	if s.index != nil {
		k := v >> 16
		lo = int(s.index[k])
		hi = min(int(s.index[k+1])+1, hi)
	}
	for lo < hi {
		m := int(uint(lo+hi) >> 1)
		if s.hi4[m] < v {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo < len(s.lo4) && s.lo4[lo] <= v
}

// Empty reports whether there is no address in the set.
func (s *AddrSet) Empty() bool { return len(s.lo4) == 0 && len(s.r6) == 0 }

// Ranges calls yield with each range in ascending order, IPv4 first, until it returns false.
func (s *AddrSet) Ranges(yield func(AddrRange) bool) {
	for i := range s.lo4 {
		if !yield(AddrRange{packet.Addr{Lo: 0xffff_0000_0000 | uint64(s.lo4[i])}, packet.Addr{Lo: 0xffff_0000_0000 | uint64(s.hi4[i])}}) {
			return
		}
	}
	for _, r := range s.r6 {
		if !yield(r) {
			return
		}
	}
}

// Len returns the number of disjoint ranges.
func (s *AddrSet) Len() int { return len(s.lo4) + len(s.r6) }

// Strings returns the strings of a set of these, sorted.
func (s *Set) Strings() []string { return slices.Sorted(maps.Keys(s.Strs)) }

// WrittenMembers is how many members of a set String writes out.
const WrittenMembers = 8

// String writes a small set as the language does, and of a large one the size.
func (s *Set) String() string {
	var parts []string
	n := 0
	switch {
	case s.Addrs != nil:
		n = s.Addrs.Len()
		for r := range s.Addrs.Ranges {
			if len(parts) > WrittenMembers {
				break
			}
			parts = append(parts, "'"+r.String()+"'")
		}
	case s.Strs != nil:
		n = len(s.Strs)
		if n <= WrittenMembers {
			for _, w := range slices.Sorted(maps.Keys(s.Strs)) {
				parts = append(parts, strconv.Quote(w))
			}
		}
	case s.Names != nil:
		n = s.Names.Len()
		for i := 0; i < n && n <= WrittenMembers; i++ {
			parts = append(parts, strconv.Quote(string(s.Names.Entry(i))))
		}
	default:
		n = len(s.Ints)
		for _, r := range s.Ints[:min(n, WrittenMembers)] {
			if r.Lo == r.Hi {
				parts = append(parts, strconv.FormatInt(r.Lo, 10))
			} else {
				parts = append(parts, fmt.Sprintf("%d..%d", r.Lo, r.Hi))
			}
		}
	}
	if n > WrittenMembers {
		return fmt.Sprintf("[%d parts]", n)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// String writes a range as a network where it is one, or as an address, or as first-last.
func (r AddrRange) String() string {
	if r.Lo == r.Hi {
		return r.Lo.String()
	}
	bits := 0 // of the host part
	for bits < 128 && bitOf(r.Lo, bits) == 0 && bitOf(r.Hi, bits) == 1 {
		bits++
	}
	same := true
	for i := bits; i < 128; i++ {
		same = same && bitOf(r.Lo, i) == bitOf(r.Hi, i)
	}
	size := 128
	if r.Lo.Is4() && r.Hi.Is4() {
		size = 32
	}
	if same && bits <= size {
		return r.Lo.String() + "/" + strconv.Itoa(size-bits)
	}
	return r.Lo.String() + "-" + r.Hi.String()
}

// bitOf returns bit i of an address, counted from the lowest.
func bitOf(a packet.Addr, i int) uint64 {
	if i < 64 {
		return a.Lo >> i & 1
	}
	return a.Hi >> (i - 64) & 1
}
