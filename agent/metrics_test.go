package agent

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/capture/live"
)

// metrics returns what /metrics answers.
func (r *running) metrics(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer((&metricsServer{d: r.Daemon}).handler())
	defer s.Close()
	return get(t, s.URL+"/metrics", http.StatusOK)
}

func get(t *testing.T, url string, status int) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != status {
		t.Errorf("%s: %v, status %s: %s", url, err, resp.Status, body)
	}
	return string(body)
}

// TestMetrics holds every metric of the table to be there, with its type and help, and a few to have the right
// value.
func TestMetrics(t *testing.T) {
	list := filepath.Join(t.TempDir(), "bad.txt")
	must(t, os.WriteFile(list, []byte("203.0.113.9 high\n"), 0o600))
	r := start(t, "reputation \"list\" {\n  files = [\""+list+"\"]\n}\nevidence {\n  dir = \""+t.TempDir()+"\"\n}\n", map[string]string{"a.hcl": portRule("a", "23")})
	r.source.mu.Lock()
	r.source.stats = live.Stats{Interfaces: []live.InterfaceStats{{Name: "eth0", Up: true, Counts: live.Counts{Received: 10, Dropped: 3, Stalls: 1}}}}
	r.source.mu.Unlock()
	r.source.send(t, batchOf(syn(t, "10.0.0.1", 23, 0)))
	got := "\n" + r.metrics(t)
	for _, m := range Metrics() {
		if slices.ContainsFunc([]string{"ruleids_output", "ruleids_notifier", "ruleids_bot", "ruleids_honeypot", "ruleids_model", "ruleids_fleet", "ruleids_log_", "ruleids_source"}, func(p string) bool { return strings.HasPrefix(m.Name, p) }) {
			continue // there are none here
		}
		if !strings.Contains(got, "\n# HELP "+m.Name+" "+m.Help+"\n") || !strings.Contains(got, "\n# TYPE "+m.Name+" "+m.Kind()+"\n") {
			t.Errorf("%s is not there as in the table", m.Name)
		}
		if m.Kind() == "counter" != strings.HasSuffix(m.Name, "_total") {
			t.Errorf("%s is a %s", m.Name, m.Kind())
		}
	}
	for _, want := range []string{
		`ruleids_packets_total 1`, `ruleids_alerts_total{severity="low"} 1`, `ruleids_rule_alerts_total{rule="a"} 1`, `ruleids_rules_loaded 1`,
		`ruleids_capture_dropped_total{interface="eth0"} 3`, `ruleids_capture_up{interface="eth0"} 1`, `ruleids_healthy 1`, `ruleids_build_info{version="test"} 1`,
		`ruleids_response_enforcing 0`, `ruleids_decisions{kind="block"} 0`, `ruleids_decision_requests_total{outcome="decided"} 0`, `ruleids_reputation_healthy{source="list"} 1`,
	} {
		if !strings.Contains(got, "\n"+want+"\n") {
			t.Errorf("the metrics lack %q", want)
		}
	}
	if !regexp.MustCompile(`\ngo_goroutines \d+\n`).MatchString(got) {
		t.Error("the metrics of the runtime are missing")
	}
}

// TestHealth answers 200 while packets can come, and 503 when no interface is up.
func TestHealth(t *testing.T) {
	r := start(t, "", map[string]string{"a.hcl": portRule("a", "23")})
	r.source.send(t, batchOf())
	s := httptest.NewServer((&metricsServer{d: r.Daemon}).handler())
	defer s.Close()
	if got := get(t, s.URL+"/healthz", http.StatusOK); got != "ok\n" {
		t.Errorf("%q", got)
	}
	r.source.mu.Lock()
	r.source.stats = live.Stats{Interfaces: []live.InterfaceStats{{Name: "eth0"}}}
	r.source.mu.Unlock()
	if got := get(t, s.URL+"/healthz", http.StatusServiceUnavailable); !strings.Contains(got, "eth0") {
		t.Errorf("%q", got)
	}
}
