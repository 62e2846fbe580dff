package engine

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/packet"
)

// TestIndexes holds rules that are found by ports and addresses, many of each, against the same rules
// tried one by one: single ports and ranges, addresses and overlapping networks of both families, and
// both guards in one rule.
func TestIndexes(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	g := grammar{Rand: r}
	port := func() int { return 1000 + r.IntN(40) }
	addr := func() string { return fmt.Sprintf("10.0.%d.%d", r.IntN(2), r.IntN(16)) }
	network := func() string {
		return g.one(fmt.Sprintf("10.0.%d.%d/%d", r.IntN(2), r.IntN(16), 26+r.IntN(7)), fmt.Sprintf("fd00::%d/%d", r.IntN(4), 120+r.IntN(9)), "10.0.0.0/9", "0.0.0.0/0", "::/0")
	}
	var src strings.Builder
	for i := range 300 {
		var parts []string
		if r.IntN(2) == 0 {
			field := g.one("tcp.dstport", "dst.port", "udp.dstport", "tcp.srcport", "src.port")
			parts = append(parts, g.one(fmt.Sprintf("%s == %d", field, port()), fmt.Sprintf("%s in [%d, %d, %d]", field, port(), port(), port()),
				fmt.Sprintf("%s in %d..%d", field, 1000+r.IntN(10), 1010+r.IntN(30))))
		}
		if r.IntN(2) == 0 || len(parts) == 0 {
			field := g.one("ip.src", "ip.dst")
			parts = append(parts, g.one(fmt.Sprintf("%s == '%s'", field, addr()), fmt.Sprintf("%s in ['%s', '%s']", field, network(), addr())))
		}
		if r.IntN(3) == 0 {
			parts = append(parts, g.one("tcp.flags.syn", "not tcp.flags.ack", "len(payload) > 2", "ip.ttl < 100"))
		}
		if strings.Contains(parts[0], "udp") && strings.Contains(strings.Join(parts, " "), "tcp.flags.syn") {
			parts = parts[:1]
		}
		fmt.Fprintf(&src, "rule \"r%03d\" {\n  description = \"d\"\n  severity = \"low\"\n  where = %q\n  cooldown = \"0s\"\n}\n", i, strings.Join(parts, " and "))
	}
	rs := load(t, src.String())
	var segs []seg
	for i := range 3000 {
		s := seg{at: float64(i), src: addr(), dst: addr(), sport: uint16(port()), dport: uint16(port()), flags: byte(r.IntN(32)), payload: g.one("", "abc")}
		switch r.IntN(6) {
		case 0:
			s.src, s.dst = fmt.Sprintf("fd00::%d", r.IntN(5)), fmt.Sprintf("fd00::%d", r.IntN(5))
		case 1, 2:
			s.proto = 17
		case 3:
			s.src = g.one("0.0.0.0", "255.255.255.255", "10.127.255.255", "10.128.0.0", "9.255.255.255")
		}
		segs = append(segs, s)
	}
	fs := frames(segs...)
	indexed, _ := Compile(rs, Options{})
	plain, _ := CompileTuned(rs, Options{}, Tuning{NoDispatch: true})
	indexes := 0
	indexed.branches(func(br *branch) {
		for _, has := range []bool{br.dport != nil, br.sport != nil, br.dst != nil, br.src != nil} {
			if has {
				indexes++
			}
		}
	})
	if indexes < 4 {
		t.Fatalf("the plan has %d indexes, so this test shows little", indexes)
	}
	got, want := run(New(indexed, Config{}), fs), run(New(plain, Config{}), fs)
	if len(want) < 1000 {
		t.Fatalf("only %d alerts", len(want))
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("alert %d: got %v, want %v", i, got[min(i, len(got)-1)], want[min(i, len(want)-1)])
		}
	}
}

func TestStoresAreShared(t *testing.T) {
	ratio := strings.NewReplacer(`"scan"`, `"ratio"`, "tcp.flags.syn and not tcp.flags.ack", "tcp.flags.syn and not tcp.flags.ack or tcp.flags.fin", "distinct(tcp.dstport)", "count()").Replace(scanRule)
	logins := strings.NewReplacer(`"scan"`, `"logins"`, "not tcp.flags.ack", "not tcp.flags.ack and tcp.dstport == 22", "distinct(tcp.dstport)", "count()").Replace(scanRule)
	excepted := strings.NewReplacer(`"scan"`, `"excepted"`, "  threshold", "  except \"cache\" { where = \"tcp.dstport == 6379\" }\n  threshold", "distinct(tcp.dstport)", "count()").Replace(scanRule)
	p := compile(t, scanRule+ratio+logins+excepted, Options{})
	homes := map[string]*store{}
	for _, r := range p.rules {
		homes[r.Name] = r.group.store
	}
	if homes["scan"] != homes["ratio"] {
		t.Error("every packet of scan is one of ratio: they share rows")
	}
	if homes["logins"] == homes["scan"] {
		t.Error("few packets of scan are of logins, which would make every row longer")
	}
	if homes["excepted"] != homes["scan"] {
		t.Error("an exception is of few packets, and no reason for rows apart")
	}
	if len(homes["scan"].config.Cells) != 3 {
		t.Errorf("cells: %v", homes["scan"].config.Cells)
	}
	// Whatever the rules are called: those of few kinds of packets that have none in common share by the one that has them all.
	fins := strings.NewReplacer(`"scan"`, `"fins"`, "tcp.flags.syn and not tcp.flags.ack", "tcp.flags.fin and not tcp.flags.syn", "distinct(tcp.dstport)", "count()").Replace(scanRule)
	for _, name := range []string{"all", "total"} {
		p := compile(t, scanRule+fins+strings.Replace(ratio, `"ratio"`, `"`+name+`"`, 1), Options{})
		for _, r := range p.rules {
			if s := r.group.store; s != p.rules[0].group.store || len(p.stores) != 1 || s.index != 0 || len(s.groups) != 3 {
				t.Errorf("with %s: %s is in table %d of %d, with %d groups", name, r.Name, s.index, len(p.stores), len(s.groups))
			}
		}
	}
}

// TestSwapBetweenStores: a window keeps its state when its rows come to be shared, and when they cease to be.
func TestSwapBetweenStores(t *testing.T) {
	ratio := strings.NewReplacer(`"scan"`, `"ratio"`, "tcp.flags.syn and not tcp.flags.ack", "tcp.flags.syn and not tcp.flags.ack or tcp.flags.fin", "distinct(tcp.dstport)", "count()", "threshold = 3", "threshold = 4").Replace(scanRule)
	e := New(compile(t, scanRule, Options{}), Config{})
	expect(t, run(e, frames(syn(0, "10.0.0.1", 1))))
	e.Swap(compile(t, scanRule+ratio, Options{}))
	expect(t, run(e, frames(syn(1, "10.0.0.1", 2))))
	if report := fmt.Sprint(e.Swap(compile(t, ratio+scanRule+alone, Options{}))); report != "{[alone] [] [ratio scan] [] [] []}" {
		t.Errorf("report: %s", report)
	}
	expect(t, run(e, frames(syn(2, "10.0.0.1", 3))), "scan #3 10.0.0.1 ports=3")
	e.Swap(compile(t, ratio, Options{}))
	expect(t, run(e, frames(syn(3, "10.0.0.1", 3), syn(4, "10.0.0.1", 3))), "ratio #5 10.0.0.1 ports=4")
}

const alone = `
rule "alone" {
  description = "d"
  severity = "low"
  where = "icmp.type == 8"
  by = ["ip.src"]
  window "10s" { n = "count()" }
  when = "n >= 3"
}`

// TestWorkersSeeLongRuns: loads far longer than all slots together come out in order.
func TestWorkersSeeLongRuns(t *testing.T) {
	src := strings.Replace(scanRule, "threshold = 3", "threshold = 2\n  cooldown = \"0s\"", 1) + alone
	g := grammar{Rand: rand.New(rand.NewPCG(5, 5))}
	fs := g.traffic(20000)
	want := run(New(compile(t, src, Options{}), Config{Seed: 1}), fs)
	for _, workers := range []int{2, 4, 7} {
		got := run(New(compile(t, src, Options{}), Config{Seed: 1, Workers: workers}), fs)
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%d workers: %d alerts, one has %d", workers, len(got), len(want))
		}
	}
	if len(want) < 100 {
		t.Errorf("only %d alerts", len(want))
	}
}

// TestEvictionRepeatsItself: with one seed a replay gives the same alerts even where keys lose their state,
// on any number of workers.
func TestEvictionRepeatsItself(t *testing.T) {
	src := strings.Replace(scanRule, `window "10s" { ports`, "window \"10s\" {\n    max_keys = 8\n    ports", 1)
	src = strings.Replace(src, `"distinct(tcp.dstport)" }`, "\"distinct(tcp.dstport)\"\n  }", 1)
	r := rand.New(rand.NewPCG(6, 6))
	var segs []seg
	for i := range 5000 {
		segs = append(segs, syn(float64(i)/1000, fmt.Sprintf("10.0.0.%d", r.IntN(60)), uint16(r.IntN(5))))
	}
	fs := frames(segs...)
	one := New(compile(t, src, Options{}), Config{Seed: 7})
	want := run(one, fs)
	if one.Stats().Evictions < 100 || len(want) < 10 {
		t.Fatalf("%d evictions, %d alerts: this test shows little", one.Stats().Evictions, len(want))
	}
	for _, workers := range []int{1, 3} {
		expect(t, run(New(compile(t, src, Options{}), Config{Seed: 7, Workers: workers}), fs), want...)
	}
}

// TestPortsOfAlternatives: where each side of an or tests a port, the rule is found by the ports of all.
func TestPortsOfAlternatives(t *testing.T) {
	var src strings.Builder
	for i := range indexFrom {
		fmt.Fprintf(&src, "rule \"r%d\" {\n  description = \"d\"\n  severity = \"low\"\n  where = \"(tcp.dstport == %d and payload startsWith 'a') or (tcp.dstport in [%d, 9] and payload contains 'bc')\"\n  cooldown = \"0s\"\n}\n", i, 1000+i, 2000+i)
	}
	p := compile(t, src.String(), Options{})
	br := p.table[saidNone][packet.ClassTCP+packet.FlagACK]
	if len(br.always) > 0 || br.dport == nil {
		t.Errorf("%d rules are tried always", len(br.always))
	}
	to := func(port uint16, payload string) seg {
		return seg{src: "10.0.0.1", dst: "10.0.0.2", dport: port, flags: 16, payload: payload}
	}
	expect(t, run(New(p, Config{}), frames(to(1000, "ab"), to(1000, "bc"), to(2001, "xbc"), to(2001, "ab"), to(3000, "abc"))), "r0 #1", "r1 #3")
}
