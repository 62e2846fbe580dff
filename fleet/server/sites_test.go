package server

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/fleet/bundle"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
)

// TestCorrelation: what several agents saw makes one alert of the server, once, a restart in the middle or not.
func TestCorrelation(t *testing.T) {
	w := newWorld(t)
	agents := []*agent{w.join("a", nil), w.join("b", nil), w.join("c", nil)}
	raise := func(a *agent) {
		a.link.Send(&alert.Alert{Time: time.Now().UnixNano(), Rule: "port_scan", Category: "recon", Severity: scale.SeverityHigh, Layers: packet.LayerFrame | packet.LayerIP, IPProto: 6, IPVersion: 4,
			Src: packet.AddrFromNetip(netip.MustParseAddr("203.0.113.7")), Dst: packet.AddrFromNetip(netip.MustParseAddr("192.0.2.1"))})
	}
	count := func(rule string) int {
		var page struct{ Alerts []any }
		w.ask("GET", "/api/v1/alerts?rule="+rule, "", &page)
		return len(page.Alerts)
	}
	raise(agents[0])
	raise(agents[1])
	eventually(t, 20*time.Second, "two are stored", func() bool { return count("port_scan") == 2 })
	if count("fleet_scan") != 0 {
		t.Error("two agents are no fleet")
	}
	w.halt()
	w.start()
	raise(agents[2])
	eventually(t, 20*time.Second, "the fleet is scanned", func() bool { return count("fleet_scan") == 1 })
	w.halt()
	w.start()
	time.Sleep(200 * time.Millisecond)
	if n := count("fleet_scan"); n != 1 {
		t.Errorf("after a restart it is there %d times", n)
	}
}

// TestShare: a rule's block with share is carried out by all, and without it by none.
func TestShare(t *testing.T) {
	w := newWorld(t)
	one, two := w.join("one", nil), w.join("two", nil)
	eventually(t, 20*time.Second, "both are connected", func() bool { return one.link.Status().Connected && two.link.Status().Connected })
	target := netip.MustParseAddr("203.0.113.66")
	block := func(share bool) {
		one.link.Send(&alert.Alert{Time: time.Now().UnixNano(), Rule: "own", Category: "policy", Severity: scale.SeverityHigh, Layers: packet.LayerFrame, Actions: []alert.Action{{Kind: "block", Target: target, Seconds: 3600, Share: share}}})
	}
	block(false)
	eventually(t, 10*time.Second, "it is stored", func() bool { return w.server.store.Status().Stored == 1 })
	if two.blocked(target.String()) {
		t.Error("it is carried out without share")
	}
	block(true)
	eventually(t, 5*time.Second, "both block", func() bool { return one.blocked(target.String()) && two.blocked(target.String()) })
}

// push gives a rule set to agents, signed with a key.
func (w *world) push(private, rule, more string) (int, string) {
	w.t.Helper()
	key, err := bundle.ParsePrivate(private)
	if err != nil {
		w.t.Fatal(err)
	}
	data, err := (&bundle.Set{Created: time.Now(), Files: []bundle.File{{Name: "own.hcl", Text: rule}}}).Sign(key)
	if err != nil {
		w.t.Fatal(err)
	}
	var answer struct{ Digest, Error string }
	code := w.ask("POST", "/api/v1/rulesets", `{"bundle":"`+base64.StdEncoding.EncodeToString(data)+`"`+more+`}`, &answer)
	return code, answer.Digest + answer.Error
}

// TestRollout: a rule set comes to a few agents, then to all; one that does harm is taken back, and one of a stranger never
// leaves.
func TestRollout(t *testing.T) {
	w := newWorld(t)
	private, public, err := bundle.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	const rule = "rule \"own\" {\n  description = \"x\"\n  severity    = \"low\"\n  where       = \"tcp.dstport == 7\"\n}\n"
	if code, text := w.push(private, rule, ""); code != 409 {
		t.Errorf("without an operator's key: %d %s", code, text)
	}
	if code := w.ask("PUT", "/api/v1/operator-key", `{"key":"`+public+`"}`, nil); code != 200 {
		t.Fatal(code)
	}
	w.server.opt.Settings.AlertLimit = 10000
	var agents []*agent
	for i := range 4 {
		agents = append(agents, w.join(fmt.Sprintf("agent-%d", i), nil))
	}
	online := func() bool {
		n := 0
		for _, a := range w.server.roster.List(false) {
			if a.Online {
				n++
			}
		}
		return n == len(agents)
	}
	eventually(t, 20*time.Second, "all are online", online)
	runs := func(digest string) int {
		n := 0
		for _, a := range agents {
			a.mu.Lock()
			if a.set == digest {
				n++
			}
			a.mu.Unlock()
		}
		return n
	}
	state := func(digest string) string {
		for _, x := range w.server.rollout.List() {
			if x.Digest == digest {
				return x.State + " " + x.Reason
			}
		}
		return ""
	}
	stranger, _, _ := bundle.NewKey()
	if code, text := w.push(stranger, rule, ""); code != 403 {
		t.Errorf("of a stranger: %d %s", code, text)
	}
	if code, text := w.push(private, "rule {", ""); code != 400 || !strings.Contains(text, "does not load") {
		t.Errorf("that does not load: %d %s", code, text)
	}
	// A server that was taken over has another key, but the agents do not.
	if err := w.server.state.SetNote(t.Context(), "operator_key", []byte(func() string { k, _ := bundle.ParsePrivate(stranger); return bundle.Public(k) }())); err != nil {
		t.Fatal(err)
	}
	code, evil := w.push(stranger, rule, `,"canary":1,"for":"1h"`)
	if code != 201 {
		t.Fatalf("%d %s", code, evil)
	}
	eventually(t, 20*time.Second, "it is taken back", func() bool {
		return strings.Contains(state(evil), "held") && strings.Contains(state(evil), "operator's key")
	})
	if n := runs(evil); n != 0 {
		t.Errorf("%d agents run a rule set of a stranger", n)
	}
	if err := w.server.state.SetNote(t.Context(), "operator_key", []byte(public)); err != nil {
		t.Fatal(err)
	}

	code, good := w.push(private, rule, `,"canary":0.25,"for":"3s"`)
	if code != 201 {
		t.Fatalf("%d %s", code, good)
	}
	eventually(t, 10*time.Second, "one runs it", func() bool { return runs(good) == 1 })
	eventually(t, 30*time.Second, "all run it", func() bool { return runs(good) == 4 && strings.HasPrefix(state(good), "all") })

	// The next one floods its canary with alerts.
	code, noisy := w.push(private, rule+"# noisy\n", `,"canary":0.25,"for":"1h"`)
	if code != 201 {
		t.Fatalf("%d %s", code, noisy)
	}
	eventually(t, 10*time.Second, "one runs it", func() bool { return runs(noisy) == 1 })
	for _, a := range agents {
		a.mu.Lock()
		is := a.set == noisy
		a.mu.Unlock()
		if is {
			a.raise(40)
		}
	}
	eventually(t, 60*time.Second, "it is taken back", func() bool { return strings.Contains(state(noisy), "held") && strings.Contains(state(noisy), "raised") })
	eventually(t, 10*time.Second, "all run the one before", func() bool { return runs(good) == 4 })

	// One that does not load at its canary.
	for _, a := range agents {
		a.mu.Lock()
		a.breaks = true
		a.mu.Unlock()
	}
	code, broken := w.push(private, rule+"# broken\n", `,"canary":0.25,"for":"1h"`)
	if code != 201 {
		t.Fatalf("%d %s", code, broken)
	}
	eventually(t, 20*time.Second, "it is taken back", func() bool {
		return strings.Contains(state(broken), "held") && strings.Contains(state(broken), "refused it")
	})
	for _, a := range agents {
		a.mu.Lock()
		a.breaks = false
		a.mu.Unlock()
	}
	// A person takes the good one back: agents run their own rules.
	if code := w.ask("POST", "/api/v1/rulesets/rollback", `{"reason":"test"}`, nil); code != 200 {
		t.Errorf("rollback: %d", code)
	}
	eventually(t, 20*time.Second, "none runs it", func() bool { return runs("") == 4 })
}

// TestRolloutWaits: a rule set that was pushed while no agent was there is tried on a few of those that come, as any other.
func TestRolloutWaits(t *testing.T) {
	w := newWorld(t)
	private, public, err := bundle.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	if code := w.ask("PUT", "/api/v1/operator-key", `{"key":"`+public+`"}`, nil); code != 200 {
		t.Fatal(code)
	}
	code, digest := w.push(private, "rule \"own\" {\n  description = \"x\"\n  severity    = \"low\"\n  where       = \"tcp.dstport == 7\"\n}\n", `,"canary":0.25,"for":"1s"`)
	if code != 201 {
		t.Fatalf("%d %s", code, digest)
	}
	time.Sleep(1500 * time.Millisecond) // the stage would be over
	a := w.join("first", nil)
	eventually(t, 30*time.Second, "the first agent runs it", func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		return a.set == digest
	})
	if x := w.server.rollout.List()[0]; len(x.Stage) != 1 {
		t.Errorf("%+v", x)
	}
	eventually(t, 30*time.Second, "it has come to all", func() bool { return w.server.rollout.List()[0].State == "all" })
}
