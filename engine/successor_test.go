package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// ruleSets makes n rule sets that have rules in common: each takes some of a pool, some of them under names that
// another set uses for something else.
func (g grammar) ruleSets(t *testing.T, n int) []*Plan {
	t.Helper()
	var pool []string
	for len(pool) < 12 {
		r := g.rule("NAME")
		if _, diags := rules.Load(rules.Options{Sources: map[string][]byte{"r.hcl": []byte(r)}}); !diags.HasErrors() {
			pool = append(pool, r)
		}
	}
	out := make([]*Plan, n)
	for i := range out {
		var src strings.Builder
		for j, r := range pool {
			name := fmt.Sprintf("r%02d", j)
			switch g.IntN(5) {
			case 0:
				continue
			case 1:
				name = fmt.Sprintf("r%02d_of_%d", j, i)
			case 2:
				r = pool[(j+1)%len(pool)]
			}
			src.WriteString(strings.Replace(r, "NAME", name, 1))
		}
		out[i] = compile(t, src.String(), Options{})
	}
	return out
}

// TestSuccessorDoesWhatSwapDoes changes over between random rule sets in both ways, amid traffic.
func TestSuccessorDoesWhatSwapDoes(t *testing.T) {
	for seed := range uint64(12) {
		g := grammar{rand.New(rand.NewPCG(seed, 11))}
		plans := g.ruleSets(t, 6)
		cfg := Config{Seed: 1, Workers: 1 + int(seed%3)}
		a, b := New(plans[0], cfg), New(plans[0], cfg)
		traffic := g.traffic(1200)
		for i := range 6 {
			part := traffic[i*200 : (i+1)*200]
			if want, got := run(a, part), run(b, part); !slices.Equal(want, got) {
				t.Fatalf("seed %d, plan %d: alerts\n%s\nand not\n%s", seed, i, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			next := plans[(i+1)%len(plans)]
			s := b.Successor(next)
			if i == 3 { // made for another plan than the one that runs then
				s = b.Successor(plans[1])
				s.from, s.plan = plans[5], next
			}
			want, got := a.Swap(next), b.SwapTo(s)
			s.Release()
			if d := cmp.Diff(want, got); d != "" {
				t.Fatalf("seed %d, plan %d: reports differ (-Swap +SwapTo):\n%s", seed, i, d)
			}
			if d := cmp.Diff(a.Stats(), b.Stats(), cmpopts.IgnoreFields(Stats{}, "StateBytes")); d != "" {
				t.Fatalf("seed %d, plan %d: counts differ (-Swap +SwapTo):\n%s", seed, i, d)
			}
		}
	}
}

// TestSamplerChangesNothing sends some of the packets through a sampler: alerts and counts are those of an engine
// that processed them all.
func TestSamplerChangesNothing(t *testing.T) {
	for seed := range uint64(8) {
		g := grammar{rand.New(rand.NewPCG(seed, 12))}
		plan := g.ruleSets(t, 1)[0]
		traffic := g.traffic(1500)
		cfg := Config{Seed: 1, Workers: 1 + int(seed%2)*2}
		a, b := New(plan, cfg), New(plan, cfg)
		want := run(a, traffic)
		var got []string
		s := NewSampler(b)
		keyed, total := 0, 0.0
		for i := 0; i < len(traffic); {
			n := min(len(traffic)-i, g.IntN(5))
			got = append(got, run(b, traffic[i:i+n])...)
			if i += n; i < len(traffic) {
				total += s.Process(traffic[i], collectInto(&got), func(x *Sighting) {
					if !strings.HasPrefix(x.Rule, "r") {
						t.Fatalf("a sighting of rule %q", x.Rule)
					}
					if x.Key != nil {
						keyed++
					}
				})
				i++
			}
		}
		if !slices.Equal(want, got) {
			t.Fatalf("seed %d: %d alerts, want %d", seed, len(got), len(want))
		}
		if d := cmp.Diff(a.Stats(), b.Stats(), cmpopts.IgnoreFields(Stats{}, "StateBytes")); d != "" {
			t.Fatalf("seed %d: counts differ (-all +sampled):\n%s", seed, d)
		}
		if keyed == 0 || total <= 0 {
			t.Errorf("seed %d: %d keys were seen, packets took %v ns", seed, keyed, total)
		}
	}
}

// TestInterestHoldsWhatCounts leaves out the packets in which no rule is interested: the alerts are the same.
func TestInterestHoldsWhatCounts(t *testing.T) {
	left := 0
	for seed := range uint64(30) {
		g := grammar{rand.New(rand.NewPCG(seed, 13))}
		var src string
		for src == "" { // few rules, so that something is left out
			src = g.rule("one")
			if _, diags := rules.Load(rules.Options{Sources: map[string][]byte{"r.hcl": []byte(src)}}); diags.HasErrors() {
				src = ""
			}
		}
		plan := compile(t, src, Options{})
		classes, dns := plan.Interest()
		var some []packet.Frame
		var d packet.Decoder
		var p packet.Packet
		traffic := g.traffic(1500)
		for i := range traffic {
			d.Decode(&p, &traffic[i])
			if slices.Contains(classes, p.Class) || dns && p.Has(packet.LayerPorts) && (p.SrcPort == 53 || p.DstPort == 53) {
				some = append(some, traffic[i])
			}
		}
		left += len(traffic) - len(some)
		want, got := unnumbered(run(New(plan, Config{Seed: 1}), traffic)), unnumbered(run(New(plan, Config{Seed: 1}), some))
		if !slices.Equal(want, got) {
			t.Errorf("seed %d: %d alerts without %d packets, %d with all\n%s", seed, len(got), len(traffic)-len(some), len(want), src)
		}
	}
	if left == 0 {
		t.Error("no packet was ever left out")
	}
}

// unnumbered takes the numbers of packets out of alerts.
func unnumbered(lines []string) []string {
	for i, l := range lines {
		rule, rest, _ := strings.Cut(l, " #")
		_, rest, _ = strings.Cut(rest, " ")
		lines[i] = rule + " " + rest
	}
	return lines
}

// BenchmarkSwap measures how long packets wait for a change between two sets of 1,000 rules that differ in ten.
func BenchmarkSwap(b *testing.B) {
	source := func(variant int) string {
		var s strings.Builder
		for i := range 1000 {
			n := 5 + i%20
			if i%100 == 0 {
				n += variant
			}
			fmt.Fprintf(&s, "rule \"r%d\" {\n description = \"d\"\n severity = \"low\"\n where = \"tcp.flags.syn and tcp.dstport == %d\"\n by = [\"ip.src\"]\n"+
				" window \"%ds\" { n = \"count()\" }\n threshold = %d\n when = \"n >= threshold\"\n}\n", i, 1000+i, 10+i%7, n)
		}
		return s.String()
	}
	plans := [2]*Plan{compile(b, source(0), Options{}), compile(b, source(1), Options{})}
	b.Run("Swap", func(b *testing.B) {
		e := New(plans[0], Config{})
		for i := range b.N {
			e.Swap(plans[(i+1)%2])
		}
	})
	b.Run("SwapTo", func(b *testing.B) {
		e := New(plans[0], Config{})
		b.StopTimer()
		for i := range b.N {
			s := e.Successor(plans[(i+1)%2])
			b.StartTimer()
			e.SwapTo(s)
			b.StopTimer()
			s.Release()
		}
	})
}

func collectInto(lines *[]string) Emit {
	return func(a *alert.Alert) { *lines = append(*lines, line(a)) }
}
