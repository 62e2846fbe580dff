package engine

import (
	"math/rand/v2"
	"testing"
)

// TestBitmap holds the runs of random sets of ports, and how many there are, against a look at each port.
func TestBitmap(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		var m bitmap
		for range r.IntN(6) {
			lo := uint64(r.IntN(1 << 16))
			m.add(lo, min(lo+uint64(r.IntN(200)), 1<<16-1))
		}
		if r.IntN(10) == 0 {
			m.add(0, 1<<16-1)
		}
		next, n := 0, 0
		m.ranges(func(lo, hi uint16) {
			for ; next < int(lo); next++ {
				if m.has(uint16(next)) {
					t.Fatalf("%d is in no run", next)
				}
			}
			for ; next <= int(hi); next++ {
				if n++; !m.has(uint16(next)) {
					t.Fatalf("%d is in a run", next)
				}
			}
			if hi < 1<<16-1 && m.has(hi+1) {
				t.Fatalf("the run ends at %d", hi)
			}
		})
		for ; next < 1<<16; next++ {
			if m.has(uint16(next)) {
				t.Fatalf("%d is in no run", next)
			}
		}
		if m.count() != n {
			t.Fatalf("%d ports, not %d", n, m.count())
		}
	}
}
