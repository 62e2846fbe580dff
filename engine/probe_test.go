package engine

import (
	"testing"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// A connection that named no account is seen by rules that read auth.result, wherever they do, and by no other.
func TestProbesAreSeenByRulesThatReadTheResult(t *testing.T) {
	for name, c := range map[string]struct {
		rule string
		want int
	}{
		"no word of it":   {`where = "not auth.success"`, 1},
		"where":           {`where = "auth.result != 'success'"`, 2},
		"by":              {"where = \"not auth.success\"\n by = [\"auth.result\"]", 2},
		"when":            {`when = "auth.result == 'probe'"`, 1},
		"a macro":         {`where = "anything"`, 2},
		"an aggregate":    {"window \"1m\" {\n n = \"count(auth.result == 'probe')\"\n}\n when = \"n >= 1\"", 1},
		"a message":       {"where = \"not auth.success\"\n notify {\n to = [\"ops\"]\n message = \"${auth.result}\"\n}", 2},
		"only exceptions": {"where = \"not auth.success\"\n except \"x\" {\n where = \"auth.result == 'failure'\"\n}", 1},
	} {
		src := "macro \"anything\" {\n expr = \"auth.result != 'x' and not auth.success\"\n}\nrule \"r\" {\n on = \"auth\"\n cooldown = \"0s\"\n" + c.rule + "\n}\n"
		rs, diags := rules.Load(rules.Options{Sources: map[string][]byte{"r.hcl": []byte(src)}})
		if diags.HasErrors() {
			t.Fatalf("%s: %v", name, diags)
		}
		plan, diags := Compile(rs, Options{})
		if diags.HasErrors() {
			t.Fatalf("%s: %v", name, diags)
		}
		e := New(plan, Config{})
		got := 0
		for i, result := range packet.AuthResults() {
			a := packet.Auth{Time: int64(i), Result: result}
			e.Post(a.Event(), func(*alert.Alert) { got++ })
		}
		if got != c.want {
			t.Errorf("%s: %d alerts, want %d", name, got, c.want)
		}
	}
}
