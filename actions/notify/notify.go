package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ruleids/ruleids/alert"
)

// A Spec is a notifier that is wanted: a block `notifier "kind" "name"`.
type Spec struct {
	Kind   string // in logs and Status
	Name   string // unique; what a rule's `to` names
	Config Config
}

// Options are what notifiers need of the program. The zero value is good.
type Options struct {
	Log   *slog.Logger // of trouble, and its end; nil for slog.Default. A Config.Open gets one that names its notifier
	Agent string       // name of the sensor in messages; "" for that of the host

	// connect carries HTTP requests; nil for the network.
	connect http.RoundTripper
}

// Notifiers tell of alerts. Its methods may be called by any number of goroutines at once.
type Notifiers struct {
	list   []*notifier
	byName map[string]*notifier
	mutes  mutes
	stray  atomic.Uint64
	cancel context.CancelFunc

	closing sync.Once
	err     error // of Close
}

// New opens the notifiers and starts them. No notifiers are fine. It reads their secrets, and contacts no server.
//
// An error is about settings or about what needs a human: a secret that cannot be read, a certificate that is
// none. All such errors are returned at once, and nothing is left open.
func New(specs []Spec, opt Options) (*Notifiers, error) {
	opt.Log = cmp.Or(opt.Log, slog.Default())
	if opt.Agent == "" {
		opt.Agent, _ = os.Hostname() // without a name the messages go without
	}
	ctx, cancel := context.WithCancel(context.Background())
	ns := &Notifiers{byName: map[string]*notifier{}, cancel: cancel}
	var errs []error
	for _, s := range specs {
		var n *notifier
		err := error(nil)
		if ns.byName[s.Name] != nil {
			err = errors.New("there is another notifier of this name; names are unique")
		} else {
			n, err = newNotifier(s, opt, &ns.mutes)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("notifier %q: %w", s.Name, err))
			continue
		}
		ns.list = append(ns.list, n)
		ns.byName[s.Name] = n
	}
	if len(errs) > 0 {
		cancel()
		for _, n := range ns.list {
			_ = n.transport.Close() // nothing was sent
		}
		return nil, errors.Join(errs...)
	}
	for _, n := range ns.list {
		go n.run(ctx)
	}
	return ns, nil
}

// Send hands an alert to the notifiers that its notify actions name, and never waits for them. What they cannot
// take is dropped and counted. An alert of a rule in shadow mode is counted and not told: the rule's author asked
// to see in the alerts what would have been done. The alert must not be changed any more.
func (ns *Notifiers) Send(a *alert.Alert) {
	// Most alerts name one or two notifiers.
	var room [4]delivery
	to := room[:0]
	for i := range a.Actions {
		act := &a.Actions[i]
		if act.Kind != "notify" {
			continue
		}
		for _, name := range act.To {
			n := ns.byName[name]
			if n == nil {
				ns.stray.Add(1)
				continue
			}
			at := slices.IndexFunc(to, func(d delivery) bool { return d.n == n })
			if at < 0 {
				to = append(to, delivery{n: n, text: act.Message})
				continue
			}
			// A rule with two notify blocks for one notifier makes one alert there.
			if d := &to[at]; act.Message != "" && !slices.Contains(strings.Split(d.text, "\n"), act.Message) {
				d.text = strings.TrimPrefix(d.text+"\n"+act.Message, "\n")
			}
		}
	}
	if len(to) == 0 {
		return
	}
	now := time.Now()
	muted := !a.Shadow && ns.mutes.has(a.Rule, now)
	for _, d := range to {
		d.n.offer(a, d.text, muted, now)
	}
}

// A delivery is an alert's text for one notifier.
type delivery struct {
	n    *notifier
	text string
}

// Has reports whether there is a notifier of a name.
func (ns *Notifiers) Has(name string) bool { return ns.byName[name] != nil }

// Names returns the names of all notifiers, sorted.
func (ns *Notifiers) Names() []string {
	out := make([]string, 0, len(ns.list))
	for _, n := range ns.list {
		out = append(out, n.name)
	}
	slices.Sort(out)
	return out
}

// Status returns how all notifiers are, in the order they were given to New.
func (ns *Notifiers) Status() []Status {
	out := make([]Status, len(ns.list))
	for i, n := range ns.list {
		out[i] = n.status()
	}
	return out
}

// Test sends a message that says it is a test, once, whatever the rate, and returns how that went.
func (ns *Notifiers) Test(ctx context.Context, name string) error {
	n := ns.byName[name]
	if n == nil {
		there := strings.Join(ns.Names(), ", ")
		if there == "" {
			return fmt.Errorf("there is no notifier %q, nor any other; add a block notifier \"kind\" %[1]q to the settings", name)
		}
		return fmt.Errorf("there is no notifier %q; there are %s", name, there)
	}
	return n.test(ctx)
}

// Mute keeps all notifiers from telling of a rule for a time; alerts that wait already are not told either. With
// no time it ends that. Mutes are in memory alone. An error says that too many rules are muted.
func (ns *Notifiers) Mute(rule string, d time.Duration) error { return ns.mutes.set(rule, d) }

// Muted returns the rules that are muted, sorted by name.
func (ns *Notifiers) Muted() []Mute { return ns.mutes.list() }

// Reload reads the secrets of all notifiers again. A notifier whose secrets cannot be read keeps those it has; the
// error names all of these.
func (ns *Notifiers) Reload() error {
	var errs []error
	for _, n := range ns.list {
		if err := n.reload(); err != nil {
			errs = append(errs, fmt.Errorf("notifier %q: %w; it goes on with what it has", n.name, err))
		}
	}
	return errors.Join(errs...)
}

// closeGrace is the time after the deadline in which notifiers give up what they were doing.
const closeGrace = 200 * time.Millisecond

// Close sends everything that waits, without gathering more, and closes all notifiers. It returns when that is
// done, or shortly after ctx is; the error then says for each notifier how many alerts it could not tell, and why.
// The rate holds here, too: give ctx a deadline. A second call returns what the first returned.
func (ns *Notifiers) Close(ctx context.Context) error {
	ns.closing.Do(func() { ns.err = ns.close(ctx) })
	return ns.err
}

func (ns *Notifiers) close(ctx context.Context) error {
	for _, n := range ns.list {
		n.end()
	}
	grace := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		ns.cancel()
		time.AfterFunc(closeGrace, func() { close(grace) })
	})
	defer stop()
	var errs []error
	for _, n := range ns.list {
		select {
		case <-n.done:
		case <-grace: // its transport does not heed its context
		}
		errs = append(errs, n.verdict())
	}
	ns.cancel()
	return errors.Join(errs...)
}
