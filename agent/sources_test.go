package agent

import (
	"archive/tar"
	"bytes"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/ruleids/ruleids/agent/api"
)

// A publisher serves files that tests change, or an error.
type publisher struct {
	mu     sync.Mutex
	files  map[string][]byte
	broken bool
}

func (p *publisher) put(name string, data []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.files[name] = data
}

func (p *publisher) fail(yes bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.broken = yes
}

func (p *publisher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	data, ok := p.files[r.URL.Path]
	if p.broken || !ok {
		http.Error(w, "broken", http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(data)
}

func (p *publisher) rules(t *testing.T, text string) {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	must(t, w.WriteHeader(&tar.Header{Name: "set/port.hcl", Size: int64(len(text)), Mode: 0o644}))
	_, err := w.Write([]byte(text))
	must(t, err)
	must(t, w.Close())
	p.put("/set.tar", b.Bytes())
}

// sourcesOf returns the part that fetches.
func sourcesOf(r *running) *sources {
	i := slices.IndexFunc(r.parts, func(p namedPart) bool { return p.name == "sources" })
	return r.parts[i].Part.(*sources)
}

// look fetches at once what is fetched now and then.
func look(t *testing.T, r *running, list bool) (changed bool, err error) {
	t.Helper()
	for _, p := range sourcesOf(r).all() {
		if (p.feed != nil) == list {
			return sourcesOf(r).fetch(t.Context(), p)
		}
	}
	t.Fatal("it is not fetched")
	return false, nil
}

const listedRule = `list "bad" {
  type    = "ip"
  url     = "SERVER/bad.txt"
  max_age = "2h"
}
rule "listed" {
  description = "A listed address."
  severity    = "low"
  where       = "ip.src in list.bad"
  cooldown    = "0s"
}
`

// TestSources runs a rule set and a list from a server, keeps both while it fails or sends what is no good, and has both after a restart
// without it.
func TestSources(t *testing.T) {
	p := &publisher{files: map[string][]byte{"/bad.txt": []byte("10.0.0.1\n")}}
	p.rules(t, portRule("published", "23"))
	server := httptest.NewServer(p)
	defer server.Close()
	root := t.TempDir()
	settings := "rules {\n  source  = \"" + server.URL + "/set.tar\"\n  fetched = \"" + filepath.ToSlash(root) + "/fetched\"\n}\n"
	files := map[string]string{"list.hcl": strings.ReplaceAll(listedRule, "SERVER", server.URL)}
	r := startIn(t, root, settings, files)
	r.log.wait(t, 0, "msg=fetched", "rule set")
	r.log.wait(t, 0, "msg=fetched", "list", "entries=1")
	at := r.log.now()
	r.log.wait(t, 0, `msg="rules `, `reason="rule set"`)
	r.log.wait(t, 0, `msg="rules `, `reason="list`)
	if n := r.fires(t, 23); n != 2 {
		t.Errorf("%d alerts of the list and the rule set", n)
	}

	p.fail(true)
	for _, list := range []bool{true, false} {
		if changed, err := look(t, r, list); changed || err == nil || !strings.Contains(err.Error(), "500") {
			t.Errorf("%v %v", changed, err)
		}
	}
	r.log.wait(t, at, "fetching failed", "bad.txt", "500")
	s := r.Status(t.Context())
	if len(s.Sources) != 2 || s.Sources[0].Kind != "archive" || s.Sources[0].Files != 1 || s.Sources[1].Name != "bad" || s.Sources[1].Fetches["failed"] != 1 || s.Sources[1].Fetches["changed"] != 1 ||
		!slices.ContainsFunc(s.Trouble, func(x string) bool {
			return strings.Contains(x, `list "bad": fetching fails, the copy from before is used`)
		}) {
		t.Errorf("%+v %v", s.Sources, s.Trouble)
	}
	p.fail(false)

	p.rules(t, "rule \"published\" {\n  severity = \"low\"\n  where = \"tcp.dport == 1\"\n}\n")
	if _, err := look(t, r, false); err == nil || !strings.Contains(err.Error(), "port.hcl:3: Unknown field") {
		t.Errorf("rules with an error: %v", err)
	}
	if n := r.fires(t, 23); n != 2 {
		t.Errorf("%d alerts after all that failed", n)
	}

	at = r.log.now()
	p.put("/bad.txt", []byte("10.0.0.9\n"))
	if changed, err := look(t, r, true); !changed || err != nil {
		t.Errorf("%v %v", changed, err)
	}
	r.log.wait(t, at, "rules loaded")
	if n := r.fires(t, 23); n != 1 {
		t.Errorf("%d alerts after another list", n)
	}
	if got := r.Status(t.Context()); slices.ContainsFunc(got.Sources, func(x api.SourceStatus) bool { return x.Name != "" && x.Error != "" }) {
		t.Errorf("%+v", got.Sources)
	}

	must(t, r.stop())
	server.Close()
	again := startIn(t, root, settings, files)
	if n := again.fires(t, 23); n != 1 {
		t.Errorf("%d alerts after a restart without the server", n)
	}
	for _, x := range again.Status(t.Context()).Sources {
		if !x.Have || x.Old {
			t.Errorf("%+v", x)
		}
	}
}

// TestFirstRuleSet takes the first copy of a rule set over by itself: no path that was known before has changed then.
func TestFirstRuleSet(t *testing.T) {
	p := &publisher{files: map[string][]byte{}}
	p.rules(t, portRule("published", "23"))
	server := httptest.NewServer(p)
	defer server.Close()
	root := t.TempDir()
	r := startIn(t, root, "rules {\n  source  = \""+server.URL+"/set.tar\"\n  fetched = \""+filepath.ToSlash(root)+"/fetched\"\n}\n", map[string]string{"other.hcl": portRule("other", "24")})
	r.log.wait(t, 0, "rules loaded", "added=[published]")
	if n := r.fires(t, 23); n != 1 {
		t.Errorf("%d alerts of the rule set", n)
	}
}
