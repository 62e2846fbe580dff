package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/ruleids/ruleids/agent"
	"github.com/ruleids/ruleids/agent/config"
)

func readPackaging(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, "packaging", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestPackagedSettings checks the sample settings as config check does, and that they block nothing.
func TestPackagedSettings(t *testing.T) {
	c, diags := config.Load(config.Options{File: filepath.Join(repository, "packaging", "ruleids.hcl")})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	if c.Response.Mode != "monitor" {
		t.Errorf("the mode is %q", c.Response.Mode)
	}
}

// TestPackagedMonitoring finds every metric of the dashboard and the alert rules among those that the daemon serves.
func TestPackagedMonitoring(t *testing.T) {
	known := map[string]bool{}
	for _, m := range agent.Metrics() {
		known[m.Name] = true
	}
	name := regexp.MustCompile(`\bruleids_[a-z_]+\b`)
	check := func(file, title, expr string) {
		found := name.FindAllString(expr, -1)
		if len(found) == 0 {
			t.Errorf("%s: %s asks for no metric of ruleids: %s", file, title, expr)
		}
		for _, m := range found {
			if !known[m] {
				t.Errorf("%s: %s asks for %s, which the daemon does not have", file, title, m)
			}
		}
	}
	var board struct {
		Title  string
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(readPackaging(t, "grafana/ruleids.json"), &board); err != nil {
		t.Fatal(err)
	}
	if board.Title == "" || len(board.Panels) == 0 {
		t.Errorf("the dashboard %q has %d panels", board.Title, len(board.Panels))
	}
	for _, p := range board.Panels {
		for _, x := range p.Targets {
			check("grafana/ruleids.json", p.Title, x.Expr)
		}
	}
	var rules struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	if err := yaml.Unmarshal(readPackaging(t, "prometheus/ruleids.rules.yml"), &rules); err != nil {
		t.Fatal(err)
	}
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			check("prometheus/ruleids.rules.yml", r.Alert, r.Expr)
		}
	}
}

// TestFirstSettings checks the settings that the service of Windows begins with.
func TestFirstSettings(t *testing.T) {
	c, diags := config.Load(config.Options{File: filepath.Join("start", "windows.hcl")})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	if c.Response.Mode != "monitor" || len(c.Outputs) != 2 {
		t.Errorf("mode %q, outputs %v", c.Response.Mode, c.Outputs)
	}
}
