package engine

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/scale"
)

// A learner is a Reputation that knows nothing of an indicator until it was asked about it, and then knows at once.
type learner struct {
	will    map[string]Tier
	known   map[string]Tier
	version uint64
	asked   []string // source, indicator and nearness
}

func (l *learner) Standing(source, indicator string, near uint8) Standing {
	l.asked = append(l.asked, fmt.Sprintf("%s %s %d", source, indicator, near))
	tier, ok := l.known[indicator]
	if !ok {
		l.known[indicator] = l.will[indicator]
		l.version++
	}
	return Standing{Tier: tier}
}

func (l *learner) Version() uint64 { return l.version }

func newLearner(will map[string]Tier) *learner { return &learner{will: will, known: map[string]Tier{}} }

// escalating returns scanRule with a threshold and an escalate block.
func escalating(threshold int) string {
	return strings.Replace(scanRule, "threshold = 3", fmt.Sprintf("threshold = %d\n  escalate \"list\" { indicator = \"ip.src\" }", threshold), 1)
}

// askedAll runs segs and returns what was asked, and the alerts.
func askedAll(t *testing.T, src string, will map[string]Tier, segs ...seg) (asked, alerts []string) {
	t.Helper()
	l := newLearner(will)
	alerts = run(New(compile(t, src, Options{Escalate: true}), Config{Reputation: l}), frames(segs...))
	return l.asked, alerts
}

// The first packet of an indicator asks, later packets know.
func TestFirstPacketAsks(t *testing.T) {
	bad := map[string]Tier{"10.0.0.1": scale.TierCritical}
	asked, alerts := askedAll(t, escalating(15), bad, syn(0, "10.0.0.1", 1), syn(0, "10.0.0.1", 2), syn(0, "10.0.0.1", 3))
	expect(t, alerts, "scan #2 10.0.0.1 ports=2 10.0.0.1 critical") // 15 x 0.10, rounded up
	expect(t, asked, "list 10.0.0.1 6", "list 10.0.0.1 13", "list 10.0.0.1 100")

	// The same where the threshold is no bar of when, in the oracle, and where nothing but the severity depends on the tier.
	asked, alerts = askedAll(t, strings.Replace(escalating(15), "ports >= threshold", "ports >= threshold or ports > 400", 1), bad, syn(0, "10.0.0.1", 1), syn(0, "10.0.0.1", 2))
	expect(t, alerts, "scan #2 10.0.0.1 ports=2 10.0.0.1 critical")
	expect(t, asked, "list 10.0.0.1 0", "list 10.0.0.1 0", "list 10.0.0.1 100")
	l := newLearner(bad)
	expect(t, run(New(compileTuned(t, escalating(15), Options{Escalate: true}, inVM), Config{Reputation: l}), frames(syn(0, "10.0.0.1", 1), syn(0, "10.0.0.1", 2))),
		"scan #2 10.0.0.1 ports=2 10.0.0.1 critical")
	asked, _ = askedAll(t, strings.Replace(escalating(15), "ports >= threshold", "ports >= 20", 1), nil, syn(0, "10.0.0.1", 1))
	expect(t, asked, "list 10.0.0.1 5")
}

// Reputation is told when an indicator comes nearer by a tenth, and each second that it is met, but not by every packet.
func TestNearness(t *testing.T) {
	var segs []seg
	for port := range 20 {
		for range 50 {
			segs = append(segs, syn(0, "10.0.0.1", uint16(port+1)))
		}
	}
	asked, _ := askedAll(t, escalating(20), nil, append(segs, syn(0.999, "10.0.0.1", 1), syn(1, "10.0.0.1", 1))...)
	var want []string
	want = append(want, "list 10.0.0.1 5", "list 10.0.0.1 5") // the first answer changed the version
	for near := 15; near < 100; near += 10 {
		want = append(want, fmt.Sprintf("list 10.0.0.1 %d", near))
	}
	expect(t, asked, append(want, "list 10.0.0.1 100")...)

	// The conjunct that is furthest counts.
	src := strings.NewReplacer(`{ ports = "distinct(tcp.dstport)" }`, "{\n ports = \"distinct(tcp.dstport)\"\n n = \"count()\"\n}", "ports >= threshold", "ports >= threshold and n > 5").Replace(escalating(2))
	asked, _ = askedAll(t, src, nil, syn(0, "10.0.0.1", 1), syn(3, "10.0.0.1", 2), syn(6, "10.0.0.1", 2))
	expect(t, asked, "list 10.0.0.1 20", "list 10.0.0.1 40", "list 10.0.0.1 60")
}

// A rule without windows is as near as its packet, where that has something to compare, and else at its threshold.
func TestNearnessWithoutWindows(t *testing.T) {
	name := `
rule "name" {
  description = "d"
  severity    = "low"
  where       = "dns"
  threshold   = 40
  when        = "len(dns.qry.name) > threshold"
  cooldown    = "0s"
  escalate "list" { indicator = "registered_domain(dns.qry.name)" }
}`
	ask := func(at float64, labels ...string) seg {
		return seg{at: at, src: "10.0.0.1", dst: "10.0.0.2", proto: 17, dport: 53, payload: question(strings.Join(labels, "."))}
	}
	bad := map[string]Tier{"bad.test": scale.TierHigh}
	asked, alerts := askedAll(t, name, bad, ask(0, "a", "good.test"), ask(0, "ab", "bad.test"), ask(0, "ab", "bad.test"), ask(0, "abc", "bad.test"))
	expect(t, asked, "list good.test 27", "list bad.test 27", "list bad.test 27", "list bad.test 100") // the third packet fires
	expect(t, alerts, "name #3 bad.test high", "name #4 bad.test high")

	// In where the threshold is compared before anything passes: what no tier would let pass is not asked about.
	where := strings.NewReplacer(`"dns"`, `"len(dns.qry.name) > threshold"`, "\n  when        = \"len(dns.qry.name) > threshold\"", "").Replace(name)
	asked, alerts = askedAll(t, where, bad, ask(0, "bad"), ask(0, "ab", "bad.test"), ask(0, "ab", "bad.test"))
	expect(t, asked, "list bad.test 27", "list bad.test 27", "list bad.test 100")
	expect(t, alerts, "name #3 bad.test high")

	port := `
rule "port" {
  description = "d"
  severity    = "low"
  where       = "dst.port == 4444"
  by          = ["ip.src"]
  escalate "list" { indicator = "ip.src" }
}`
	asked, alerts = askedAll(t, port, bad, syn(0, "10.0.0.1", 4444), syn(0, "10.0.0.2", 80))
	expect(t, asked, "list 10.0.0.1 100")
	expect(t, alerts, "port #1 10.0.0.1")
}

// Rules that ask for the same share the answer; the nearest of them is what the source is told.
func TestRulesShareAnswers(t *testing.T) {
	src := escalating(50) + strings.Replace(escalating(4), `"scan"`, `"small"`, 1)
	asked, _ := askedAll(t, src, nil, syn(0, "10.0.0.1", 1), syn(5, "10.0.0.1", 1))
	expect(t, asked, "list 10.0.0.1 2", "list 10.0.0.1 25", "list 10.0.0.1 2", "list 10.0.0.1 25")
}

// A fickle Reputation says something else each time.
type fickle struct{ n uint64 }

func (f *fickle) Standing(string, string, uint8) Standing {
	f.n++
	return Standing{Tier: Tier(f.n % scale.NumTiers), Malicious: uint8(f.n % scale.NumTiers), Engines: 90}
}
func (f *fickle) Version() uint64 { return f.n }

// An alert tells of the tier that fired it, whatever is found out meanwhile.
func TestAlertHasTheTierThatFired(t *testing.T) {
	e := New(compile(t, strings.Replace(escalating(20), "threshold = 20", "threshold = 20\n  cooldown = \"0s\"", 1), Options{Escalate: true}), Config{Reputation: &fickle{}})
	var segs []seg
	for port := range 30 {
		segs = append(segs, syn(float64(port)/10, "10.0.0.1", uint16(port+1)))
	}
	n := 0
	e.Process(frames(segs...), func(a *alert.Alert) {
		n++
		tier := scale.TierClean
		if a.Reputation != nil {
			tier = a.Reputation.Tier
			if a.Reputation.Malicious != int(tier) || a.Reputation.Engines != 90 {
				t.Errorf("tier %v with %d of %d engines", tier, a.Reputation.Malicious, a.Reputation.Engines)
			}
		}
		if ports := float64(a.Values[0].Value.(int64)); *a.Threshold != tier.Scale(20) || ports < *a.Threshold {
			t.Errorf("fired at %v ports with threshold %v and tier %v", ports, *a.Threshold, tier)
		}
	})
	if n < 10 || n == 30 {
		t.Errorf("%d alerts show nothing", n)
	}
}

// Indicators that were met a moment ago cost no allocation, and a plan without reputation asks nobody.
func TestAskingAllocatesNothing(t *testing.T) {
	l := newLearner(nil)
	e := New(compile(t, escalating(1000), Options{Escalate: true}), Config{Reputation: l})
	fs := frames(syn(1, "10.0.0.1", 80), syn(1, "fd00::1", 80))
	for range 10 {
		e.Process(fs, nil)
	}
	if n := testing.AllocsPerRun(100, func() { e.Process(fs, nil) }); n != 0 {
		t.Errorf("%v allocations for two packets", n)
	}
	l.asked = nil
	e = New(compile(t, escalating(1), Options{}), Config{Reputation: l})
	expect(t, run(e, fs), "scan #1 10.0.0.1 ports=1", "scan #2 fd00::1 ports=1")
	expect(t, l.asked)
}

// Scales never rise from tier to tier, so that what a tier lets fire every worse one does.
func TestScales(t *testing.T) {
	for _, threshold := range []float64{-3, 0, 0.5, 1, 2, 3, 7, 15, 30.5, 4096, 1e9} {
		s := scales(threshold)
		for tier := scale.TierClean; tier < scale.NumTiers; tier++ {
			if tier > 0 && s[tier] > s[tier-1] || threshold >= 1 && s[tier] != tier.Scale(threshold) {
				t.Errorf("%v: %v", threshold, *s)
			}
		}
	}
}

func TestNear(t *testing.T) {
	for _, c := range []struct{ value, limit, want float64 }{
		{0, 10, 0}, {1, 10, 10}, {9.99, 10, 99.9}, {10, 10, 100}, {1e300, 10, 100}, {-5, 10, 0}, {0, 0, 100}, {-1, -2, 100}, {math.NaN(), 10, 0}, {math.Inf(1), 10, 100},
	} {
		if got := nearness(c.value, c.limit); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%v of %v: %v, want %v", c.value, c.limit, got, c.want)
		}
	}
}

// A threshold below 1 is raised to 1 by any tier but clean.
func TestThresholdBelowOne(t *testing.T) {
	src := strings.NewReplacer("distinct(tcp.dstport)", "rate()", "threshold = 3", "threshold = 0.5\n  escalate \"list\" { indicator = \"ip.src\" }").Replace(scanRule)
	var segs []seg
	for range 10 {
		segs = append(segs, syn(0, "10.0.0.1", 1), syn(0, "10.0.0.2", 1))
	}
	e := New(compile(t, src, Options{Escalate: true}), Config{Reputation: known{"10.0.0.2": scale.TierCritical}})
	expect(t, run(e, frames(segs...)), "scan #9 10.0.0.1 ports=0.5", "scan #20 10.0.0.2 ports=1 10.0.0.2 critical")
}
