package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/fleet/query"
	"github.com/ruleids/ruleids/fleet/state"
	"github.com/ruleids/ruleids/fleet/store"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/stdlib"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// raise stores an alert of a rule, from a source to a TCP port, so many minutes after noon.
func raise(t *testing.T, s *store.Store, rule, src string, port uint16, severity scale.Severity, minutes float64) {
	t.Helper()
	var a alert.Alert
	text := fmt.Sprintf(`{"timestamp":%q,"event_type":"alert","src_ip":%q,"src_port":40000,"dest_ip":"192.0.2.10","dest_port":%d,"proto":"TCP","alert":{"action":"allowed","signature":"s","category":"recon","severity":2},"ruleids":{"rule":%q,"severity":%q,"key":{"ip.src":%q},"values":{},"attack":["T1046"],"actions":[]}}`,
		noon.Add(time.Duration(minutes*float64(time.Minute))).Format(alert.TimestampLayout), src, port, rule, severity, src)
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		t.Fatal(err)
	}
	if a.Layers&packet.LayerPorts == 0 {
		t.Fatal("the alert has no ports")
	}
	if err := s.Append(context.Background(), []*store.Entry{store.NewEntry(&a, store.Origin{Agent: "x"}, "berlin", noon.Add(time.Hour))}); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(store.Options{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler), Keep: 1000 * time.Hour, Now: func() time.Time { return noon.Add(time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestGroups groups alerts, and follows one group from open to closed and open again.
func TestGroups(t *testing.T) {
	s := open(t)
	raise(t, s, "port_scan", "198.51.100.1", 22, scale.SeverityMedium, 0)
	raise(t, s, "port_scan", "198.51.100.1", 23, scale.SeverityHigh, 1)
	raise(t, s, "port_scan", "198.51.100.2", 22, scale.SeverityLow, 2)
	raise(t, s, "syn_flood", "198.51.100.1", 80, scale.SeverityCritical, 3)
	collect := func(triages map[string]*state.Triage, now time.Time) []string {
		box, err := Collect(context.Background(), s, &query.Query{Since: noon.Add(-time.Hour)}, triages, noon.Add(90*time.Second), now)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, g := range box.Groups {
			out = append(out, fmt.Sprintf("%s %v %s ×%d %s seen=%v", g.Rule, g.Key["ip.src"], g.Severity, g.Count, g.Status, g.Seen))
		}
		return out
	}
	want := []string{"syn_flood 198.51.100.1 critical ×1 open seen=false", "port_scan 198.51.100.1 high ×2 open seen=true", "port_scan 198.51.100.2 low ×1 open seen=false"}
	if got := collect(nil, noon); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
	id := ID("port_scan", `{"ip.src":"198.51.100.1"}`)
	status := func(tr state.Triage, now time.Time) string {
		for _, g := range collect(map[string]*state.Triage{id: &tr}, now) {
			if strings.Contains(g, "port_scan 198.51.100.1") {
				return strings.Fields(g)[4]
			}
		}
		return ""
	}
	for _, test := range []struct {
		name string
		tr   state.Triage
		now  time.Time
		want string
	}{
		{"acknowledged", state.Triage{Status: state.TriageAcknowledged, At: noon}, noon, "acknowledged"},
		{"closed after the last alert", state.Triage{Status: state.TriageClosed, At: noon.Add(2 * time.Minute)}, noon.Add(time.Hour), "closed"},
		{"closed before it", state.Triage{Status: state.TriageClosed, At: noon}, noon.Add(time.Hour), "open"},
		{"closed before it, for a day", state.Triage{Status: state.TriageClosed, At: noon, Until: noon.Add(24 * time.Hour)}, noon.Add(time.Hour), "closed"},
		{"closed until before it", state.Triage{Status: state.TriageClosed, At: noon.Add(-time.Hour), Until: noon.Add(-time.Minute)}, noon.Add(time.Hour), "open"},
	} {
		if got := status(test.tr, test.now); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// TestTry asks what exceptions would have removed.
func TestTry(t *testing.T) {
	s := open(t)
	for i := range 10 {
		raise(t, s, "port_scan", fmt.Sprintf("198.51.100.%d", i), uint16(20+i), scale.SeverityHigh, float64(i))
	}
	raise(t, s, "host_sweep", "198.51.100.1", 22, scale.SeverityHigh, 20)
	for where, want := range map[string]int{
		"ip.src == '198.51.100.3'":                  1,
		"ip.src in ['198.51.100.0/30']":             4,
		"tcp.dstport >= 25":                         5,
		"dst.port == 22 and ip.dst == '192.0.2.10'": 1,
		"udp":                            0,
		"ip.src in list.home_nets":       0,
		"not (ip.src == '198.51.100.3')": 9,
	} {
		got, err := Try(context.Background(), s, stdlib.FS(), "port_scan", where, noon.Add(-time.Hour))
		if err != nil {
			t.Errorf("%s: %v", where, err)
		} else if got.Alerts != 10 || got.Removed != want {
			t.Errorf("%s: %d of %d, want %d of 10", where, got.Removed, got.Alerts, want)
		}
	}
	for where, want := range map[string]string{
		"ip.scr == '198.51.100.3'":             `Did you mean "ip.src"`,
		"len(dns.qry.name) > 50":               "asks for dns.qry.name, which alerts do not tell",
		"ip.src ==":                            "",
		"true\" }\nrule \"x\" { where = \"tcp": "",
	} {
		_, err := Try(context.Background(), s, stdlib.FS(), "port_scan", where, noon.Add(-time.Hour))
		var unknown Unknown
		if !errors.As(err, &unknown) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", where, err)
		}
	}
}
