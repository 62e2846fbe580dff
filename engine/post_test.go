package engine

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
)

// visit is an event of a honeypot on port 22: a login where there is a user.
func visit(at float64, src, user string) *packet.Packet {
	h := packet.Honeypot{
		Time: int64(at * 1e9), Src: netip.AddrPortFrom(netip.MustParseAddr(src), 40000), Dst: netip.MustParseAddrPort("192.0.2.90:22"),
		Service: "ssh", Action: packet.HoneypotConnect, User: user, Client: "SSH-2.0-Go",
	}
	if h.Src.Addr().Is6() {
		h.Dst = netip.MustParseAddrPort("[2001:db8::90]:22")
	}
	if user != "" {
		h.Action = packet.HoneypotLogin
	}
	return h.Event()
}

// post runs events through an engine and returns an alert a line.
func post(e *Engine, events ...*packet.Packet) (got []string) {
	for _, ev := range events {
		e.Post(ev, collectInto(&got))
	}
	return got
}

const guessRule = `
rule "guess" {
  description = "d"
  severity = "high"
  on = "honeypot"
  where = "honeypot.service == 'ssh' and honeypot.action == 'login' and dst.port == 22"
  by = ["ip.src"]
  window "60s" {
    n     = "count()"
    users = "distinct(honeypot.user)"
  }
  threshold = 3
  when = "n >= threshold"
  cooldown = "30s"
  except "friends" { where = "ip.src in ['10.0.0.9', '2001:db8::/64'] or honeypot.user startsWith 'test'" }
  escalate "virustotal" { indicator = "ip.src" }
  block {
    target = "ip.src"
    for    = "24h"
  }
  notify {
    to      = ["ops"]
    message = "${ip.src} as ${honeypot.user} with ${honeypot.client}, ${n} times"
  }
}`

func TestPost(t *testing.T) {
	e := New(compile(t, guessRule, Options{}), Config{})
	expect(t, post(e,
		visit(0, "10.0.0.1", "root"), visit(1, "10.0.0.1", ""), visit(2, "10.0.0.2", "root"), visit(3, "10.0.0.1", "admin"),
		visit(4, "10.0.0.9", "root"), visit(5, "10.0.0.9", "root"), visit(6, "10.0.0.9", "root"), // an exception
		visit(7, "10.0.0.1", "tester"),                                                              // another
		visit(60, "10.0.0.1", "root"),                                                               // 0 s has left the window
		visit(60.5, "10.0.0.1", "pi"), visit(61, "10.0.0.1", "root"), visit(90.4, "10.0.0.1", "pi"), // quiet after 60.5
		visit(90.5, "10.0.0.1", "pi"),
	), "guess #0 10.0.0.1 n=3 users=3", "guess #0 10.0.0.1 n=5 users=2 suppressed=2")
	if s := e.Stats(); s.Packets != 13 || s.Alerts != 2 || s.Suppressed != 2 || s.Rules[0].Matched != 8 || s.Late != 0 {
		t.Errorf("stats %+v", s)
	}
}

// An alert of an event that is not a packet has the client's TCP connection, and no number of a packet.
func TestPostedAlertAsJSON(t *testing.T) {
	e := New(compile(t, strings.Replace(guessRule, "threshold = 3", "threshold = 10", 1), Options{Escalate: true}),
		Config{Reputation: known{"198.51.100.7": scale.TierCritical}})
	e.Process(frames(syn(1, "10.0.0.1", 1)), func(*alert.Alert) {})
	var lines []string
	e.Post(visit(1.5, "198.51.100.7", "ro\x00ot\xff"), func(a *alert.Alert) { lines = append(lines, string(a.AppendJSON(nil))) })
	if len(lines) != 1 {
		t.Fatalf("alerts %q", lines)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(lines[0]), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"timestamp": "1970-01-01T00:00:01.500000+0000", "event_type": "alert", "proto": "TCP",
		"src_ip": "198.51.100.7", "src_port": 40000.0, "dest_ip": "192.0.2.90", "dest_port": 22.0,
		"community_id": "1:" + community(t, "198.51.100.7:40000", "192.0.2.90:22"),
		"alert":        map[string]any{"action": "allowed", "signature": "d", "category": "", "severity": 1.0},
		"ruleids": map[string]any{
			"rule": "guess", "severity": "critical", "key": map[string]any{"ip.src": "198.51.100.7"}, "values": map[string]any{"n": 1.0, "users": 1.0},
			"threshold": 1.0, "attack": []any{}, "actions": []any{"block", "notify"},
			"message": "198.51.100.7 as ro\\x00ot\\xff with SSH-2.0-Go, 1 times",
			"responses": []any{
				map[string]any{"action": "block", "target": "198.51.100.7", "seconds": 86400.0},
				map[string]any{"action": "notify", "to": []any{"ops"}},
			},
			"reputation": map[string]any{"source": "virustotal", "indicator": "198.51.100.7", "tier": "critical"},
		},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// community returns the Community ID of a TCP packet, without its version.
func community(t *testing.T, src, dst string) string {
	t.Helper()
	from, to := netip.MustParseAddrPort(src), netip.MustParseAddrPort(dst)
	a := alert.Alert{
		Layers: packet.LayerIP | packet.LayerTCP | packet.LayerPorts, IPProto: 6, IPVersion: 4,
		Src: packet.AddrFromNetip(from.Addr()), SrcPort: from.Port(), Dst: packet.AddrFromNetip(to.Addr()), DstPort: to.Port(),
	}
	_, id, ok := strings.Cut(a.CommunityID(), ":")
	if !ok {
		t.Fatal("no Community ID")
	}
	return id
}

const chainRules = scanRule + guessRule + `
rule "touch" {
  description = "d"
  severity = "medium"
  mode = "shadow"
  on = "honeypot"
  where = "ip"
  by = ["ip.src"]
}
rule "chain" {
  description = "d"
  severity = "critical"
  on = "alert"
  where = "alert.mode == 'enforce'"
  by = ["ip.src"]
  window "10m" { kinds = "distinct(alert.rule)" }
  threshold = 2
  when = "kinds >= threshold"
  block { target = "ip.src" }
}
rule "chain_and_trials" {
  description = "d"
  severity = "low"
  on = "alert"
  where = "alert.mode in ['enforce', 'shadow'] and src.port == 40000"
  by = ["ip.src"]
  window "10m" { kinds = "distinct(alert.rule)" }
  threshold = 3
  when = "kinds >= threshold"
}`

// Alerts of events that are not packets go to rules on alerts, beside those of packets; those of a rule on trial
// say so.
func TestPostedAlertsFeedRulesOnAlerts(t *testing.T) {
	for workers := range 4 {
		e := New(compile(t, chainRules, Options{}), Config{Workers: workers})
		got := post(e, visit(1, "10.0.0.1", "a"), visit(2, "10.0.0.1", "b"))
		e.Process(frames(syn(2, "10.0.0.1", 1), syn(2.1, "10.0.0.1", 2), syn(2.2, "10.0.0.1", 3)), collectInto(&got))
		got = append(got, post(e, visit(2.1, "10.0.0.1", "c"))...)
		e.Process(frames(syn(20, "10.0.0.1", 1)), collectInto(&got))
		expect(t, got, "touch #0 10.0.0.1", "scan #3 10.0.0.1 ports=3", "guess #0 10.0.0.1 n=3 users=3",
			"chain #0 10.0.0.1 kinds=2", "chain_and_trials #0 10.0.0.1 kinds=3")
	}
}

// An event counts at its own time, as a packet does, whatever came before it, and time does not run backwards.
func TestPostedEventsCountAtTheirOwnTime(t *testing.T) {
	// The clock of events stands at 60 s: one of 0.5 s is still in (0 s, 60 s], one of 0 s is not.
	fresh := func() *Engine { return New(compile(t, guessRule, Options{}), Config{}) }
	expect(t, post(fresh(), visit(60, "10.0.0.1", "a"), visit(60, "10.0.0.1", "b"), visit(0.5, "10.0.0.1", "c")), "guess #0 10.0.0.1 n=3 users=3")
	expect(t, post(fresh(), visit(60, "10.0.0.1", "a"), visit(60, "10.0.0.1", "b"), visit(0, "10.0.0.1", "c")))
	// The clock of packets is another: whether it is behind or an hour ahead does not matter.
	for _, at := range []float64{0, 1, 3600} {
		e := fresh()
		got := post(e, visit(1, "10.0.0.1", "a"), visit(2, "10.0.0.1", "b"))
		e.Process(frames(syn(at, "10.0.0.1", 1)), collectInto(&got))
		expect(t, append(got, post(e, visit(3, "10.0.0.1", "c"))...), "guess #0 10.0.0.1 n=3 users=3")
	}
	e := fresh()
	post(e, visit(1, "10.0.0.1", "a"))
	if e.Advance(30 * second); e.Stats().Keys != 1 {
		t.Error("a key left before its window was over")
	}
	if e.Advance(3600 * second); e.Stats().Keys != 0 {
		t.Error("Advance kept a key whose window is over, since no packet ever came")
	}
}

// TestPostBetweenBatches posts events between batches of any size, with clocks that run ahead and behind, and holds
// the alerts of packets against those without the events, and those of events against those without packets, with
// any number of workers.
func TestPostBetweenBatches(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 5))
		ahead := []float64{0, -3, 0.05, 2, 500, -500}[seed]
		var segs []seg
		var visits []func() *packet.Packet
		at := 1000.0
		for range 2500 {
			at += r.Float64() / 10
			src := fmt.Sprintf("10.0.0.%d", r.IntN(20))
			segs = append(segs, syn(at, src, uint16(r.IntN(6))))
			if r.IntN(4) == 0 {
				then := max(0, at+ahead+r.Float64())
				user := []string{"", "root", "admin", "tester"}[r.IntN(4)]
				visits = append(visits, func() *packet.Packet { return visit(then, src, user) })
			}
		}
		plan := compile(t, scanRule+guessRule, Options{})
		want := run(New(plan, Config{Seed: 1}), frames(segs...))
		var wantPosted []string
		alone := New(plan, Config{Seed: 1})
		for _, v := range visits {
			wantPosted = append(wantPosted, post(alone, v())...)
		}
		if len(want) < 10 || len(wantPosted) < 10 {
			t.Fatalf("seed %d: %d and %d alerts show nothing", seed, len(want), len(wantPosted))
		}
		for workers := 1; workers < 4; workers++ {
			e := New(plan, Config{Seed: 1, Workers: workers})
			var got, gotPosted []string
			fs, left := frames(segs...), visits
			for len(fs) > 0 || len(left) > 0 {
				n := min(r.IntN(400), len(fs))
				e.Process(fs[:n], collectInto(&got))
				fs = fs[n:]
				for range min(r.IntN(100), len(left)) {
					gotPosted = append(gotPosted, post(e, left[0]())...)
					left = left[1:]
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("seed %d, %d workers: alerts of packets differ:\n%s", seed, workers, cmp.Diff(want, got))
			}
			if !slices.Equal(gotPosted, wantPosted) {
				t.Errorf("seed %d, %d workers: alerts of events differ:\n%s", seed, workers, cmp.Diff(wantPosted, gotPosted))
			}
			if late := e.Stats().Late; late != 0 {
				t.Errorf("seed %d: events made %d packets late", seed, late)
			}
		}
	}
}

// The switches of the compiler change no alert of events that are not packets, either.
func TestPostUnderEverySwitch(t *testing.T) {
	events := func() (out []*packet.Packet) {
		r := rand.New(rand.NewPCG(1, 1))
		for i := range 600 {
			src := fmt.Sprintf("10.0.0.%d", r.IntN(12))
			if i%5 == 0 {
				src = fmt.Sprintf("2001:db8:%d::1", r.IntN(3))
			}
			out = append(out, visit(float64(i)/2, src, []string{"", "root", "admin", "tester"}[r.IntN(4)]))
		}
		return out
	}
	want := post(New(compile(t, chainRules, Options{}), Config{}), events()...)
	if len(want) < 20 {
		t.Fatalf("%d alerts show nothing", len(want))
	}
	for _, opt := range []Tuning{inVM, {NoDispatch: true}, {NoSharing: true}, {NoSharing: true, NoDispatch: true, condition: oracle}} {
		if got := post(New(compileTuned(t, chainRules, Options{}, opt), Config{}), events()...); !slices.Equal(got, want) {
			t.Errorf("%+v: (-want +got)\n%s", opt, cmp.Diff(want, got))
		}
	}
}

// An Explainer follows other events than packets as well, and the alerts of rules that it was not asked about.
func TestExplainOtherEvents(t *testing.T) {
	x, diags := NewExplainer(load(t, chainRules), []string{"chain", "guess"})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	x.Process(frames(syn(0, "10.0.0.1", 1), syn(1, "10.0.0.1", 2), syn(2, "10.0.0.1", 3)))
	for _, ev := range []*packet.Packet{visit(3, "10.0.0.1", ""), visit(4, "10.0.0.1", "root"), visit(5, "10.0.0.9", "root")} {
		x.Post(ev)
	}
	var got []string
	for _, ex := range x.Explanations() {
		s := fmt.Sprintf("%s: %d of %d passed", ex.Rule, ex.Passed, ex.Packets)
		for _, stop := range ex.Stops {
			s += fmt.Sprintf("; %s %d", stop.Text, stop.Packets)
		}
		for _, n := range ex.Closest {
			s += fmt.Sprintf("; %v %v of %v", n.Key[0].Value, n.Value, n.Bound)
		}
		got = append(got, s)
	}
	expect(t, got,
		"chain: 1 of 3 passed; alert.mode == 'enforce' 2; 10.0.0.1 1 of 2",
		"guess: 1 of 3 passed; honeypot.service == 'ssh' 0; honeypot.action == 'login' 1; dst.port == 22 0; except friends 1; 10.0.0.1 1 of 3")
}
