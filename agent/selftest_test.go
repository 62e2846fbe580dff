package agent

import (
	"strings"
	"testing"

	"github.com/ruleids/ruleids/agent/api"
)

// portsRule fires on what the self-test makes.
const portsRule = `rule "many_ports" {
  description = "Many ports."
  severity    = "low"
  where       = "tcp.flags.syn"
  by          = ["ip.src"]
  window "10s" { ports = "distinct(tcp.dstport)" }
  when        = "ports >= 100"
}
`

// steps are the results by step.
func steps(t *testing.T, r *running) map[string]api.SelfTestStep {
	t.Helper()
	s, err := r.SelfTest(t.Context())
	must(t, err)
	out := map[string]api.SelfTestStep{}
	for _, x := range s.Steps {
		out[x.Step] = x
	}
	return out
}

// The whole chain works, in enforce mode with the firewall; nothing is kept out afterwards and no output has an alert.
func TestSelfTest(t *testing.T) {
	r := start(t, "response {\n  mode = \"enforce\"\n}\n", map[string]string{"a.hcl": portsRule})
	got := steps(t, r)
	for step, says := range map[string]string{"packets": "the packet loop answers", "rules": "many_ports, the first at packet 100", "decision": "203.0.113.253 is decided",
		"firewall": "it has 203.0.113.253", "release": "203.0.113.253 is out of the firewall again"} {
		if x := got[step]; !x.OK || x.Skipped || !strings.Contains(x.Says, says) {
			t.Errorf("%s: %+v", step, x)
		}
	}
	if list := r.decisions.store.List(); len(list) != 0 {
		t.Errorf("left behind: %+v", list)
	}
	if m := r.members(t); len(m) != 0 {
		t.Errorf("left in the firewall: %v", m)
	}
	r.outputs.mu.Lock()
	defer r.outputs.mu.Unlock()
	if len(r.outputs.alerts) != 0 {
		t.Errorf("%d alerts came to outputs", len(r.outputs.alerts))
	}
}

// Where no rule finds a scan, that is said; in monitor mode the firewall has nothing to show.
func TestSelfTestFails(t *testing.T) {
	r := start(t, "", map[string]string{"a.hcl": portRule("a", "50000")})
	got := steps(t, r)
	if x := got["rules"]; x.OK || !strings.Contains(x.Says, "none of 1 rules fires") {
		t.Errorf("%+v", x)
	}
	if x := got["firewall"]; !x.Skipped {
		t.Errorf("%+v", x)
	}
	if x := got["release"]; !x.OK {
		t.Errorf("%+v", x)
	}
}
