// Package share keeps the decisions for all agents: it makes them, tells the agents, and ends them.
package share

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/state"
	"github.com/ruleids/ruleids/internal/printable"
	"github.com/ruleids/ruleids/internal/setting"
)

// MaxDecisions is how many decisions for all there may be.
const MaxDecisions = 100_000

// A Request asks for a decision for all.
type Request struct {
	Target string  `json:"target"`            // address or prefix
	Kind   string  `json:"kind,omitempty"`    // block (the default without a time) or quarantine
	For    string  `json:"for,omitempty"`     // a duration, as 10m or 24h
	Second float64 `json:"seconds,omitempty"` // the same as a number
	Reason string  `json:"reason,omitempty"`
	Label  string  `json:"label,omitempty"` // of the agents that it is for, as site=berlin; all where it is left out
}

// An Origin is who asks.
type Origin struct{ Source, By, Rule string }

// A Store keeps the decisions. Its methods may be called by several goroutines.
type Store struct {
	db   *state.DB
	log  *slog.Logger
	now  func() time.Time
	tell func(*state.Decision) // everybody, of a change

	writing sync.Mutex // one change at a time
	mu      sync.RWMutex
	all     map[string]*state.Decision // by target; tombstones too
	digests map[string]digest          // by labels
}

// Open reads the decisions. tell is called with each change, after it is on the disk.
func Open(ctx context.Context, db *state.DB, log *slog.Logger, tell func(*state.Decision)) (*Store, error) {
	b := &Store{db: db, log: log, now: time.Now, tell: tell, all: map[string]*state.Decision{}, digests: map[string]digest{}}
	all, err := db.Decisions(ctx)
	if err != nil {
		return nil, err
	}
	for _, x := range all {
		b.all[x.Target] = x
	}
	return b, nil
}

// Heard takes over what another server changed about a target.
func (b *Store) Heard(ctx context.Context, target string) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	x, err := b.db.Decision(ctx, target)
	if err != nil || x == nil {
		return err
	}
	b.keep(x)
	return nil
}

// Reload reads the decisions again.
func (b *Store) Reload(ctx context.Context) error {
	b.writing.Lock()
	defer b.writing.Unlock()
	all, err := b.db.Decisions(ctx)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, x := range all {
		b.all[x.Target] = x
	}
	clear(b.digests)
	return nil
}

// An Invalid error says what is wrong with a request.
type Invalid struct{ Why string }

// Error implements error.
func (e Invalid) Error() string { return e.Why }

// Decide makes a decision for all agents. Whether each carries it out is for its own rules of what it must not lose.
func (b *Store) Decide(ctx context.Context, r Request, by Origin) (*state.Decision, error) {
	t, err := decision.ParseTarget(r.Target)
	if err != nil {
		return nil, Invalid{err.Error()}
	}
	length := time.Duration(r.Second * float64(time.Second))
	if r.For != "" {
		if length, err = setting.ParseDuration(r.For); err != nil {
			return nil, Invalid{"for: " + err.Error()}
		}
	}
	const most = 10 * 365 * 24 * time.Hour
	switch {
	case length < 0 || length > most || r.Second > most.Seconds() || r.Second < 0:
		return nil, Invalid{"a decision holds for up to ten years, or until it is lifted"}
	case r.Kind == "", r.Kind == string(decision.Block):
		r.Kind = string(decision.Block)
	case r.Kind != string(decision.Quarantine):
		return nil, Invalid{fmt.Sprintf("there is no decision %q; there are block and quarantine", r.Kind)}
	case length == 0:
		return nil, Invalid{"a quarantine ends by itself; say for how long"}
	}
	if r.Label != "" {
		if _, err := state.ParseLabels([]string{r.Label}); err != nil {
			return nil, Invalid{err.Error()}
		}
	}
	if t.Prefix().Bits() < 8 || !t.Is4() && t.Prefix().Bits() < 32 {
		return nil, Invalid{fmt.Sprintf("%s is more than one network; write a longer prefix: at least /8, of IPv6 /32", t)}
	}
	if len(r.Reason) > 500 {
		r.Reason = r.Reason[:500]
	}
	now := b.now().UTC().Truncate(time.Millisecond)
	x := &state.Decision{Target: t.String(), Kind: r.Kind, Since: now, Reason: printable.Text(r.Reason), Source: by.Source, By: by.By, Rule: by.Rule, Label: r.Label}
	if length > 0 {
		x.Until = now.Add(length)
	}
	b.writing.Lock()
	defer b.writing.Unlock()
	b.mu.RLock()
	was, n := b.all[x.Target], len(b.all)
	b.mu.RUnlock()
	if was == nil && n >= MaxDecisions {
		return nil, Invalid{fmt.Sprintf("there are %d decisions already; lift some", n)}
	}
	if by.Source == "rule" && was != nil {
		// A rule does not shorten what holds, nor does it take back at once what a person lifted.
		if was.Holds(now) && (was.Until.IsZero() || !x.Until.IsZero() && !was.Until.Before(x.Until)) {
			return was, nil
		}
		if !was.Lifted.IsZero() && now.Sub(was.Lifted) < grace {
			return nil, Invalid{fmt.Sprintf("%s was released a moment ago", x.Target)}
		}
	}
	if err := b.db.SetDecision(ctx, x); err != nil {
		return nil, err
	}
	b.keep(x)
	b.log.Info("decision for all", "target", x.Target, "action", x.Kind, "by", x.By, "rule", x.Rule)
	return x, nil
}

// grace is for how long rules leave alone what a person released.
const grace = time.Minute

// Lift ends a decision for all. ErrAbsent where there is none.
func (b *Store) Lift(ctx context.Context, target, by string) (*state.Decision, error) {
	t, err := decision.ParseTarget(target)
	if err != nil {
		return nil, Invalid{err.Error()}
	}
	now := b.now().UTC().Truncate(time.Millisecond)
	b.writing.Lock()
	defer b.writing.Unlock()
	b.mu.RLock()
	was := b.all[t.String()]
	b.mu.RUnlock()
	if was == nil || !was.Holds(now) {
		return nil, state.ErrAbsent
	}
	x := *was
	x.Lifted, x.By = now, by
	if err := b.db.SetDecision(ctx, &x); err != nil {
		return nil, err
	}
	b.keep(&x)
	b.log.Info("decision for all lifted", "target", x.Target, "by", by)
	return &x, nil
}

func (b *Store) keep(x *state.Decision) {
	b.mu.Lock()
	b.all[x.Target] = x
	clear(b.digests)
	b.mu.Unlock()
	b.tell(x)
}

// List returns the decisions that hold, the newest first.
func (b *Store) List() []*state.Decision {
	now := b.now()
	out := []*state.Decision{}
	b.mu.RLock()
	for _, x := range b.all {
		if x.Holds(now) {
			out = append(out, x)
		}
	}
	b.mu.RUnlock()
	slices.SortFunc(out, func(a, b *state.Decision) int {
		return cmp.Or(b.Since.Compare(a.Since), cmp.Compare(a.Target, b.Target))
	})
	return out
}

// Everything returns what an agent with labels is to know: decisions that hold and tombstones, sorted by target.
func (b *Store) Everything(labels state.Labels) []fleet.Decision {
	now := b.now()
	b.mu.RLock()
	defer b.mu.RUnlock()
	out := []fleet.Decision{}
	for _, target := range slices.Sorted(maps.Keys(b.all)) {
		x := b.all[target]
		if !labels.Match(x.Label) {
			continue
		}
		if x.Holds(now) || !x.Lifted.IsZero() && now.Sub(x.Lifted) < state.TombstoneLife {
			out = append(out, Tell(x))
		}
	}
	return out
}

// Tell returns a decision as agents are told.
func Tell(x *state.Decision) fleet.Decision {
	return fleet.Decision{Target: x.Target, Kind: x.Kind, Until: x.Until, Reason: x.Reason, By: x.By, Lifted: !x.Lifted.IsZero()}
}

// Digest returns the digest of the decisions that an agent with labels should have.
func (b *Store) Digest(labels state.Labels) string {
	key, now := labels.String(), b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if d, ok := b.digests[key]; ok && now.Sub(d.at).Abs() < time.Second {
		return d.digest
	}
	if len(b.digests) > 1000 {
		clear(b.digests)
	}
	d := digest{now, fleet.Digest(func(yield func(fleet.Decision) bool) {
		for _, x := range b.all {
			if labels.Match(x.Label) && !yield(Tell(x)) {
				return
			}
		}
	}, now)}
	b.digests[key] = d
	return d.digest
}

// A digest was worked out at a time.
type digest struct {
	at     time.Time
	digest string
}

// Trim forgets what is over. It is called every minute or so.
func (b *Store) Trim() {
	now := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.DeleteFunc(b.all, func(_ string, x *state.Decision) bool {
		return !x.Lifted.IsZero() && now.Sub(x.Lifted) > state.TombstoneLife || x.Lifted.IsZero() && !x.Until.IsZero() && now.Sub(x.Until) > time.Hour
	})
}

// Refused returns what agents refused of the decisions that hold, by target: the names of the agents, each with why.
func (b *Store) Refused(beats map[string]*fleet.Beat) map[string]map[string]string {
	out := map[string]map[string]string{}
	for name, beat := range beats {
		for _, r := range beat.Shared.Refused {
			if out[r.Target] == nil {
				out[r.Target] = map[string]string{}
			}
			out[r.Target][name] = r.Why
		}
	}
	return out
}
