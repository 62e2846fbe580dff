package lab

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/agent/api"
)

// serveLogins serves SSH on a port of the host, by OpenSSH's sshd, and returns the file that it logs to.
func (h *host) serveLogins(port int) (log string) {
	h.t.Helper()
	dir := h.t.TempDir()
	key := filepath.Join(dir, "key")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
		h.t.Fatalf("ssh-keygen: %v\n%s", err, out)
	}
	if err := os.MkdirAll("/run/sshd", 0o755); err != nil { // where sshd changes its root to
		h.t.Fatal(err)
	}
	log = filepath.Join(dir, "sshd.log")
	config := filepath.Join(dir, "sshd_config")
	text := fmt.Sprintf("Port %d\nHostKey %s\nPidFile none\nUsePAM no\nPasswordAuthentication yes\nKbdInteractiveAuthentication no\nPermitRootLogin yes\nMaxStartups 100\n", port, key)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
	begin(h.t, h.command("/usr/sbin/sshd", "-D", "-f", config, "-E", log))
	until(h.t, "sshd", patience, func() bool {
		data, _ := os.ReadFile(log)
		return strings.Contains(string(data), "Server listening")
	})
	return log
}

// TestLoginsAreBlockedByTheLogAlone has hydra guess passwords at a real sshd. No rule looks at a packet: what the log says is
// all that blocks it, within a second of the line that is one too many.
func TestLoginsAreBlockedByTheLogAlone(t *testing.T) {
	need(t, "ip", "ethtool", "hydra", "ping", "ssh-keygen", "/usr/sbin/sshd")
	l := newLAN(t)
	log := l.home.serveLogins(22)
	s := startSensor(l.home, settings(`rules {
  paths  = ["rules"]
  stdlib = false
}

auth "file" "sshd" {
  path    = "`+log+`"
  program = "sshd"
  state   = "logs"
}
`+response(`mode = "enforce"`)), map[string]string{"guess.hcl": `rule "guess" {
  description = "Guessed passwords."
  severity    = "high"
  on          = "auth"
  where       = "not auth.success"
  by          = ["ip.src"]
  window "5m" {
    failures = "count()"
  }
  threshold = 8
  when      = "failures >= threshold"
  block {
    target = "ip.src"
    for    = "1h"
  }
}
`})
	words := filepath.Join(t.TempDir(), "words")
	var text strings.Builder
	for n := range 200 {
		fmt.Fprintf(&text, "word%d\n", n)
	}
	if err := os.WriteFile(words, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	if !l.reaches(homeAddress) {
		t.Fatal("the hosts do not see each other")
	}
	hydra := l.remote.start("hydra", "-q", "-I", "-t", "4", "-l", "root", "-P", words, "ssh://"+homeAddress)
	failures := func() int {
		data, _ := os.ReadFile(log)
		return strings.Count(string(data), "Failed password for root from "+remoteAddress)
	}
	until(t, "eight failures", patience, func() bool { return failures() >= 8 })
	since := time.Now()
	until(t, "the block", patience, func() bool {
		st, err := s.client.Status(t.Context())
		return err == nil && st.Responses.Blocks == 1
	})
	took := time.Since(since)
	until(t, "the firewall", patience, func() bool { return !l.reaches(homeAddress) })
	if took > time.Second {
		t.Errorf("the block came %v after the eighth failure", took)
	}
	t.Logf("blocked %v after the eighth failure", took.Round(time.Millisecond))
	hydra.kill()
	s.statusWhen("the block in status", func(st *api.Status) bool {
		return len(st.Logs) == 1 && st.Logs[0].Lines > 8 && st.Logins["failure"] >= 8 && st.Responses.Blocks == 1
	})
	got := s.eve.alert(0, "guess", func(x line) bool { return x.RuleIDs.Key["ip.src"] == remoteAddress })
	if got.RuleIDs.Threshold != 8 {
		t.Errorf("the threshold is %v", got.RuleIDs.Threshold)
	}
	s.stop()
}
