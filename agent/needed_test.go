package agent

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/rules/lists"
)

// TestNeeded holds that every host that settings name is one that decisions keep clear of.
func TestNeeded(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	put("hook", "https://hooks.slack.com/services/T00000000/B00000000/secretOfTheWebhook\n")
	put("key", "0123456789abcdef0123456789abcdef\n")
	file := put("ruleids.hcl", `
rules {
  source = "git+https://git.example.com/rules.git"
}
output "syslog" "siem" {
  network = "tcp"
  address = "192.0.2.7:601"
}
output "eve" "main" {
  path = "eve.json"
}
notifier "slack" "ops" {
  webhook_url_file = "hook"
}
notifier "email" "mail" {
  server = "mail.example.com:587"
  from   = "ids@example.com"
  to     = ["ops@example.com"]
}
notifier "pagerduty" "night" {
  integration_key_file = "key"
}
`)
	c, diags := config.Load(config.Options{File: file})
	for _, d := range diags {
		t.Error(d)
	}
	var got []string
	for _, n := range Needed(c, []*lists.List{{Name: "feed", Feeds: []*lists.Feed{{URL: "https://feeds.example.com/bad.txt"}}}}, lookup([]string{"HTTPS_PROXY=http://proxy.example.com:3128", "PATH=/bin"})) {
		got = append(got, n.Host+": "+n.What)
	}
	want := []string{
		`192.0.2.7: the server of output syslog "siem"`,
		`hooks.slack.com: the server of notifier slack "ops"`,
		`mail.example.com: the server of notifier email "mail"`,
		`events.pagerduty.com: the server of notifier pagerduty "night"`,
		`git.example.com: the server of rules.source`,
		`feeds.example.com: the server of list "feed"`,
		`proxy.example.com: the proxy in HTTPS_PROXY`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
