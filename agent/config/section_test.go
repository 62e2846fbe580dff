package config

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// everySection has a block of each kind that may be there several times.
const everySection = `
response {
  mode        = "enforce"
  escalate_by = 1.5
  ssh_ports   = [22, 2222]
  backend     = "command"
  command     = ["./fw", "--quiet"]
}
output "eve" "main" {
  path = "eve.json"
}
reputation "list" {
  files = ["bad.txt"]
}
notifier "webhook" "ops" {
  url   = "https://hooks.example.org/x"
  group = "5m"
}
notifier "telegram" "night" {
  chats      = ["-1001234"]
  token_file = "token"
}
honeypot "front" {
  service = "telnet"
  listen  = ":2323"
}
`

// TestSections reads the settings of each kind of block, and shows them with where they come from.
func TestSections(t *testing.T) {
	c, diags := load(t, everySection, Options{Environ: []string{"RULEIDS_RESPONSE_SSH_PORTS=2022, 22", "RULEIDS_RESPONSE_ESCALATE_BY=3"}})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	dir := filepath.Dir(c.Files[0])
	if c.Response.Mode != "enforce" || c.Response.EscalateBy != 3 || !slices.Equal(c.Response.SSHPorts, []uint16{2022, 22}) ||
		!slices.Equal(c.Firewall.Command, []string{dir + "/fw", "--quiet"}) {
		t.Errorf("%+v %+v", c.Response, c.Firewall)
	}
	if s := c.OutputSpecs(); len(s) != 1 || s[0].Name != "main" {
		t.Errorf("outputs: %+v", s)
	}
	if s := c.ReputationSpecs(); len(s) != 1 || s[0].Kind != "list" {
		t.Errorf("reputation: %+v", s)
	}
	if s := c.NotifierSpecs(); len(s) != 2 || s[0].Config.Base().Group != 5*time.Minute || s[1].Kind != "telegram" {
		t.Errorf("notifiers: %+v", s)
	}
	if s := c.TelegramSpecs(); len(s) != 1 || s[0].Name != "night" || s[0].Config.Token.File != dir+"/token" {
		t.Errorf("telegram: %+v", s)
	}
	if s := c.HoneypotSpecs(); len(s) != 1 || s[0].Config.Service != "telnet" {
		t.Errorf("honeypots: %+v", s)
	}
	shown := map[string]string{}
	for _, s := range c.Show() {
		from := s.From
		if place, ok := strings.CutPrefix(from, dir+"/"); ok {
			from = place
		}
		shown[s.Name] = s.Value + " " + from
	}
	for name, want := range map[string]string{
		"response.escalate_by":        "3 RULEIDS_RESPONSE_ESCALATE_BY",
		"response.ssh_ports":          "[2022, 22] RULEIDS_RESPONSE_SSH_PORTS",
		"response.backend":            `"command" ruleids.hcl:6`,
		"response.grace":              `"1m" default`,
		"reputation.list.files":       `["` + dir + `/bad.txt"] ruleids.hcl:13`,
		"notifier.webhook.ops.group":  `"5m" ruleids.hcl:17`,
		"notifier.webhook.ops.rate":   "20 default",
		"notifier.telegram.night.url": `"https://api.telegram.org" default`,
		"notifier.webhook.ops.url":    `"[secret]" ruleids.hcl:16`,
		"honeypot.front.listen":       `":2323" ruleids.hcl:25`,
	} {
		if shown[name] != want {
			t.Errorf("%s is %s, want %s", name, shown[name], want)
		}
	}
}

// TestSectionsRestart names what a running daemon cannot take over.
func TestSectionsRestart(t *testing.T) {
	for _, c := range []struct {
		old, new string
		want     []string
	}{
		{"enforce", "monitor", nil},
		{"1.5", "2", nil},
		{"[22, 2222]", "[22]", []string{"response.ssh_ports"}},
		{"--quiet", "--loud", []string{"response.command"}},
		{"bad.txt", "worse.txt", []string{"reputation"}},
		{"5m", "6m", []string{"notifier"}},
		{"token\"", "other\"", []string{"notifier"}},
		{":2323", ":2324", []string{"honeypot"}},
	} {
		a, _ := load(t, everySection, Options{})
		b, diags := load(t, strings.Replace(everySection, c.old, c.new, 1), Options{})
		if len(diags) > 0 {
			t.Fatal(diags)
		}
		// The two files are in directories of their own, which paths tell.
		for i := range b.Outputs {
			b.Outputs[i].Config = a.Outputs[i].Config
		}
		if c.old != "bad.txt" {
			b.Reputations = a.Reputations
		}
		if c.old != "--quiet" {
			b.Firewall.Command = a.Firewall.Command
		}
		if !strings.HasPrefix(c.old, "token") && c.old != "5m" {
			b.Notifiers = a.Notifiers
		}
		if d := cmp.Diff(c.want, Restart(a, b)); d != "" {
			t.Errorf("%q -> %q: %s", c.old, c.new, d)
		}
	}
}

// TestSectionMistakes points at what is wrong.
func TestSectionMistakes(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"values", "response {\n  escalate_by = 0.5\n  ssh_ports = [\"ssh\"]\n  grace = \"soon\"\n  set_size = 0\n}\n", []string{
			"2:17 bad-value response.escalate_by: 0.5 is out of range: use 1 to 100.", "3:16 bad-value response.ssh_ports: \"ssh\" is not a whole number", "4:11 bad-value response.grace",
			"5:14 bad-value response.set_size: 0 is out of range: use 1 to 10000000."}},
		{"a port that is none", "response {\n  ssh_ports = [70000]\n}\n", []string{"2:16 bad-value response.ssh_ports: 70000 is out of range: use 1 to 65535."}},
		{"twice", "notifier \"webhook\" \"a\" {\n  url = \"https://x.example\"\n}\nnotifier \"ntfy\" \"a\" {}\nreputation \"list\" {\n  files = [\"a\"]\n}\nreputation \"list\" {}\nhoneypot \"a\" {\n  service = \"tcp\"\n  listen = \":1\"\n}\nhoneypot \"a\" {}\n",
			[]string{"4:1 bad-value topic_file: Name the file", `4:17 duplicate-name The notifier "a" is already there in line 1`, "8:1 missing-attribute", `8:12 duplicate-name The reputation "list" is already there in line 5`,
				"13:1 missing-attribute", "13:1 missing-attribute", `13:10 duplicate-name The honeypot "a" is already there in line 9`}},
		{"unknown", "notifier \"webhook\" \"a\" {\n  url = \"https://x.example\"\n  groop = \"1m\"\n}\nhoneypot \"a\" {\n  servce = \"tcp\"\n}\n",
			[]string{`3:3 unknown-attribute A notifier of kind "webhook" has no setting "groop". Did you mean "group"?`, "5:1 missing-attribute", "5:1 missing-attribute", `6:3 unknown-attribute A honeypot has no setting "servce". Did you mean "service"?`}},
		{"two errors of one block", "honeypot \"a\" {\n  service = \"gopher\"\n  listen = \"nowhere\"\n}\n", []string{"2:13 bad-value", "3:12 bad-value"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, got := load(t, c.text, Options{})
			if len(got) != len(c.want) {
				t.Fatalf("got\n%s", strings.Join(got, "\n"))
			}
			for i := range got {
				if !strings.HasPrefix(got[i], c.want[i]) {
					t.Errorf("%q does not begin with %q", got[i], c.want[i])
				}
			}
		})
	}
}
