package agent

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/internal/scale"
)

// blockRule blocks the sources of packets to a port.
func blockRule(port string, more string) string {
	return `rule "touch" {
  description = "A port that nobody uses."
  severity    = "high"
  where       = "tcp.dstport == ` + port + `"
  by          = ["ip.src"]
  cooldown    = "0s"
  quarantine {
    target = "ip.src"
    for    = "10m"
  }
` + more + "}\n"
}

// waitFor waits until something holds.
func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("%s never comes to be", what)
		}
		time.Sleep(time.Millisecond)
	}
}

func target(t *testing.T, s string) decision.Target {
	t.Helper()
	x, err := decision.ParseTarget(s)
	must(t, err)
	return x
}

// members returns what is in the firewall, as text.
func (r *running) members(t *testing.T) []string {
	t.Helper()
	ms, err := r.firewall.List(t.Context())
	must(t, err)
	out := []string{}
	for _, m := range ms {
		out = append(out, string(m.Kind)+" "+m.Target.String())
	}
	return out
}

// TestEnforce has an alert put its source into the firewall, leaves a gateway alone, and lets people release and block.
func TestEnforce(t *testing.T) {
	r := start(t, "response {\n  mode = \"enforce\"\n}\n", map[string]string{"a.hcl": blockRule("23", "")})
	ctx := t.Context()
	r.source.send(t, batchOf(syn(t, "198.51.100.7", 23, 0), syn(t, "192.0.2.1", 23, 1)))
	waitFor(t, "the quarantine", func() bool { return slices.Equal(r.members(t), []string{"quarantine 198.51.100.7"}) })
	waitFor(t, "the refusal", func() bool {
		s, err := r.client.Status(ctx)
		must(t, err)
		return s.Responses.Outcomes[decision.Refused] == 1 && s.Responses.Quarantines == 1 && s.Responses.Mode == decision.Enforce
	})
	ds, err := r.client.Decisions(ctx, decision.Target{})
	if err != nil || len(ds) != 1 || ds[0].Rule != "touch" || ds[0].Source != decision.SourceRule || ds[0].Until.Sub(ds[0].Since) != 10*time.Minute {
		t.Fatalf("%v, %+v", err, ds)
	}
	if ds, err := r.client.Decisions(ctx, target(t, "198.51.100.8")); err != nil || ds == nil || len(ds) != 0 {
		t.Errorf("%v, %+v cover an address that nobody asked about", err, ds)
	}
	a, err := r.client.Decide(ctx, api.DecisionRequest{Kind: decision.Release, Target: target(t, "198.51.100.7"), Reason: "mine"})
	if err != nil || a.Outcome != decision.Released || len(r.members(t)) != 0 {
		t.Errorf("%v, %+v, %v", err, a, r.members(t))
	}
	// Packets that linger do not bring it back.
	r.source.send(t, batchOf(syn(t, "198.51.100.7", 23, 2)))
	waitFor(t, "the grace", func() bool { return r.decisions.store.Status().Outcomes[decision.Skipped] == 1 })
	if m := r.members(t); len(m) != 0 {
		t.Errorf("in the grace period: %v", m)
	}
	a, err = r.client.Decide(ctx, api.DecisionRequest{Kind: decision.Block, Target: target(t, "203.0.113.0/24"), Reason: "people"})
	if err != nil || a.Outcome != decision.Decided || !a.Done() || !slices.Equal(r.members(t), []string{"block 203.0.113.0/24"}) {
		t.Errorf("%v, %+v, %v", err, a, r.members(t))
	}
	if a.Decision == nil || a.Decision.Who == "" || a.Decision.Who == "unknown" {
		t.Errorf("nobody is behind %+v", a.Decision)
	}
	a, err = r.client.Decide(ctx, api.DecisionRequest{Kind: decision.Block, Target: target(t, "192.0.2.1"), Force: true})
	if err != nil || a.Outcome != decision.Refused || a.Done() || !strings.Contains(a.Detail, "gateway") {
		t.Errorf("%v, %+v", err, a)
	}
	must(t, r.stop())
	if m := r.members(t); len(m) != 1 {
		t.Errorf("after the end: %v", m)
	}
}

// TestMonitor records and does nothing, until a reload says enforce; what was recorded is not done then.
func TestMonitor(t *testing.T) {
	r := start(t, "", map[string]string{"a.hcl": blockRule("23", "")})
	r.source.send(t, batchOf(syn(t, "198.51.100.7", 23, 0)))
	waitFor(t, "the record", func() bool { return r.decisions.store.Status().Recorded == 1 })
	if m := r.members(t); len(m) != 0 {
		t.Errorf("in monitor mode: %v", m)
	}
	digest := r.loaded.Load().Rules.Digest
	at := r.log.now()
	must(t, os.WriteFile(filepath.Join(filepath.Dir(r.dir), "ruleids.hcl"), []byte("response {\n  mode = \"enforce\"\n}\n"), 0o644))
	report, err := r.client.Reload(t.Context())
	if err != nil || !report.OK || report.Changed || report.Digest != digest || len(report.Restart) != 0 {
		t.Fatalf("%v, %+v", err, report)
	}
	r.log.wait(t, at, `msg="response mode changed" mode=enforce before=monitor`)
	r.log.wait(t, at, `msg="rules unchanged"`)
	if m := r.members(t); len(m) != 0 {
		t.Errorf("what was recorded is done: %v", m)
	}
	r.source.send(t, batchOf(syn(t, "198.51.100.9", 23, 1)))
	waitFor(t, "the quarantine", func() bool { return slices.Equal(r.members(t), []string{"quarantine 198.51.100.9"}) })
}

// TestDrift puts members back that someone flushed.
func TestDrift(t *testing.T) {
	r := start(t, "response {\n  mode = \"enforce\"\n}\n", map[string]string{"a.hcl": blockRule("23", "")})
	r.source.send(t, batchOf(syn(t, "198.51.100.7", 23, 0)))
	waitFor(t, "the quarantine", func() bool { return len(r.members(t)) == 1 })
	at := r.log.now()
	r.firewall.Flush()
	r.firewall.missing.Store(true)
	r.log.wait(t, at, "someone changed the firewall", "the chain RULEIDS")
	waitFor(t, "the quarantine again", func() bool { return len(r.members(t)) == 1 })
	if s := r.decisions.status(); s.Repairs != 1 || s.LastRepair == nil {
		t.Errorf("%+v", s)
	}
}

// TestExchange exports decisions and imports them again.
func TestExchange(t *testing.T) {
	r := start(t, "response {\n  mode = \"enforce\"\n}\n", map[string]string{"a.hcl": blockRule("23", "")})
	ctx := t.Context()
	for _, s := range []string{"198.51.100.7", "2001:db8::/48"} {
		if a, err := r.client.Decide(ctx, api.DecisionRequest{Kind: decision.Quarantine, Target: target(t, s), Seconds: 3600}); err != nil || !a.Done() {
			t.Fatalf("%v, %+v", err, a)
		}
	}
	var file bytes.Buffer
	must(t, r.client.Export(ctx, &file))
	for _, s := range []string{"198.51.100.7", "2001:db8::/48"} {
		if a, err := r.client.Decide(ctx, api.DecisionRequest{Kind: decision.Release, Target: target(t, s)}); err != nil || !a.Done() {
			t.Fatalf("%v, %+v", err, a)
		}
	}
	answers, err := r.client.Import(ctx, bytes.NewReader(file.Bytes()), "")
	if err != nil || len(answers) != 2 || !answers[0].Done() || !answers[1].Done() {
		t.Errorf("%v, %+v", err, answers)
	}
	if m := r.members(t); len(m) != 2 {
		t.Errorf("after the import: %v", m)
	}
	if _, err := r.client.Import(ctx, strings.NewReader("{}"), ""); err == nil || !strings.Contains(err.Error(), "version") {
		t.Errorf("a document that is none: %v", err)
	}
	if _, err := r.client.Decide(ctx, api.DecisionRequest{Kind: "exile", Target: target(t, "203.0.113.1")}); err != nil {
		t.Errorf("a kind that there is none of is refused, not failed: %v", err)
	}
}

// TestReputationList has a list lower a threshold, and reads it again when it changes.
func TestReputationList(t *testing.T) {
	list := filepath.Join(t.TempDir(), "bad.txt")
	must(t, os.WriteFile(list, []byte("198.51.100.7 critical\n"), 0o600))
	rule := strings.Replace(scanRule, "  threshold = 5\n", "  threshold = 5\n  escalate \"list\" {\n    indicator = \"ip.src\"\n  }\n", 1)
	r := start(t, "reputation \"list\" {\n  files = [\""+list+"\"]\n}\n", map[string]string{"a.hcl": rule})
	r.source.send(t, batchOf(syn(t, "198.51.100.7", 1, 0), syn(t, "203.0.113.9", 1, 1)))
	got := r.outputs.of("scan")
	if len(got) != 1 || got[0].Severity != scale.SeverityCritical || got[0].Reputation == nil || got[0].Reputation.Tier != scale.TierCritical {
		t.Fatalf("%+v", got)
	}
	must(t, os.WriteFile(list, []byte("203.0.113.9 critical\n"), 0o600))
	if report, err := r.client.Reload(t.Context()); err != nil || !report.OK {
		t.Fatalf("%v, %+v", err, report)
	}
	r.source.send(t, batchOf(syn(t, "203.0.113.9", 2, 2)))
	if got := r.outputs.of("scan"); len(got) != 2 {
		t.Errorf("after the list changed: %+v", got)
	}
	if s := r.Status(context.Background()); len(s.Reputation) != 1 || s.Reputation[0].Entries != 1 {
		t.Errorf("%+v", s.Reputation)
	}
}
