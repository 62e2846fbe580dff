package engine

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// load reads rules from a string; errors end the test.
func load(t testing.TB, src string) *rules.RuleSet {
	t.Helper()
	rs, diags := rules.Load(rules.Options{Sources: map[string][]byte{"test.hcl": []byte(src)}})
	if diags.HasErrors() {
		t.Fatalf("rules do not load:\n%v", diags)
	}
	return rs
}

func compile(t testing.TB, src string, opt Options) *Plan {
	t.Helper()
	return compileTuned(t, src, opt, Tuning{})
}

func compileTuned(t testing.TB, src string, opt Options, tuning Tuning) *Plan {
	t.Helper()
	p, diags := CompileTuned(load(t, src), opt, tuning)
	if diags.HasErrors() {
		t.Fatalf("rules do not compile: %v", diags)
	}
	return p
}

// fire runs segs through rules and returns an alert a line: rule, packet number, key values.
func fire(t testing.TB, src string, segs ...seg) []string {
	t.Helper()
	e := New(compile(t, src, Options{}), Config{})
	return run(e, frames(segs...))
}

func run(e *Engine, fs []packet.Frame) []string {
	var out []string
	e.Process(fs, func(a *alert.Alert) { out = append(out, line(a)) })
	return out
}

func line(a *alert.Alert) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s #%d", a.Rule, a.Number)
	for _, k := range a.Key {
		fmt.Fprintf(&b, " %v", k.Value)
	}
	for _, v := range a.Values {
		fmt.Fprintf(&b, " %s=%v", v.Name, v.Value)
	}
	if a.Reputation != nil {
		fmt.Fprintf(&b, " %s %s", a.Reputation.Indicator, a.Reputation.Tier)
	}
	if a.Suppressed > 0 {
		fmt.Fprintf(&b, " suppressed=%d", a.Suppressed)
	}
	return b.String()
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

const scanRule = `
rule "scan" {
  description = "d"
  severity    = "high"
  where       = "tcp.flags.syn and not tcp.flags.ack"
  by          = ["ip.src"]
  window "10s" { ports = "distinct(tcp.dstport)" }
  threshold = 3
  when      = "ports >= threshold"
}`

func syn(at float64, src string, dport uint16) seg {
	return seg{at: at, src: src, dst: "192.0.2.1", sport: 40000, dport: dport, flags: packet.FlagSYN}
}

func TestFiresOnTheNthPacket(t *testing.T) {
	expect(t, fire(t, scanRule, syn(0, "10.0.0.1", 1), syn(1, "10.0.0.1", 1), syn(2, "10.0.0.1", 2), syn(3, "10.0.0.1", 3), syn(4, "10.0.0.1", 4)),
		"scan #4 10.0.0.1 ports=3")
}

func TestWindowIsHalfOpen(t *testing.T) {
	// The window at 10 s is (0 s, 10 s]: the packet of 0 s has just left it.
	expect(t, fire(t, scanRule, syn(0, "10.0.0.1", 1), syn(5, "10.0.0.1", 2), syn(10, "10.0.0.1", 3)))
	expect(t, fire(t, scanRule, syn(0.000000001, "10.0.0.1", 1), syn(5, "10.0.0.1", 2), syn(10, "10.0.0.1", 3)),
		"scan #3 10.0.0.1 ports=3")
}

func TestKeysAreApart(t *testing.T) {
	expect(t, fire(t, scanRule, syn(0, "10.0.0.1", 1), syn(0, "10.0.0.2", 2), syn(0, "10.0.0.1", 3), syn(0, "10.0.0.2", 4), syn(0, "::1", 5)))
}

func TestCooldown(t *testing.T) {
	src := strings.Replace(scanRule, `threshold = 3`, "threshold = 1\n  cooldown = \"2s\"", 1)
	expect(t, fire(t, src, syn(0, "10.0.0.1", 1), syn(1, "10.0.0.1", 2), syn(1.5, "10.0.0.1", 3), syn(2, "10.0.0.1", 4), syn(3, "10.0.0.1", 5)),
		"scan #1 10.0.0.1 ports=1", "scan #4 10.0.0.1 ports=4 suppressed=2")
	src = strings.Replace(scanRule, `threshold = 3`, "threshold = 1\n  cooldown = \"0s\"", 1)
	if got := fire(t, src, syn(0, "10.0.0.1", 1), syn(0, "10.0.0.1", 2)); len(got) != 2 {
		t.Errorf("a cooldown of 0 s must not quiet: %v", got)
	}
}

func TestLatePacketsCountAtTheirOwnTime(t *testing.T) {
	// The clock stands at 12 s: a packet of 3 s is still in (2 s, 12 s], one of 2 s is not.
	expect(t, fire(t, scanRule, syn(12, "10.0.0.1", 1), syn(12, "10.0.0.1", 2), syn(2, "10.0.0.1", 3)))
	expect(t, fire(t, scanRule, syn(12, "10.0.0.1", 1), syn(12, "10.0.0.1", 2), syn(3, "10.0.0.1", 3)), "scan #3 10.0.0.1 ports=3")
}

func TestExceptionsAndMissingKeys(t *testing.T) {
	src := strings.Replace(scanRule, "threshold = 3", "threshold = 1\n  except \"friend\" { where = \"ip.src == '10.0.0.9'\" }", 1)
	expect(t, fire(t, src, syn(0, "10.0.0.9", 1), syn(0, "10.0.0.8", 1)), "scan #2 10.0.0.8 ports=1")
	src = `
rule "by_port" {
  description = "d"
  severity = "low"
  where = "ip"
  by = ["tcp.dstport"]
  window "1s" { n = "count()" }
  when = "n >= 1"
}`
	expect(t, fire(t, src, seg{src: "10.0.0.1", dst: "10.0.0.2", proto: 17, dport: 5}, syn(0, "10.0.0.1", 7)), "by_port #2 7 n=1")
}

// An exception with an end leaves alone what comes before it, by the time of the packets.
func TestExceptionEnds(t *testing.T) {
	for _, end := range []string{"1970-01-01T00:00:10Z", "1970-01-01T01:00:10+01:00"} {
		src := strings.Replace(scanRule, "threshold = 3", "threshold = 1\n  except \"friend\" {\n    where = \"ip.src == '10.0.0.9'\"\n    until = \""+end+"\"\n  }", 1)
		expect(t, fire(t, src, syn(0, "10.0.0.9", 1), syn(9.9, "10.0.0.9", 2), syn(10, "10.0.0.9", 3), syn(11, "10.0.0.8", 1)), "scan #3 10.0.0.9 ports=1", "scan #4 10.0.0.8 ports=1")
	}
}

// TestNoValueInMessage: people are told nothing of NaN.
func TestNoValueInMessage(t *testing.T) {
	e := New(compile(t, `rule "r" {
  description = "d"
  severity = "low"
  where = "ip"
  window "10s" {
    n = "count()"
    none = "mean(tcp.len)"
    least = "min(tcp.len)"
  }
  when = "n == 1"
  notify {
    to = ["ops"]
    message = "${n} ${none} ${least} ${none * 2 + n} ${tcp.len}"
  }
}`, Options{}), Config{})
	var got string
	e.Process(frames(seg{src: "10.0.0.1", dst: "10.0.0.2", dport: 9, proto: 17}), func(a *alert.Alert) { got = a.Message })
	if got != "1 - - - -" {
		t.Errorf("%q", got)
	}
}

func TestAggregates(t *testing.T) {
	udp := func(at float64, ttl int, payload string) seg {
		return seg{at: at, src: "10.0.0.1", dst: "10.0.0.2", sport: uint16(ttl), dport: 9, proto: 17, payload: payload}
	}
	src := `
rule "all" {
  description = "d"
  severity = "low"
  where = "ip"
  by = ["ip.src"]
  window "10s" {
    n    = "count()"
    some = "count(udp.srcport > 1)"
    sum  = "sum(udp.length)"
    part = "sum(udp.length, udp.srcport == 2)"
    d    = "distinct(udp.srcport)"
    lo   = "min(udp.length)"
    hi   = "max(udp.length)"
    avg  = "mean(udp.length)"
    dev  = "stddev(udp.length)"
    r    = "rate()"
    ch   = "changes(udp.srcport)"
    none = "mean(tcp.len)"
  }
  when = "n == 4"
}
rule "nothing" {
  description = "d"
  severity = "low"
  where = "ip"
  window "10s" { m = "mean(tcp.len)" }
  when = "m != 1 or m >= 0 or m <= 0"
}`
	expect(t, fire(t, src, udp(0, 1, ""), udp(1, 1, "ab"), udp(2, 2, "abcd"), udp(3, 1, "abcdef")),
		"all #4 10.0.0.1 n=4 some=1 sum=44 part=12 d=2 lo=8 hi=14 avg=11 dev=2.2360679775 r=0.4 ch=2 none=NaN")
}

func TestWindowlessRule(t *testing.T) {
	src := `
rule "port" {
  description = "d"
  severity = "medium"
  where = "dst.port in [4444, 31337]"
  by = ["ip.src", "ip.dst"]
  cooldown = "10s"
}
rule "big" {
  description = "d"
  severity = "medium"
  where = "dst.port > threshold"
  threshold = 50000
  when = "ip.src == '10.0.0.3'"
  cooldown = "0s"
}`
	expect(t, fire(t, src, syn(0, "10.0.0.1", 4444), syn(1, "10.0.0.1", 31337), syn(2, "10.0.0.2", 4444), syn(11, "10.0.0.1", 4444), syn(11, "10.0.0.3", 50001), syn(11, "10.0.0.4", 50001)),
		"port #1 10.0.0.1 192.0.2.1", "port #3 10.0.0.2 192.0.2.1", "port #4 10.0.0.1 192.0.2.1 suppressed=1", "big #5")
}

func TestAlertRules(t *testing.T) {
	src := scanRule + `
rule "many" {
  description = "d"
  severity = "critical"
  on = "alert"
  where = "alert.severity == 'high' and alert.rule startsWith 'sc'"
  by = ["ip.dst"]
  window "60s" { sources = "distinct(ip.src)" }
  when = "sources >= 2"
}`
	src = strings.Replace(src, "threshold = 3", "threshold = 1", 1)
	expect(t, fire(t, src, syn(0, "10.0.0.1", 1), syn(1, "10.0.0.2", 1), syn(1, "10.0.0.2", 2)),
		"scan #1 10.0.0.1 ports=1", "scan #2 10.0.0.2 ports=1", "many #2 192.0.2.1 sources=2")
}

// known is a Reputation with fixed answers.
type known map[string]Tier

func (r known) Standing(_, indicator string, _ uint8) Standing { return Standing{Tier: r[indicator]} }
func (r known) Version() uint64                                { return 0 }

func TestReputationScalesThresholds(t *testing.T) {
	src := strings.Replace(scanRule, "threshold = 3", "threshold = 15\n  escalate \"virustotal\" { indicator = \"ip.src\" }", 1)
	rep := known{"10.0.0.2": scale.TierLow, "10.0.0.3": scale.TierMedium, "10.0.0.4": scale.TierHigh, "10.0.0.5": scale.TierCritical}
	e := New(compile(t, src, Options{Escalate: true}), Config{Reputation: rep})
	var segs []seg
	for port := range 16 {
		for host := range 5 {
			segs = append(segs, syn(0, fmt.Sprintf("10.0.0.%d", host+1), uint16(port+1)))
		}
	}
	var got []string
	e.Process(frames(segs...), func(a *alert.Alert) {
		tier := "-"
		if a.Reputation != nil {
			tier = a.Reputation.Tier.String()
		}
		got = append(got, fmt.Sprintf("%v at %v of %v, %s, %s", a.Key[0].Value, a.Values[0].Value, *a.Threshold, a.Severity, tier))
	})
	// 15 x 0.10, 0.25, 0.50, 0.75, rounded up.
	expect(t, got, "10.0.0.5 at 2 of 2, critical, critical", "10.0.0.4 at 4 of 4, critical, high", "10.0.0.3 at 8 of 8, critical, medium",
		"10.0.0.2 at 12 of 12, high, low", "10.0.0.1 at 15 of 15, high, -")
}

func TestScale(t *testing.T) {
	for _, c := range []struct {
		tier      Tier
		threshold float64
		want      float64
	}{{scale.TierCritical, 30, 3}, {scale.TierCritical, 5, 1}, {scale.TierCritical, 11, 2}, {scale.TierHigh, 15, 4}, {scale.TierMedium, 15, 8}, {scale.TierLow, 10, 8}, {scale.TierClean, 0.5, 0.5}, {scale.TierCritical, 70, 7}} {
		if got := c.tier.Scale(c.threshold); got != c.want {
			t.Errorf("%v of %v: got %v, want %v", c.tier, c.threshold, got, c.want)
		}
	}
}

func TestRulesShareTables(t *testing.T) {
	src := scanRule + strings.NewReplacer(`"scan"`, `"flood"`, "distinct(tcp.dstport)", "count()").Replace(scanRule) +
		strings.NewReplacer(`"scan"`, `"other"`, "tcp.flags.syn and not tcp.flags.ack", "tcp.flags.reset").Replace(scanRule)
	p := compile(t, src, Options{})
	if len(p.groups) != 2 || len(p.groups[0].rules)+len(p.groups[1].rules) != 3 {
		t.Errorf("three rules, two filters: got %d groups", len(p.groups))
	}
	p = compileTuned(t, src, Options{}, Tuning{NoSharing: true})
	if len(p.groups) != 3 {
		t.Errorf("without sharing: got %d groups", len(p.groups))
	}
}

func TestClassDecides(t *testing.T) {
	p := compile(t, scanRule, Options{})
	for f := range 256 {
		br := p.table[0][packet.ClassTCP+packet.Class(f)]
		if want := f&packet.FlagSYN != 0 && f&packet.FlagACK == 0; (br != nil) != want {
			t.Errorf("flags %#x: visited %t, want %t", f, br != nil, want)
		} else if want && br.always[0].cond != predTrue {
			t.Errorf("flags %#x: left to test: %s", f, p.show(br.always[0].cond))
		}
	}
	if p.table[0][packet.ClassUDP] != nil || p.table[0][packet.ClassARP] != nil || p.table[0][packet.ClassTCPReserved] == nil {
		t.Error("UDP and ARP have nothing to do, TCP with reserved flags has")
	}
}

func TestSwap(t *testing.T) {
	before := scanRule + strings.Replace(scanRule, `"scan"`, `"gone"`, 1) + strings.NewReplacer(`"scan"`, `"changed"`, "10s", "20s").Replace(scanRule)
	after := strings.Replace(scanRule, `"d"`, `"another description"`, 1) + strings.Replace(scanRule, `"scan"`, `"new"`, 1) +
		strings.NewReplacer(`"scan"`, `"changed"`, "10s", "30s").Replace(scanRule)
	e := New(compile(t, before, Options{}), Config{})
	expect(t, run(e, frames(syn(0, "10.0.0.1", 1), syn(1, "10.0.0.1", 2))))
	report := e.Swap(compile(t, after, Options{}))
	if got := fmt.Sprint(report); got != "{[new] [gone] [scan] [changed] [] []}" {
		t.Errorf("report: %s", got)
	}
	// The shared 10 s window keeps its two ports; the 30 s window starts over.
	expect(t, run(e, frames(syn(2, "10.0.0.1", 3))), "new #3 10.0.0.1 ports=3", "scan #3 10.0.0.1 ports=3")
	if s := e.Stats(); s.Packets != 3 || s.Alerts != 2 {
		t.Errorf("stats: %+v", s)
	}
}

func TestSwapOfTheSameRulesKeepsCooldowns(t *testing.T) {
	src := strings.Replace(scanRule, "threshold = 3", "threshold = 1", 1)
	e := New(compile(t, src, Options{}), Config{})
	run(e, frames(syn(0, "10.0.0.1", 1)))
	e.Swap(compile(t, src, Options{}))
	expect(t, run(e, frames(syn(1, "10.0.0.1", 2), syn(15, "10.0.0.1", 2))), "scan #3 10.0.0.1 ports=1 suppressed=1")
}

func TestNoAllocations(t *testing.T) {
	src := scanRule + `
rule "sum" {
  description = "d"
  severity = "low"
  where = "ip.src in ['10.0.0.0/8', 'fd00::/8', '192.168.0.0/16'] and len(payload) >= 0"
  by = ["ip.src", "dst.port"]
  window "10s" {
    bytes = "sum(ip.len)"
    names = "distinct(dns.qry.name)"
  }
  when = "bytes > 1000000000 or names > 5000"
}
rule "text" {
  description = "d"
  severity = "low"
  where = "payload contains 'never there' or lower(dns.qry.name) endsWith '.invalid'"
}`
	e := New(compile(t, src, Options{}), Config{})
	for name, fs := range map[string][]packet.Frame{
		"syn":  frames(syn(1, "10.0.0.1", 80)),
		"ack":  frames(seg{at: 1, src: "10.0.0.1", dst: "10.0.0.2", flags: packet.FlagACK, payload: "GET / HTTP/1.1"}),
		"dns":  frames(seg{at: 1, src: "10.0.0.1", dst: "10.0.0.2", proto: 17, dport: 53, payload: question("WWW.example.com")}),
		"icmp": frames(seg{at: 1, src: "10.0.0.1", dst: "10.0.0.2", proto: 1, icmpType: 8}),
		"ipv6": frames(syn(1, "fd00::1", 80)),
	} {
		for range 100 { // let state grow to its size
			e.Process(fs, nil)
		}
		if n := testing.AllocsPerRun(100, func() { e.Process(fs, nil) }); n != 0 {
			t.Errorf("%s: %v allocations a packet", name, n)
		}
	}
}

func TestAdvanceFreesWhatHasPassed(t *testing.T) {
	e := New(compile(t, scanRule, Options{}), Config{})
	var segs []seg
	for i := range 200 {
		segs = append(segs, syn(0, fmt.Sprintf("10.0.1.%d", i), 1))
	}
	run(e, frames(segs...))
	e.Advance(10*second - 1)
	if n := e.Stats().Keys; n != 200 {
		t.Errorf("a nanosecond before the windows end: %d keys", n)
	}
	e.Advance(10 * second)
	if n := e.Stats().Keys; n != 0 {
		t.Errorf("after the windows: %d keys", n)
	}
	// Time does not run backwards: the packet counts at its own time, which no window covers.
	run(e, frames(syn(0, "10.0.1.1", 2), syn(0, "10.0.1.1", 3), syn(0, "10.0.1.1", 4)))
	if s := e.Stats(); s.Alerts != 0 || s.Late != 3 {
		t.Errorf("stats: %+v", s)
	}
}

// TestExactAt4096: the greatest threshold that is exact by contract, with events at the very end of the window.
func TestExactAt4096(t *testing.T) {
	for when, last := range map[string]int{"n >= 4096": 4096, "n > 4095": 4096, "n > 4096": 4097, "n == 4096": 4096} {
		src := "rule \"r\" {\n  description = \"d\"\n  severity = \"low\"\n  where = \"ip\"\n  window \"5s\" { n = \"count()\" }\n  when = \"" + when + "\"\n}"
		segs := []seg{syn(0, "10.0.0.1", 1)}
		for range last - 1 {
			segs = append(segs, syn(4.99, "10.0.0.1", 1))
		}
		expect(t, fire(t, src, segs...), fmt.Sprintf("r #%d n=%d", last, last))
		segs[last-1].at = 5 // the first has left
		expect(t, fire(t, src, segs...))
	}
}

// TestVerdictIsTheRulesOwn: a count that is compared with a constant and with another count is as exact
// alone as in the company of a rule that needs it more exactly.
func TestVerdictIsTheRulesOwn(t *testing.T) {
	src := `
rule "ratio" {
  description = "d"
  severity = "low"
  where = "tcp"
  by = ["ip.src"]
  window "10s" {
    a = "count(tcp.flags.syn)"
    b = "count(tcp.flags.reset)"
  }
  when = "a >= 10 and a > 5 * b"
}`
	var segs []seg
	for range 40 {
		segs = append(segs, seg{at: 0, src: "10.0.0.1", dst: "10.0.0.2", flags: packet.FlagRST})
	}
	for range 200 {
		segs = append(segs, syn(0.001, "10.0.0.1", 1))
	}
	segs = append(segs, syn(9.999, "10.0.0.1", 1)) // 201 > 5 * 40
	expect(t, fire(t, src, segs...), "ratio #241 10.0.0.1 a=201 b=40")
}

// A time is shown to the microsecond, though other numbers are rounded to fewer digits.
func TestTimesInAlerts(t *testing.T) {
	e := New(compile(t, `
rule "seen" {
  description = "d"
  severity    = "low"
  where       = "tcp"
  by          = ["frame.time_epoch"]
  notify {
    to      = ["ops"]
    message = "at ${frame.time_epoch}, ${frame.time_epoch / 1000000}"
  }
}`, Options{}), Config{})
	var got []string
	e.Process(frames(syn(1738667758.123456, "198.51.100.7", 22)), func(a *alert.Alert) { got = append(got, a.Message, line(a)) })
	expect(t, got, "at 1738667758.123456, 1738.67", "seen #1 1.738667758123456e+09")
}
