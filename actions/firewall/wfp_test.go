package firewall

import (
	"errors"
	"log/slog"
	"maps"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/internal/host"
	"github.com/ruleids/ruleids/internal/setting"
)

// fakeEngine keeps filters by what a real one keeps them by, through encode. They outlive a backend.
type fakeEngine struct {
	filters   map[string][]byte
	installed bool
	fail      error
	closed    bool
}

func (e *fakeEngine) key(f memberFilter) string {
	return f.set.name() + " " + f.prefix.String() + " " + f.hook
}

func (e *fakeEngine) install() (bool, error) {
	missing := !e.installed
	e.installed = true
	return missing, e.fail
}

func (e *fakeEngine) add(f memberFilter) error {
	if e.fail == nil {
		e.filters[e.key(f)] = f.encode()
	}
	return e.fail
}

func (e *fakeEngine) remove(f memberFilter) error {
	delete(e.filters, e.key(f))
	return e.fail
}

func (e *fakeEngine) list() (out []memberFilter, installed bool, err error) {
	for _, b := range e.filters {
		f, ok := decodeFilter(b)
		if !ok {
			return nil, false, errors.New("not decoded")
		}
		out = append(out, f)
	}
	return out, e.installed, e.fail
}

func (e *fakeEngine) uninstall() error {
	e.filters, e.installed = map[string][]byte{}, false
	return e.fail
}

func (e *fakeEngine) close() error { e.closed = true; return nil }

func (e *fakeEngine) has() string { return strings.Join(slices.Sorted(maps.Keys(e.filters)), ", ") }

func newTestWfp(e *fakeEngine) *wfp {
	return newWfp(setting.New[Config](), e, slog.New(slog.DiscardHandler))
}

func change(target string, kind decision.Kind, until time.Time) decision.Change {
	return decision.Change{Member: decision.Member{Target: decision.TargetOfPrefix(netip.MustParsePrefix(target)), Kind: kind, Until: until}}
}

// TestWfp adds members, has one end by itself, finds the others again after the process was killed, and takes those that have
// an end out when it stops.
func TestWfp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &fakeEngine{filters: map[string][]byte{}}
		w := newTestWfp(e)
		now := time.Now()
		err := w.Apply(t.Context(), []decision.Change{
			change("198.51.100.7/32", decision.Quarantine, now.Add(3*time.Second)),
			change("2001:db8::/32", decision.Quarantine, now.Add(time.Hour)),
			change("203.0.113.0/24", decision.Block, time.Time{}),
		})
		if err != nil {
			t.Fatal(err)
		}
		const later = "block4 203.0.113.0/24 FORWARD, block4 203.0.113.0/24 INPUT, quarantine6 2001:db8::/32 FORWARD, quarantine6 2001:db8::/32 INPUT"
		if want := later + ", quarantine4 198.51.100.7/32 FORWARD, quarantine4 198.51.100.7/32 INPUT"; len(e.filters) != 6 {
			t.Errorf("has %s, want %s", e.has(), want)
		}
		time.Sleep(5 * time.Second)
		if e.has() != later {
			t.Errorf("has %s, want %s", e.has(), later)
		}
		next := newTestWfp(e) // as after a kill
		members, err := next.List(t.Context())
		if err != nil || len(members) != 2 {
			t.Errorf("%v, %v", members, err)
		}
		if missing, err := next.repair(t.Context()); len(missing) > 0 || err != nil {
			t.Errorf("missing %v, %v", missing, err)
		}
		delete(e.filters, "quarantine6 2001:db8::/32 INPUT")
		if missing, _ := next.repair(t.Context()); len(missing) != 1 || !strings.Contains(missing[0], "1 of 1 members of the set quarantine6") {
			t.Errorf("missing %v", missing)
		}
		if err := next.Close(); err != nil || !e.closed {
			t.Error(err)
		}
		if want := "block4 203.0.113.0/24 FORWARD, block4 203.0.113.0/24 INPUT"; e.has() != want {
			t.Errorf("after the stop it has %s, want %s", e.has(), want)
		}
		w.Close()
		if err := newTestWfp(e).flush(t.Context()); err != nil || e.has() != "" || e.installed {
			t.Errorf("has %s after flush, %v", e.has(), err)
		}
	})
}

// TestWfpJournal: Windows forgets filters when it starts again, and the daemon puts back what its journal has; removing the service
// leaves nothing.
func TestWfpJournal(t *testing.T) {
	e := &fakeEngine{filters: map[string][]byte{}}
	c := setting.New[decision.Config]()
	c.Mode, c.Journal, c.Audit = "enforce", filepath.Join(t.TempDir(), "decisions.jsonl"), ""
	start := func() *decision.Store {
		t.Helper()
		b, _, err := decision.Open(t.Context(), c, decision.Options{Firewall: newTestWfp(e), Host: quietHost{}})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	b := start()
	for target, kind := range map[string]decision.Kind{"203.0.113.9/32": decision.Block, "2001:db8::9/128": decision.Quarantine} {
		r := decision.Request{Kind: kind, Target: decision.TargetOfPrefix(netip.MustParsePrefix(target)), By: decision.Origin{Source: decision.SourcePerson}}
		if kind == decision.Quarantine {
			r.For = time.Hour
		}
		if v := b.Decide(t.Context(), r); v.Outcome != decision.Decided {
			t.Fatal(v)
		}
	}
	const all = "block4 203.0.113.9/32 FORWARD, block4 203.0.113.9/32 INPUT, quarantine6 2001:db8::9/128 FORWARD, quarantine6 2001:db8::9/128 INPUT"
	if e.has() != all {
		t.Fatalf("has %s, want %s", e.has(), all)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	e.filters, e.installed = map[string][]byte{}, false // the host starts again
	b = start()
	if e.has() != all || !e.installed {
		t.Errorf("after a start it has %s, want %s", e.has(), all)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	f := &Firewall{backend: newTestWfp(e)}
	if err := f.Flush(t.Context()); err != nil || e.has() != "" || e.installed {
		t.Errorf("removed, it has %s, %v", e.has(), err)
	}
}

// quietHost protects nothing.
type quietHost struct{}

func (quietHost) Info() (*host.Info, error) { return &host.Info{}, nil }
func (quietHost) Changes() <-chan struct{}  { return nil }
func (quietHost) Close() error              { return nil }

// TestWfpBounds: a set that is full takes no more, and says which changes were not made.
func TestWfpBounds(t *testing.T) {
	e := &fakeEngine{filters: map[string][]byte{}}
	c := setting.New[Config]()
	c.SetSize = 1
	w := newWfp(c, e, slog.New(slog.DiscardHandler))
	defer w.Close()
	one, two := change("192.0.2.1/32", decision.Block, time.Time{}), change("192.0.2.2/32", decision.Block, time.Time{})
	var partial *decision.PartialError
	if err := w.Apply(t.Context(), []decision.Change{one, two}); !errors.As(err, &partial) || len(partial.Changes) != 1 || !strings.Contains(err.Error(), "set_size") {
		t.Errorf("%v", err)
	}
	one.Remove = true
	if err := w.Apply(t.Context(), []decision.Change{one, two}); err != nil || !strings.HasPrefix(e.has(), "block4 192.0.2.2/32") {
		t.Errorf("%v: %s", err, e.has())
	}
}

// TestDecodeFilter refuses what is no member of this version.
func TestDecodeFilter(t *testing.T) {
	good := memberFilter{1, netip.MustParsePrefix("2001:db8::/32"), 7, "INPUT"}.encode()
	if f, ok := decodeFilter(good); !ok || f.until != 7 || f.prefix.String() != "2001:db8::/32" || f.hook != "INPUT" {
		t.Errorf("%+v %v", f, ok)
	}
	for i, change := range []func([]byte) []byte{
		func(b []byte) []byte { return b[:11] }, func(b []byte) []byte { b[0]++; return b }, func(b []byte) []byte { b[1] = setCount; return b },
		func(b []byte) []byte { b[2] = 9; return b }, func(b []byte) []byte { b[3] = 129; return b }, func(b []byte) []byte { return b[:16] },
	} {
		if f, ok := decodeFilter(change(slices.Clone(good))); ok {
			t.Errorf("%d: %+v", i, f)
		}
	}
}
