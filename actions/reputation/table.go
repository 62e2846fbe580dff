package reputation

import (
	"bytes"
	"maps"
	"net/netip"
	"slices"

	"github.com/ruleids/ruleids/internal/scale"
)

// A table finds the most specific pattern for an indicator. Once it is built any number of goroutines
// may read it.
type table struct {
	prefixes     map[netip.Prefix]Tier
	bits4, bits6 []int // lengths of the prefixes that there are, longest first
	// first4 and first6 tell by the first byte of an address whether any prefix may have it: most
	// addresses are done with then.
	first4, first6 [256]bool
	names          map[string]Tier
}

func newTable() *table {
	return &table{prefixes: map[netip.Prefix]Tier{}, names: map[string]Tier{}}
}

// add adds a pattern. Where it is there already, the worse tier holds.
func (t *table) add(p Pattern, tier Tier) {
	if p.prefix.IsValid() {
		t.prefixes[p.prefix] = max(t.prefixes[p.prefix], tier)
	} else {
		t.names[p.name] = max(t.names[p.name], tier)
	}
}

// build makes the table ready for lookups, after the last add.
func (t *table) build() {
	four, six := map[int]bool{}, map[int]bool{}
	for p := range t.prefixes {
		lengths, first := six, &t.first6
		if p.Addr().Is4() {
			lengths, first = four, &t.first4
		}
		lengths[p.Bits()] = true
		from := p.Addr().AsSlice()[0]
		for i := range 1 << max(0, 8-p.Bits()) {
			first[int(from)+i] = true
		}
	}
	longestFirst := func(a, b int) int { return b - a }
	t.bits4 = slices.SortedFunc(maps.Keys(four), longestFirst)
	t.bits6 = slices.SortedFunc(maps.Keys(six), longestFirst)
}

// len returns the number of patterns.
func (t *table) len() int { return len(t.prefixes) + len(t.names) }

// addr finds the longest prefix that an address is in.
func (t *table) addr(a netip.Addr) (Tier, netip.Prefix, bool) {
	lengths := t.bits4
	if a.Is4() {
		if b := a.As4(); !t.first4[b[0]] {
			return scale.TierClean, netip.Prefix{}, false
		}
	} else {
		if b := a.As16(); !t.first6[b[0]] {
			return scale.TierClean, netip.Prefix{}, false
		}
		lengths = t.bits6
	}
	for _, n := range lengths {
		p, _ := a.Prefix(n) // n fits the family
		if tier, ok := t.prefixes[p]; ok {
			return tier, p, true
		}
	}
	return scale.TierClean, netip.Prefix{}, false
}

// name finds the longest name that a canonical name is, or is below of. The result shares memory with text.
func (t *table) name(text []byte) (Tier, []byte, bool) {
	if len(t.names) == 0 {
		return scale.TierClean, nil, false
	}
	for {
		if tier, ok := t.names[string(text)]; ok {
			return tier, text, true
		}
		dot := bytes.IndexByte(text, '.')
		if dot < 0 {
			return scale.TierClean, nil, false
		}
		text = text[dot+1:]
	}
}

// find finds what canonical made of an indicator.
func (t *table) find(text []byte, addr netip.Addr) (Tier, bool) {
	if addr.IsValid() {
		tier, _, ok := t.addr(addr)
		return tier, ok
	}
	tier, _, ok := t.name(text)
	return tier, ok
}
