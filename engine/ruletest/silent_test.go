package ruletest

import (
	"strings"
	"testing"
)

// A test cannot expect alerts of a silent rule, may say that there is none, and need not exist for coverage. Why a rule that
// remembers stayed quiet is said in its words.
func TestSilentAndRememberingRules(t *testing.T) {
	dir := directory(t, map[string]string{
		"r.hcl": `rule "mute" {
  description = "d"
  silent      = true
  where       = "tcp"
}
rule "new" {
  description = "d"
  severity    = "low"
  where       = "tcp"
  memory "1h" {
    fresh = "first(ip.src)"
    learn = "10m"
  }
  when = "fresh"
}
`,
		"a_test.hcl": "test \"expected\" {" + tries(1, 22) + "alert \"mute\" {}\n}\ntest \"none\" {" + tries(1, 22) + "alert \"mute\" {\n max = 0\n}\n}\n" +
			"test \"learning\" {" + tries(1, 22) + "alert \"new\" {}\n}\n",
	})
	r := &Runner{}
	tests, results := runPaths(t, r, dir)
	if got := strings.Join(results[0].Problems, "\n"); results[0].Status != Error || !strings.Contains(got, `The rule "mute" is silent: it never alerts.`) {
		t.Errorf("expected: %s", got)
	}
	if results[1].Status != Pass {
		t.Errorf("none: %q", results[1].Problems)
	}
	if got := strings.Join(results[2].Problems, "\n"); results[2].Status != Fail || !strings.Contains(got, "new for fresh 0s after it began to watch, of the 10m0s that it learns, at 0s") {
		t.Errorf("learning: %s", got)
	}
	for _, g := range r.Coverage(tests, results) {
		if g.Rule == "mute" {
			t.Error(g)
		}
	}
}
