package decision

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ruleids/ruleids/internal/host"
	"github.com/ruleids/ruleids/internal/setting"
)

// A fakeClock stands still until a test moves it.
type fakeClock struct {
	mu      sync.Mutex
	now     time.Time
	elapsed time.Duration
}

func newClock() *fakeClock { return &fakeClock{now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)} }

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.elapsed += d
}

// set sets the time of day, as a person does.
func (c *fakeClock) set(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}

func (c *fakeClock) Elapsed() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.elapsed
}

// A fakeHost has the facts that a test gives it.
type fakeHost struct {
	mu      sync.Mutex
	facts   *host.Info
	err     error
	changes chan struct{}
}

func newHost() *fakeHost {
	return &fakeHost{changes: make(chan struct{}, 1), facts: &host.Info{
		Addresses:  addrs("192.0.2.10", "2001:db8::10"),
		Broadcasts: addrs("192.0.2.255"),
		Gateways:   addrs("192.0.2.1", "fe80::1"),
		Resolvers:  addrs("192.0.2.53"),
		SSHPeers:   addrs("203.0.113.5"),
	}}
}

func (h *fakeHost) change(to func(*host.Info), err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := *h.facts
	to(&f)
	h.facts, h.err = &f, err
}

func (h *fakeHost) Info() (*host.Info, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.facts, h.err
}
func (h *fakeHost) Changes() <-chan struct{} { return h.changes }
func (h *fakeHost) Close() error             { return nil }

func addrs(texts ...string) []netip.Addr {
	var out []netip.Addr
	for _, s := range texts {
		out = append(out, netip.MustParseAddr(s))
	}
	return out
}

func target(s string) Target {
	t, err := ParseTarget(s)
	if err != nil {
		panic(err)
	}
	return t
}

// A fixture is a Store with everything around it.
type fixture struct {
	t        testing.TB
	config   *Config
	clock    *fakeClock
	host     *fakeHost
	firewall *Memory
	ops      fileOps
	report   Report
	*Store
}

// newFixture opens a Store in enforce mode, with a journal on disk that is not synced.
func newFixture(t testing.TB, changes ...func(*Config)) *fixture {
	t.Helper()
	dir := t.TempDir()
	c := setting.New[Config]()
	c.Mode, c.Journal, c.Audit = "enforce", filepath.Join(dir, "decisions.jsonl"), filepath.Join(dir, "audit.jsonl")
	for _, change := range changes {
		change(c)
	}
	f := &fixture{t: t, config: c, clock: newClock(), host: newHost(), firewall: new(Memory), ops: quickOps()}
	f.open()
	t.Cleanup(func() { f.Store.Close() })
	return f
}

// quickOps are real but for the syncs, which tests of other things need not wait for.
func quickOps() fileOps {
	ops := realFileOps()
	ops.sync = func(*os.File) error { return nil }
	return ops
}

func (f *fixture) open() {
	f.t.Helper()
	b, r, err := Open(context.Background(), f.config, Options{Firewall: f.firewall, Host: f.host, Now: f.clock.Now, Elapsed: f.clock.Elapsed, ops: f.ops})
	if err != nil {
		f.t.Fatal(err)
	}
	f.Store, f.report = b, r
}

// reopen closes the Store and opens it again, with a firewall that has lost everything.
func (f *fixture) reopen() {
	f.t.Helper()
	if err := f.Close(); err != nil {
		f.t.Fatal(err)
	}
	f.firewall = new(Memory)
	f.open()
}

// do decides and fails where the outcome is another.
func (f *fixture) do(want Outcome, r Request) Verdict {
	f.t.Helper()
	v := f.Decide(context.Background(), r)
	if v.Outcome != want {
		f.t.Fatalf("%s of %s by %s: %s, want %s", r.Kind, r.Target, r.By.Source, v, want)
	}
	return v
}

// Tick does all that is due, as the Store does by itself with a clock that moves.
func (b *Store) Tick(ctx context.Context) error {
	return b.call(ctx, func() { b.tick(ctx) })
}

// wait moves the clock and lets the Store do what is due.
func (f *fixture) wait(d time.Duration) {
	f.t.Helper()
	f.clock.add(d)
	if err := f.Tick(context.Background()); err != nil {
		f.t.Fatal(err)
	}
}

// members are the targets in the firewall's sets, as "kind target".
func (f *fixture) members() []string {
	ms, _ := f.firewall.List(context.Background())
	out := []string{}
	for _, m := range ms {
		out = append(out, string(m.Kind)+" "+m.Target.String())
	}
	return out
}

func (f *fixture) inFirewall(want ...string) {
	f.t.Helper()
	if got := f.members(); !slices.Equal(got, want) {
		f.t.Errorf("the firewall has %q, want %q", got, want)
	}
}

// byRule is what a rule asks for.
func byRule(kind Kind, addr string, length time.Duration) Request {
	return Request{Kind: kind, Target: target(addr), For: length, Reason: "it tried 15 ports", By: Origin{Source: SourceRule, Rule: "port_scan"}}
}

// byPerson is what someone at the command line asks for.
func byPerson(kind Kind, addr string, length time.Duration) Request {
	return Request{Kind: kind, Target: target(addr), For: length, Reason: "asked to", By: Origin{Source: SourcePerson, Who: "root"}}
}
