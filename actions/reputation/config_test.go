package reputation

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclparse"

	"github.com/ruleids/ruleids/internal/scale"
)

// decodeAll reads reputation blocks as the daemon does.
func decodeAll(t *testing.T, text string) []Spec {
	t.Helper()
	file, diags := hclparse.NewParser().ParseHCL([]byte(text), "ruleids.hcl")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var root struct {
		Sources []struct {
			Kind string   `hcl:"kind,label"`
			Body hcl.Body `hcl:",remain"`
		} `hcl:"reputation,block"`
	}
	if diags := gohcl.DecodeBody(file.Body, nil, &root); diags.HasErrors() {
		t.Fatal(diags)
	}
	var out []Spec
	for _, s := range root.Sources {
		c, err := NewConfig(s.Kind)
		if err != nil {
			t.Fatal(err)
		}
		if diags := gohcl.DecodeBody(s.Body, nil, c); diags.HasErrors() {
			t.Fatal(diags)
		}
		out = append(out, Spec{s.Kind, c})
	}
	return out
}

func TestDecode(t *testing.T) {
	vt := NewVirusTotal()
	vt.KeyFile, vt.CriticalMalicious, vt.NeverAsk, vt.CacheFile, vt.TTLClean = "/etc/ruleids/vt.key", 12, []string{"example.com"}, "/etc/ruleids/vt.jsonl", "12h"
	for text, want := range map[string]Config{
		`reputation "virustotal" {}`: NewVirusTotal(),
		`reputation "virustotal" {
  key_file           = "vt.key"
  critical_malicious = 12
  never_ask          = ["example.com"]
  cache_file         = "vt.jsonl"
  ttl_clean          = "12h"
}`: vt,
		`reputation "list" {
  files = ["bad.txt", "/srv/worse.txt"]
}`: &ListConfig{Files: []string{"/etc/ruleids/bad.txt", "/srv/worse.txt"}},
	} {
		got := decodeAll(t, text)[0].Config
		got.Resolve("/etc/ruleids")
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s\n%s", text, diff)
		}
		if ps := got.Validate(); len(ps) != 0 {
			t.Errorf("%s\n%v", text, ps)
		}
	}
}

func TestKinds(t *testing.T) {
	if _, err := NewConfig("abuseipdb"); err == nil || !strings.Contains(err.Error(), "list, virustotal") {
		t.Errorf("%v", err)
	}
	for _, k := range Kinds() {
		if c, err := NewConfig(k); err != nil || c == nil {
			t.Errorf("%s: %v", k, err)
		}
	}
}

func TestValidate(t *testing.T) {
	for i, w := range []struct {
		change   func(*VirusTotalConfig)
		settings []string
	}{
		{func(c *VirusTotalConfig) {}, nil},
		{func(c *VirusTotalConfig) { c.KeyEnv = "" }, []string{"key_env"}},
		{func(c *VirusTotalConfig) { c.KeyEnv, c.KeyFile = "", "/key" }, nil},
		{func(c *VirusTotalConfig) { c.KeyEnv = "KEY=abc" }, []string{"key_env"}},
		{func(c *VirusTotalConfig) { c.URL = "http://vt.example.com/api/v3" }, []string{"url"}},
		{func(c *VirusTotalConfig) { c.URL = "ftp://vt.example.com" }, []string{"url"}},
		{func(c *VirusTotalConfig) { c.URL = "www.virustotal.com" }, []string{"url"}},
		{func(c *VirusTotalConfig) { c.URL = "https://a:b@www.virustotal.com" }, []string{"url"}},
		{func(c *VirusTotalConfig) { c.URL = "https://www.virustotal.com/?x" }, []string{"url"}},
		{func(c *VirusTotalConfig) { c.URL = "http://[::1]:8080/api/v3" }, nil},
		{func(c *VirusTotalConfig) { c.URL = "http://localhost/" }, nil},
		{func(c *VirusTotalConfig) { c.RequestsPerMinute, c.RequestsPerDay = 0, -1 }, []string{"requests_per_minute", "requests_per_day"}},
		{func(c *VirusTotalConfig) { c.Timeout, c.Queue = "1ms", 0 }, []string{"timeout", "queue"}},
		{func(c *VirusTotalConfig) { c.Timeout = "soon" }, []string{"timeout"}},
		{func(c *VirusTotalConfig) { c.NeverAsk = []string{"8.8.8.8", "*.x.dev", "8.8.8.8/8"} }, []string{"never_ask", "never_ask"}},
		{func(c *VirusTotalConfig) { c.CacheFile, c.CacheSize = "", 1 }, []string{"cache_size"}},
		{func(c *VirusTotalConfig) { c.CriticalMalicious = 3 }, []string{"high_malicious"}},
		{func(c *VirusTotalConfig) { c.MediumMalicious, c.MediumSuspicious = 0, 0 }, []string{"medium_malicious", "medium_suspicious"}},
		{func(c *VirusTotalConfig) { c.MediumMalicious = 3 }, []string{"medium_malicious"}},
		{func(c *VirusTotalConfig) { c.LowReputation = 1 }, []string{"low_reputation"}},
		{func(c *VirusTotalConfig) { c.TTLClean, c.TTLCritical = "1s", "-1d" }, []string{"ttl_clean", "ttl_critical"}},
	} {
		c := NewVirusTotal()
		w.change(c)
		var got []string
		for _, p := range c.Validate() {
			got = append(got, p.Setting)
			if !strings.HasSuffix(p.Detail, ".") {
				t.Errorf("%d: %q is no sentence", i, p.Detail)
			}
		}
		if !slices.Equal(got, w.settings) {
			t.Errorf("%d: problems with %v, want %v: %v", i, got, w.settings, c.Validate())
		}
	}
	for _, c := range []*ListConfig{NewList(), {Files: []string{"a", ""}}} {
		if ps := c.Validate(); len(ps) != 1 || ps[0].Setting != "files" {
			t.Errorf("%v", ps)
		}
	}
}

// TestNewErrors makes everything wrong at once.
func TestNewErrors(t *testing.T) {
	bad := NewVirusTotal()
	bad.Queue = -1
	list := &ListConfig{Files: []string{"/nowhere/bad.txt"}}
	vt := NewVirusTotal()
	vt.CacheFile = ""
	_, err := New([]Spec{{KindVirusTotal, bad}, {KindList, list}, {KindVirusTotal, vt}, {KindVirusTotal, vt}}, Options{Log: discard()})
	got := fmt.Sprint(err)
	for _, want := range []string{`reputation "virustotal": queue: -1 is out of range`, `reputation "list": open /nowhere/bad.txt`, `reputation "virustotal": there is another; write one block`} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

// TestNoSources holds a program without reputation to one that works.
func TestNoSources(t *testing.T) {
	s, err := New(nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Tier(KindVirusTotal, "8.8.8.8"); got != scale.TierClean || len(s.Status()) != 0 || s.Reload() != nil || s.Files() != nil {
		t.Errorf("%v", got)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
