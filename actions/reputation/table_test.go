package reputation

import (
	"math/rand/v2"
	"net/netip"
	"testing"
)

// TestTableAgainstSearch holds lookups of addresses to looking at every prefix.
func TestTableAgainstSearch(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	random := func() netip.Addr {
		// Few values, so that prefixes nest.
		b := [16]byte{byte(rng.IntN(4)) << 6, byte(rng.IntN(3)), byte(rng.IntN(3)), byte(rng.IntN(3))}
		if rng.IntN(2) == 0 {
			return netip.AddrFrom4([4]byte(b[:4]))
		}
		return netip.AddrFrom16(b)
	}
	for range 200 {
		table := newTable()
		for range rng.IntN(20) {
			a := random()
			p, err := a.Prefix(rng.IntN(33))
			if err != nil {
				t.Fatal(err)
			}
			table.add(Pattern{prefix: p}, Tier(rng.IntN(5)))
		}
		table.build()
		for range 200 {
			a := random()
			want, found := netip.Prefix{}, false
			for p := range table.prefixes {
				if p.Contains(a) && (!found || p.Bits() > want.Bits()) {
					want, found = p, true
				}
			}
			tier, got, ok := table.addr(a)
			if ok != found || got != want || ok && tier != table.prefixes[want] {
				t.Fatalf("%v: %v, %v; want %v, %v", a, got, ok, want, found)
			}
		}
	}
}
