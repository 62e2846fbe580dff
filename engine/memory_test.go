package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/engine/snapshot"
	"github.com/ruleids/ruleids/packet"
)

const newSource = `rule "new" {
  where = "tcp.flags.syn and tcp.dstport == 445"
  by = ["ip.src"]
  memory "5d" {
    fresh = "first([ip.src])"
    learn = "1d"
  }
  when = "fresh"
  cooldown = "0s"
}
`

const day = 86400.0

func TestMemory(t *testing.T) {
	at := func(days float64, src string) seg { return syn(days*day, src, 445) }
	a, b := "10.0.0.1", "10.0.0.2"
	// Nothing is new on the first day; then a value is that was not seen in the five days before, to the nanosecond.
	expect(t, fire(t, newSource, at(0, a), at(0.5, b), at(0.99, "10.0.0.3"), at(1, "10.0.0.4"), at(1.2, a), at(2, "10.0.0.5")),
		"new #4 10.0.0.4 fresh=true", "new #6 10.0.0.5 fresh=true")
	expect(t, fire(t, newSource, at(0, a), at(5, a)), "new #2 10.0.0.1 fresh=true")
	expect(t, fire(t, newSource, at(0.000001, a), at(5, a)))
	expect(t, fire(t, newSource, at(0, a), at(4, a), at(8.9, a), at(13.9, a)), "new #4 10.0.0.1 fresh=true")
	// The memory watches from the first packet on, whatever that is; only where says what it remembers.
	expect(t, fire(t, newSource, syn(0, a, 80), at(1, a)), "new #2 10.0.0.1 fresh=true")
	// A late packet is remembered at its own time; one from before the span is not remembered, and not new.
	expect(t, fire(t, newSource, syn(0, b, 80), syn(7*day, b, 80), at(3, a), at(7.9, a), at(8, a), at(12.9, a), at(18, a)),
		"new #3 10.0.0.1 fresh=true", "new #7 10.0.0.1 fresh=true")
	expect(t, fire(t, newSource, syn(0, b, 80), syn(7*day, b, 80), at(2, a), at(7, a)), "new #4 10.0.0.1 fresh=true")
}

// What is remembered is of all keys, and when may combine it with windows and fields.
func TestMemoryOfTuplesAndConditions(t *testing.T) {
	const rule = `rule "pair" {
  where = "tcp"
  by = ["ip.dst"]
  window "10s" { n = "count()" }
  memory "1h" {
    pair = "first([ip.src, dst.port])"
    big = "first(ip.src, dst.port > 1000)"
  }
  when = "n >= 2 and pair and not big or big and dst.port == 2000"
  cooldown = "0s"
}`
	expect(t, fire(t, rule, syn(0, "10.0.0.1", 22), syn(1, "10.0.0.1", 22), syn(2, "10.0.0.1", 23), syn(3, "10.0.0.1", 2000), syn(4, "10.0.0.1", 2001)),
		"pair #3 192.0.2.1 n=3 pair=true big=false", "pair #4 192.0.2.1 n=4 pair=true big=true", "pair #5 192.0.2.1 n=5 pair=true big=false")
	const shared = `rule "a" {
  where = "tcp"
  by = ["ip.src"]
  memory "1h" { fresh = "first(dst.port)" }
  when = "fresh"
  cooldown = "0s"
}
rule "b" {
  where = "tcp"
  by = ["ip.src"]
  memory "1h" {
    fresh = "first(dst.port)"
    learn = "10s"
  }
  when = "fresh and ip.src == '10.0.0.2'"
}`
	expect(t, fire(t, shared, syn(0, "10.0.0.1", 22), syn(1, "10.0.0.2", 23), syn(10, "10.0.0.2", 24), syn(11, "10.0.0.1", 22)),
		"a #1 10.0.0.1 fresh=true", "a #2 10.0.0.2 fresh=true", "a #3 10.0.0.2 fresh=true", "b #3 10.0.0.2 fresh=true")
	p := compile(t, shared, Options{})
	if n := len(p.groups[0].memories); len(p.groups) != 1 || n != 1 {
		t.Errorf("%d groups, %d memories: two rules that ask the same do not share", len(p.groups), n)
	}
	if d := p.Describe(); len(d.Memories) != 1 || d.Memories[0].Bound < 65536*memoryBytes || d.Bound < d.Memories[0].Bound ||
		!slices.Equal(d.Memories[0].Rules, []string{"a", "b"}) || d.Memories[0].Asks != "first(dst.port)" {
		t.Errorf("described as %+v", d.Memories)
	}
}

// A memory is full at max_keys: values that come again stay, others make room, and are told of.
func TestMemoryIsBounded(t *testing.T) {
	rule := strings.Replace(newSource, "fresh =", "max_keys = 100\n    fresh =", 1)
	e := New(compile(t, rule, Options{}), Config{Seed: 1})
	var segs []seg
	for i := range 50 {
		src := fmt.Sprintf("10.0.0.%d", i)
		segs = append(segs, syn(float64(i), src, 445), syn(float64(i)+100, src, 445))
	}
	run(e, frames(segs...))
	segs = nil
	for i := range 5000 {
		segs = append(segs, syn(200+float64(i), fmt.Sprintf("10.1.%d.%d", i/250, i%250), 445))
	}
	run(e, frames(segs...))
	segs = nil
	for i := range 50 {
		segs = append(segs, syn(2*day+float64(i), fmt.Sprintf("10.0.0.%d", i), 445))
	}
	if got := run(e, frames(segs...)); len(got) > 5 {
		t.Errorf("%d of 50 known sources were forgotten in a flood", len(got))
	}
	if s := e.Stats(); s.Evictions == 0 || s.Keys > 100+5100 {
		t.Errorf("%+v", s)
	}
	if s := e.RuleStates()[0]; s.Keys != 100 || s.Evictions == 0 {
		t.Errorf("%+v", s)
	}
}

// Alerts and other events are remembered by their own clock.
func TestMemoryOfAlerts(t *testing.T) {
	const rules = `rule "touch" {
  where = "tcp"
  by = ["ip.src", "dst.port"]
}
rule "new_attacker" {
  on = "alert"
  where = "alert.rule == 'touch'"
  by = ["ip.src"]
  memory "1h" {
    fresh = "first(ip.src)"
    learn = "1m"
  }
  when = "fresh"
}`
	expect(t, fire(t, rules, syn(0, "10.0.0.1", 1), syn(61, "10.0.0.1", 2), syn(62, "10.0.0.2", 1)),
		"touch #1 10.0.0.1 1", "touch #2 10.0.0.1 2", "touch #3 10.0.0.2 1", "new_attacker #3 10.0.0.2 fresh=true")
}

// memoryRules are rules that remember, with and without what else a rule may have.
func (g grammar) memoryRules() string {
	var src strings.Builder
	for i := range 8 {
		fmt.Fprintf(&src, "rule \"m%d\" {\n  where = %q\n  by = %s\n  cooldown = %q\n", i, g.one("ip", "tcp", "tcp or udp", "dns", "ip.ttl > 60 or udp"),
			g.one(`[]`, `["ip.src"]`, `["ip.dst", "dst.port"]`), g.one("0s", "1s"))
		fmt.Fprintf(&src, "  memory %q {\n    fresh = %q\n    learn = %q\n    max_keys = %s\n  }\n", g.one("5s", "20s", "1h"),
			g.one("first(ip.src)", "first([ip.src, ip.dst])", "first([dst.port, tcp.flags])", "first(ip.dst, ip.len > 60)", "first(dns.qry.name)"), g.one("0s", "10s", "100s"), g.one("8", "1000"))
		if g.IntN(2) == 0 {
			fmt.Fprintf(&src, "  window \"3s\" { n = %q }\n  when = \"fresh and n >= 2\"\n}\n", g.one("count()", "distinct(ip.dst)", "changes(ip.ttl)"))
		} else {
			fmt.Fprintf(&src, "  when = %q\n}\n", g.one("fresh", "fresh and ip.len > 50", "not fresh and ip.ttl < 40"))
		}
	}
	return src.String()
}

// TestMemoriesAgree holds rules that remember against themselves: with the expr VM, without sharing, with several workers,
// with other rules coming and going beside them, and over restarts, which hand over what is remembered.
func TestMemoriesAgree(t *testing.T) {
	alerts := 0
	for seed := range uint64(8) {
		g := grammar{Rand: rand.New(rand.NewPCG(seed, 21))}
		text := g.memoryRules()
		traffic := g.traffic(2500)
		want := run(New(compile(t, text, Options{}), Config{Seed: 5}), traffic)
		alerts += len(want)
		same := func(what string, got []string) {
			t.Helper()
			if !slices.Equal(got, want) {
				t.Errorf("seed %d, %s: %d alerts, want %d", seed, what, len(got), len(want))
			}
		}
		for n := range 8 {
			same(fmt.Sprint(n+1, " workers"), run(New(compile(t, text, Options{}), Config{Seed: 5, Workers: n + 1}), traffic))
		}
		same("no sharing", run(New(compileTuned(t, text, Options{}, Tuning{NoSharing: true}), Config{Seed: 5}), traffic))
		same("no dispatch", run(New(compileTuned(t, text, Options{}, Tuning{NoDispatch: true}), Config{Seed: 5}), traffic))
		if got := run(New(compileTuned(t, text, Options{}, inVM), Config{Seed: 5}), traffic[:400]); !slices.Equal(got, want[:min(len(got), len(want))]) {
			t.Errorf("seed %d: the expr VM differs", seed)
		}
		// Reloads: other rules beside, which make other groups and numbers.
		e := New(compile(t, text, Options{}), Config{Seed: 5, Workers: 3})
		var got []string
		for rest := traffic; len(rest) > 0; {
			part := rest[:min(len(rest), 1+g.IntN(700))]
			rest = rest[len(part):]
			got = append(got, run(e, part)...)
			beside := strings.ReplaceAll(grammar{Rand: g.Rand}.loadable(), "NAME", "zz")
			if r := e.Swap(compile(t, text+beside, Options{})); len(r.Reset) > 0 && !slices.Equal(r.Reset, []string{"zz"}) {
				t.Errorf("seed %d: %v start over", seed, r.Reset)
			}
		}
		got = slices.DeleteFunc(got, func(s string) bool { return strings.HasPrefix(s, "zz ") })
		same("reloads", got)
	}
	if alerts < 500 {
		t.Errorf("only %d alerts", alerts)
	}
}

// A restart hands over what is remembered: rules without windows and cooldowns then fire as if there had been none.
func TestMemoryOverRestarts(t *testing.T) {
	g := grammar{Rand: rand.New(rand.NewPCG(3, 22))}
	text := strings.Replace(newSource, "445", "22", 1) + `rule "names" {
  where = "dns and ip.dst in list.servers"
  memory "1h" {
    name = "first([lower(dns.qry.name), ip.src])"
    learn = "30s"
  }
  when = "name"
  cooldown = "0s"
}
list "servers" {
  type = "ip"
  values = [%s]
}
`
	of := func(values string) *Plan { return compile(t, fmt.Sprintf(text, values), Options{}) }
	traffic := g.traffic(3000)
	const all = `"0.0.0.0/0"`
	want := renumbered(New(of(all), Config{Seed: 5}), 0, traffic)
	if len(want) < 5 {
		t.Fatalf("%d alerts", len(want))
	}
	e := New(of(all), Config{Seed: 5})
	var got []string
	for from := 0; from < len(traffic); from += 500 {
		if from > 0 {
			sections := decoded(t, snapshot.Encode(e.Save(0).Sections()))
			e = New(of(all+strings.Repeat(`, "192.0.2.1"`, from/500)), Config{Workers: 1 + from/500%2})
			if errs := e.Restore(sections, traffic[from-1].Time+int64(time.Hour)); len(errs) > 0 {
				t.Fatal(errs)
			}
		}
		got = append(got, renumbered(e, from, traffic[from:min(from+500, len(traffic))])...)
	}
	expect(t, got, want...)

	// Another rule takes nothing over, and sections that are damaged are told of and leave nothing.
	now := traffic[len(traffic)-1].Time
	sections := e.Save(0).Sections()
	other := New(compile(t, strings.Replace(newSource, "445", "139", 1), Options{}), Config{})
	if errs := other.Restore(sections, now); len(errs) > 0 || other.Stats().Keys != 0 {
		t.Errorf("%v, %d keys", errs, other.Stats().Keys)
	}
	for i := range sections {
		sections[i].Data = append(sections[i].Data, sections[i].Data[16:]...)
	}
	other = New(of(all), Config{})
	if errs := other.Restore(sections, now); len(errs) != 2 || other.Stats().Keys != 0 {
		t.Errorf("with values twice: %v, %d keys", errs, other.Stats().Keys)
	}
	for i := range sections {
		sections[i].Data = sections[i].Data[1:]
	}
	if errs := other.Restore(sections, now); len(errs) != 2 || other.Stats().Keys != 0 {
		t.Errorf("cut short: %v, %d keys", errs, other.Stats().Keys)
	}
}

// decoded returns the sections of a file.
func decoded(t *testing.T, file []byte) []snapshot.Section {
	t.Helper()
	sections, err := snapshot.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	return sections
}

// renumbered is run with alerts numbered from the first packet of several engines.
func renumbered(e *Engine, from int, fs []packet.Frame) []string {
	var out []string
	for _, s := range run(e, fs) {
		var rule string
		var n int
		fmt.Sscanf(s, "%s #%d", &rule, &n)
		out = append(out, strings.Replace(s, fmt.Sprintf("#%d", n), fmt.Sprintf("#%d", n+from), 1))
	}
	return out
}

// A reload keeps a memory whose events, span and value stay, takes other bounds and times to learn over, and says which
// begin with nothing; those learn from then on.
func TestMemoryOverReloads(t *testing.T) {
	a, b, c := "10.0.0.1", "10.0.0.2", "10.0.0.3"
	e := New(compile(t, newSource, Options{}), Config{})
	expect(t, run(e, frames(syn(0, a, 445))))
	r := e.Swap(compile(t, strings.NewReplacer(`"1d"`, `"2d"`, "fresh =", "max_keys = 10\n    fresh =").Replace(newSource), Options{}))
	if len(r.Kept) != 1 {
		t.Errorf("%+v", r)
	}
	expect(t, run(e, frames(syn(1.5*day, b, 445), syn(2*day, c, 445))), "new #3 10.0.0.3 fresh=true")
	r = e.Swap(compile(t, strings.Replace(newSource, "5d", "6d", 1), Options{}))
	if len(r.Reset) != 1 {
		t.Errorf("%+v", r)
	}
	expect(t, run(e, frames(syn(2.5*day, a, 445), syn(3*day, a, 445), syn(3.1*day, b, 445))), "new #6 10.0.0.2 fresh=true")
}

// Explaining says how long before the value was seen, that it came while the memory learnt, and how often.
func TestMemoryExplained(t *testing.T) {
	x, diags := NewExplainer(load(t, newSource), nil)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	x.Process(frames(syn(0, "10.0.0.1", 445), syn(0.75*day, "10.0.0.2", 445), syn(2*day, "10.0.0.1", 445)))
	ex := x.Explanations()[0]
	if ex.Learnt != 2 || ex.Alerts != 0 || len(ex.Closest) != 2 {
		t.Fatalf("%+v", ex)
	}
	if n := ex.Closest[0]; n.Memory != "learning" || n.Value != 0.75*day || n.Bound != day || n.Aggregate != "fresh" {
		t.Errorf("%+v", n)
	}
	if n := ex.Closest[1]; n.Memory != "seen" || n.Value != 2*day || n.Bound != 5*day {
		t.Errorf("%+v", n)
	}
}

// A packet without the value was not seen before; it was not asked about.
func TestMemoryUnasked(t *testing.T) {
	x, diags := NewExplainer(load(t, `rule "r" {
  description = "d"
  severity = "low"
  where = "udp"
  by = ["ip.src"]
  memory "1d" { fresh = "first(dns.qry.name)" }
  when = "fresh"
}`), nil)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	x.Process(frames(seg{src: "10.0.0.1", dst: "10.0.0.2", proto: 17, dport: 9}))
	if ex := x.Explanations()[0]; len(ex.Closest) != 1 || ex.Closest[0].Memory != "unasked" || ex.Closest[0].Aggregate != "fresh" {
		t.Errorf("%+v", ex)
	}
}

// The text by which a memory is known again is the same in every process: when this test fails, what daemons remember is lost
// with an update.
func TestMemoryText(t *testing.T) {
	p := compile(t, `list "ours" {
  type = "ip"
  values = ["10.0.0.0/8"]
}
rule "r" {
  where = "tcp.flags.syn and not tcp.flags.ack and tcp.dstport in [139, 445] and ip.src in list.ours and lower(dns.qry.name) != 'x'"
  by = ["ip.src"]
  except "a" { where = "ip.dst in ['192.0.2.0/24'] or payload contains ['x', 'y']" }
  memory "5d" { fresh = "first([ip.src, dst.port], ip.ttl > 3)" }
  when = "fresh"
}`, Options{})
	const want = "on packet where (and has ip (and has tcp tcp.flags.syn) (not (and has tcp tcp.flags.ack))" +
		" (and has tcp (in #2.fbe5ac84c2e0147b57ff1455dbaefe6e tcp.dstport)) (and has ip (in list ours ip.src))" +
		` (and has dns question (!= (lower dns.qry.name) "x")) (not (or (and has ip (in #1.7c0d50bd34a63e9819e8ebfeda79f586 ip.dst))` +
		` (and has payload (any containsfalse ["x" "y"] payload))))): 120h0m0s of (tuple ip.src dst.port) if (and has ip, tcp or udp (and has ip (> ip.ttl 3)))`
	if got := p.memories(1)[0][0].text; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
