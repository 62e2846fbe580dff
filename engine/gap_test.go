package engine

import (
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/geo"
	"github.com/ruleids/ruleids/packet"
)

// value runs segs through one rule with one aggregate "v" in a window of 10 s that fires on every packet, and returns
// the aggregate after each of them; NaN where it has none.
func values(t *testing.T, aggregate string, segs ...seg) []float64 {
	t.Helper()
	e := New(compile(t, `rule "r" {
  where = "tcp"
  by = ["ip.src"]
  window "10s" {
    n = "count()"
    v = "`+aggregate+`"
  }
  when = "n >= 0"
  cooldown = "0s"
}`, Options{}), Config{})
	var out []float64
	e.Process(frames(segs...), func(a *alert.Alert) {
		switch v := a.Values[1].Value.(type) {
		case float64:
			out = append(out, v)
		case int64:
			out = append(out, float64(v))
		default:
			out = append(out, math.NaN())
		}
	})
	return out
}

func near(t *testing.T, got []float64, want ...float64) {
	t.Helper()
	same := len(got) == len(want)
	for i := 0; same && i < len(got); i++ {
		same = math.IsNaN(got[i]) && math.IsNaN(want[i]) || math.Abs(got[i]-want[i]) < 1e-9
	}
	if !same {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A gap is that of the rule's own key; the first packet has none, nor has one that is older than the packet before it,
// which it does not take the place of; and none is as long as the window.
func TestGap(t *testing.T) {
	none := math.NaN()
	a, b := "10.0.0.1", "10.0.0.2"
	near(t, values(t, "max(gap())", syn(0, a, 1), syn(1, b, 1), syn(3, a, 1), syn(3, a, 1), syn(4, b, 1)), none, none, 3, 3, 3)
	near(t, values(t, "min(gap())", syn(0, a, 1), syn(3, a, 1), syn(3, a, 1)), none, 3, 0)
	near(t, values(t, "sum(gap())", syn(5, a, 1), syn(3, a, 1), syn(6, a, 1)), 0, 0, 1)
	near(t, values(t, "count(gap() >= 9.5)", syn(0, a, 1), syn(9.999999, a, 1), syn(20, a, 1), syn(29, a, 1)), 0, 1, 0, 0)
	near(t, values(t, "count(not (gap() < 5))", syn(0, a, 1), syn(1, a, 1), syn(8, a, 1)), 1, 1, 2)
	near(t, values(t, "mean(gap(), tcp.dstport == 1)", syn(0, a, 1), syn(1, a, 2), syn(3, a, 1)), none, none, 2)
}

// What lies between two packets of a key in kilometres has a value where both places are known, and the packet before is in
// the window and not newer.
func TestMoved(t *testing.T) {
	rs := load(t, `rule "r" {
  on = "auth"
  by = ["auth.user"]
  window "1h" {
    n  = "count()"
    km = "max(moved())"
    v  = "max(moved() / max(gap(), 1), moved() > 500)"
  }
  when = "n >= 1"
  cooldown = "0s"
}`)
	known := func(prefix string, latitude, longitude float64) geo.Network {
		return geo.Network{Prefix: netip.MustParsePrefix(prefix), Place: geo.Place{Country: "DE", Latitude: latitude, Longitude: longitude, Located: true}}
	}
	rs.Geo = geo.Of(known("198.51.100.0/24", 52.52, 13.405), known("203.0.113.0/24", -33.868, 151.209), known("2001:db8::/32", 52.4, 13.1))
	plan, diags := Compile(rs, Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	e := New(plan, Config{})
	var got []string
	post := func(at int, user, src string) {
		a := packet.Auth{Time: int64(at) * second, User: user, Result: packet.AuthSuccess}
		if src != "" {
			a.Src = netip.AddrPortFrom(netip.MustParseAddr(src), 0)
		}
		e.Post(a.Event(), func(a *alert.Alert) {
			text := ""
			for _, v := range a.Values[1:] {
				if f, ok := v.Value.(float64); ok {
					text += fmt.Sprintf(" %.1f", f)
				} else {
					text += " -"
				}
			}
			got = append(got, user+text)
		})
	}
	post(0, "a", "198.51.100.7")
	post(1, "b", "203.0.113.7") // another key
	post(10, "a", "198.51.100.8")
	post(20, "a", "2001:db8::1")
	post(120, "a", "203.0.113.7")
	post(60, "a", "198.51.100.7")   // older: no move, and not the packet before of the next
	post(130, "a", "203.0.113.8")   // the farthest counts
	post(3000, "b", "10.0.0.1")     // not known
	post(3001, "b", "198.51.100.7") // nor whence
	post(3002, "b", "")             // no address
	post(9000, "b", "203.0.113.7")  // out of the window
	post(9001, "b", "198.51.100.7")
	want := []string{"a NaN NaN", "b NaN NaN", "a 0.0 NaN", "a 24.6 NaN", "a 16117.9 161.2", "a 16117.9 161.2", "a 16117.9 161.2", "b NaN NaN", "b NaN NaN", "b NaN NaN", "b NaN NaN", "b 16094.4 16094.4"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSpreadOfGaps(t *testing.T) {
	a := "10.0.0.1"
	none := math.NaN()
	near(t, values(t, "cv(gap())", syn(0, a, 1), syn(2, a, 1), syn(4, a, 1), syn(8, a, 1)), none, 0, 0, math.Sqrt(24.0/3-64.0/9)/(8.0/3))
	near(t, values(t, "cv(ip.ttl - ip.ttl)", syn(0, a, 1)), none)
	near(t, values(t, "median(gap())", syn(0, a, 1), syn(1, a, 1), syn(4, a, 1), syn(6, a, 1)), none, 1, 2, 2)
	near(t, values(t, "percentile(tcp.dstport, 75)", syn(0, a, 10), syn(1, a, 20), syn(2, a, 30), syn(3, a, 40), syn(4, a, 50)), 10, 17.5, 25, 32.5, 40)
	near(t, values(t, "percentile(tcp.dstport, 0)", syn(0, a, 10), syn(1, a, 5)), 10, 5)
	near(t, values(t, "percentile(tcp.dstport, 100, tcp.dstport < 50)", syn(0, a, 10), syn(1, a, 100), syn(2, a, 40)), 10, 10, 40)
}

const beaconRule = `rule "beacon" {
  severity = "medium"
  where = "tcp"
  by = ["ip.src", "ip.dst", "dst.port"]
  window "6h" {
    calls = "count()"
    every = "median(gap())"
    jitter = "cv(gap())"
  }
  threshold = 20
  when = "calls >= threshold and every > 10 and jitter < 0.2"
}
`

// The rule of the manual: even calls fire it on the twentieth, uneven and fast ones do not.
func TestBeacon(t *testing.T) {
	var even, uneven, fast []seg
	at := 0.0
	for i := range 30 {
		even = append(even, syn(60*float64(i)+float64(i%3), "10.0.0.1", 443))
		at += []float64{5, 200, 31, 90, 12}[i%5]
		uneven = append(uneven, syn(at, "10.0.0.1", 443))
		fast = append(fast, syn(float64(i), "10.0.0.1", 443))
	}
	got := fire(t, beaconRule, even...)
	if len(got) != 11 || !strings.HasPrefix(got[0], "beacon #20 10.0.0.1 192.0.2.1 443 calls=20 every=61 jitter=0.0") {
		t.Errorf("even: %v", got)
	}
	expect(t, fire(t, beaconRule, uneven...))
	expect(t, fire(t, beaconRule, fast...))
}

// A swap keeps the gaps of a window that goes on, whatever rules come and go beside it.
func TestGapsOverSwaps(t *testing.T) {
	other := `rule "other" {
  where = "tcp"
  by = ["ip.src", "ip.dst", "dst.port"]
  window "1h" {
    n = "count()"
    m = "distinct(ip.ttl)"
  }
  when = "n >= 1000 or m > 500"
}
`
	var segs []seg
	for i := range 25 {
		segs = append(segs, syn(60*float64(i), "10.0.0.1", 443))
	}
	whole := fire(t, beaconRule, segs...)
	e := New(compile(t, beaconRule, Options{}), Config{})
	var got []string
	for i, f := range frames(segs...) {
		if i%5 == 4 {
			text := beaconRule
			if i%10 == 4 {
				text += other
			}
			if r := e.Swap(compile(t, text, Options{})); len(r.Reset) > 0 {
				t.Errorf("reset: %v", r.Reset)
			}
		}
		got = append(got, run(e, []packet.Frame{f})...)
	}
	expect(t, got, whole...)
}
