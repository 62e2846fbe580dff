package engine_test

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// TestPostAlert: alerts of other engines are counted by rules on alerts, by their agents too, and a response that is for all
// agents says so in the alert and in its JSON.
func TestPostAlert(t *testing.T) {
	const text = `
rule "seen" {
  description = "Two agents see one source."
  severity    = "high"
  on          = "alert"
  by          = ["ip.src"]
  window "1m" {
    agents = "distinct(alert.agent)"
  }
  when = "agents >= 2"
  quarantine {
    target = "ip.src"
    for    = "10m"
    share  = true
  }
  quarantine {
    target = "ip.dst"
    for    = "10m"
  }
}
`
	_, plan, diags := engine.Load(rules.Options{Sources: map[string][]byte{"a.hcl": []byte(text)}}, engine.Options{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	e := engine.New(plan, engine.Config{Agent: "server"})
	var fired []*alert.Alert
	for i, agent := range []string{"a", "a", "b"} {
		e.PostAlert(&alert.Alert{Time: int64(i+1) * 1e9, Rule: "x", Category: "recon", Agent: agent, Layers: packet.LayerFrame | packet.LayerIP, IPVersion: 4,
			Src: packet.AddrFromNetip(netip.MustParseAddr("203.0.113.7")), Dst: packet.AddrFromNetip(netip.MustParseAddr("192.0.2.1"))}, func(a *alert.Alert) { fired = append(fired, a) })
		if want := i / 2; len(fired) != want {
			t.Fatalf("after %d alerts %d fired, want %d", i+1, len(fired), want)
		}
	}
	a := fired[0]
	if a.Agent != "server" || len(a.Actions) != 2 || !a.Actions[0].Share || a.Actions[1].Share {
		t.Errorf("%+v", a)
	}
	line, err := json.Marshal(a)
	if err != nil || strings.Count(string(line), `"share":true`) != 1 {
		t.Errorf("%s %v", line, err)
	}
	var back alert.Alert
	if err := json.Unmarshal(line, &back); err != nil || !back.Actions[0].Share || back.Actions[1].Share {
		t.Errorf("%+v %v", back, err)
	}
}
