package lab

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/agent/api"
)

// TestSelfTest has a daemon that enforces try its whole chain. The kernel has the made address and then no more, the notifier gets
// its message, no alert comes to an output, and a notifier whose server is gone is found out.
func TestSelfTest(t *testing.T) {
	need(t, "ip", "ethtool", "nft")
	l := newLAN(t)
	messages := make(chan string, 10)
	server := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		text, _ := io.ReadAll(q.Body) // of a test; what is cut off has no message
		messages <- string(text)
	})}
	web := l.home.listen("127.0.0.1:8080")
	go func() { _ = server.Serve(web) }() // it ends with the listener
	s := startSensor(l.home, settings(response(`mode = "enforce"`, `backend = "nftables"`)+"notifier \"webhook\" \"ops\" {\n  url = \"http://127.0.0.1:8080/alerts\"\n}\n"), nil)
	out, status := s.verb("selftest", "--format", "json")
	var got api.SelfTest
	if err := json.Unmarshal([]byte(out), &got); err != nil || status != 0 {
		t.Fatalf("status %d, %v: %s", status, err, out)
	}
	var steps []string
	for _, x := range got.Steps {
		steps = append(steps, x.Step)
		if !x.OK || x.Skipped {
			t.Errorf("%+v", x)
		}
	}
	if want := "packets, rules, decision, firewall, release, notifier ops, output eve main"; strings.Join(steps, ", ") != want {
		t.Errorf("the steps are %s, want %s", strings.Join(steps, ", "), want)
	}
	select {
	case text := <-messages:
		if !strings.Contains(text, "Test message of ruleids on lab") {
			t.Errorf("the message is %s", text)
		}
	default:
		t.Error("the notifier sent nothing")
	}
	if left := l.home.run("nft", "list", "ruleset"); !strings.Contains(left, "set quarantine4 {") || strings.Contains(left, "elements") {
		t.Errorf("the firewall after it:\n%s", left)
	}
	if out, _ := s.verb("decisions", "list"); strings.Contains(out, "203.0.113.253") {
		t.Errorf("a decision stays: %s", out)
	}
	if s.eve.len() != 0 {
		t.Errorf("alerts: %s", s.eve.texts(0, 5))
	}
	audit, err := os.ReadFile(filepath.Join(s.dir, "audit.jsonl"))
	if err != nil || strings.Count(string(audit), "selftest") < 2 {
		t.Errorf("the audit log has no decision and release: %v\n%s", err, audit)
	}

	_ = server.Close() // the connections, too
	out, status = s.verb("selftest")
	if status != 1 || !strings.Contains(out, "fails    notifier ops") || !strings.Contains(out, "works    firewall") {
		t.Errorf("without the notifier's server: status %d\n%s", status, out)
	}
	s.stop()
}
