package api_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ruleids/ruleids/alert"
	pages "github.com/ruleids/ruleids/docs/rules"
	"github.com/ruleids/ruleids/fleet/api"
	"github.com/ruleids/ruleids/fleet/bundle"
	"github.com/ruleids/ruleids/fleet/demo"
	"github.com/ruleids/ruleids/fleet/hosts"
	"github.com/ruleids/ruleids/fleet/live"
	"github.com/ruleids/ruleids/fleet/pki"
	"github.com/ruleids/ruleids/fleet/rollout"
	"github.com/ruleids/ruleids/fleet/roster"
	"github.com/ruleids/ruleids/fleet/share"
	"github.com/ruleids/ruleids/fleet/state"
	"github.com/ruleids/ruleids/fleet/store"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/stdlib"
)

// A world is an API with a day of a made-up fleet behind it.
type world struct {
	*httptest.Server
	t        *testing.T
	api      *api.API
	state    *state.DB
	store    *store.Store
	live     *live.Ring
	keys     map[state.Role]string
	password string
	operator string
	secret   ed25519.PrivateKey
	bundle   []byte
	cut      []string
	said     logged
}

// logged is what the log was told.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, live: live.New(), keys: map[state.Role]string{}}
	dir, ctx, log := t.TempDir(), t.Context(), slog.New(slog.NewTextHandler(&w.said, nil))
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	w.state, err = state.Open(dir + "/server.db")
	check(err)
	t.Cleanup(func() { w.state.Close() })
	w.store, err = store.Open(store.Options{Dir: dir + "/alerts", Keep: 90 * 24 * time.Hour, KeepSize: 1 << 40, Log: log, Stored: func(list []*store.Stored) {
		for _, x := range list {
			w.live.Add("alert", x.AppendJSON(nil))
		}
	}})
	check(err)
	t.Cleanup(func() { w.store.Close() })
	ca, err := pki.Open(dir + "/pki")
	check(err)
	f := demo.New(1)
	for _, a := range f.Agents() {
		token, err := w.state.NewToken(ctx, time.Minute, 1, a.Labels, "test")
		check(err)
		joined, err := w.state.Join(ctx, token, a.Name, 100, func(string) (string, time.Time, error) { return "1", time.Now().Add(time.Hour), nil })
		check(err)
		f.Join(a, joined.ID)
	}
	people, err := roster.Open(ctx, roster.Options{DB: w.state, Log: log, Offline: time.Minute})
	check(err)
	for _, a := range f.Agents() {
		people.Heard(people.Get(a.Name).ID, "192.0.2.1", f.Beat(a, time.Now(), time.Second))
	}
	rules, err := rollout.Open(ctx, rollout.Options{DB: w.state, Store: w.store, Roster: people, Log: log, Tell: func(string) {}, Changed: func(*state.Ruleset) {}})
	check(err)
	shared, err := share.Open(ctx, w.state, log, func(*state.Decision) {})
	check(err)
	check(w.store.Append(ctx, f.Day(time.Now())))
	w.password, err = w.state.FirstAccount(ctx)
	check(err)
	for _, r := range state.Roles() {
		w.keys[r], err = w.state.NewKey(ctx, "key-"+string(r), r, "test")
		check(err)
	}
	private, public, err := bundle.NewKey()
	check(err)
	w.operator = public
	w.secret, err = bundle.ParsePrivate(private)
	check(err)
	w.bundle, err = (&bundle.Set{Files: []bundle.File{{Name: "a.hcl", Text: "x"}}}).Sign(w.secret)
	check(err)
	w.api = api.New(api.Options{RuleFiles: []fs.FS{stdlib.FS()}, Pages: pages.FS(), Rollout: rules, CheckRules: func(*bundle.Set) (int, error) { return 1, nil }, Store: w.store, State: w.state, Roster: people, Shared: shared, Hosts: hosts.New(), Live: w.live, CA: ca, Log: log, Version: "1.2.3", Started: time.Now(), AgentsPort: func() int { return 8444 }, MaxAgents: 100,
		Evidence: func(_ context.Context, _, file string) ([]byte, error) { return []byte(file), nil }, IngestLimit: 1000, Ingest: w.store.Append, Cut: func(id string) { w.cut = append(w.cut, id) }, OperatorKey: func(context.Context) (string, error) { return public, nil }})
	w.Server = httptest.NewTLSServer(w.api.Handler(false))
	t.Cleanup(w.Server.Close)
	return w
}

// ask sends a request with a key, "" for none, and returns the status and the body.
func (w *world) ask(key, method, path, body string) (int, string) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.URL+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	answer, err := w.Client().Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func (w *world) get(path string, into any) {
	w.t.Helper()
	code, body := w.ask(w.keys[state.Viewer], "GET", path, "")
	if code != 200 {
		w.t.Fatalf("%s: %d %s", path, code, body)
	}
	if err := json.Unmarshal([]byte(body), into); err != nil {
		w.t.Fatalf("%s: %v", path, err)
	}
}

// TestExamples sends every example of the description, and holds the answers to the schemas in it.
func TestExamples(t *testing.T) {
	w := newWorld(t)
	kept := &alert.Alert{Time: time.Now().Add(time.Minute).UnixNano(), Rule: "port_scan", Severity: scale.SeverityHigh, Layers: packet.LayerFrame, Evidence: "/var/lib/ruleids/evidence/x.pcapng"}
	if err := w.store.Append(t.Context(), []*store.Entry{store.NewEntry(kept, store.Origin{}, "osaka-edge", time.Now())}); err != nil {
		t.Fatal(err)
	}
	var page struct{ Alerts []struct{ ID string } }
	w.get("/api/v1/alerts?limit=1", &page)
	key, err := pki.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	csr, err := pki.Request(key)
	if err != nil {
		t.Fatal(err)
	}
	token, err := w.state.NewToken(t.Context(), time.Hour, 2, state.Labels{}, "test")
	if err != nil {
		t.Fatal(err)
	}
	spare, err := w.state.NewToken(t.Context(), time.Hour, 1, state.Labels{}, "test")
	if err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("{alert}", page.Alerts[0].ID, "{agent}", "osaka-edge", "{token}", spare[:16], "{join}", token, "{request}", base64.StdEncoding.EncodeToString(csr), "{password}", w.password, "{operator}", w.operator, "{bundle}", base64.StdEncoding.EncodeToString(w.bundle))
	code, text := w.ask("", "GET", "/api/v1/openapi.json", "")
	if code != 200 {
		t.Fatalf("%d %s", code, text)
	}
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			Security   []any
			Parameters []struct{ Name, In, Example string }
			Body       struct {
				Content map[string]struct{ Example any }
			} `json:"requestBody"`
			Responses map[string]struct {
				Content map[string]struct{ Schema map[string]any }
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil || doc.OpenAPI != "3.1.0" {
		t.Fatalf("%v %s", err, doc.OpenAPI)
	}
	// What takes something away comes after what looks at it.
	order := []string{"put", "post", "get", "patch", "delete"}
	asked := 0
	for _, method := range order {
		for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
			op, ok := doc.Paths[path][method]
			if !ok || path == "/api/v1/stream" || path == "/api/v1/password" || path == "/api/v1/logout" {
				continue
			}
			url, query := path, ""
			for _, p := range op.Parameters {
				if p.In == "path" {
					url = strings.ReplaceAll(url, "{"+p.Name+"}", fill.Replace(p.Example))
				} else if p.Example != "" {
					query += "&" + p.Name + "=" + strings.ReplaceAll(p.Example, " ", "%20")
				}
			}
			body := ""
			for _, c := range op.Body.Content {
				if s, ok := c.Example.(string); ok {
					body = s
				} else {
					raw, _ := json.Marshal(c.Example)
					body = fill.Replace(string(raw))
				}
			}
			who := w.keys[state.Admin]
			if op.Security != nil {
				who = ""
			}
			code, text := w.ask(who, strings.ToUpper(method), url+"?"+strings.TrimPrefix(query, "&"), body)
			answer, ok := op.Responses[fmt.Sprint(code)]
			if !ok {
				t.Errorf("%s %s: %d %s", method, url, code, text)
				continue
			}
			asked++
			for kind, c := range answer.Content {
				if kind != "application/json" {
					if text == "" {
						t.Errorf("%s %s is empty", method, url)
					}
					continue
				}
				var v any
				if err := json.Unmarshal([]byte(text), &v); err != nil {
					t.Errorf("%s %s: %v: %s", method, url, err, text)
					continue
				}
				if path != "/healthz" { // which says less to who is nobody
					if err := conforms(v, c.Schema, path); err != nil {
						t.Errorf("%s %s: %v\n%s", method, url, err, text[:min(len(text), 2000)])
					}
				}
			}
		}
	}
	if asked < 25 {
		t.Errorf("only %d examples were sent", asked)
	}
}

// conforms holds a value to a schema, as far as this program writes those.
func conforms(v any, schema map[string]any, at string) error {
	if want, ok := schema["const"]; ok && !reflect.DeepEqual(v, want) {
		return fmt.Errorf("%s is %v, not %v", at, v, want)
	}
	var kinds []string
	switch k := schema["type"].(type) {
	case nil:
		return nil
	case string:
		kinds = []string{k}
	case []any:
		for _, x := range k {
			kinds = append(kinds, x.(string))
		}
	}
	kind := "null"
	switch x := v.(type) {
	case bool:
		kind = "boolean"
	case float64:
		kind = "number"
		if x == float64(int64(x)) && slices.Contains(kinds, "integer") {
			kind = "integer"
		}
	case string:
		kind = "string"
	case []any:
		kind = "array"
	case map[string]any:
		kind = "object"
	}
	if !slices.Contains(kinds, kind) {
		return fmt.Errorf("%s is %s, not %v", at, kind, kinds)
	}
	switch x := v.(type) {
	case []any:
		items, _ := schema["items"].(map[string]any)
		for i, e := range x {
			if err := conforms(e, items, fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
	case map[string]any:
		required, _ := schema["required"].([]any)
		for _, name := range required {
			if _, ok := x[name.(string)]; !ok {
				return fmt.Errorf("%s has no %s", at, name)
			}
		}
		properties, _ := schema["properties"].(map[string]any)
		for name, e := range x {
			p, ok := properties[name].(map[string]any)
			if !ok {
				p, _ = schema["additionalProperties"].(map[string]any)
			}
			if err := conforms(e, p, at+"."+name); err != nil {
				return err
			}
		}
	}
	return nil
}

// TestRoles: nobody may do what needs a role that they lack, and nobody without a key anything.
func TestRoles(t *testing.T) {
	w := newWorld(t)
	for _, r := range w.api.Routes() {
		path := strings.NewReplacer("{id}", "0000000000000001", "{agent}", "none", "{token}", "none", "{target...}", "192.0.2.99", "{account}", "none", "{key}", "none").Replace(r.Path)
		if r.Role == "" || path == "/api/v1/stream" {
			continue
		}
		if code, body := w.ask("", r.Method, path, ""); code != 401 {
			t.Errorf("%s %s for nobody: %d %s", r.Method, path, code, body)
		}
		if code, _ := w.ask("rids_wrong", r.Method, path, ""); code != 401 {
			t.Errorf("%s %s with a wrong key: %d", r.Method, path, code)
		}
		for _, role := range state.Roles() {
			code, body := w.ask(w.keys[role], r.Method, path, "{")
			if may := role.Includes(r.Role); may == (code == 403) {
				t.Errorf("%s %s for %s: %d %s", r.Method, path, role, code, body)
			}
		}
	}
	for role, want := range map[string]bool{"viewer": true, "": false, "root": false} {
		if state.Role(role).Includes(state.Viewer) != want {
			t.Errorf("role %q", role)
		}
	}
}

// TestPaging walks all alerts of a query by cursors.
func TestPaging(t *testing.T) {
	w := newWorld(t)
	seen, cursor, last := map[string]bool{}, "", "~"
	for {
		var page struct {
			Alerts []struct {
				ID, Agent, Received, Timestamp string
				Ruleids                        struct{ Severity string }
			}
			Next *string
		}
		w.get("/api/v1/alerts?severity=critical&limit=50&cursor="+cursor, &page)
		for _, a := range page.Alerts {
			if seen[a.ID] || a.ID >= last || a.Ruleids.Severity != "critical" || a.Agent == "" || a.Received == "" {
				t.Fatalf("%+v after %s", a, last)
			}
			seen[a.ID], last = true, a.ID
		}
		if page.Next == nil {
			break
		}
		cursor = *page.Next
	}
	var stats store.Stats
	w.get("/api/v1/stats?since=25h&severity=critical", &stats)
	if len(seen) < 50 || stats.Total != len(seen) || stats.Severity["critical"] != len(seen) {
		t.Errorf("%d alerts on pages, %d counted", len(seen), stats.Total)
	}
	code, body := w.ask(w.keys[state.Viewer], "GET", "/api/v1/export?severity=critical&format=json", "")
	if lines := strings.Count(body, "\n"); code != 200 || lines != len(seen) {
		t.Errorf("the export has %d lines of %d", lines, len(seen))
	}
	if _, body := w.ask(w.keys[state.Viewer], "GET", "/api/v1/export?severity=critical&format=csv", ""); strings.Count(body, "\n") != len(seen)+1 {
		t.Errorf("the CSV has %d lines", strings.Count(body, "\n"))
	}
	for _, bad := range []string{"limit=0", "limit=x", "cursor=zz", "severity=huge", "since=whenever", "q=src:nowhere", "q=port:99999", "q=" + strings.Repeat("a%20", 40)} {
		if code, _ := w.ask(w.keys[state.Viewer], "GET", "/api/v1/alerts?"+bad, ""); code != 400 {
			t.Errorf("%s: %d", bad, code)
		}
	}
}

// TestBodies: what is too long, malformed or strange is refused, and nothing else is harmed.
func TestBodies(t *testing.T) {
	w := newWorld(t)
	admin := w.keys[state.Admin]
	for _, path := range []string{"/api/v1/../../etc/passwd", "/api/v1/agents/..%2f..%2fetc%2fpasswd", "/api/v1/%2e%2e/%2e%2e/etc/passwd", "/api/v1/keys/..%2f"} {
		if code, body := w.ask(admin, "GET", path, ""); code/100 == 2 || strings.Contains(body, "root:") {
			t.Errorf("%s: %d %.80s", path, code, body)
		}
	}
	if code, text := w.ask(admin, "POST", "/api/v1/decisions", `{"target":"`+strings.Repeat("1", 2<<20)+`"}`); code != 413 {
		t.Errorf("a body that is too long: %d %s", code, text)
	}
	for body, want := range map[string]int{
		"": 400, "{": 400, "[]": 400, `{"target":1}`: 400, `{"target":"203.0.113.1"} {}`: 400, `{"target":"203.0.113.1","colour":"red"}`: 400,
		`{"target":"0.0.0.0/0"}`: 400, `{"target":"::/0"}`: 400, `{"target":"203.0.113.1","for":"-1h"}`: 400, `{"target":"203.0.113.1","seconds":1e300}`: 400,
		`{"target":"203.0.113.1","kind":"quarantine"}`: 400, `{"target":"203.0.113.1","kind":"release"}`: 400, `{"target":"203.0.113.1","label":"x"}`: 400,
	} {
		if code, text := w.ask(admin, "POST", "/api/v1/decisions", body); code != want {
			t.Errorf("%.60s: %d %s", body, code, text)
		}
	}
	for _, why := range []string{"a body has at most", "there is nothing there", `why="the `} {
		if !strings.Contains(w.said.String(), why) {
			t.Errorf("the log does not say %q:\n%s", why, w.said.String())
		}
	}
	var list struct{ Decisions []any }
	w.get("/api/v1/decisions", &list)
	if len(list.Decisions) != 0 {
		t.Errorf("%v", list.Decisions)
	}
}

// TestIngest: events of others are stored, found, and bounded.
func TestIngest(t *testing.T) {
	w := newWorld(t)
	now := time.Now().UTC().Format("2006-01-02T15:04:05.000000-0700")
	suricata := `{"timestamp":"` + now + `","event_type":"alert","src_ip":"203.0.113.77","src_port":1,"dest_ip":"192.0.2.1","dest_port":22,"proto":"TCP","host":"sensor-9","alert":{"gid":1,"signature_id":2001219,"signature":"ET SCAN SSH","category":"Attempted Information Leak","severity":2}}`
	ours := `{"timestamp":"` + now + `","event_type":"alert","src_ip":"203.0.113.78","src_port":1,"dest_ip":"192.0.2.1","dest_port":22,"proto":"TCP","alert":{"action":"allowed","signature":"` + strings.Repeat("x", 5000) + `","category":"recon","severity":1},"ruleids":{"rule":"own","severity":"critical","key":{},"values":{},"attack":[],"actions":[],"agent":"berlin-edge"}}`
	body := strings.Join([]string{suricata, `{"timestamp":"` + now + `","event_type":"flow"}`, "not json", "", ours, `{"event_type":"alert"}`, `{"event_type":"alert","timestamp":"` + now + `","src_ip":"nowhere","alert":{}}`,
		`{"x":"` + strings.Repeat("y", 300<<10) + `"}`, `{"timestamp":"` + now + `","event_type":"alert","proto":"` + strings.Repeat("[", 1000) + `","alert":{}}`}, "\n")
	code, text := w.ask(w.keys[state.Analyst], "POST", "/api/v1/ingest", body)
	var got api.Ingested
	if err := json.Unmarshal([]byte(text), &got); err != nil || code != 200 {
		t.Fatalf("%d %s", code, text)
	}
	if got.Accepted != 2 || got.Skipped != 1 || got.Cut != 1 || got.Count != 5 || got.Rejected[0].Line != 3 {
		t.Errorf("%+v", got)
	}
	var page struct {
		Alerts []struct {
			Agent   string
			Ruleids struct{ Rule, Severity string }
		}
	}
	w.get("/api/v1/alerts?q=203.0.113.77", &page)
	if len(page.Alerts) != 1 || page.Alerts[0].Agent != "sensor-9" || page.Alerts[0].Ruleids.Rule != "suricata:1:2001219" || page.Alerts[0].Ruleids.Severity != "high" {
		t.Errorf("%+v", page)
	}
	w.get("/api/v1/alerts?q=203.0.113.78", &page)
	if len(page.Alerts) != 1 || page.Alerts[0].Agent != "key-analyst" {
		t.Errorf("in the name of an agent that joined: %+v", page)
	}
	if code, text := w.ask(w.keys[state.Analyst], "POST", "/api/v1/ingest", strings.Repeat(suricata+"\n", 60_000)); code != 413 && code != 429 {
		t.Errorf("too much: %d %.200s", code, text)
	}
}
