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
	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
)

// A hungFirewall does not answer until it is released, whatever its context says.
type hungFirewall struct {
	memoryFirewall
	asked, released chan struct{}
}

func (f *hungFirewall) Apply(context.Context, []decision.Change) error {
	f.asked <- struct{}{}
	<-f.released
	return nil
}

// closing is a part that says how much time it was given.
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
	c := setting.New[decision.Config]()
	c.Mode, c.Journal, c.Audit = "enforce", filepath.Join(dir, "decisions.jsonl"), filepath.Join(dir, "audit.jsonl")
	f := &hungFirewall{asked: make(chan struct{}, 1), released: make(chan struct{})}
	store, _, err := decision.Open(t.Context(), c, decision.Options{Firewall: f, Host: quietHost{}})
	must(t, err)
	d := &Daemon{log: slog.New(slog.DiscardHandler)}
	d.decisions = &decisions{d: d, store: store}
	d.decisions.queue = newDecisionQueue(d.decisions.decide, d.log)
	d.decisions.Send(actionOn("198.51.100.7"))
	select {
	case <-f.asked:
	case <-time.After(10 * time.Second):
		t.Fatal("the firewall is not asked")
	}
	t.Cleanup(func() {
		close(f.released)
		_ = d.decisions.queue.close(context.Background())
		must(t, store.Close())
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
	d.parts = []namedPart{{"outputs", out}, {"decisions", d.decisions}}
	d.decisions.temporary = t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- d.close(ctx, ran(nil, nil)) }()
	select {
	case err := <-done:
		if !errors.Is(err, context.DeadlineExceeded) || exists(d.decisions.temporary) || out.left < 100*time.Millisecond {
			t.Errorf("%v, outputs had %v", err, out.left)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it hangs")
	}
}

// TestCloseWaitsForNoRepair ends in time though a program that looks after the firewall hangs.
func TestCloseWaitsForNoRepair(t *testing.T) {
	out := &closing{}
	d := &Daemon{log: slog.New(slog.DiscardHandler), parts: []namedPart{{"decisions", &decisions{}}, {"outputs", out}}}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := d.close(ctx, append([]chan error{make(chan error)}, ran(nil)...)); !errors.Is(err, context.DeadlineExceeded) || out.left == 0 {
		t.Error(err)
	}
}

// ran are the ends of parts that have run.
func ran(errs ...error) (ended []chan error) {
	for _, err := range errs {
		c := make(chan error, 1)
		c <- err
		ended = append(ended, c)
	}
	return ended
}

// TestOfferNeverWaits hands alerts over while nothing is decided any more: the loop goes on, and what finds no room is
// counted.
func TestOfferNeverWaits(t *testing.T) {
	d, _ := hungDaemon(t)
	d.takers = []taker{d.decisions, new(keptAlerts)}
	a := actionOn("198.51.100.8")
	const sent = 3 * queueRoom
	var worst time.Duration
	start := time.Now()
	for range sent {
		began := time.Now()
		d.Send(a)
		worst = max(worst, time.Since(began))
	}
	t.Logf("%d alerts in %v, the slowest %v", sent, time.Since(start), worst)
	if lost := d.decisions.queue.lost.Load(); lost < sent-2*queueRoom || lost > sent-queueRoom {
		t.Errorf("%d of %d were lost", lost, sent)
	}
}

// failing is a part that cannot be opened.
type failing struct{ idle }

func (failing) Open(context.Context) error { return errors.New("it fails") }

// TestOpenLeavesNothing: after an error nothing of the daemon runs on.
func TestOpenLeavesNothing(t *testing.T) {
	r := start(t, "", map[string]string{"a.hcl": portRule("a", "23")})
	must(t, r.stop())
	running := func() int {
		buf := make([]byte, 1<<20)
		return strings.Count(string(buf[:runtime.Stack(buf, true)]), "(*decisionQueue).run")
	}
	waitFor(t, "the end of the daemon", func() bool { return running() == 0 })
	r.Daemon = newDaemon(r.opt)
	r.fake()
	r.parts = append(r.parts, namedPart{"x", failing{}})
	if err := r.open(t.Context()); err == nil || err.Error() != "it fails" {
		t.Fatal(err)
	}
	waitFor(t, "the end of what Open started", func() bool { return running() == 0 })
	if exists(r.socket) {
		t.Error("the control socket is still there")
	}
}
