package lab

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/agent/api"
)

// TestEvidence scans the home host while somebody else talks to it: the alert names a file that has the scan alone, which tshark
// opens, with what the alert is about in its comments and with the alert's display filter; and the file fires the rule again.
func TestEvidence(t *testing.T) {
	need(t, "ip", "ethtool", "nmap", "ping", "tshark")
	l := newLAN(t)
	const bystander = "198.51.100.8"
	l.remote.ip("address add " + bystander + "/24 dev eth0")
	s := startSensor(l.home, settings(ownRules+"evidence {\n  dir    = \"evidence\"\n  before = 10\n  after  = 5\n}\n"), map[string]string{"sweep.hcl": sweepRule(60)})
	l.remote.start("ping", "-q", "-i", "0.01", "-c", "200", "-I", bystander, homeAddress)
	_ = l.remote.command("nmap", "-n", "-Pn", "-sS", "--max-retries", "0", "-p", "1-100", "-S", remoteAddress, "-e", "eth0", homeAddress).Run() // all ports are closed
	a := s.eve.alert(0, "sweep")
	file := filepath.Join(s.dir, a.RuleIDs.Evidence)
	if filepath.Dir(a.RuleIDs.Evidence) != "evidence" {
		t.Fatalf("the alert names no file: %s", a.text)
	}
	s.statusWhen("the evidence", func(st *api.Status) bool {
		return st.Evidence != nil && st.Evidence.Written == 1 && st.Evidence.Pending == 0
	})
	if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o640 {
		t.Errorf("%v, %v", st, err)
	}
	tshark := func(args ...string) []string {
		t.Helper()
		out, err := l.home.command("tshark", append([]string{"-r", file}, args...)...).Output()
		if err != nil {
			t.Fatalf("tshark: %v", err)
		}
		return strings.Split(strings.TrimSpace(string(out)), "\n")
	}
	ends := tshark("-T", "fields", "-e", "ip.src", "-e", "ip.dst")
	if len(ends) != 10+1+5 {
		t.Errorf("%d packets, want 16: 10 before the alert, its own, 5 after it", len(ends))
	}
	for _, pair := range ends {
		if !strings.Contains(pair, remoteAddress) || strings.Contains(pair, bystander) {
			t.Errorf("a packet of %s", pair)
		}
	}
	fired := tshark("-Y", "frame.comment contains \"rule sweep fired at this packet\"", "-T", "fields", "-e", "ip.src", "-e", "tcp.flags")
	if len(fired) != 1 || !strings.HasPrefix(fired[0], remoteAddress+"\t") {
		t.Errorf("the packet that fired: %q", fired)
	}
	if shown := tshark("-Y", "ip.addr == "+remoteAddress); len(shown) != len(ends) {
		t.Errorf("the filter shows %d of %d packets", len(shown), len(ends))
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"rule: sweep (high)", "key: ip.src=" + remoteAddress, "sensor: lab", "display filter: ip.addr == " + remoteAddress} {
		if !strings.Contains(string(text), part) {
			t.Errorf("the comment does not say %q", part)
		}
	}
	s.stop()
}
