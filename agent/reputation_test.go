package agent

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/ruleids/ruleids/actions/reputation"
	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/internal/setting/settingtest"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// TestNearestIsAskedFirst floods an engine with a thousand sources that are seen once, after one that comes again and
// again. One more has come close to the threshold: it is what VirusTotal is asked about as soon as the quota allows.
func TestNearestIsAskedFirst(t *testing.T) {
	asked, answer := make(chan string, 16), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		<-answer
		_, _ = fmt.Fprint(w, `{"data": {"attributes": {"reputation": 0, "last_analysis_stats": {"malicious": 12, "suspicious": 0, "harmless": 60, "undetected": 0, "timeout": 0}}}}`)
	}))
	defer server.Close()
	t.Setenv("VIRUSTOTAL_API_KEY", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")
	c := setting.New[reputation.VirusTotalConfig]()
	c.URL, c.CacheFile = settingtest.Value[setting.URL](server.URL), ""
	sources, err := reputation.New([]reputation.Spec{{Kind: reputation.KindVirusTotal, Config: c}}, reputation.Options{Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	defer func() { must(t, sources.Close(t.Context())) }()
	next := func() string {
		t.Helper()
		select {
		case path := <-asked:
			return path
		case <-time.After(10 * time.Second):
			t.Fatal("nobody was asked")
			return ""
		}
	}

	set, diags := rules.Load(rules.Options{Sources: map[string][]byte{"scan.hcl": []byte(`
rule "scan" {
  description = "d"
  severity    = "high"
  where       = "tcp.flags.syn"
  by          = ["ip.src"]
  window "60s" {
    ports = "distinct(tcp.dstport)"
  }
  threshold = 40
  when      = "ports >= threshold"
  escalate "virustotal" {
    indicator = "ip.src"
  }
}`)}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	plan, diags := engine.Compile(set, engine.Options{Escalate: true})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	e := engine.New(plan, engine.Config{Reputation: reputationAdapter{sources}})
	var alerts []*alert.Alert
	send := func(src string, port, second int) {
		e.Process([]packet.Frame{syn(t, src, port, 1000*second)}, func(a *alert.Alert) { alerts = append(alerts, a) })
	}

	send("9.9.9.9", 1, 0)
	if got := next(); got != "/ip_addresses/9.9.9.9" {
		t.Fatalf("asked for %s", got)
	}
	for second := range 20 { // while the first request is under way
		send("7.7.7.7", 1, second)
	}
	for i := range 1000 {
		send(fmt.Sprintf("8.8.%d.%d", i/250, i%250), 1, 20)
		if i < 30 {
			send("1.1.1.1", i+1, 20)
		}
	}
	if s := sources.Status()[0]; s.Queued != 1000 || s.Dropped != 2 {
		t.Errorf("%d wait, %d dropped", s.Queued, s.Dropped)
	}
	close(answer)
	if got := next(); got != "/ip_addresses/1.1.1.1" {
		t.Errorf("asked for %s", got)
	}
	// Its answer is there before the next question.
	if got := next(); got != "/ip_addresses/7.7.7.7" {
		t.Errorf("asked for %s", got)
	}
	send("1.1.1.1", 5, 20)
	if len(alerts) != 1 || alerts[0].Severity != scale.SeverityCritical || *alerts[0].Threshold != 4 || alerts[0].Reputation.Tier != scale.TierCritical {
		t.Errorf("%+v", alerts)
	}
}
