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

// serveLogins serves SSH on a port of the host, by OpenSSH's sshd with more settings, and returns the file that it logs to.
func (h *host) serveLogins(port int, more string) (log string) {
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
	text := fmt.Sprintf("Port %d\nHostKey %s\nPidFile none\nPermitRootLogin yes\nMaxStartups 100\n%s", port, key, more)
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

// TestLoginsAreBlockedByTheLogAlone has a real sshd attacked in each way that it lets people in. No rule looks at a packet: what the
// log says is all that blocks the attacker, within a second of the line that is one too many.
func TestLoginsAreBlockedByTheLogAlone(t *testing.T) {
	need(t, "ip", "ethtool", "hydra", "ping", "ssh", "ssh-keygen", "/usr/sbin/sshd")
	dir := t.TempDir()
	words := filepath.Join(dir, "words")
	var text strings.Builder
	for n := range 200 {
		fmt.Fprintf(&text, "word%d\n", n)
	}
	if err := os.WriteFile(words, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, "key")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v\n%s", err, out)
	}
	hydra := []string{"hydra", "-q", "-I", "-t", "4", "-l", "root", "-P", words, "ssh://" + homeAddress}
	ssh := "while ! ssh -F none -i " + key + " -o IdentitiesOnly=yes -o BatchMode=yes -o ConnectTimeout=2 -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null root@" + homeAddress + "; do :; done"
	for _, x := range []struct {
		name, sshd string
		failed     string // what the log says of a failure
		attack     []string
	}{
		{"password", "UsePAM no\nPasswordAuthentication yes\nKbdInteractiveAuthentication no\n", "Failed password for root from ", hydra},
		{"keyboard-interactive", "UsePAM yes\nPasswordAuthentication no\nKbdInteractiveAuthentication yes\n", "Failed keyboard-interactive/pam for root from ", hydra},
		{"key", "UsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n", "Connection closed by authenticating user root ", []string{"sh", "-c", ssh}},
	} {
		t.Run(x.name, func(t *testing.T) { blockedByTheLog(t, x.sshd, x.failed+remoteAddress, x.attack) })
	}
}

// blockedByTheLog has sshd attacked from outside.
func blockedByTheLog(t *testing.T, sshd, failed string, attack []string) {
	l := newLAN(t)
	log := l.home.serveLogins(22, sshd)
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
	if !l.reaches(homeAddress) {
		t.Fatal("the hosts do not see each other")
	}
	attacker := l.remote.start(attack[0], attack[1:]...)
	failures := func() int {
		data, _ := os.ReadFile(log)
		return strings.Count(string(data), failed)
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
	attacker.kill()
	s.statusWhen("the block in status", func(st *api.Status) bool {
		return len(st.Logs) == 1 && st.Logs[0].Lines >= 8 && st.Logins["failure"] >= 8 && st.Responses.Blocks == 1
	})
	got := s.eve.alert(0, "guess", func(x line) bool { return x.RuleIDs.Key["ip.src"] == remoteAddress })
	if got.RuleIDs.Threshold != 8 {
		t.Errorf("the threshold is %v", got.RuleIDs.Threshold)
	}
	s.stop()
}
