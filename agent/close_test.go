package agent

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/actions/notify"
	"github.com/ruleids/ruleids/actions/telegram"
	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/scale"
)

// A hungFirewall does not answer until it is released, whatever its context says.
type hungFirewall struct {
	decision.Memory
	asked, released chan struct{}
}

func (f *hungFirewall) Apply(context.Context, []decision.Change) error {
	f.asked <- struct{}{}
	<-f.released
	return nil
}

// closing is an Outputs that says how much time it was given.
type closing struct {
	keptAlerts
	left time.Duration
}

func (c *closing) Close(ctx context.Context) error {
	end, _ := ctx.Deadline()
	c.left = time.Until(end)
	return nil
}

// hungDaemon is a daemon whose firewall hangs in the first decision.
func hungDaemon(t *testing.T) (*Daemon, *hungFirewall) {
	t.Helper()
	dir := t.TempDir()
	c := decision.NewConfig()
	c.Mode, c.Journal, c.Audit = "enforce", filepath.Join(dir, "decisions.jsonl"), filepath.Join(dir, "audit.jsonl")
	f := &hungFirewall{asked: make(chan struct{}, 1), released: make(chan struct{})}
	book, _, err := decision.Open(t.Context(), c, decision.Options{Firewall: f, Host: quietHost{}})
	must(t, err)
	log := slog.New(slog.DiscardHandler)
	d := &Daemon{opt: Options{Outputs: new(keptAlerts), Book: book}, log: log, responder: newResponder(book, log)}
	d.responder.offer(actionOn("198.51.100.7"))
	select {
	case <-f.asked:
	case <-time.After(10 * time.Second):
		t.Fatal("the firewall is not asked")
	}
	t.Cleanup(func() {
		close(f.released)
		_ = d.responder.close(context.Background())
		must(t, book.Close())
	})
	return d, f
}

func actionOn(address string) *alert.Alert {
	return &alert.Alert{Rule: "r", Severity: scale.SeverityHigh, Actions: []alert.Action{{Kind: "block", Target: netip.MustParseAddr(address)}}}
}

// TestCloseDoesNotHang ends in time though the firewall hangs, and gives everything else all of that time.
func TestCloseDoesNotHang(t *testing.T) {
	d, _ := hungDaemon(t)
	out := &closing{}
	d.opt.Outputs = out
	ended := false
	d.opt.Ended = func() error { ended = true; return nil }
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- d.close(ctx) }()
	select {
	case err := <-done:
		if !errors.Is(err, context.DeadlineExceeded) || !ended || out.left < 100*time.Millisecond {
			t.Errorf("%v, ended %v, outputs had %v", err, ended, out.left)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it hangs")
	}
}

// TestCloseWaitsForNoRepair ends in time though a program that looks after the firewall hangs.
func TestCloseWaitsForNoRepair(t *testing.T) {
	d := &Daemon{opt: Options{Outputs: new(keptAlerts), Book: new(decision.Book)}, kept: make(chan struct{})}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := d.close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// TestOfferNeverWaits hands alerts over while nothing is decided any more: the loop goes on, and what finds no room is
// counted.
func TestOfferNeverWaits(t *testing.T) {
	d, _ := hungDaemon(t)
	r := &responses{Outputs: d.opt.Outputs, daemon: d}
	a := actionOn("198.51.100.8")
	const sent = 3 * responderRoom
	var worst time.Duration
	start := time.Now()
	for range sent {
		began := time.Now()
		r.Send(a)
		worst = max(worst, time.Since(began))
	}
	t.Logf("%d alerts in %v, the slowest %v", sent, time.Since(start), worst)
	if lost := d.responder.lost.Load(); lost < sent-2*responderRoom || lost > sent-responderRoom {
		t.Errorf("%d of %d were lost", lost, sent)
	}
}

// TestNewLeavesNothing: after an error nothing of the daemon runs on.
func TestNewLeavesNothing(t *testing.T) {
	r := start(t, "", map[string]string{"a.hcl": portRule("a", "23")})
	ns, err := notify.New(nil, notify.Options{})
	must(t, err)
	running := func() int {
		buf := make([]byte, 1<<20)
		return strings.Count(string(buf[:runtime.Stack(buf, true)]), "(*responder).run")
	}
	waitFor(t, "the responder of the daemon that runs", func() bool { return running() > 0 })
	before := running()
	opt := r.opt
	opt.Notifiers = ns
	c := telegram.New()
	c.TokenFile, c.Chats, c.Administrators = filepath.Join(t.TempDir(), "none"), []string{"1"}, []int64{1}
	opt.Telegram = []telegram.Spec{{Name: "ops", Config: c}}
	if d, err := New(opt); err == nil || d != nil {
		t.Fatalf("%v, %v", d, err)
	}
	waitFor(t, "the end of what New started", func() bool { return running() <= before })
}
