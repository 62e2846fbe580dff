package honeypot

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/internal/setting/settingtest"
)

func TestDecode(t *testing.T) {
	blocks := settingtest.Blocks(t, `
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
	web, shell := setting.New[Config](), setting.New[Config]()
	web.Service, web.Listen = "http", ":8080"
	shell.Service, shell.Listen, shell.MaxBytes, shell.HostKeyFile, shell.Log, shell.Passwords = "ssh", "192.0.2.1:22", 64<<10, "/etc/ruleids/key", "", true
	for i, want := range []*Config{web, shell} {
		got := setting.New[Config]()
		if ps := settingtest.Read(t, blocks[i], got); len(ps) != 0 {
			t.Errorf("%s: %v", want.Service, ps)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestMistakes(t *testing.T) {
	for i, w := range []struct {
		change   func(*Config)
		settings []string
	}{
		{func(*Config) {}, nil},
		{func(c *Config) { c.Listen = "[2001:db8::1]:22" }, nil},
		{func(c *Config) { c.Service = "smtp" }, []string{"service"}},
		{func(c *Config) { c.Listen = "localhost:22" }, []string{"listen"}},
		{func(c *Config) { c.Listen = "22" }, []string{"listen"}},
		{func(c *Config) { c.Banner = "OpenSSH" }, []string{"banner"}},
		{func(c *Config) { c.Banner = "SSH-2.0-" }, []string{"banner"}},
		{func(c *Config) { c.Banner = "SSH-2.0-a\r\nb" }, []string{"banner"}},
		{func(c *Config) { c.Banner = "SSH-2.0-" + strings.Repeat("a", 246) }, []string{"banner"}},
		{func(c *Config) { c.Service, c.Banner = "http", "a\nb" }, []string{"banner"}},
		{func(c *Config) { c.Service, c.Banner = "telnet", "a\nb" }, nil},
		{func(c *Config) { c.Service, c.Banner = "tcp", strings.Repeat("a", 1025) }, []string{"banner"}},
		{func(c *Config) { c.MaxConnections, c.MaxPerSource, c.MaxAttempts = 0, -1, 101 }, []string{"max_connections", "max_per_source", "max_attempts"}},
		{func(c *Config) { c.MaxBytes, c.Timeout = 1<<10, 0 }, []string{"max_bytes", "timeout"}},
		{func(c *Config) { c.MaxBytes, c.Timeout = 1<<30, 0 }, []string{"max_bytes", "timeout"}},
		{func(c *Config) { c.MaxBytes, c.Timeout = 1<<20, 2*time.Hour }, []string{"timeout"}},
		{func(c *Config) { c.Service, c.HostKeyFile = "ftp", "key" }, []string{"host_key_file"}},
		{func(c *Config) { c.HostKeyFile, c.Log = "", "" }, nil},
	} {
		c := setting.New[Config]()
		c.Service, c.Listen = "ssh", ":22"
		w.change(c)
		var got []string
		for _, p := range setting.Check(c) {
			got = append(got, p.Setting)
			if !strings.HasSuffix(p.Detail, ".") {
				t.Errorf("%d: %q is not a sentence", i, p.Detail)
			}
		}
		if !slices.Equal(got, w.settings) {
			t.Errorf("%d: problems with %v, want %v: %v", i, got, w.settings, setting.Check(c))
		}
	}
}

func TestReadMistakes(t *testing.T) {
	for text, want := range map[string]string{
		`listen = "22"`:                       "listen: ",
		`listen = ":ssh"`:                     "listen: ",
		`listen = ":70000"`:                   "listen: ",
		`service = "gopher"`:                  `service: "gopher" is not valid: use ftp, http, ssh, tcp or telnet.`,
		`service = "telnt"`:                   `did you mean "telnet"?`,
		`timeout = "forever"`:                 "timeout: ",
		`timeout = "2d"`:                      "timeout: 2d is out of range: use 1s to 1h.",
		`max_attempts = 18446744073709551617`: "max_attempts: 18446744073709551617 is out of range: use 1 to 100.",
	} {
		if ps := settingtest.ReadBody(t, text, setting.New[Config]()); !strings.Contains(fmt.Sprint(ps), want) {
			t.Errorf("%s: %v", text, ps)
		}
	}
}

func TestDefaultBanners(t *testing.T) {
	for _, service := range services {
		if (DefaultBanner(service) == "") != (service == "tcp") {
			t.Errorf("%s: %q", service, DefaultBanner(service))
		}
	}
}
