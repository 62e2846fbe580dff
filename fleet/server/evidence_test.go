package server

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/pki"
	"github.com/ruleids/ruleids/fleet/state"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
)

// evidenceFile is the one that agents of tests have.
const evidenceFile = "20261120T120001.400000-port_scan-0123456789abcdef.pcapng"

// evidence asks for the evidence of an alert.
func (w *world) evidence(id, key string) (code int, kind string, body []byte) {
	w.t.Helper()
	r, err := http.NewRequest("GET", "https://"+w.server.Page()+"/api/v1/alerts/"+id+"/evidence", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: pki.Pinned(w.server.ca.Pin())}}
	defer c.CloseIdleConnections()
	resp, err := c.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err = io.ReadAll(resp.Body); err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Content-Type"), body
}

// The packets of an alert come from the agent that raised it, to analysts, in parts; what an agent does not have is said.
func TestEvidence(t *testing.T) {
	w := newWorld(t)
	a := w.join("oslo", nil)
	for _, path := range []string{"/var/lib/ruleids/evidence/" + evidenceFile, `C:\ruleids\` + evidenceFile, "/gone.pcapng", ""} {
		a.n++
		a.link.Send(&alert.Alert{Time: time.Now().UnixNano() + int64(a.n)*1e6, Rule: "port_scan", Severity: scale.SeverityHigh, Layers: packet.LayerFrame | packet.LayerIP, IPProto: 6, IPVersion: 4,
			Src: packet.AddrFrom4([4]byte{203, 0, 113, 7}), Dst: packet.AddrFrom4([4]byte{192, 0, 2, 1}), Key: []alert.Named{{Name: "ip.src", Value: "203.0.113.7"}}, Evidence: path})
	}
	var page struct {
		Alerts []struct {
			ID      string
			Ruleids struct{ Evidence, Filter string }
		}
	}
	eventually(t, 10*time.Second, "the alerts are there", func() bool {
		w.ask("GET", "/api/v1/alerts?agent=oslo", "", &page)
		return len(page.Alerts) == 4
	})
	for _, x := range page.Alerts {
		if x.Ruleids.Filter != "ip.addr == 203.0.113.7" {
			t.Errorf("filter %q", x.Ruleids.Filter)
		}
		code, kind, body := w.evidence(x.ID, w.key)
		if strings.HasSuffix(x.Ruleids.Evidence, evidenceFile) {
			if want := bytes.Repeat([]byte("packets "), 100_000); code != 200 || kind != "application/x-pcapng" || !bytes.Equal(body, want) {
				t.Errorf("%s: %d %s, %d bytes", x.Ruleids.Evidence, code, kind, len(body))
			}
		} else if code != 404 || !strings.Contains(string(body), map[bool]string{true: "no packets were kept", false: "there is none"}[x.Ruleids.Evidence == ""]) {
			t.Errorf("%s: %d %s", x.Ruleids.Evidence, code, body)
		}
	}
	viewer, err := w.server.state.NewKey(t.Context(), "viewer", state.Viewer, "test")
	if err != nil {
		t.Fatal(err)
	}
	if code, _, body := w.evidence(page.Alerts[3].ID, viewer); code != 403 {
		t.Errorf("a viewer: %d %s", code, body)
	}
	var audit struct {
		Audit []struct{ Action, Target string }
	}
	w.ask("GET", "/api/v1/audit", "", &audit)
	if len(audit.Audit) < 2 || audit.Audit[0].Action != "request.refuse" || audit.Audit[1].Action != "evidence.fetch" { // the newest first: the viewer's
		t.Errorf("the audit log has %+v", audit.Audit)
	}
	// Another agent cannot bring it.
	o := &order{agent: "0123456789abcdef", done: make(chan struct{})}
	w.server.orders.mu.Lock()
	w.server.orders.open["ticket"] = o
	w.server.orders.mu.Unlock()
	if w.server.takeEvidence("fedcba9876543210", reply(fleet.EvidencePart{Ticket: "ticket", Data: []byte("forged"), Last: true})).More || len(o.data) > 0 {
		t.Error("another agent brought evidence")
	}
	a.halt()
	eventually(t, 10*time.Second, "the agent is gone", func() bool {
		code, _, body := w.evidence(page.Alerts[3].ID, w.key)
		return code == 503 && strings.Contains(string(body), "not connected")
	})
}
