package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestFork holds rules on contents that are parted by the direction of their packets and by ports against the same rules
// tried one by one.
func TestFork(t *testing.T) {
	g := grammar{Rand: rand.New(rand.NewPCG(5, 13))}
	var src strings.Builder
	for i := range 120 {
		where := fmt.Sprintf("payload contains '%s'", quoted(g.words(3)))
		for _, test := range []string{"conn.to_server", "src.port > 2000", "ip.ttl < 65"} {
			if k := g.IntN(5); k < 2 {
				where = test + " and " + where
			} else if k < 4 {
				where = "not (" + test + ") and " + where
			}
		}
		fmt.Fprintf(&src, "rule \"r%03d\" {\n  description = \"d\"\n  severity = \"low\"\n  where = <<-E\n    %s\n  E\n  cooldown = \"0s\"\n}\n", i, where)
	}
	var segs []seg
	for i := range 600 {
		s := seg{at: float64(i), src: "10.0.0.1", dst: "10.0.0.2", sport: uint16(1000 + 2000*g.IntN(2)), dport: 80, flags: 16, payload: g.words(6)}
		if g.IntN(2) == 0 {
			s.src, s.dst, s.sport, s.dport = s.dst, s.src, s.dport, s.sport
		}
		segs = append(segs, s)
	}
	fs := frames(segs...)
	rs := load(t, src.String())
	p, _ := Compile(rs, Options{})
	forks, deepest := 0, 0
	p.branches(func(br *branch) {
		if br.fork == nil {
			return
		}
		forks++
		for _, side := range []*branch{br.fork.yes, br.fork.no} {
			if side != nil && side.fork != nil {
				deepest = 2
			}
		}
	})
	if forks < 3 || deepest < 2 {
		t.Fatalf("%d forks, so this test shows little", forks)
	}
	want := run(New(p, Config{}), fs)
	if len(want) < 1000 {
		t.Fatalf("only %d alerts", len(want))
	}
	for _, o := range []Tuning{{NoIndex: true}, {NoDispatch: true, NoIndex: true}} {
		q, _ := CompileTuned(rs, Options{}, o)
		if got := run(New(q, Config{}), fs); !slices.Equal(got, want) {
			t.Errorf("%+v: %d alerts, want %d, or others", o, len(got), len(want))
		}
	}
}
