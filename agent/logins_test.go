package agent

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/packet"
)

// Lines of a log become logins, logins events for rules, and all of it is told of.
func TestLoginsOfALog(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "auth.log")
	r := start(t, "auth \"file\" \"sshd\" {\n path = \""+path+"\"\n poll = \"10ms\"\n state = \""+filepath.Join(dir, "state")+"\"\n begin = \"start\"\n}\n", map[string]string{"h.hcl": `rule "failed" {
  on       = "auth"
  where    = "not auth.success"
  by       = ["ip.src", "auth.user"]
  cooldown = "0s"
}
parser "app" {
  program = "app"
  pattern = "^refused (?P<user>\\S+) at (?P<ip>\\S+)$"
}
`})
	lines := "2026-11-29T10:00:00Z web1 sshd[1]: Failed password for root from 198.51.100.7 port 5 ssh2\n" +
		"2026-11-29T10:00:00Z web1 sshd[2]: Connection closed by 192.0.2.9 port 5 [preauth]\n" +
		"2026-11-29T10:00:01Z web1 app[1]: refused bob at 198.51.100.8\n"
	if err := os.WriteFile(path, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); r.Status(t.Context()).Alerts.Raised < 2; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d alerts", r.Status(t.Context()).Alerts.Raised)
		}
	}
	s := r.Status(t.Context())
	if len(s.Logs) != 1 || s.Logs[0].Lines != 3 || s.Logs[0].Place != path || s.Logins["failure"] != 2 || s.Logins["probe"] != 1 {
		t.Errorf("%+v %v", s.Logs, s.Logins)
	}
	if text := strings.Join(s.Trouble, "\n"); strings.Contains(text, "auth") {
		t.Error(text)
	}
	told := r.logins.told()
	if len(told) != 3 || told[0].Seq != 1 || told[2].Seq != 3 || told[0].User != "root" || told[0].Src != "198.51.100.7" || told[0].Result != "failure" || told[0].Host != "web1" {
		t.Errorf("a heartbeat tells of %+v", told)
	}
}

// Of many logins a heartbeat tells the newest, cut to what a message holds, with numbers that say how many were left out.
func TestLoginsToldAreBounded(t *testing.T) {
	var g logins
	for i := range 3 * fleet.MaxLogins {
		g.note(&packet.Auth{Time: int64(i), User: strings.Repeat("x", 9999) + "\x1b"})
	}
	told := g.told()
	if len(told) != fleet.MaxLogins || cap(g.recent) > 4*fleet.MaxLogins || told[0].Seq != 2*fleet.MaxLogins+1 || told[len(told)-1].Seq != 3*fleet.MaxLogins || len(told[0].User) > fleet.MaxLoginText {
		t.Errorf("%d logins from %d, users of %d bytes", len(told), told[0].Seq, len(told[0].User))
	}
}
