package ast

import (
	"math"
	"net/netip"
	"testing"
	"time"

	"github.com/ruleids/ruleids/packet"
)

func TestEntropy(t *testing.T) {
	for _, c := range []struct {
		s    string
		want float64
	}{{"", 0}, {"a", 0}, {"aaaa", 0}, {"ab", 1}, {"aabb", 1}, {"abcd", 2}, {"aab", 0.9182958340544896}} {
		if got := Entropy([]byte(c.s)); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("entropy of %q is %v, want %v", c.s, got, c.want)
		}
	}
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	if got := Entropy(all); got != 8 {
		t.Errorf("entropy of all bytes is %v", got)
	}
}

func TestIsPrivate(t *testing.T) {
	for text, want := range map[string]bool{
		"10.0.0.0": true, "10.255.255.255": true, "11.0.0.0": false, "172.15.255.255": false, "172.16.0.0": true,
		"172.31.255.255": true, "172.32.0.0": false, "192.168.0.1": true, "192.169.0.0": false, "127.0.0.1": true,
		"169.254.1.1": true, "8.8.8.8": false, "0.0.0.0": false, "fc00::1": true, "fdff::": true, "fe00::": false,
		"fe80::1": true, "febf::": true, "fec0::": false, "::1": true, "::": false, "2001:db8::1": false,
	} {
		if got := IsPrivate(packet.AddrFromNetip(netip.MustParseAddr(text))); got != want {
			t.Errorf("IsPrivate(%s) is %v", text, got)
		}
	}
}

func TestHour(t *testing.T) {
	for _, s := range []float64{0, 3599.9, 3600, 86399.999, 86400, 1.7e9, -1, -0.5, -3600, -86400} {
		want := time.Unix(int64(math.Floor(s)), 0).UTC().Hour()
		if got := Hour(s, time.UTC); got != int64(want) {
			t.Errorf("Hour(%v) is %d, want %d", s, got, want)
		}
	}
}

// The calendar of a zone knows its summer time.
func TestZones(t *testing.T) {
	for _, c := range []struct {
		zone, at      string
		hour, weekday int64
	}{
		{"UTC", "2024-03-31T00:59:59Z", 0, 0},
		{"Europe/Berlin", "2024-03-31T00:59:59Z", 1, 0},
		{"Europe/Berlin", "2024-03-31T01:00:00Z", 3, 0}, // two o'clock is left out
		{"America/Los_Angeles", "2024-01-01T07:59:59Z", 23, 0},
		{"Asia/Kolkata", "2024-01-01T18:30:00Z", 0, 2},
		{"UTC", "1969-12-31T23:59:59Z", 23, 3},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		s := float64(at.Unix()) + 0.5
		if h, d := Hour(s, zone), Weekday(s, zone); h != c.hour || d != c.weekday {
			t.Errorf("%s in %s: hour %d, weekday %d, want %d and %d", c.at, c.zone, h, d, c.hour, c.weekday)
		}
	}
	for _, s := range []float64{math.Inf(1), math.Inf(-1), 1e300, -1e300} {
		if h := Hour(s, time.UTC); h < 0 || h > 23 {
			t.Errorf("Hour(%v) is %d", s, h)
		}
	}
}

func TestNetwork(t *testing.T) {
	for _, text := range []string{"203.0.113.255", "255.255.255.255", "0.0.0.0", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::", "::1"} {
		a := netip.MustParseAddr(text)
		for bits := range a.BitLen() + 1 {
			bits4, bits6 := 7, 77
			if a.Is4() {
				bits4 = bits
			} else {
				bits6 = bits
			}
			want := netip.PrefixFrom(a, bits).Masked().Addr()
			if got := Network(packet.AddrFromNetip(a), bits4, bits6).Netip(); got != want {
				t.Errorf("%s/%d is %s, want %s", text, bits, got, want)
			}
		}
	}
}

func TestFunctionsAllocate(t *testing.T) {
	text := []byte("some.long.name.example.co.uk")
	addr := packet.AddrFrom4([4]byte{10, 0, 0, 1})
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() {
		Entropy(text)
		IsPrivate(addr)
		Hour(1.7e9, berlin)
		Weekday(1.7e9, berlin)
		Network(addr, 24, 64)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
