package agent

import (
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/agent/api"
)

// While the daemon is paused rules see nothing, which status says; what comes afterwards they see.
func TestPause(t *testing.T) {
	r := start(t, "response {\n  mode = \"enforce\"\n}\n", map[string]string{"p.hcl": portRule("p", "23")})
	one := func(ms int) { r.source.send(t, batchOf(syn(t, "10.0.0.1", 23, ms))) }
	alerts := func(want int) {
		t.Helper()
		if got := len(r.outputs.of("p")); got != want {
			t.Errorf("%d alerts, want %d", got, want)
		}
	}
	one(0)
	alerts(1)
	p, err := r.client.Pause(t.Context(), api.PauseRequest{Seconds: 3600, Reason: "a test of ours"})
	must(t, err)
	if left := time.Until(p.Until); left < 59*time.Minute || left > time.Hour || p.By == "" || p.By == "unknown" {
		t.Errorf("%+v", p)
	}
	one(1)
	one(2)
	alerts(1)
	a, err := r.client.Decide(t.Context(), api.DecisionRequest{Kind: decision.Block, Target: target(t, "198.51.100.9")})
	if err != nil || a.Outcome != decision.Decided { // people decide all the same
		t.Errorf("%v %+v", err, a)
	}
	s, err := r.client.Status(t.Context())
	must(t, err)
	if s.Pause == nil || s.Pause.Packets != 2 || s.Packets.Seen != 1 || !s.Healthy {
		t.Errorf("%+v, packets %+v, healthy %v", s.Pause, s.Packets, s.Healthy)
	}
	if len(s.Trouble) != 1 || !strings.Contains(s.Trouble[0], "a test of ours") || !strings.Contains(s.Trouble[0], "ruleids resume") {
		t.Errorf("trouble %q", s.Trouble)
	}
	if x := steps(t, r)["packets"]; x.OK || !strings.Contains(x.Says, "paused") {
		t.Errorf("the self-test says %+v", x)
	}
	was, err := r.client.Resume(t.Context(), "")
	must(t, err)
	if was == nil || was.Packets != 2 {
		t.Errorf("%+v", was)
	}
	one(3)
	alerts(2)
	if was, err = r.client.Resume(t.Context(), ""); err != nil || was != nil {
		t.Errorf("there is nothing to resume: %+v, %v", was, err)
	}
	if s, err = r.client.Status(t.Context()); err != nil || s.Pause != nil || len(s.Trouble) != 0 {
		t.Errorf("%v, %+v, %q", err, s.Pause, s.Trouble)
	}
}

// A pause ends by itself, and a second one replaces the first.
func TestPauseEnds(t *testing.T) {
	r := start(t, "", map[string]string{"p.hcl": portRule("p", "23")})
	at := r.log.now()
	_, err := r.client.Pause(t.Context(), api.PauseRequest{Seconds: 3600})
	must(t, err)
	_, err = r.client.Pause(t.Context(), api.PauseRequest{Seconds: 0.2})
	must(t, err)
	r.log.wait(t, at, "everything is looked at again")
	r.source.send(t, batchOf(syn(t, "10.0.0.1", 23, 0)))
	if got := len(r.outputs.of("p")); got != 1 {
		t.Errorf("%d alerts", got)
	}
	for _, seconds := range []float64{0, -1, 86401} {
		if _, err := r.client.Pause(t.Context(), api.PauseRequest{Seconds: seconds}); err == nil || !strings.Contains(err.Error(), "at most 24h") {
			t.Errorf("%v s: %v", seconds, err)
		}
	}
}
