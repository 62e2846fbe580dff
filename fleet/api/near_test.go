package api_test

import (
	"strings"
	"testing"

	"github.com/ruleids/ruleids/fleet/api"
)

// How close keys came is added up over agents, by rule and threshold; lists of agents do not tell it.
func TestNear(t *testing.T) {
	w := newWorld(t)
	var got api.NearList
	w.get("/api/v1/near", &got)
	if len(got.Rules) < 5 {
		t.Fatalf("%d rules", len(got.Rules))
	}
	for _, r := range got.Rules {
		last, keys := -1.0, int64(0)
		for _, v := range r.Values {
			if v.Value <= last || v.Keys <= 0 {
				t.Errorf("%s: %+v", r.Rule, r.Values)
			}
			last, keys = v.Value, keys+v.Keys
		}
		if r.Agents != 5 || keys < 5 {
			t.Errorf("%s: %d agents, %d keys", r.Rule, r.Agents, keys)
		}
	}
	var list any
	w.get("/api/v1/agents", &list)
	if _, body := w.ask(w.keys["viewer"], "GET", "/api/v1/agents", ""); strings.Contains(body, `"near"`) {
		t.Error("a list of agents tells how close keys came")
	}
}
