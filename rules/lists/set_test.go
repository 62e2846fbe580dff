package lists

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/ruleids/ruleids/packet"
)

// prefixRange returns the addresses of a CIDR.
func prefixRange(p netip.Prefix) AddrRange {
	lo := p.Masked().Addr()
	hi := lo.AsSlice()
	for i := p.Bits(); i < len(hi)*8; i++ {
		hi[i/8] |= 0x80 >> (i % 8)
	}
	last, _ := netip.AddrFromSlice(hi)
	return AddrRange{packet.AddrFromNetip(lo), packet.AddrFromNetip(last)}
}

// TestAddrSet holds sets of few and of many CIDRs against a look at every one of them.
func TestAddrSet(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	addr4 := func() netip.Addr {
		return netip.AddrFrom4([4]byte{byte(8 + r.IntN(4)), byte(r.IntN(4)), byte(r.IntN(256)), byte(r.IntN(256))})
	}
	addr6 := func() netip.Addr {
		return netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, byte(r.IntN(2)), byte(r.IntN(256)), 15: byte(r.IntN(4))})
	}
	for _, size := range []int{0, 1, 5, 100, 3000} {
		var prefixes []netip.Prefix
		var ranges []AddrRange
		for range size {
			a, bits := addr4(), 12+r.IntN(21)
			if size < 100 && r.IntN(4) == 0 {
				bits = 6 + r.IntN(4) // whole octets and more
			}
			if r.IntN(3) == 0 {
				a, bits = addr6(), 36+r.IntN(93)
			}
			p := netip.PrefixFrom(a, bits)
			prefixes, ranges = append(prefixes, p), append(ranges, prefixRange(p))
		}
		set := NewAddrSet(ranges).Addrs
		for range 4000 {
			a := addr4()
			if r.IntN(3) == 0 {
				a = addr6()
			}
			want := false
			for _, p := range prefixes {
				want = want || p.Contains(a)
			}
			if got := set.Has(packet.AddrFromNetip(a)); got != want {
				t.Fatalf("%d prefixes, %v: got %t, want %t", size, a, got, want)
			}
		}
		for _, p := range prefixes { // the ends, and what is next to them
			x := prefixRange(p)
			if !set.Has(x.Lo) || !set.Has(x.Hi) {
				t.Fatalf("%d prefixes: an end of %v is not in the set", size, p)
			}
		}
		last := packet.Addr{}
		for x := range set.Ranges {
			if x.Hi.Less(x.Lo) || !last.Less(x.Lo) && last != (packet.Addr{}) {
				t.Fatalf("ranges overlap at %v", x.Lo)
			}
			last = x.Hi
		}
	}
}

func TestIntSet(t *testing.T) {
	s := NewIntSet([]IntRange{{20, 25}, {80, 80}, {26, 30}, {22, 23}, {9, 1}})
	if len(s.Ints) != 2 || s.Ints[0] != (IntRange{20, 30}) {
		t.Errorf("ranges: %v", s.Ints)
	}
	for n, want := range map[int64]bool{19: false, 20: true, 26: true, 30: true, 31: false, 79: false, 80: true, 81: false} {
		if s.HasInt(n) != want {
			t.Errorf("%d: want %t", n, want)
		}
	}
	if s := NewIntSet([]IntRange{{5, 1<<63 - 1}, {7, 9}}); len(s.Ints) != 1 || !s.HasInt(1<<63-1) {
		t.Errorf("a range to the greatest integer: %v", s.Ints)
	}
}

func BenchmarkAddrSetMillion(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	ranges := make([]AddrRange, 1_000_000)
	for i := range ranges {
		ranges[i] = prefixRange(netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(r.IntN(224)), byte(r.IntN(256)), byte(r.IntN(256)), byte(r.IntN(256))}), 20+r.IntN(13)))
	}
	set := NewAddrSet(ranges).Addrs
	probes := make([]packet.Addr, 4096)
	for i := range probes {
		probes[i] = packet.AddrFrom4([4]byte{byte(r.IntN(224)), byte(r.IntN(256)), byte(r.IntN(256)), byte(r.IntN(256))})
	}
	hits := 0
	for i := 0; b.Loop(); i++ {
		if set.Has(probes[i&4095]) {
			hits++
		}
	}
	b.ReportMetric(float64(hits)/float64(b.N), "hits/op")
}

func TestParseAddrEntry(t *testing.T) {
	for s, want := range map[string]string{
		"10.0.0.1": "10.0.0.1", "10.1.2.3/8": "10.0.0.0/8", "0.0.0.0/0": "0.0.0.0/0", "1.2.3.4/32": "1.2.3.4",
		"10.0.0.1-10.0.0.9": "10.0.0.1-10.0.0.9", "10.0.0.0-10.0.0.255": "10.0.0.0/24", "::/0": "::/0",
		"2001:db8::/32": "2001:db8::/32", "2001:db8::5/64": "2001:db8::/64", "::ffff:10.0.0.1": "::ffff:10.0.0.1", "::ffff:0:0/96": "::ffff:0.0.0.0/96", "fe80::1": "fe80::1",
	} {
		r, err := ParseAddrs(s)
		if err != nil || r.String() != want {
			t.Errorf("%q is %v, %v; want %s", s, r, err, want)
		}
	}
	for _, s := range []string{"", "10", "10.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.1/33", "10.0.0.1/", "10.0.0.1/08",
		"10.0.0.9-10.0.0.1", "::1-10.0.0.1", "fe80::1%eth0", "10.0.0.1 ", "a.b.c.d", "1.2.3.4.5", "::/129", "10.0.0.0/-1"} {
		if r, err := ParseAddrs(s); err == nil {
			t.Errorf("%q is %v", s, r)
		}
	}
}
