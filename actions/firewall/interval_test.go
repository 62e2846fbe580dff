package firewall

import (
	"math/rand/v2"
	"net/netip"
	"testing"
)

// TestIntervals compares pieces with the prefixes that they are cut from, address by address, in a space small enough.
func TestIntervals(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		// The last 256 addresses of all: the end of the space is among them.
		set := roll{}
		for range r.IntN(12) {
			p := netip.PrefixFrom(netip.AddrFrom4([4]byte{255, 255, 255, byte(r.IntN(256))}), 24+r.IntN(8)).Masked()
			set[p] = int64(r.IntN(4)) * 100
		}
		xs := intervals(set)
		begun := roll{}
		for i, x := range xs {
			if x.last.Less(x.from) || i > 0 && !xs[i-1].last.Less(x.from) {
				t.Fatalf("%v: the pieces overlap: %v", set, xs)
			}
			if !parseComment(begun, x.from, x.comment(set)) {
				t.Fatalf("the comment %q cannot be read", x.comment(set))
			}
		}
		for p, until := range set {
			if got, ok := begun[p]; !ok || got != until || len(begun) != len(set) {
				t.Fatalf("from comments: %v, want %v", begun, set)
			}
		}
		for a := range 256 {
			addr := netip.AddrFrom4([4]byte{255, 255, 255, byte(a)})
			want, covered := int64(-1), false
			for p, until := range set {
				if p.Contains(addr) {
					covered = true
					if until == 0 || want != 0 && until > want {
						want = until
					}
				}
			}
			got, found := int64(-1), false
			for _, x := range xs {
				if !addr.Less(x.from) && !x.last.Less(addr) {
					got, found = x.until, true
				}
			}
			if got != want || found != covered {
				t.Fatalf("%v: %s ends at %d, want %d", set, addr, got, want)
			}
		}
	}
	if !parseComment(roll{}, netip.Addr{}, "") {
		t.Error("a piece without a comment is refused")
	}
	for _, bad := range []string{"x", "/33 for good", "/8 for good", "/24 until noon", "/24"} {
		if parseComment(roll{}, netip.MustParseAddr("10.1.0.0"), bad) {
			t.Errorf("%q is taken for a comment", bad)
		}
	}
}
