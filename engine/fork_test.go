package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestFork holds rules on contents that are parted by the direction of their packets, by ports, by networks, by what few packets
// have and by how a payload starts against the same rules tried one by one.
func TestFork(t *testing.T) {
	g := grammar{Rand: rand.New(rand.NewPCG(5, 13))}
	var src strings.Builder
	for i := range 240 {
		where := fmt.Sprintf("payload contains '%s'", quoted(g.words(3)))
		for _, test := range []string{"conn.to_server", "src.port > 2000", "ip.ttl < 65", "ip.dst in ['10.0.0.2', '192.168.0.0/16']", "ip.src in ['10.0.0.0/31', '192.168.0.0/16']"} {
			if k := g.IntN(5); k < 2 {
				where = test + " and " + where
			} else if k < 4 {
				where = "not (" + test + ") and " + where
			}
		}
		switch g.IntN(6) {
		case 0:
			where = "dns and " + where
		case 1:
			where = fmt.Sprintf("payload startsWith '%s' and %s", quoted(g.words(1)), where)
		case 2:
			where = fmt.Sprintf("lower(payload) startsWith '%s' and %s", g.one("e", "get", "x", "k"), where)
		}
		fmt.Fprintf(&src, "rule \"r%03d\" {\n  description = \"d\"\n  severity = \"low\"\n  where = <<-E\n    %s\n  E\n  cooldown = \"0s\"\n}\n", i, where)
	}
	var segs []seg
	for i := range 1800 {
		s := seg{at: float64(i), src: "10.0.0.1", dst: "10.0.0.2", sport: uint16(1000 + 2000*g.IntN(2)), dport: 80, flags: 16, payload: g.words(6)}
		if g.IntN(2) == 0 {
			s.src, s.dst, s.sport, s.dport = s.dst, s.src, s.dport, s.sport
		}
		if g.IntN(4) == 0 {
			s.proto, s.dport, s.payload = 17, 53, question(g.one("evil", "x.Evil", "example")+".ab")
		}
		segs = append(segs, s)
	}
	fs := frames(segs...)
	rs := load(t, src.String())
	p, _ := Compile(rs, Options{})
	forks, gates, networks, starts, deepest, spared, joined := 0, 0, 0, 0, 0, 0, 0
	p.branches(func(br *branch) {
		for _, s := range segs {
			if len(s.payload) < br.least {
				spared++
			}
		}
		forks += len(br.forks)
		if br.only != nil {
			joined++
		}
		if br.contents != nil {
			for _, below := range br.contents.branches {
				if below.indexed {
					starts++
				}
			}
		}
		for _, f := range br.forks {
			test := &p.preds[f.test]
			if test.op == opMemo {
				test = &p.preds[test.kids[0]]
			}
			switch test.op {
			case opLayers:
				gates++
			case opAddrs:
				networks++
			}
			for _, side := range []*branch{f.yes, f.no} {
				if side != nil && side.forks != nil {
					deepest = 2
				}
			}
		}
	})
	if forks < 8 || deepest < 2 || gates == 0 || networks == 0 || starts == 0 || spared < 1000 || joined == 0 {
		t.Fatalf("%d forks, of which %d are gates and %d part by networks, %d starts, %d short payloads, and %d right behind another: this test shows little", forks, gates, networks, starts, spared, joined)
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
