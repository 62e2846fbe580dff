package server

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/bundle"
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
	said     bytes.Buffer
	log      *slog.Logger
	server   *Server
	stop     context.CancelFunc
	ended    chan error
	key      string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, settings: *setting.New[fleet.Server](), log: slog.New(slog.DiscardHandler)}
	if os.Getenv("FLEET_LOG") != "" {
		w.log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	w.settings.Data, w.settings.Listen, w.settings.Agents, w.settings.Redirect = t.TempDir(), "127.0.0.1:0", "127.0.0.1:0", ""
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
	s, err := Open(context.Background(), Options{Settings: w.settings, Version: "test", Log: w.log, Say: &w.said})
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

// TestOutsiders: whoever is no member, or is one no more, does not come in; nor does a member do what it may not.
func TestOutsiders(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	join := func(token, pin, name string) error {
		_, err := link.Join(ctx, link.JoinRequest{Server: w.server.Page(), Token: token, Pin: pin, Name: name, Dir: t.TempDir() + "/fleet", Owner: -1})
		return err
	}
	pin := w.server.ca.Pin()
	token, err := w.server.state.NewToken(ctx, time.Minute, 1, nil, "test")
	if err != nil {
		t.Fatal(err)
	}
	other, err := pki.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := join(token, other.Pin(), "fake"); err == nil || !strings.Contains(err.Error(), "another key") {
		t.Errorf("a server of another CA: %v", err)
	}
	if err := join(token, pin, "first"); err != nil {
		t.Errorf("the token was used up by one who did not trust the server: %v", err)
	}
	for name, bad := range map[string]string{"replayed": token, "wrong": token[:20] + "x", "empty": "x", "none": "a.b"} {
		if err := join(bad, pin, name); err == nil || !strings.Contains(err.Error(), "not valid") {
			t.Errorf("a %s token: %v", name, err)
		}
	}
	short, err := w.server.state.NewToken(ctx, time.Millisecond, 1, nil, "test")
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Millisecond)
	if err := join(short, pin, "late"); err == nil {
		t.Error("an expired token is taken")
	}
	again, err := w.server.state.NewToken(ctx, time.Minute, 5, nil, "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := join(again, pin, "first"); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a name that is taken: %v", err)
	}
	if err := join(again, pin, "../../etc"); err == nil {
		t.Error("a name that is a path is taken")
	}

	a, b := w.join("stolen", nil), w.join("good", nil)
	eventually(t, 20*time.Second, "both are connected", func() bool { return a.link.Status().Connected && b.link.Status().Connected })
	mustFail := func(what string, pair *tls.Certificate, ca *pki.CA) {
		t.Helper()
		err := link.Probe(fmt.Sprintf("127.0.0.1:%d", w.server.bus.Port()), pair, ca)
		if err == nil {
			t.Errorf("%s comes in", what)
		}
	}
	mustFail("nobody", nil, w.server.ca)
	key, _ := pki.NewKey()
	csr, _ := pki.Request(key)
	foreign, _, err := other.SignAgent(csr, a.link.Member().ID)
	if err != nil {
		t.Fatal(err)
	}
	mustFail("a certificate of another CA", &tls.Certificate{Certificate: [][]byte{foreign}, PrivateKey: key}, w.server.ca)
	unknown, _, err := w.server.ca.SignAgent(csr, "0123456789abcdef")
	if err != nil {
		t.Fatal(err)
	}
	mustFail("an identity that never joined", &tls.Certificate{Certificate: [][]byte{unknown}, PrivateKey: key}, w.server.ca)
	own, err := w.server.ca.Server([]string{"localhost"})
	if err != nil {
		t.Fatal(err)
	}
	mustFail("the server's own certificate", own, w.server.ca)
	// An agent that comes to a server of another CA goes away, whatever that would let in.
	genuine, _, err := w.server.ca.SignAgent(csr, b.link.Member().ID)
	if err != nil {
		t.Fatal(err)
	}
	pair := &tls.Certificate{Certificate: [][]byte{genuine}, PrivateKey: key}
	at := fmt.Sprintf("127.0.0.1:%d", w.server.bus.Port())
	if err := link.Probe(at, pair, w.server.ca); err != nil {
		t.Errorf("a member does not come in: %v", err)
	}
	if err := link.Probe(at, pair, other); err == nil {
		t.Error("an agent trusts a server of another CA")
	}

	for subject, may := range map[string]bool{
		fleet.SubjectBeat + b.link.Member().ID: true, fleet.SubjectAlerts + a.link.Member().ID: false, fleet.SubjectBeat + a.link.Member().ID: false, fleet.SubjectTellAll: false,
		fleet.SubjectTell + a.link.Member().ID: false, "$SYS.REQ.SERVER.PING": false, fleet.InboxOf(a.link.Member().ID) + ".x": false,
	} {
		if err := link.Publish(b.dir, subject, []byte("{}")); (err == nil) != may {
			t.Errorf("%s: %v", subject, err)
		}
	}
	for _, subject := range []string{">", "alerts.>", "beat.*", fleet.SubjectTell + a.link.Member().ID, fleet.InboxOf(a.link.Member().ID) + ".>", "$SYS.>"} {
		if err := link.Listen(b.dir, subject); err == nil {
			t.Errorf("a member listens at %s", subject)
		}
	}
	if err := link.Publish(b.dir, fleet.SubjectAlerts+b.link.Member().ID, bytes.Repeat([]byte("x"), fleet.MaxMessage+1)); err == nil {
		t.Error("a message that is too long is taken")
	}
	for _, junk := range []string{"", "{", "[]", `{"boot":1,"alerts":[{"seq":1,"alert":{"x":1}}]}`, strings.Repeat("[", 100000)} {
		_ = link.Publish(b.dir, fleet.SubjectAlerts+b.link.Member().ID, []byte(junk))
		_ = link.Publish(b.dir, fleet.SubjectBeat+b.link.Member().ID, []byte(junk))
	}

	// Revoked, it is cut off at once, and stays out after a restart.
	if code := w.ask("DELETE", "/api/v1/agents/stolen", "", nil); code != 200 {
		t.Fatal(code)
	}
	eventually(t, 3*time.Second, "it is cut off", func() bool { return !a.link.Status().Connected })
	w.halt()
	w.start()
	eventually(t, 20*time.Second, "the good one is back", func() bool { return b.link.Status().Connected })
	time.Sleep(500 * time.Millisecond)
	if a.link.Status().Connected {
		t.Error("a revoked agent is back after a restart")
	}
	b.raise(1)
	eventually(t, 10*time.Second, "the good one is unharmed", func() bool { return w.count("good") == 1 })
	if err := join(again, pin, "stolen"); err != nil {
		t.Errorf("the name of a revoked agent is free: %v", err)
	}
	if !errors.Is(func() error { _, err := link.Read(t.TempDir()); return err }(), link.ErrNone) {
		t.Error("a directory without a membership")
	}
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

// TestCorrelation: what several agents saw makes one alert of the server, once, a restart in the middle or not.
func TestCorrelation(t *testing.T) {
	w := newWorld(t)
	agents := []*agent{w.join("a", nil), w.join("b", nil), w.join("c", nil)}
	raise := func(a *agent) {
		a.link.Send(&alert.Alert{Time: time.Now().UnixNano(), Rule: "port_scan", Category: "recon", Severity: scale.SeverityHigh, Layers: packet.LayerFrame | packet.LayerIP, IPProto: 6, IPVersion: 4,
			Src: packet.AddrFromNetip(netip.MustParseAddr("203.0.113.7")), Dst: packet.AddrFromNetip(netip.MustParseAddr("192.0.2.1"))})
	}
	count := func(rule string) int {
		var page struct{ Alerts []any }
		w.ask("GET", "/api/v1/alerts?rule="+rule, "", &page)
		return len(page.Alerts)
	}
	raise(agents[0])
	raise(agents[1])
	eventually(t, 20*time.Second, "two are stored", func() bool { return count("port_scan") == 2 })
	if count("fleet_scan") != 0 {
		t.Error("two agents are no fleet")
	}
	w.halt()
	w.start()
	raise(agents[2])
	eventually(t, 20*time.Second, "the fleet is scanned", func() bool { return count("fleet_scan") == 1 })
	w.halt()
	w.start()
	time.Sleep(200 * time.Millisecond)
	if n := count("fleet_scan"); n != 1 {
		t.Errorf("after a restart it is there %d times", n)
	}
}

// TestShare: a rule's block with share is carried out by all, and without it by none.
func TestShare(t *testing.T) {
	w := newWorld(t)
	one, two := w.join("one", nil), w.join("two", nil)
	eventually(t, 20*time.Second, "both are connected", func() bool { return one.link.Status().Connected && two.link.Status().Connected })
	target := netip.MustParseAddr("203.0.113.66")
	block := func(share bool) {
		one.link.Send(&alert.Alert{Time: time.Now().UnixNano(), Rule: "own", Category: "policy", Severity: scale.SeverityHigh, Layers: packet.LayerFrame, Actions: []alert.Action{{Kind: "block", Target: target, Seconds: 3600, Share: share}}})
	}
	block(false)
	eventually(t, 10*time.Second, "it is stored", func() bool { return w.server.store.Status().Stored == 1 })
	if two.blocked(target.String()) {
		t.Error("it is carried out without share")
	}
	block(true)
	eventually(t, 5*time.Second, "both block", func() bool { return one.blocked(target.String()) && two.blocked(target.String()) })
}

// push gives a rule set to agents, signed with a key.
func (w *world) push(private, rule, more string) (int, string) {
	w.t.Helper()
	key, err := bundle.ParsePrivate(private)
	if err != nil {
		w.t.Fatal(err)
	}
	data, err := (&bundle.Set{Created: time.Now(), Files: []bundle.File{{Name: "own.hcl", Text: rule}}}).Sign(key)
	if err != nil {
		w.t.Fatal(err)
	}
	var answer struct{ Digest, Error string }
	code := w.ask("POST", "/api/v1/rulesets", `{"bundle":"`+base64.StdEncoding.EncodeToString(data)+`"`+more+`}`, &answer)
	return code, answer.Digest + answer.Error
}

// TestRollout: a rule set comes to a few agents, then to all; one that does harm is taken back, and one of a stranger never
// leaves.
func TestRollout(t *testing.T) {
	w := newWorld(t)
	private, public, err := bundle.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	const rule = "rule \"own\" {\n  description = \"x\"\n  severity    = \"low\"\n  where       = \"tcp.dstport == 7\"\n}\n"
	if code, text := w.push(private, rule, ""); code != 409 {
		t.Errorf("without an operator's key: %d %s", code, text)
	}
	if code := w.ask("PUT", "/api/v1/operator-key", `{"key":"`+public+`"}`, nil); code != 200 {
		t.Fatal(code)
	}
	w.server.opt.Settings.AlertLimit = 10000
	var agents []*agent
	for i := range 4 {
		agents = append(agents, w.join(fmt.Sprintf("agent-%d", i), nil))
	}
	online := func() bool {
		n := 0
		for _, a := range w.server.roster.List(false) {
			if a.Online {
				n++
			}
		}
		return n == len(agents)
	}
	eventually(t, 20*time.Second, "all are online", online)
	runs := func(digest string) int {
		n := 0
		for _, a := range agents {
			a.mu.Lock()
			if a.set == digest {
				n++
			}
			a.mu.Unlock()
		}
		return n
	}
	state := func(digest string) string {
		for _, x := range w.server.rollout.List() {
			if x.Digest == digest {
				return x.State + " " + x.Reason
			}
		}
		return ""
	}
	stranger, _, _ := bundle.NewKey()
	if code, text := w.push(stranger, rule, ""); code != 403 {
		t.Errorf("of a stranger: %d %s", code, text)
	}
	if code, text := w.push(private, "rule {", ""); code != 400 || !strings.Contains(text, "does not load") {
		t.Errorf("that does not load: %d %s", code, text)
	}
	// A server that was taken over has another key, but the agents do not.
	if err := w.server.state.SetNote(t.Context(), "operator_key", []byte(func() string { k, _ := bundle.ParsePrivate(stranger); return bundle.Public(k) }())); err != nil {
		t.Fatal(err)
	}
	code, evil := w.push(stranger, rule, `,"canary":1,"for":"1h"`)
	if code != 201 {
		t.Fatalf("%d %s", code, evil)
	}
	eventually(t, 20*time.Second, "it is taken back", func() bool {
		return strings.Contains(state(evil), "held") && strings.Contains(state(evil), "operator's key")
	})
	if n := runs(evil); n != 0 {
		t.Errorf("%d agents run a rule set of a stranger", n)
	}
	if err := w.server.state.SetNote(t.Context(), "operator_key", []byte(public)); err != nil {
		t.Fatal(err)
	}

	code, good := w.push(private, rule, `,"canary":0.25,"for":"3s"`)
	if code != 201 {
		t.Fatalf("%d %s", code, good)
	}
	eventually(t, 10*time.Second, "one runs it", func() bool { return runs(good) == 1 })
	eventually(t, 30*time.Second, "all run it", func() bool { return runs(good) == 4 && strings.HasPrefix(state(good), "all") })

	// The next one floods its canary with alerts.
	code, noisy := w.push(private, rule+"# noisy\n", `,"canary":0.25,"for":"1h"`)
	if code != 201 {
		t.Fatalf("%d %s", code, noisy)
	}
	eventually(t, 10*time.Second, "one runs it", func() bool { return runs(noisy) == 1 })
	for _, a := range agents {
		a.mu.Lock()
		is := a.set == noisy
		a.mu.Unlock()
		if is {
			a.raise(40)
		}
	}
	eventually(t, 60*time.Second, "it is taken back", func() bool { return strings.Contains(state(noisy), "held") && strings.Contains(state(noisy), "raised") })
	eventually(t, 10*time.Second, "all run the one before", func() bool { return runs(good) == 4 })

	// One that does not load at its canary.
	for _, a := range agents {
		a.mu.Lock()
		a.breaks = true
		a.mu.Unlock()
	}
	code, broken := w.push(private, rule+"# broken\n", `,"canary":0.25,"for":"1h"`)
	if code != 201 {
		t.Fatalf("%d %s", code, broken)
	}
	eventually(t, 20*time.Second, "it is taken back", func() bool {
		return strings.Contains(state(broken), "held") && strings.Contains(state(broken), "refused it")
	})
	for _, a := range agents {
		a.mu.Lock()
		a.breaks = false
		a.mu.Unlock()
	}
	// A person takes the good one back: agents run their own rules.
	if code := w.ask("POST", "/api/v1/rulesets/rollback", `{"reason":"test"}`, nil); code != 200 {
		t.Errorf("rollback: %d", code)
	}
	eventually(t, 20*time.Second, "none runs it", func() bool { return runs("") == 4 })
}
