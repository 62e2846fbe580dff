package reputation

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/internal/setting/settingtest"
)

// testKey is the key of every test.
const testKey = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// A pipe is a network of connections in memory: in a bubble of synctest, who waits for one waits for
// nothing outside of it.
type pipe struct {
	conns chan net.Conn
	over  chan struct{}
	once  sync.Once
}

func newPipe() *pipe { return &pipe{conns: make(chan net.Conn), over: make(chan struct{})} }

func (p *pipe) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.over:
		return nil, net.ErrClosed
	}
}

func (p *pipe) Close() error   { p.once.Do(func() { close(p.over) }); return nil }
func (p *pipe) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }

func (p *pipe) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.conns <- there:
		return here, nil
	case <-p.over:
		return nil, fmt.Errorf("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A world is a server that speaks VirusTotal's API v3, and Sources that ask it, in a bubble of synctest whose
// clock only goes on when everything waits.
type world struct {
	t       *testing.T
	pipe    *pipe
	server  *httptest.Server
	sources *Sources
	vt      *virusTotal
	log     bytes.Buffer // read when everything waits

	mu      sync.Mutex
	asked   []string // paths, in order
	times   []time.Time
	answers map[string]http.HandlerFunc // by path
	other   http.HandlerFunc            // for paths that have none
}

// inWorld runs a test in a bubble. A goroutine that is left behind at its end fails the test.
func inWorld(t *testing.T, change func(*VirusTotalConfig), f func(*world)) {
	t.Helper()
	t.Setenv("VIRUSTOTAL_API_KEY", testKey)
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, dir, change)
		f(w)
		if err := w.sources.Close(context.Background()); err != nil && !strings.Contains(err.Error(), "cache") {
			t.Error(err)
		}
		w.server.Close()
		if strings.Contains(w.log.String(), testKey) {
			t.Errorf("the key is in the log:\n%s", &w.log)
		}
		if s := fmt.Sprintf("%+v %#v", w.sources.Status(), w.vt.key.Load()); strings.Contains(s, testKey) {
			t.Errorf("the key is in the status: %s", s)
		}
	})
}

func newWorld(t *testing.T, dir string, change func(*VirusTotalConfig)) *world {
	t.Helper()
	w := &world{t: t, pipe: newPipe(), answers: map[string]http.HandlerFunc{}, other: notFound}
	w.server = &httptest.Server{Listener: w.pipe, Config: &http.Server{Handler: w}}
	w.server.Start()
	w.open(dir, change)
	return w
}

// open makes the Sources.
func (w *world) open(dir string, change func(*VirusTotalConfig)) {
	w.t.Helper()
	c := setting.New[VirusTotalConfig]()
	c.URL, c.CacheFile = settingtest.Value[setting.URL]("http://127.0.0.1:1/api/v3"), filepath.Join(dir, "cache.jsonl")
	if change != nil {
		change(c)
	}
	var err error
	w.sources, err = New([]Spec{{KindVirusTotal, c}}, Options{Log: slog.New(slog.NewTextHandler(&w.log, nil))})
	if err != nil {
		w.t.Fatal(err)
	}
	w.vt = w.sources.virusTotal
	tr := w.vt.client.http.Transport.(*http.Transport)
	tr.DialContext, tr.Proxy = w.pipe.dial, nil
	synctest.Wait()
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	w.asked, w.times = append(w.asked, r.URL.Path), append(w.times, time.Now())
	h := w.answers[r.URL.Path]
	if h == nil {
		h = w.other
	}
	w.mu.Unlock()
	if r.Method != http.MethodGet || r.Header.Get("x-apikey") == "" || r.URL.RawQuery != "" {
		w.t.Errorf("%s %s with a key of %d characters", r.Method, r.URL, len(r.Header.Get("x-apikey")))
	}
	h(rw, r)
}

// answer sets what the server says to a path below /api/v3/.
func (w *world) answer(path string, h http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if path == "" {
		w.other = h
		return
	}
	w.answers["/api/v3/"+path] = h
}

// tier looks an indicator up once everything waits, and lets the request that this brings go its way.
func (w *world) tier(indicator string) Tier {
	tier := w.sources.Tier(KindVirusTotal, indicator)
	synctest.Wait()
	return tier
}

// after lets time go by.
func (w *world) after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func (w *world) status() Status { return w.sources.Status()[0] }

// when returns the times of all requests.
func (w *world) when() []time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.times)
}

// requests returns the paths that were asked for since the last call, without /api/v3/.
func (w *world) requests() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := strings.ReplaceAll(strings.Join(w.asked, " "), "/api/v3/", "")
	w.asked = nil
	return s
}

// report answers with a report in the shape of
// https://docs.virustotal.com/reference/ip-info and https://docs.virustotal.com/reference/domain-info.
func report(malicious, suspicious, reputation int) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		kind := "ip_address"
		if strings.Contains(r.URL.Path, "/domains/") {
			kind = "domain"
		}
		id := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
		rw.Header().Set("Content-Type", "application/json; charset=utf-8")
		fmt.Fprintf(rw, `{
    "data": {
        "id": %[1]q,
        "type": %[2]q,
        "links": {"self": "https://www.virustotal.com/api/v3/%[2]s/%[1]s"},
        "attributes": {
            "as_owner": "EXAMPLE-AS",
            "asn": 64496,
            "country": "ZZ",
            "last_analysis_date": 1795132800,
            "last_analysis_results": {
                "One": {"method": "blacklist", "engine_name": "One", "category": "malicious", "result": "malware"},
                "Two": {"method": "blacklist", "engine_name": "Two", "category": "undetected", "result": "unrated"}
            },
            "last_analysis_stats": {"malicious": %[3]d, "suspicious": %[4]d, "undetected": 20, "harmless": 60, "timeout": 1},
            "last_modification_date": 1795132900,
            "reputation": %[5]d,
            "tags": [],
            "total_votes": {"harmless": 1, "malicious": 2},
            "whois": "…"
        }
    }
}`, id, kind, malicious, suspicious, reputation)
	}
}

// problem answers with an error in the shape of https://docs.virustotal.com/reference/errors.
func problem(status int, code, message string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		rw.WriteHeader(status)
		fmt.Fprintf(rw, `{"error": {"code": %q, "message": %q}}`, code, message)
	}
}

func notFound(rw http.ResponseWriter, r *http.Request) {
	problem(http.StatusNotFound, "NotFoundError", "not found")(rw, r)
}
