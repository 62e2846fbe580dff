package browser

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/bundle"
)

// hostile is a text that runs a script, and says of which field it is, where a page takes it for markup.
func hostile(field string) string {
	return `"'><img src=x onerror=window.ran='` + field + `'>`
}

// Fields that come from the wire, from agents or from people, and the page that shows each. A page of an alert is its drawer.
var wireFields = []struct{ field, page string }{
	{"rule", "/feed"}, {"message", "/feed"}, {"rule", "/inbox"}, {"message", "/inbox"}, {"key", "/inbox"}, {"rule", "/rules"}, {"category", "/analytics"}, {"rule", "/analytics"}, {"odd", "/models"}, {"model", "/models"},
	{"rule", "alert"}, {"message", "alert"}, {"description", "alert"}, {"category", "alert"}, {"key name", "alert"}, {"key", "alert"}, {"value name", "alert"}, {"value", "alert"}, {"attack", "alert"}, {"action", "alert"},
	{"source", "alert"}, {"indicator", "alert"}, {"odd", "alert"}, {"model", "alert"}, {"feature", "alert"}, {"rule", "exception"}, {"key", "exception"},
	{"version", "/agents"}, {"trouble", "/agents"}, {"mode", "/agents"}, {"beat model", "/models"}, {"beat feature", "/models"}, {"usual", "/models"}, {"model error", "/models"},
	{"user", "/logins"}, {"login address", "/logins"}, {"service", "/logins"}, {"host", "/logins"}, {"login method", "/logins"}, {"login reason", "/logins"}, {"decision", "/decisions"}, {"refusal", "/decisions"}, {"rollback", "/rules"}, {"rule text", "/rules?from=0&to=1"}, {"rollback", "/audit"}, {"comment", "/inbox?status=escalated"}, {"assignee", "/inbox?status=escalated"},
}

// wireAlert is an alert all of whose texts are hostile.
func wireAlert(t *testing.T) string {
	text, err := json.Marshal(map[string]any{
		"timestamp": time.Now().UTC().Format("2006-01-02T15:04:05.000000-0700"), "event_type": "alert", "src_ip": "203.0.113.7", "src_port": 4000, "dest_ip": "192.0.2.10", "dest_port": 53, "proto": "UDP",
		"alert": map[string]any{"signature": hostile("description"), "category": hostile("category"), "severity": 1},
		"ruleids": map[string]any{"rule": hostile("rule"), "severity": "critical", "message": hostile("message"), "attack": []string{hostile("attack")}, "references": []string{"javascript:window.ran='reference'"},
			"key": map[string]any{hostile("key name"): hostile("key"), "dns.qry.name": hostile("DNS name"), "http.user_agent": hostile("user agent")}, "values": map[string]any{hostile("value name"): hostile("value")}, "threshold": 1,
			"responses":  []map[string]any{{"action": hostile("action"), "target": "203.0.113.7", "seconds": 60}},
			"reputation": map[string]any{"source": hostile("source"), "indicator": hostile("indicator"), "tier": "critical", "malicious": 1, "suspicious": 1, "engines": 2},
			"model": map[string]any{"name": hostile("model"), "baseline": hostile("baseline"), "score": 1, "top": hostile("feature"), "bits": 9, "odd": hostile("odd"),
				"features": []map[string]any{{"name": hostile("feature"), "value": 1, "usual": []float64{1, 2}, "bits": 9}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestWire: nothing that comes from the wire runs as a script or becomes markup, on any page, in any field; and each field is shown as
// the text that it is.
func TestWire(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	a := join(t, s, "berlin-edge")
	drift := 0.5
	a.mu.Lock()
	a.refuses = hostile("refusal")
	a.says = &fleet.Beat{Version: hostile("version"), Mode: hostile("mode"), Digest: hostile("digest"), Trouble: []string{hostile("trouble")}, Services: []string{hostile("interface")},
		Logins: []fleet.Login{{Seq: 1, Time: time.Now(), Result: "failure", User: hostile("user"), Src: hostile("login address"), Service: hostile("service"), Host: hostile("host"), Method: hostile("login method"), Reason: hostile("login reason")}},
		Models: []fleet.Model{{Name: hostile("beat model"), Method: hostile("method"), Baseline: hostile("baseline"), Error: hostile("model error"), Features: []fleet.ModelFeature{{Name: hostile("beat feature"), Usual: hostile("usual"), Drift: &drift}}}}}
	a.mu.Unlock()
	var took struct {
		Rejected []struct{ Error string }
		Accepted int
	}
	s.ask("POST", "/api/v1/ingest", wireAlert(t)+"\n", &took)
	if len(took.Rejected) > 0 {
		t.Fatalf("%+v", took)
	}
	s.ask("POST", "/api/v1/decisions", map[string]any{"target": "203.0.113.9", "reason": hostile("decision")}, nil)
	s.ask("POST", "/api/v1/inbox/act", map[string]any{"all": true, "q": "", "status": "open", "action": "escalated", "assignee": hostile("assignee"), "text": hostile("comment")}, nil)
	secret, public, err := bundle.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	key, err := bundle.ParsePrivate(secret)
	if err != nil {
		t.Fatal(err)
	}
	s.ask("PUT", "/api/v1/operator-key", map[string]any{"key": public}, nil)
	set, err := (&bundle.Set{Files: []bundle.File{{Name: "<img src=x>.hcl", Text: "# " + hostile("rule text") + "\n"}}}).Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	s.ask("POST", "/api/v1/rulesets", map[string]any{"bundle": base64.StdEncoding.EncodeToString(set), "canary": 1, "for": "1m"}, nil)
	s.ask("POST", "/api/v1/rulesets/rollback", map[string]any{"reason": hostile("rollback")}, nil)
	a.mu.Lock()
	says := *a.says
	says.Reload = hostile("reload") // which would have the set taken back by itself
	a.says = &says
	a.mu.Unlock()

	b := open(t, s)
	shown := map[string]string{}
	read := func(place string) {
		t.Helper()
		var text, ran string
		b.eval(`[document.body.innerText, ...[...document.querySelectorAll("input, textarea")].map((i) => i.value), ...[...document.querySelectorAll("[title]")].map((e) => e.title)].join("\n")`, &text)
		b.eval(`window.ran ?? ""`, &ran)
		if ran != "" {
			t.Errorf("%s: the field %s ran as a script", place, ran)
		}
		if b.is(`document.querySelector("img[src=x], main script")`) {
			t.Errorf("%s: a text became markup", place)
		}
		shown[place] += text
	}
	until(t, 20*time.Second, "the heartbeat is there", func() bool {
		var list struct{ Agents []struct{ Beat *fleet.Beat } }
		s.ask("GET", "/api/v1/agents", nil, &list)
		return list.Agents[0].Beat != nil && list.Agents[0].Beat.Version == hostile("version")
	})
	for _, path := range append(b.pages(), "/inbox?status=all", "/inbox?status=escalated", "/rules?from=0&to=1") {
		b.visit(path)
		if path == "/agents" || path == "/rules" {
			b.wait(stepWithin, `document.querySelector(".card.agent, .digests li")`)
		}
		if strings.Contains(path, "to=1") {
			b.wait(stepWithin, `document.querySelector(".diff")`)
		}
		if strings.HasPrefix(path, "/models") {
			b.eval(`document.querySelectorAll("details").forEach((d) => { d.open = true; })`, nil)
		}
		time.Sleep(50 * time.Millisecond) // for what would run
		read(path)
	}
	b.visit("/inbox?status=escalated")
	shown["/inbox"] += shown["/inbox?status=all"]
	b.eval(`document.querySelector(".group a").click()`, nil)
	b.wait(stepWithin, `document.querySelector(".drawer h2")`)
	b.accessible("the drawer of a hostile alert")
	read("alert")
	b.button("Except…")
	b.wait(stepWithin, `document.querySelector("dialog[open] pre")`)
	read("exception")
	for _, f := range wireFields {
		if !strings.Contains(strings.ReplaceAll(shown[f.page], `\`, ""), hostile(f.field)) {
			t.Errorf("%s: the field %s is not shown as it is:\n%s", f.page, f.field, shown[f.page])
		}
	}

	// What a link brings along.
	b.tolerate(true) // a query that is wrong is answered by 400
	for _, path := range []string{"/feed?q=" + url.QueryEscape(hostile("q")), "/feed?q=" + url.QueryEscape("ip:"+hostile("q")), "/inbox?q=" + url.QueryEscape("since:"+hostile("q")), "/inbox?since=" + url.QueryEscape(hostile("since")),
		"/analytics?since=" + url.QueryEscape(hostile("since")), "/models?since=" + url.QueryEscape(hostile("since")), "/feed?alert=" + url.QueryEscape(hostile("alert")), "/" + url.PathEscape(hostile("")), "/#" + hostile("hash")} {
		b.do(navigate(b.base + path))
		b.wait(stepWithin, `document.querySelector("main h1, body > pre")`) // a path with a dot in it is no place of the page
		time.Sleep(50 * time.Millisecond)
		read(path)
	}
	for _, path := range []string{"/api/v1/alerts?q=" + url.QueryEscape("ip:"+hostile("q")), "/api/v1/agents/" + url.PathEscape(hostile("agent"))} {
		b.do(navigate(b.base + path))
		read(path)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range b.refused {
		t.Error(c)
	}
}
