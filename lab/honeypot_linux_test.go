package lab

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/agent/api"
)

// TestHoneypot has hydra guess passwords at a honeypot of SSH: each guess is in its log, the brute force gives its alert,
// and hydra's host is kept out.
func TestHoneypot(t *testing.T) {
	need(t, "ip", "ethtool", "hydra", "ping")
	l := newLAN(t)
	hcl := settings(stdlibAlone + response(`mode = "enforce"`) + `
honeypot "front" {
  service       = "ssh"
  listen        = ":2222"
  log           = "honeypot.jsonl"
  host_key_file = ""
}
`)
	s := startSensor(l.home, hcl, nil)
	words := filepath.Join(t.TempDir(), "words")
	var text strings.Builder
	for n := range 40 {
		fmt.Fprintf(&text, "word%d\n", n)
	}
	if err := os.WriteFile(words, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	hydra := l.remote.start("hydra", "-q", "-I", "-t", "4", "-l", "root", "-P", words, "-s", "2222", "ssh://"+homeAddress)
	s.eve.alert(0, "honeypot_touch", func(x line) bool { return x.RuleIDs.Key["ip.src"] == remoteAddress })
	got := s.eve.alert(0, "honeypot_brute_force", func(x line) bool { return x.RuleIDs.Key["ip.src"] == remoteAddress })
	if n := got.RuleIDs.Threshold; n != 5 {
		t.Errorf("the threshold is %v", n)
	}
	t.Logf("honeypot_brute_force after %v", got.took(t))
	until(t, "the block", patience, func() bool { return !l.reaches(homeAddress) })
	hydra.kill()
	s.statusWhen("the honeypot in status", func(st *api.Status) bool {
		return len(st.Honeypots) == 1 && st.Honeypots[0].Events >= 5 && st.Responses.Blocks == 1
	})
	s.stop()
	log, err := os.ReadFile(filepath.Join(s.dir, "honeypot.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	logins := 0
	for line := range strings.Lines(string(log)) {
		var e struct{ Action, User, Password, Src_ip string }
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if e.Password != "" {
			t.Errorf("a password is in the log: %s", line)
		}
		if e.Action == "login" && e.User == "root" && e.Src_ip == remoteAddress {
			logins++
		}
	}
	if logins < 5 {
		t.Errorf("%d logins are in the log:\n%s", logins, log)
	}
}
