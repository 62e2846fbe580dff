package honeypot

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclparse"
)

// decode reads honeypot blocks as the daemon does.
func decode(t *testing.T, text string) (specs []Spec) {
	t.Helper()
	file, diags := hclparse.NewParser().ParseHCL([]byte(text), "ruleids.hcl")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var root struct {
		Honeypots []struct {
			Name string   `hcl:"name,label"`
			Body hcl.Body `hcl:",remain"`
		} `hcl:"honeypot,block"`
	}
	if diags := gohcl.DecodeBody(file.Body, nil, &root); diags.HasErrors() {
		t.Fatal(diags)
	}
	for _, h := range root.Honeypots {
		c := NewConfig()
		if diags := gohcl.DecodeBody(h.Body, nil, c); diags.HasErrors() {
			t.Fatal(diags)
		}
		specs = append(specs, Spec{h.Name, c})
	}
	return specs
}

func TestDecode(t *testing.T) {
	got := decode(t, `
honeypot "web" {
  service = "http"
  listen  = ":8080"
}
honeypot "shell" {
  service       = "ssh"
  listen        = "192.0.2.1:22"
  max_bytes     = 65536
  host_key_file = "key"
  log           = ""
  passwords     = true
}`)
	web, shell := NewConfig(), NewConfig()
	web.Service, web.Listen = "http", ":8080"
	shell.Service, shell.Listen, shell.MaxBytes, shell.HostKeyFile, shell.Log, shell.Passwords = "ssh", "192.0.2.1:22", "65536", "/etc/ruleids/key", "", true
	for _, s := range got {
		s.Config.Resolve("/etc/ruleids")
		if ps := s.Config.Validate(); len(ps) != 0 {
			t.Errorf("%s: %v", s.Name, ps)
		}
	}
	if diff := cmp.Diff([]Spec{{"web", web}, {"shell", shell}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestValidate(t *testing.T) {
	for i, w := range []struct {
		change   func(*Config)
		settings []string
	}{
		{func(*Config) {}, nil},
		{func(c *Config) { c.Listen = "[2001:db8::1]:22" }, nil},
		{func(c *Config) { c.Service = "smtp" }, []string{"service"}},
		{func(c *Config) { c.Listen = "22" }, []string{"listen"}},
		{func(c *Config) { c.Listen = "localhost:22" }, []string{"listen"}},
		{func(c *Config) { c.Listen = ":ssh" }, []string{"listen"}},
		{func(c *Config) { c.Listen = ":70000" }, []string{"listen"}},
		{func(c *Config) { c.Banner = "OpenSSH" }, []string{"banner"}},
		{func(c *Config) { c.Banner = "SSH-2.0-" }, []string{"banner"}},
		{func(c *Config) { c.Banner = "SSH-2.0-a\r\nb" }, []string{"banner"}},
		{func(c *Config) { c.Banner = "SSH-2.0-" + strings.Repeat("a", 246) }, []string{"banner"}},
		{func(c *Config) { c.Service, c.Banner = "http", "a\nb" }, []string{"banner"}},
		{func(c *Config) { c.Service, c.Banner = "telnet", "a\nb" }, nil},
		{func(c *Config) { c.Service, c.Banner = "tcp", strings.Repeat("a", 1025) }, []string{"banner"}},
		{func(c *Config) { c.MaxConnections, c.MaxPerSource, c.MaxAttempts = 0, -1, 101 }, []string{"max_connections", "max_per_source", "max_attempts"}},
		{func(c *Config) { c.MaxBytes, c.Timeout = "1KiB", "forever" }, []string{"max_bytes", "timeout"}},
		{func(c *Config) { c.MaxBytes, c.Timeout = "1GiB", "0s" }, []string{"max_bytes", "timeout"}},
		{func(c *Config) { c.MaxBytes, c.Timeout = "1 MiB", "2h" }, []string{"timeout"}},
		{func(c *Config) { c.Service, c.HostKeyFile = "ftp", "key" }, []string{"host_key_file"}},
		{func(c *Config) { c.HostKeyFile, c.Log = "", "" }, nil},
	} {
		c := NewConfig()
		c.Service, c.Listen = "ssh", ":22"
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
}

func TestDefaultBanners(t *testing.T) {
	for _, service := range Services() {
		if (DefaultBanner(service) == "") != (service == "tcp") {
			t.Errorf("%s: %q", service, DefaultBanner(service))
		}
	}
}
