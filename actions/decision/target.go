package decision

import (
	"cmp"
	"fmt"
	"iter"
	"net/netip"
	"strings"
)

// A Target is an address or a prefix. IPv4-mapped IPv6 addresses are held as the IPv4 addresses that they
// stand for, and the bits behind a prefix are zero, so that equal targets are equal values. The zero value is
// no target. Its text is a bare address where it is one.
type Target struct {
	prefix netip.Prefix
}

// TargetOf returns the target that is one address. The zone is dropped: kernel sets have none.
func TargetOf(a netip.Addr) Target {
	a = a.Unmap().WithZone("")
	return Target{netip.PrefixFrom(a, a.BitLen())}
}

// onWire returns the target that is an address as a packet has it. Unlike TargetOf it leaves an IPv4-mapped address what
// it is, which is protected: nothing on the wire has such an address in good faith.
func onWire(a netip.Addr) Target {
	a = a.WithZone("")
	return Target{netip.PrefixFrom(a, a.BitLen())}
}

// TargetOfPrefix returns the target that is a prefix; no target for one that is not valid.
func TargetOfPrefix(p netip.Prefix) Target {
	const mapped = 96 // bits before the IPv4 address in ::ffff:a.b.c.d (RFC 4291, section 2.5.5.2)
	if a := p.Addr(); a.Is4In6() && p.Bits() >= mapped {
		p = netip.PrefixFrom(a.Unmap(), p.Bits()-mapped)
	}
	return Target{p.Masked()}
}

// ParseTarget reads an address or a prefix. The error says what to write instead.
func ParseTarget(s string) (Target, error) {
	bad := fmt.Errorf("%q is not an IP address or prefix; write one as 198.51.100.7, 198.51.100.0/24 or 2001:db8::7", s)
	if strings.Contains(s, "/") {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return Target{}, bad
		}
		return TargetOfPrefix(p), nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return Target{}, bad
	}
	if a.Zone() != "" {
		return Target{}, fmt.Errorf("%q has a zone, which the kernel's sets do not know; write %s", s, a.WithZone(""))
	}
	return TargetOf(a), nil
}

// Prefix returns the target as a prefix, of full length where it is one address.
func (t Target) Prefix() netip.Prefix { return t.prefix }

// IsValid reports whether t is a target at all.
func (t Target) IsValid() bool { return t.prefix.IsValid() }

// Is4 reports whether t is of IPv4.
func (t Target) Is4() bool { return t.prefix.Addr().Is4() }

// Single reports whether t is one address.
func (t Target) Single() bool { return t.prefix.IsSingleIP() }

// Compare orders targets by address, then by length of the prefix.
func (t Target) Compare(u Target) int {
	return cmp.Or(t.prefix.Addr().Compare(u.prefix.Addr()), cmp.Compare(t.prefix.Bits(), u.prefix.Bits()))
}

// String returns the text that ParseTarget reads.
func (t Target) String() string {
	if !t.IsValid() {
		return "none"
	}
	if t.Single() {
		return t.prefix.Addr().String()
	}
	return t.prefix.String()
}

// MarshalText implements encoding.TextMarshaler.
func (t Target) MarshalText() ([]byte, error) {
	if !t.IsValid() {
		return nil, nil
	}
	return []byte(t.String()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (t *Target) UnmarshalText(b []byte) (err error) {
	*t, err = ParseTarget(string(b))
	return err
}

// lengths counts the targets of a map by family and length of prefix, so that what covers an address is found
// with as many lookups as there are different lengths.
type lengths struct {
	n [2][129]int
}

func (l *lengths) add(t Target, by int) { l.n[family(t)][t.prefix.Bits()] += by }

func family(t Target) int {
	if t.Is4() {
		return 0
	}
	return 1
}

// around yields the targets that cover t and that the map may have, the narrowest first; t is one of them.
func (l *lengths) around(t Target) iter.Seq[Target] {
	return func(yield func(Target) bool) {
		for bits := t.prefix.Bits(); bits >= 0; bits-- {
			if l.n[family(t)][bits] == 0 {
				continue
			}
			if !yield(Target{netip.PrefixFrom(t.prefix.Addr(), bits).Masked()}) {
				return
			}
		}
	}
}
