package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// loadable makes a rule that loads.
func (g grammar) loadable() string {
	for {
		r := g.rule("NAME")
		if _, diags := rules.Load(rules.Options{Sources: map[string][]byte{"r.hcl": []byte(r)}}); !diags.HasErrors() {
			return r
		}
	}
}

// ruleSets makes n rule sets that all have the rules of core, under the names core0, core1 and so on. Each has some
// rules of a pool besides, which has those of core too: some of them under names that another set uses for something
// else, some with another threshold.
func (g grammar) ruleSets(t *testing.T, n int, core ...string) []*Plan {
	t.Helper()
	pool := slices.Clone(core)
	for len(pool) < len(core)+12 {
		pool = append(pool, g.loadable())
	}
	out := make([]*Plan, n)
	for i := range out {
		var src strings.Builder
		for j, r := range core {
			src.WriteString(strings.Replace(r, "NAME", fmt.Sprintf("core%d", j), 1))
		}
		for j, r := range pool {
			name := fmt.Sprintf("r%02d", j)
			switch g.IntN(6) {
			case 0:
				continue
			case 1:
				name = fmt.Sprintf("r%02d_of_%d", j, i)
			case 2:
				r = pool[(j+1)%len(pool)]
			case 3:
				r = strings.Replace(r, "threshold = ", "threshold = 1", 1)
			}
			src.WriteString(strings.Replace(r, "NAME", name, 1))
		}
		out[i] = compile(t, src.String(), Options{})
	}
	return out
}

// TestRulesGoOnThroughChanges changes over between random rule sets amid traffic. Rules that are in all of them fire
// as if there had been no change, whatever shares their windows meanwhile.
func TestRulesGoOnThroughChanges(t *testing.T) {
	alerts, steps, unfinished := 0, 0, 0
	for seed := range uint64(12) {
		g := grammar{Rand: rand.New(rand.NewPCG(seed, 11))}
		core := []string{g.loadable()}
		for _, when := range []string{"distinct(dst.port) 4", "count() 6", "sum(ip.len) 300", "changes(ip.ttl) 3", "count(gap() < 0.4) 3", "median(gap()) 1", "percentile(ip.len, 90) 50", "distinct([ip.dst, dst.port]) 3"} {
			at := strings.LastIndexByte(when, ' ')
			value, least := when[:at], when[at+1:]
			core = append(core, fmt.Sprintf("rule \"NAME\" {\n description = \"d\"\n severity = \"low\"\n where = \"ip\"\n by = [\"ip.src\"]\n cooldown = \"1s\"\n"+
				" window \"10s\" { n = %q }\n threshold = %s\n when = \"n >= threshold\"\n}\n", value, least))
		}
		alone := ""
		for j, r := range core {
			alone += strings.Replace(r, "NAME", fmt.Sprintf("core%d", j), 1)
		}
		plans := g.ruleSets(t, 6, core...)
		cfg := Config{Seed: 1, Workers: 1 + int(seed%3)}
		a, b := New(compile(t, alone, Options{}), cfg), New(plans[0], cfg)
		traffic := g.traffic(1200)
		var want, got []string
		var left *Successor
		for i := range 6 {
			part := traffic[i*200 : (i+1)*200]
			want = append(want, run(a, part)...)
			for rest := part; len(rest) > 0; { // state is moved meanwhile
				n := min(len(rest), 1+g.IntN(20))
				for _, line := range run(b, rest[:n]) {
					if strings.HasPrefix(line, "core") {
						got = append(got, line)
					}
				}
				rest = rest[n:]
				if steps++; !b.Move(g.IntN(2)) {
					unfinished++
				}
			}
			if left != nil {
				b.Move(math.MaxInt)
				left.Release()
			}
			var report SwapReport
			next := plans[(i+1)%len(plans)]
			switch s := b.Successor(next); i {
			case 2:
				report = b.Swap(next)
			case 3: // made for another plan than the one that runs then
				b.Swap(plans[1])
				report, left = b.SwapTo(s), s
			default:
				report, left = b.SwapTo(s), s
			}
			for j := range core {
				if name := fmt.Sprintf("core%d", j); !slices.Contains(report.Kept, name) {
					t.Errorf("seed %d, plan %d: %s is not kept: %+v", seed, i, name, report)
				}
			}
		}
		if !slices.Equal(want, got) {
			t.Fatalf("seed %d: alerts\n%s\nand not\n%s", seed, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		counted := slices.DeleteFunc(b.Stats().Rules, func(r RuleStats) bool { return !strings.HasPrefix(r.Name, "core") })
		if d := cmp.Diff(a.Stats().Rules, counted); d != "" {
			t.Errorf("seed %d: counts differ (-without changes +with):\n%s", seed, d)
		}
		alerts += len(want)
	}
	if alerts < 100 || unfinished < 100 || unfinished == steps {
		t.Errorf("no more than %d alerts; state was being moved at %d of %d steps", alerts, unfinished, steps)
	}
}

// TestSamplerChangesNothing sends some of the packets through a sampler: alerts and counts are those of an engine
// that processed them all.
func TestSamplerChangesNothing(t *testing.T) {
	for seed := range uint64(8) {
		g := grammar{Rand: rand.New(rand.NewPCG(seed, 12))}
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
		g := grammar{Rand: rand.New(rand.NewPCG(seed, 13))}
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
		// A late packet is counted by a clock that the packets left out move on.
		sort.SliceStable(traffic, func(i, j int) bool { return traffic[i].Time < traffic[j].Time })
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
	e := New(plans[0], Config{})
	b.StopTimer()
	for i := range b.N {
		s := e.Successor(plans[(i+1)%2])
		b.StartTimer()
		e.SwapTo(s)
		b.StopTimer()
		s.Release()
	}
}

func collectInto(lines *[]string) Emit {
	return func(a *alert.Alert) { *lines = append(*lines, line(a)) }
}

// TestSuccessorCountsPosts keeps the counts of rules that look at other events than packets.
func TestSuccessorCountsPosts(t *testing.T) {
	plan := compile(t, `rule "touched" {
  description = "d"
  severity = "high"
  on = "honeypot"
  where = "honeypot.service == 'ssh'"
}`, Options{})
	for workers := 1; workers <= 2; workers++ {
		e := New(plan, Config{Workers: workers})
		e.Post(&packet.Packet{Class: packet.ClassHoneypot, Layers: packet.LayerFrame | packet.LayerHoneypot,
			Attrs: &packet.Attributes{Service: "ssh"}}, func(*alert.Alert) {})
		e.SwapTo(e.Successor(plan))
		if n := e.Stats().Rules[0].Matched; n != 1 {
			t.Errorf("%d workers: %d events matched, want 1", workers, n)
		}
	}
}

// TestSwapToAllocatesNothing counts what a change over to a successor takes from the heap, packets waiting meanwhile: whoever
// allocates has to help a collection of garbage that is under way, for milliseconds where there is much.
func TestSwapToAllocatesNothing(t *testing.T) {
	plan := compile(t, peakRules, Options{Peaks: true})
	e := New(plan, Config{Seed: 1})
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // the counts are of the whole process: nothing else runs meanwhile
	for round := range 3 {
		for i := range 12 {
			e.Process(frames(seg{at: float64(round) + float64(i)/1000, src: "10.0.0.1", dst: "192.0.2.1", dport: uint16(1000 + i), flags: 2}), func(*alert.Alert) {})
		}
		s := e.Successor(plan)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		e.SwapTo(s)
		runtime.ReadMemStats(&after)
		if n := after.Mallocs - before.Mallocs; n > 0 {
			t.Errorf("change %d: %d allocations of %d bytes", round, n, after.TotalAlloc-before.TotalAlloc)
		}
	}
	if len(e.TakePeaks().Counts()) == 0 {
		t.Error("there was nothing to be kept of the plans before")
	}
}
