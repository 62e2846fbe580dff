package firewall

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
)

// wfp is the backend of the same name: the Windows Filtering Platform, on which Windows' own firewall is built too. Each member
// is a filter for each hook, in a sublayer of its own, of a provider of its own. Filters are not persistent: a restart of the
// host begins with none, and the daemon puts them back.
//
// Windows ends no filter by itself. This process does, every second; filters that have an end are taken out when it stops, so
// that none outlives it, and a process that was killed leaves them to the next.
type wfp struct {
	engine filterEngine
	hooks  []string
	size   int
	log    *slog.Logger

	mu     sync.Mutex
	rolls  rolls // what this process added, or found
	known  bool  // rolls are what is there
	stop   chan struct{}
	ended  chan struct{} // nil while nothing sweeps
	closed bool
}

// A memberFilter is a filter for a member of a set in packets that come by one hook.
type memberFilter struct {
	set    setID
	prefix netip.Prefix
	until  int64 // Unix seconds; 0 for never
	hook   string
}

// A filterEngine has filters. Its methods are called by one goroutine at a time.
type filterEngine interface {
	// install makes provider and sublayer where they are missing, and reports whether they were.
	install() (missing bool, err error)
	// add adds a filter, in the place of one of the same set, prefix and hook.
	add(memberFilter) error
	// remove removes a filter; to remove one that is not there is not an error.
	remove(memberFilter) error
	// list returns the filters of this program, and whether its sublayer is there.
	list() (filters []memberFilter, installed bool, err error)
	// uninstall removes filters, sublayer and provider, as far as they are there.
	uninstall() error
	close() error
}

// sweepEvery is the time between two looks for members whose time is over.
const sweepEvery = time.Second

func newWfp(c *Config, engine filterEngine, log *slog.Logger) *wfp {
	w := &wfp{engine: engine, hooks: c.hooks(), size: c.SetSize, log: log, stop: make(chan struct{})}
	w.forget()
	return w
}

func (w *wfp) forget() {
	w.rolls, w.known = newRolls(), false
}

// Apply implements decision.Firewall.
func (w *wfp) Apply(ctx context.Context, changes []decision.Change) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	by, left := arrange(changes, now)
	if _, err := w.engine.install(); err != nil {
		return err
	}
	if err := w.learn(); err != nil {
		return err
	}
	for i := range by {
		id := setID(i)
		for _, c := range by[i].remove {
			if err := w.take(id, c.Target.Prefix()); err != nil {
				left.add(err, c)
			}
		}
		for _, c := range by[i].add {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := w.put(id, c, now); err != nil {
				left.add(err, c)
			}
		}
	}
	w.sweepLater()
	return left.err()
}

// put adds a member.
func (w *wfp) put(id setID, c decision.Change, now time.Time) error {
	n, ok := seconds(c.Until, now, maxSeconds)
	p := c.Target.Prefix()
	if _, there := w.rolls[id][p]; !ok || !there && len(w.rolls[id]) >= w.size {
		return fullError(id.name(), w.size)
	}
	if n != 0 {
		n += now.Unix()
	}
	for _, hook := range w.hooks {
		if err := w.engine.add(memberFilter{id, p, n, hook}); err != nil {
			return err
		}
	}
	w.rolls[id][p] = n
	return nil
}

// take removes a member, of every hook that there is: settings may have had others.
func (w *wfp) take(id setID, p netip.Prefix) error {
	for _, hook := range hookNames() {
		if err := w.engine.remove(memberFilter{set: id, prefix: p, hook: hook}); err != nil {
			return err
		}
	}
	delete(w.rolls[id], p)
	return nil
}

// learn finds what a process before this one has left.
func (w *wfp) learn() error {
	if w.known {
		return nil
	}
	have, _, err := w.have()
	if err != nil {
		return err
	}
	w.rolls, w.known = have, true
	return nil
}

// have returns the members that are there by every hook.
func (w *wfp) have() (out rolls, installed bool, err error) {
	filters, installed, err := w.engine.list()
	if err != nil {
		return out, false, err
	}
	hooks := map[memberFilter]int{}
	for _, f := range filters {
		if slices.Contains(w.hooks, f.hook) {
			f.hook = ""
			hooks[f]++
		}
	}
	out = newRolls()
	for f, n := range hooks {
		if n == len(w.hooks) {
			out[f.set][f.prefix] = f.until
		}
	}
	return out, installed, nil
}

// sweepLater begins to end members whose time is over.
func (w *wfp) sweepLater() {
	if w.ended != nil || w.closed {
		return
	}
	w.ended = make(chan struct{})
	go func() {
		defer close(w.ended)
		tick := time.NewTicker(sweepEvery)
		defer tick.Stop()
		for {
			select {
			case now := <-tick.C:
				w.sweep(func(until int64) bool { return until != 0 && until <= now.Unix() })
			case <-w.stop:
				return
			}
		}
	}()
}

// sweep removes the members whose end is over.
func (w *wfp) sweep(over func(until int64) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.rolls {
		for p, until := range w.rolls[i] {
			if !over(until) {
				continue
			}
			if err := w.take(setID(i), p); err != nil {
				w.log.Warn("a target is kept out for longer than it should be; this is tried again", "target", p, "error", err)
				return
			}
		}
	}
}

// List implements decision.Firewall.
func (w *wfp) List(context.Context) (out []decision.Member, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	have, _, err := w.have()
	if err != nil {
		return nil, err
	}
	w.rolls, w.known = have, true
	now := time.Now().Unix()
	for i, r := range have {
		for p, until := range r {
			if until == 0 || until > now {
				out = append(out, member(p, setID(i).kind(), untilOf(until)))
			}
		}
	}
	w.sweepLater()
	return out, nil
}

// Close implements decision.Firewall: blocks without an end stay, as they do where the kernel ends the others.
func (w *wfp) Close() error {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return nil
	}
	w.closed = true
	close(w.stop)
	ended := w.ended
	w.mu.Unlock()
	if ended != nil {
		<-ended
		w.sweep(func(until int64) bool { return until != 0 })
	}
	return w.engine.close()
}

// repair implements keeper.
func (w *wfp) repair(context.Context) (missing []string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.known {
		return nil, nil
	}
	gone, err := w.engine.install()
	if err != nil {
		return nil, err
	}
	if gone {
		missing = append(missing, "the sublayer of ruleids")
	}
	have, _, err := w.have()
	if err != nil {
		return missing, err
	}
	now := time.Now().Unix()
	for i := range have {
		missing = append(missing, w.rolls[i].differences(setID(i).name(), have[i], now)...)
	}
	return missing, nil
}

// show implements keeper.
func (w *wfp) show(context.Context) (State, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := State{Backend: Wfp}
	have, installed, err := w.have()
	if err != nil {
		return s, err
	}
	s.Installed = installed
	if !installed {
		return s, nil
	}
	for i, r := range have {
		id := setID(i)
		s.Sets = append(s.Sets, Set{Name: id.name(), Family: id.family(), Kind: id.kind(), Members: len(r), Size: w.size})
		for _, hook := range w.hooks {
			s.Rules = append(s.Rules, Rule{Family: id.family(), Chain: hook, Set: id.name(), Kind: id.kind()})
		}
	}
	slices.SortFunc(s.Sets, func(x, y Set) int { return cmp.Compare(x.Name, y.Name) })
	return s, nil
}

// flush implements keeper.
func (w *wfp) flush(context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.forget()
	if err := w.engine.uninstall(); err != nil {
		return fmt.Errorf("the filters of ruleids: %w", err)
	}
	return nil
}
