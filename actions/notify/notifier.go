package notify

import (
	"context"
	"fmt"
	"hash/maphash"
	"log/slog"
	"sync"
	"text/template"
	"time"

	"golang.org/x/time/rate"

	"github.com/ruleids/ruleids/internal/retry"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
)

// A notifier is a transport with what waits for it, its goroutine and its counts.
type notifier struct {
	name, kind  string
	log         *slog.Logger
	config      Config
	common      *Common
	opt         Options
	title, text *template.Template
	mutes       *mutes
	seed        maphash.Seed

	wake chan struct{} // has room for one
	asks chan ask
	done chan struct{} // closed at the end of run

	mu      sync.Mutex // guards what follows
	groups  map[string]*group
	waiting int    // groups with alerts, and the message on its way
	queued  uint64 // alerts in them
	held    int64  // bytes
	closed  bool
	fresh   Transport // to be used from now on
	counts  Status    // those that are not counted elsewhere
	lost    uint64    // alerts given up at the end
	says    []func()  // log lines that run is to write

	trouble  retry.Trouble
	overflow retry.Quiet

	// Of the goroutine of run.
	transport Transport
	rate      *rate.Limiter
	backoff   retry.Backoff
	notBefore time.Time // no try before
	demanded  bool      // the other side asked for that
	hurried   bool      // what was to wait was tried since end was called
}

// An ask is a test message that somebody waits for.
type ask struct {
	ctx   context.Context
	reply chan error // has room for one
}

func newNotifier(s Spec, opt Options, m *mutes) (*notifier, error) {
	c := s.Config.Base()
	if err := setting.Valid(s.Config); err != nil {
		return nil, err
	}
	opt.Log = opt.Log.With("notifier", s.Name)
	n := &notifier{
		name: s.Name, kind: s.Kind, log: opt.Log, config: s.Config, common: c, opt: opt, mutes: m, seed: maphash.MakeSeed(),
		wake: make(chan struct{}, 1), asks: make(chan ask), done: make(chan struct{}), groups: map[string]*group{},
		rate: rate.NewLimiter(rate.Every(time.Minute/time.Duration(c.Rate)), c.Rate), backoff: retry.Backoff{First: firstBackoff, Max: maxBackoff},
	}
	var err error
	if n.title, err = c.Title.or(builtinTitle); err != nil {
		return nil, err
	}
	if n.text, err = c.Template.or(builtinText); err != nil {
		return nil, err
	}
	if n.transport, err = s.Config.Open(opt); err != nil {
		return nil, err
	}
	return n, nil
}

// reload opens the transport again, for run to use.
func (n *notifier) reload() error {
	t, err := n.config.Open(n.opt)
	if err != nil {
		n.mu.Lock()
		n.note(err)
		n.poke()
		n.mu.Unlock()
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return t.Close()
	}
	old := n.fresh
	n.fresh = t
	n.poke()
	if old != nil {
		return old.Close() // never used
	}
	return nil
}

// poke wakes run.
func (n *notifier) poke() {
	select {
	case n.wake <- struct{}{}:
	default: // it is on its way already
	}
}

// run sends what waits until end was called and nothing does any more, or ctx is done.
func (n *notifier) run(ctx context.Context) {
	defer close(n.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		n.renew()
		n.speak()
		g, wait, over := n.next(time.Now())
		if ctx.Err() != nil || over {
			n.abandon()
			if g != nil {
				n.leave(g)
			}
			n.renew()
			n.speak()
			if err := n.transport.Close(); err != nil {
				n.log.Warn("notifier could not be closed cleanly", "kind", n.kind, "error", err)
			}
			return
		}
		if g != nil {
			n.deliver(ctx, g)
			select { // messages that do not end must not keep a test waiting
			case a := <-n.asks:
				a.reply <- n.try(ctx, a.ctx, n.testMessage())
			default:
			}
			continue
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-n.wake:
		case a := <-n.asks:
			a.reply <- n.try(ctx, a.ctx, n.testMessage())
		case <-ctx.Done():
		}
	}
}

// renew takes the transport that reload opened.
func (n *notifier) renew() {
	n.mu.Lock()
	t := n.fresh
	n.fresh = nil
	n.mu.Unlock()
	if t == nil {
		return
	}
	if err := n.transport.Close(); err != nil {
		n.log.Warn("notifier could not be closed cleanly", "kind", n.kind, "error", err)
	}
	n.transport, n.notBefore = t, time.Time{}
	n.backoff.Reset()
}

func (n *notifier) test(ctx context.Context) error {
	a := ask{ctx: ctx, reply: make(chan error, 1)}
	select {
	case n.asks <- a:
	case <-n.done:
		return fmt.Errorf("notifier %q is closed", n.name)
	case <-ctx.Done():
		return fmt.Errorf("notifier %q is busy: %w", n.name, ctx.Err())
	}
	select {
	case err := <-a.reply:
		if err != nil {
			return fmt.Errorf("notifier %q: %w", n.name, err)
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("notifier %q: %w", n.name, ctx.Err())
	}
}

func (n *notifier) testMessage() *Message {
	now := time.Now().UTC()
	return &Message{
		Notifier: n.name, Agent: n.opt.Agent, Severity: scale.SeverityLow, First: now, Last: now,
		Title: oneLine("Test message of ruleids on "+n.opt.Agent, maxTitle),
		Text:  lines(fmt.Sprintf("The notifier %q works. Nothing happened.", n.name), maxText),
	}
}

// end takes no more alerts; what waits is sent at once.
func (n *notifier) end() {
	n.mu.Lock()
	n.closed = true
	n.mu.Unlock()
	n.poke()
}

// say has run write a line to the log: with mu held, a log that blocks would block Send. mu is held.
func (n *notifier) say(level slog.Level, text string, args ...any) {
	n.says = append(n.says, func() { n.log.Log(context.Background(), level, text, args...) })
}

// speak writes what is to be logged.
func (n *notifier) speak() {
	n.mu.Lock()
	says := n.says
	n.says = nil
	n.mu.Unlock()
	for _, say := range says {
		say()
	}
}

// note keeps an error, and logs it where it is time for that. mu is held, as for failed and recovered.
func (n *notifier) note(err error) {
	if n.trouble.Noted(err, time.Now()) {
		n.say(slog.LevelWarn, "notifier has trouble", "kind", n.kind, "error", err, "waiting", n.waiting, "lost", n.counts.Lost)
	}
}

func (n *notifier) failed(err error, now time.Time) {
	if n.trouble.Failed(err, now) {
		n.say(slog.LevelWarn, "notifier fails; its messages wait", "kind", n.kind, "error", err, "waiting", n.waiting, "lost", n.counts.Lost)
	}
}

func (n *notifier) recovered(now time.Time) {
	n.backoff.Reset()
	n.notBefore = time.Time{}
	if after, log := n.trouble.Works(now); log {
		n.say(slog.LevelInfo, "notifier works again", "kind", n.kind, "after", after.Round(time.Millisecond), "lost", n.counts.Lost)
	}
}

// verdict returns the error of Close for this notifier.
func (n *notifier) verdict() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	lost := n.lost + n.queued // what still hangs in a transport
	if lost == 0 {
		return nil
	}
	what := fmt.Errorf("notifier %q (%s): %d alerts could not be sent in time", n.name, n.kind, lost)
	if last := n.trouble.State().Last; last != nil {
		return fmt.Errorf("%w: %w", what, last)
	}
	return what
}
