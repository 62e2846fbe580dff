package output

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/gohcl"
	"github.com/hashicorp/hcl/v2/hclparse"
)

// decode reads an output block as the daemon does.
func decode(t *testing.T, text string) Config {
	t.Helper()
	file, diags := hclparse.NewParser().ParseHCL([]byte(text), "ruleids.hcl")
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var root struct {
		Outputs []struct {
			Kind string   `hcl:"kind,label"`
			Name string   `hcl:"name,label"`
			Body hcl.Body `hcl:",remain"`
		} `hcl:"output,block"`
	}
	if diags := gohcl.DecodeBody(file.Body, nil, &root); diags.HasErrors() {
		t.Fatal(diags)
	}
	c, err := NewConfig(root.Outputs[0].Kind)
	if err != nil {
		t.Fatal(err)
	}
	if diags := gohcl.DecodeBody(root.Outputs[0].Body, nil, c); diags.HasErrors() {
		t.Fatal(diags)
	}
	return c
}

func TestDecode(t *testing.T) {
	csv := NewCSV("/var/log/ruleids/a.csv")
	csv.RotateSize, csv.Keep, csv.Rules = "1048576", 3, []string{"dns_*"}
	tls := NewSyslog()
	tls.Network, tls.Address, tls.CA, tls.Queue = "tls", "logs.example:6514", "/etc/ca.pem", 500
	out := NewStdout()
	out.Format, out.MinSeverity = "json", "critical"
	for text, want := range map[string]Config{
		`output "eve" "main" {
  path = "eve.json"
}`: NewEVE("/etc/ruleids/eve.json"),
		`output "csv" "c" {
  path        = "/var/log/ruleids/a.csv"
  rotate_size = 1048576
  keep        = 3
  rules       = ["dns_*"]
}`: csv,
		`output "syslog" "siem" {
  network = "tls"
  address = "logs.example:6514"
  ca      = "/etc/ca.pem"
  queue   = 500
}`: tls,
		`output "syslog" "local" {}`: NewSyslog(),
		`output "stdout" "out" {
  format       = "json"
  min_severity = "critical"
}`: out,
	} {
		got := decode(t, text)
		got.Resolve("/etc/ruleids")
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.AllowUnexported(FileConfig{})); diff != "" {
			t.Errorf("%s\n%s", text, diff)
		}
		if ps := got.Validate(); len(ps) != 0 {
			t.Errorf("%s\n%v", text, ps)
		}
	}
}

func TestKinds(t *testing.T) {
	if got := Kinds(); !slices.Equal(got, []string{"csv", "eve", "stdout", "syslog"}) {
		t.Errorf("Kinds: %v", got)
	}
	if _, err := NewConfig("kafka"); err == nil || !strings.Contains(err.Error(), "csv, eve, stdout, syslog") {
		t.Errorf("NewConfig: %v", err)
	}
}

func TestValidate(t *testing.T) {
	type wrong struct {
		config   Config
		settings []string
	}
	eve := func(change func(*FileConfig)) Config { c := NewEVE("/x"); change(c); return c }
	syslog := func(change func(*SyslogConfig)) Config { c := NewSyslog(); change(c); return c }
	for i, w := range []wrong{
		{NewEVE(""), []string{"path"}},
		{eve(func(c *FileConfig) { c.Mode = "0999" }), []string{"mode"}},
		{eve(func(c *FileConfig) { c.Mode = "04755" }), []string{"mode"}},
		{eve(func(c *FileConfig) { c.Mode = "0440" }), []string{"mode"}},
		{eve(func(c *FileConfig) { c.RotateSize = "lots" }), []string{"rotate_size"}},
		{eve(func(c *FileConfig) { c.RotateSize = "1KiB" }), []string{"rotate_size"}},
		{eve(func(c *FileConfig) { c.RotateSize = "9999999999999GiB" }), []string{"rotate_size"}},
		{eve(func(c *FileConfig) { c.RotateEvery = "daily" }), []string{"rotate_every"}},
		{eve(func(c *FileConfig) { c.RotateEvery = "-1h" }), []string{"rotate_every"}},
		{eve(func(c *FileConfig) { c.RotateEvery = "1s" }), []string{"rotate_every"}},
		{eve(func(c *FileConfig) { c.RotateEvery, c.RotateSize, c.Keep = "7d", "0", -1 }), nil},
		{eve(func(c *FileConfig) { c.Keep = -2 }), []string{"keep"}},
		{eve(func(c *FileConfig) { c.Queue, c.MinSeverity, c.Rules = 0, "bad", []string{"[", ""} }), []string{"queue", "min_severity", "rules", "rules"}},
		{&StdoutConfig{Format: "xml", Queue: 1, MinSeverity: "low"}, []string{"format"}},
		{syslog(func(c *SyslogConfig) { c.Address = "log" }), []string{"address"}},
		{syslog(func(c *SyslogConfig) { c.Network, c.Address = "udp", "" }), []string{"address"}},
		{syslog(func(c *SyslogConfig) { c.Network, c.Address = "udp", "host:99999" }), []string{"address"}},
		{syslog(func(c *SyslogConfig) { c.Network, c.Address = "sctp", "host" }), []string{"network", "address"}},
		{syslog(func(c *SyslogConfig) { c.Facility = "local8" }), []string{"facility"}},
		{syslog(func(c *SyslogConfig) { c.Hostname, c.AppName = "a b", strings.Repeat("x", 49) }), []string{"hostname", "app_name"}},
		{syslog(func(c *SyslogConfig) { c.EnterpriseNumber, c.MaxMessage, c.Timeout = 0, 100, "0s" }), []string{"enterprise_number", "max_message", "timeout"}},
		{syslog(func(c *SyslogConfig) { c.CA = "/ca.pem" }), []string{"ca"}},
		{syslog(func(c *SyslogConfig) { c.Network, c.Address, c.Cert = "tls", "host", "/cert.pem" }), []string{"cert"}},
		{syslog(func(c *SyslogConfig) { c.Network, c.Address, c.Key = "tls", "host", "/key.pem" }), []string{"key"}},
	} {
		var got []string
		for _, p := range w.config.Validate() {
			got = append(got, p.Setting)
			if !strings.HasSuffix(p.Detail, ".") {
				t.Errorf("%d: %q is no sentence", i, p.Detail)
			}
		}
		if !slices.Equal(got, w.settings) {
			t.Errorf("%d: problems with %v, want %v: %v", i, got, w.settings, w.config.Validate())
		}
	}
}

func TestDefaultPorts(t *testing.T) {
	for address, want := range map[string]string{
		"logs.example": "logs.example:514", "192.0.2.1": "192.0.2.1:514", "2001:db8::1": "[2001:db8::1]:514",
		"[2001:db8::1]": "[2001:db8::1]:514", "[2001:db8::1]:10": "[2001:db8::1]:10", "logs.example:10": "logs.example:10",
	} {
		c := syslogTo("udp", address)
		if got := c.hostPort(); got != want || len(c.Validate()) != 0 {
			t.Errorf("%s: %s, want %s; %v", address, got, want, c.Validate())
		}
	}
}
