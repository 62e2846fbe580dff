package api_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/fleet/api"
	"github.com/ruleids/ruleids/fleet/bundle"
	"github.com/ruleids/ruleids/fleet/state"
)

// What is written of a rule: its text and its page, overrides of the rule set that runs, and what it costs. A viewer sees no rule sets.
func TestRules(t *testing.T) {
	w := newWorld(t)
	var viewer string
	var text api.RuleText
	w.get("/api/v1/rules/port_scan", &text)
	if len(text.Blocks) != 1 || text.Set != 0 || text.Overridden || !text.Enabled || text.Severity != "high" || text.Category != "recon" || text.Blocks[0].File != "recon/port_scan.hcl" || text.Blocks[0].Line != 1 ||
		!strings.HasPrefix(text.Blocks[0].Text, `rule "port_scan" {`) || !strings.HasSuffix(text.Blocks[0].Text, "}") || !strings.HasPrefix(text.Page, "# port_scan\n") {
		t.Errorf("%+v", text)
	}
	if text.Cost <= 0 || text.Agents != 5 {
		t.Errorf("it costs %v at %d agents", text.Cost, text.Agents)
	}
	set := &bundle.Set{Files: []bundle.File{
		{Name: "a.hcl", Text: "# before the rule\noverride \"mine\" { enabled = false }\noverride \"port_scan\" {\n  severity = \"low\"\n}\n"},
		{Name: "b.hcl", Text: "rule \"mine\" {\n  description = \"Ours.\"\n  severity = \"medium\"\n  category = \"policy\"\n  where = \"tcp.syn\"\n}\n"},
	}}
	data, err := set.Sign(w.secret)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(map[string]any{"bundle": base64.StdEncoding.EncodeToString(data), "canary": 1})
	if err != nil {
		t.Fatal(err)
	}
	if code, answer := w.ask(w.keys[state.Admin], "POST", "/api/v1/rulesets", string(body)); code != 201 {
		t.Fatalf("%d %s", code, answer)
	}
	viewer = w.keys[state.Viewer]
	w.keys[state.Viewer] = w.keys[state.Analyst] // who get asks as
	text = api.RuleText{}
	w.get("/api/v1/rules/port_scan", &text)
	if len(text.Blocks) != 2 || !text.Overridden || text.Severity != "low" || text.Set != 0 || text.Blocks[1] != (api.RuleBlock{File: "a.hcl", Line: 3, Text: "override \"port_scan\" {\n  severity = \"low\"\n}"}) {
		t.Errorf("%+v", text)
	}
	text = api.RuleText{}
	w.get("/api/v1/rules/mine", &text)
	if len(text.Blocks) != 2 || text.Set != 1 || text.Enabled || text.Severity != "medium" || text.Description != "Ours." || text.Page != "" || text.Blocks[0].File != "b.hcl" {
		t.Errorf("%+v", text)
	}
	if code, answer := w.ask(viewer, "GET", "/api/v1/rules/port_scan", ""); code != 200 || !strings.Contains(answer, `"overridden":false`) || strings.Contains(answer, "a.hcl") {
		t.Errorf("a viewer gets %d %.300s", code, answer)
	}
	if code, _ := w.ask(viewer, "GET", "/api/v1/rules/mine", ""); code != 404 {
		t.Errorf("a viewer gets %d for a rule of a rule set", code)
	}
	if code, answer := w.ask(w.keys[state.Admin], "GET", "/api/v1/rules/none", ""); code != 404 || !strings.Contains(answer, "agent's own files") {
		t.Errorf("%d %s", code, answer)
	}
	var list api.RuleList
	w.get("/api/v1/rules", &list)
	var names []string
	for _, r := range list.Rules {
		names = append(names, r.Rule)
	}
	if all := strings.Join(names, " "); len(names) < 50 || !strings.Contains(all, " mine ") || !strings.Contains(all, " port_scan ") {
		t.Errorf("%d rules: %s", len(names), all)
	}
}
