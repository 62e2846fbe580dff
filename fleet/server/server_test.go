package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/link"
	"github.com/ruleids/ruleids/fleet/pki"
	"github.com/ruleids/ruleids/fleet/state"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/packet"
)

// A world is a server that can be stopped and started again.
type world struct {
	t        *testing.T
	settings fleet.Server
	nats     fleet.NATS
	store    fleet.Store
	said     bytes.Buffer
	logged   journal
	log      *slog.Logger
	server   *Server
	stop     context.CancelFunc
	ended    chan error
	key      string
}

// A journal is what a log was told, which may be read meanwhile.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

// has reports whether one line has all of some texts.
func (j *journal) has(texts ...string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	for line := range strings.Lines(j.text.String()) {
		if !slices.ContainsFunc(texts, func(t string) bool { return !strings.Contains(line, t) }) {
			return true
		}
	}
	return false
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldWith(t, func(*world) {})
}

// newWorldWith changes the settings first.
func newWorldWith(t *testing.T, change func(*world)) *world {
	t.Helper()
	w := &world{t: t, settings: *setting.New[fleet.Server]()}
	w.log = slog.New(slog.NewTextHandler(&w.logged, nil))
	if os.Getenv("FLEET_LOG") != "" {
		w.log = slog.New(slog.NewTextHandler(io.MultiWriter(&w.logged, os.Stderr), nil))
	}
	w.settings.Data, w.settings.Listen, w.settings.Agents, w.settings.Redirect = t.TempDir(), "127.0.0.1:0", "127.0.0.1:0", ""
	change(w)
	w.start()
	var err error
	if w.key, err = w.server.state.NewKey(t.Context(), "test", state.Admin, "test"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.halt() })
	return w
}

func (w *world) start() {
	w.t.Helper()
	s, err := Open(context.Background(), Options{Settings: w.settings, NATS: w.nats, Store: w.store, Version: "test", Log: w.log, Say: &w.said})
	if err != nil {
		w.t.Fatal(err)
	}
	// The next start is at the same places: agents and callers know them.
	w.settings.Listen = fleet.Listen(s.Page())
	w.settings.Agents = fleet.Listen(fmt.Sprintf("127.0.0.1:%d", s.bus.Port()))
	ctx, stop := context.WithCancel(context.Background())
	w.server, w.stop, w.ended = s, stop, make(chan error, 1)
	go func() { w.ended <- s.Run(ctx) }()
}

func (w *world) halt() {
	w.t.Helper()
	w.stop()
	if err := <-w.ended; err != nil {
		w.t.Error(err)
	}
	w.ended <- nil
}

func (w *world) ask(method, path, body string, into any) int {
	w.t.Helper()
	r, err := http.NewRequest(method, "https://"+w.server.Page()+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+w.key)
	c := &http.Client{Transport: &http.Transport{TLSClientConfig: pki.Pinned(w.server.ca.Pin())}}
	defer c.CloseIdleConnections()
	answer, err := c.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			w.t.Fatalf("%s %s: %v: %s", method, path, err, text)
		}
	}
	return answer.StatusCode
}

// An agent is a link with a daemon that only takes down what it is told.
type agent struct {
	t     *testing.T
	w     *world
	dir   string
	link  *link.Link
	stop  context.CancelFunc
	ended chan struct{}

	mu     sync.Mutex
	blocks map[string]bool
	refuse map[string]string
	set    string
	tried  string
	reload string
	breaks bool // no rule set loads
	n      int
}

func (a *agent) Beat(context.Context) *fleet.Beat {
	a.mu.Lock()
	defer a.mu.Unlock()
	return &fleet.Beat{Version: "test", Healthy: true, Mode: "enforce", Rules: 1, Set: a.set, Reload: a.reload, Trouble: []string{}, Services: []string{}}
}

func (a *agent) Decide(_ context.Context, list []fleet.Decision, all bool) (refused []fleet.Refusal) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if all {
		a.blocks = map[string]bool{}
	}
	for _, d := range list {
		if why := a.refuse[d.Target]; why != "" && !d.Lifted {
			refused = append(refused, fleet.Refusal{Target: d.Target, Why: why})
			continue
		}
		if d.Lifted {
			delete(a.blocks, d.Target)
		} else {
			a.blocks[d.Target] = true
		}
	}
	return refused
}

func (a *agent) Evidence(file string, most int64) ([]byte, error) {
	if file != evidenceFile {
		return nil, errors.New("there is none")
	}
	return bytes.Repeat([]byte("packets "), 100_000), nil
}

func (a *agent) Rules(ctx context.Context, digest string, fetch func(context.Context) ([]byte, error)) bool {
	a.mu.Lock()
	known := digest == a.set || digest == a.tried
	a.tried = digest
	a.mu.Unlock()
	if known {
		return false
	}
	_, err := a.link.Member().TakeRuleSet(ctx, a.dir, digest, fetch)
	a.mu.Lock()
	defer a.mu.Unlock()
	if err == nil && a.breaks {
		err = errors.New("it does not load")
	}
	if a.reload = ""; err != nil {
		a.reload = err.Error()
		return true
	}
	a.set = digest
	return true
}

func (a *agent) blocked(target string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.blocks[target]
}

// join makes an agent of the fleet.
func (w *world) join(name string, labels state.Labels) *agent {
	w.t.Helper()
	token, err := w.server.state.NewToken(w.t.Context(), time.Minute, 1, labels, "test")
	if err != nil {
		w.t.Fatal(err)
	}
	a := &agent{t: w.t, w: w, dir: w.t.TempDir() + "/fleet", blocks: map[string]bool{}, refuse: map[string]string{}}
	if _, err := link.Join(w.t.Context(), link.JoinRequest{Server: w.server.Page(), Token: token, Pin: w.server.ca.Pin(), Name: name, Dir: a.dir, Owner: -1}); err != nil {
		w.t.Fatal(err)
	}
	a.start()
	w.t.Cleanup(func() { a.halt() })
	return a
}

func (a *agent) start() {
	a.t.Helper()
	l, err := link.Open(link.Options{Dir: a.dir, Room: 8 << 20, Log: a.w.log, Host: a})
	if err != nil {
		a.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	a.link, a.stop, a.ended = l, stop, make(chan struct{})
	go func() { l.Run(ctx); close(a.ended) }()
}

func (a *agent) halt() {
	a.stop()
	<-a.ended
	_ = a.link.Close() // twice, at the end of the test
}

// raise has the agent raise alerts, each with a number of its own.
func (a *agent) raise(n int) {
	for range n {
		a.n++
		a.link.Send(&alert.Alert{Time: time.Now().UnixNano(), Rule: "test_rule", Description: fmt.Sprintf("number %d", a.n), Category: "recon", Severity: scale.SeverityHigh, Layers: packet.LayerFrame | packet.LayerIP, IPProto: 6, IPVersion: 4,
			Src: packet.AddrFromNetip(netip.MustParseAddr("203.0.113.7")), Dst: packet.AddrFromNetip(netip.MustParseAddr("192.0.2.1"))})
	}
}

// eventually waits for something, for at most a time.
func eventually(t *testing.T, within time.Duration, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatalf("within %v not: %s", within, what)
}

// count returns how many alerts of an agent the API has, and fails where one is there twice.
func (w *world) count(agent string) int {
	w.t.Helper()
	seen, cursor := map[string]bool{}, ""
	for {
		var page struct {
			Alerts []struct {
				Alert struct{ Signature string }
			}
			Next *string
		}
		w.ask("GET", "/api/v1/alerts?limit=1000&agent="+agent+"&cursor="+cursor, "", &page)
		for _, a := range page.Alerts {
			if seen[a.Alert.Signature] {
				w.t.Fatalf("%q of %s is there twice", a.Alert.Signature, agent)
			}
			seen[a.Alert.Signature] = true
		}
		if page.Next == nil {
			return len(seen)
		}
		cursor = *page.Next
	}
}

// TestForward: alerts reach the API, once each, whatever is stopped and started meanwhile; and decisions reach the agents.
func TestForward(t *testing.T) {
	w := newWorld(t)
	w.settings.AlertLimit = 100000
	w.halt()
	w.start()
	one, two := w.join("berlin", state.Labels{"site": "berlin"}), w.join("osaka", state.Labels{"site": "osaka"})
	eventually(t, 20*time.Second, "both agents are online", func() bool {
		var list struct{ Agents []struct{ Online bool } }
		w.ask("GET", "/api/v1/agents", "", &list)
		return len(list.Agents) == 2 && list.Agents[0].Online && list.Agents[1].Online
	})
	eventually(t, 20*time.Second, "both know the limit", func() bool {
		for _, a := range []*agent{one, two} {
			if _, err := os.Stat(a.dir + "/limit.json"); err != nil {
				return false
			}
		}
		return true
	})
	one.raise(10)
	eventually(t, 10*time.Second, "alerts are in the API", func() bool { return w.count("berlin") == 10 })
	for round := range 6 {
		one.raise(20)
		two.raise(20)
		switch round % 3 {
		case 0:
			w.halt()
			one.raise(5)
			w.start()
		case 1:
			one.halt()
			one.start()
		case 2:
			w.server.cut(two.link.Member().ID)
			two.raise(5)
		}
	}
	eventually(t, 60*time.Second, "all alerts are there", func() bool { return w.count("berlin") == one.n && w.count("osaka") == two.n })
	eventually(t, 10*time.Second, "the queues are empty", func() bool { return one.link.Status().Queue.Alerts == 0 && two.link.Status().Queue.Alerts == 0 })

	// Decisions for all.
	two.mu.Lock()
	two.refuse["198.51.100.9"] = "it is a gateway"
	two.mu.Unlock()
	if code := w.ask("POST", "/api/v1/decisions", `{"target":"203.0.113.7","for":"1h"}`, nil); code != 201 {
		t.Fatal(code)
	}
	eventually(t, 5*time.Second, "both block", func() bool { return one.blocked("203.0.113.7") && two.blocked("203.0.113.7") })
	w.ask("POST", "/api/v1/decisions", `{"target":"198.51.100.9","label":"site=osaka"}`, nil)
	eventually(t, 5*time.Second, "the refusal is told", func() bool {
		var list struct {
			Decisions []struct {
				Target  string
				Refused map[string]string
			}
		}
		w.ask("GET", "/api/v1/decisions", "", &list)
		for _, d := range list.Decisions {
			if d.Target == "198.51.100.9" {
				return d.Refused["osaka"] == "it is a gateway"
			}
		}
		return false
	})
	if one.blocked("198.51.100.9") {
		t.Error("an agent without the label blocks")
	}
	one.halt() // away while it is lifted
	w.ask("DELETE", "/api/v1/decisions/203.0.113.7", "", nil)
	eventually(t, 5*time.Second, "it is released", func() bool { return !two.blocked("203.0.113.7") })
	w.halt()
	w.start()
	one.start()
	eventually(t, 20*time.Second, "it is released where it was away", func() bool { return !one.blocked("203.0.113.7") && one.link.Status().Connected })
}

// TestLimit: what is above the limit comes as counts, and no other agent waits for it.
func TestLimit(t *testing.T) {
	w := newWorld(t)
	noisy, calm := w.join("noisy", nil), w.join("calm", nil)
	eventually(t, 20*time.Second, "both are connected", func() bool { return noisy.link.Status().Connected && calm.link.Status().Connected })
	noisy.raise(2000)
	calm.raise(3)
	eventually(t, 5*time.Second, "the calm one is heard", func() bool { return w.count("calm") == 3 })
	sum := 0
	eventually(t, 30*time.Second, "each alert is there, or counted", func() bool {
		var page struct {
			Alerts []struct {
				Ruleids struct {
					Rule   string
					Values map[string]int
				}
			}
		}
		w.ask("GET", "/api/v1/alerts?limit=1000&agent=noisy", "", &page)
		sum = 0
		for _, a := range page.Alerts {
			if a.Ruleids.Rule == link.SummaryRule {
				sum += a.Ruleids.Values["alerts"]
			} else {
				sum++
			}
		}
		return sum == 2000 && len(page.Alerts) < 120
	})
}

// TestFirstStart: the password of the administrator is said once, and is right.
func TestFirstStart(t *testing.T) {
	w := newWorld(t)
	var password string
	for line := range strings.Lines(w.said.String()) {
		if rest, ok := strings.CutPrefix(line, "password: "); ok {
			password, _, _ = strings.Cut(rest, " ")
		}
	}
	if _, err := w.server.state.Verify(t.Context(), "admin", password); err != nil {
		t.Errorf("%q: %v", password, err)
	}
	w.halt()
	w.said.Reset()
	w.start()
	if strings.Contains(w.said.String(), "password") {
		t.Error("the password is said again")
	}
	if _, err := Open(t.Context(), Options{Settings: w.settings, Log: w.log, Say: io.Discard}); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("two servers in one directory: %v", err)
	}
}

// TestDamagedDay: a server whose file of today's alerts is damaged starts all the same, says what to do, and leaves it as it is; agents keep
// what it cannot store.
func TestDamagedDay(t *testing.T) {
	text := []byte("# the file of another program, which is longer than the header of SQLite's files is: 100 bytes, and more\n")
	var files []string
	w := newWorldWith(t, func(w *world) {
		dir := filepath.Join(w.settings.Data, "alerts")
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, day := range []int{0, 1} { // it may be midnight
			file := filepath.Join(dir, "alerts-"+time.Now().UTC().AddDate(0, 0, day).Format(time.DateOnly)+".db")
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
	})
	if !w.logged.has("alerts from before cannot be read", files[0], "move it away") && !w.logged.has("alerts from before cannot be read", files[1], "move it away") {
		t.Errorf("the log says\n%s", w.logged.text.String())
	}
	a := w.join("pc-1", nil)
	a.raise(3)
	eventually(t, time.Minute, "that nothing can be stored", func() bool { return w.logged.has("alerts cannot be stored; their agents keep them", "move it away") })
	for _, file := range files {
		if is, err := os.ReadFile(file); err != nil || !bytes.Equal(is, text) {
			t.Errorf("it was changed: %v", err)
		}
	}
	for _, file := range files {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, time.Minute, "the alerts of the agent", func() bool { return w.count("pc-1") == 3 })
}
