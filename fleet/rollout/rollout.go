// Package rollout gives rule sets to agents: to a few first, then to a quarter, then to all, and takes them back by itself where
// they do harm.
package rollout

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/ruleids/ruleids/fleet/bundle"
	"github.com/ruleids/ruleids/fleet/query"
	"github.com/ruleids/ruleids/fleet/roster"
	"github.com/ruleids/ruleids/fleet/state"
	"github.com/ruleids/ruleids/fleet/store"
)

// The states of a rule set.
const (
	Canary   = "canary"
	Quarter  = "quarter"
	All      = "all"
	Held     = "held"     // taken back
	Replaced = "replaced" // by a later one
)

// What takes a rule set back.
const (
	// timesAlerts is how many times as many alerts a minute as the day before are too many, and leastAlerts how many there must be.
	timesAlerts = 3
	leastAlerts = 20
	timesCPU    = 1.5
	leastCPU    = 0.25 // more processors than before
	mostLoss    = 0.001
	// maxCounted is how many agents' alerts are counted in a turn.
	maxCounted = 200
	// answerWithin is how long an agent has to run a set that it was told of.
	answerWithin = 2 * time.Minute
)

// Options are what a Rollout needs.
type Options struct {
	DB      *state.DB
	Store   store.Alerts
	Roster  *roster.Roster
	Log     *slog.Logger
	Now     func() time.Time
	Tell    func(id string)      // that it may have another rule set; "" for all
	Changed func(*state.Ruleset) // to whoever watches
}

// A Rollout keeps the rule sets. Its methods may be called by several goroutines.
type Rollout struct {
	opt Options

	mu   sync.Mutex
	all  []*state.Ruleset // the newest first
	turn int
}

// Open reads the rule sets.
func Open(ctx context.Context, opt Options) (*Rollout, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	all, err := opt.DB.Rulesets(ctx)
	return &Rollout{opt: opt, all: all}, err
}

// Reload reads the rule sets again, after another server changed them.
func (r *Rollout) Reload(ctx context.Context) error {
	all, err := r.opt.DB.Rulesets(ctx)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.all = all
	r.mu.Unlock()
	if len(all) > 0 {
		r.opt.Changed(all[0])
		r.opt.Tell("")
	}
	return nil
}

// List returns all rule sets, the newest first.
func (r *Rollout) List() []*state.Ruleset {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]*state.Ruleset, len(r.all))
	for i, x := range r.all {
		c := *x
		out[i] = &c
	}
	return out
}

// running reports whether a rule set is somewhere.
func running(x *state.Ruleset) bool {
	return x.State == Canary || x.State == Quarter || x.State == All
}

// Wanted returns the digest of the rule set that an agent should run, "" for none of the server's; managed is false while there
// never was one.
func (r *Rollout) Wanted(id string, labels state.Labels) (digest string, managed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, x := range r.all {
		if running(x) && labels.Match(x.Label) && (x.State == All || slices.Contains(x.Stage, id)) {
			return x.Digest, true
		}
	}
	return "", len(r.all) > 0
}

// An Invalid error says what is wrong with a request.
type Invalid struct{ Why string }

// Error implements error.
func (e Invalid) Error() string { return e.Why }

// A Push gives a rule set to agents.
type Push struct {
	Bundle []byte
	Canary float64       // share of the agents that get it first; 1 for all at once
	Soak   time.Duration // of each stage
	Label  string
	By     string
	Rules  int
}

// Push begins to give a rule set to agents. One that is still on its way is replaced.
func (r *Rollout) Push(ctx context.Context, p Push) (*state.Ruleset, error) {
	if !(p.Canary > 0 && p.Canary <= 1) || p.Soak < 0 || p.Soak > 30*24*time.Hour {
		return nil, Invalid{"the first stage is a share of the agents above 0 and up to 100%, and a stage takes up to 30 days"}
	}
	if p.Label != "" {
		if _, err := state.ParseLabels([]string{p.Label}); err != nil {
			return nil, Invalid{err.Error()}
		}
	}
	now := r.opt.Now().UTC()
	x := &state.Ruleset{Digest: bundle.Digest(p.Bundle), State: Canary, Created: now, By: p.By, Label: p.Label, Canary: p.Canary, Soak: p.Soak.Seconds(), Since: now, Size: len(p.Bundle), Rules: p.Rules}
	if p.Canary == 1 {
		x.State = All
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, y := range r.all {
		if y.Label == x.Label && (y.State == Canary || y.State == Quarter) {
			y.State, y.Reason = Replaced, "another one was pushed before it had come to all"
			r.changed(ctx, y)
		}
	}
	if err := r.stage(ctx, x, p.Canary); err != nil {
		return nil, err
	}
	if err := r.opt.DB.AddRuleset(ctx, x, p.Bundle); err != nil {
		return nil, err
	}
	r.all = append([]*state.Ruleset{x}, r.all...)
	r.opt.Log.Info("rule set pushed", "number", x.Number, "digest", x.Digest[:12], "state", x.State, "agents", len(x.Stage), "by", p.By)
	r.opt.Changed(x)
	r.opt.Tell("")
	c := *x
	return &c, nil
}

// stage chooses the agents of a stage, and takes down how those that are new in it are. Which they are differs from set to set.
func (r *Rollout) stage(ctx context.Context, x *state.Ruleset, share float64) error {
	var agents []*roster.Agent
	for _, a := range r.opt.Roster.List(false) {
		if a.Labels.Match(x.Label) && a.Online {
			agents = append(agents, a)
		}
	}
	order := func(id string) uint64 {
		sum := sha256.Sum256([]byte(x.Digest + id))
		return binary.BigEndian.Uint64(sum[:8])
	}
	slices.SortFunc(agents, func(a, b *roster.Agent) int { return cmp.Compare(order(a.ID), order(b.ID)) })
	n := int(math.Ceil(share * float64(len(agents))))
	if x.Baseline == nil {
		x.Baseline = map[string]state.Baseline{}
	}
	x.Stage = []string{}
	now := r.opt.Now().UTC()
	for _, a := range agents[:n] {
		x.Stage = append(x.Stage, a.ID)
		if _, known := x.Baseline[a.ID]; known {
			continue
		}
		b := state.Baseline{Since: now}
		if a.Beat != nil {
			b.CPU, b.Loss = a.Beat.CPU, a.Beat.Loss
		}
		alerts, err := r.alerts(ctx, a.Name, now.Add(-24*time.Hour), now)
		if err != nil {
			return err
		}
		// An agent that joined an hour ago has no day before.
		minutes := min(24*time.Hour, now.Sub(a.Joined)).Minutes()
		b.Alerts = float64(alerts) / max(minutes, 1)
		x.Baseline[a.ID] = b
	}
	return nil
}

// alerts counts the alerts of an agent.
func (r *Rollout) alerts(ctx context.Context, name string, since, until time.Time) (int, error) {
	q := &query.Query{Since: since, Until: until.Add(time.Minute)}
	if err := q.AddTerm(query.Agent, name, false); err != nil {
		return 0, err
	}
	s, err := r.opt.Store.Stats(ctx, q, time.Hour, 1)
	if err != nil {
		return 0, err
	}
	return s.Total, nil
}

func (r *Rollout) changed(ctx context.Context, x *state.Ruleset) {
	if err := r.opt.DB.SaveRuleset(ctx, x); err != nil {
		r.opt.Log.Error("the state of a rule set cannot be kept", "number", x.Number, "error", err)
	}
	r.opt.Changed(x)
}

// Rollback takes the newest rule set that runs back: agents go on with the one before it.
func (r *Rollout) Rollback(ctx context.Context, why string) (*state.Ruleset, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, x := range r.all {
		if running(x) {
			r.hold(ctx, x, why)
			c := *x
			return &c, nil
		}
	}
	return nil, Invalid{"there is no rule set that could be taken back"}
}

func (r *Rollout) hold(ctx context.Context, x *state.Ruleset, why string) {
	r.opt.Log.Warn("rule set taken back", "number", x.Number, "digest", x.Digest[:12], "state", x.State, "why", why)
	x.State, x.Reason, x.Since = Held, why, r.opt.Now().UTC()
	r.changed(ctx, x)
	// What its agents did with it is not to be held against the set that they go back to.
	for _, y := range r.all {
		if y == x || !running(y) {
			continue
		}
		for _, id := range x.Stage {
			if b, ok := y.Baseline[id]; ok {
				b.Since = x.Since.Truncate(time.Minute).Add(time.Minute) // counts go by whole minutes
				y.Baseline[id] = b
			}
		}
		r.changed(ctx, y)
	}
	r.opt.Tell("")
}

// Tick looks after rule sets that are on their way. It is called every few seconds.
func (r *Rollout) Tick(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var errs []error
	for _, x := range r.all {
		if x.State != Canary && x.State != Quarter && !(x.State == All && r.opt.Now().Sub(x.Since).Seconds() < max(x.Soak, answerWithin.Seconds())) {
			continue
		}
		if x.State != All && len(x.Stage) == 0 {
			if err := r.begin(ctx, x); err != nil {
				errs = append(errs, err)
			}
			continue
		}
		why, waiting, err := r.harm(ctx, x)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if why != "" {
			r.hold(ctx, x, why)
			continue
		}
		if x.State == All || waiting || r.opt.Now().Sub(x.Since).Seconds() < x.Soak {
			continue
		}
		next, share := Quarter, quarter
		if x.State == Quarter || x.Canary >= share {
			next, share = All, 1
		}
		if err := r.stage(ctx, x, share); err != nil {
			errs = append(errs, err)
			continue
		}
		x.State, x.Since = next, r.opt.Now().UTC()
		r.opt.Log.Info("rule set goes on", "number", x.Number, "digest", x.Digest[:12], "state", next, "agents", len(x.Stage))
		r.changed(ctx, x)
		r.opt.Tell("")
	}
	return errors.Join(errs...)
}

// begin chooses the first agents of a stage for which there were none: a rule set is not for many before it was tried by some.
func (r *Rollout) begin(ctx context.Context, x *state.Ruleset) error {
	share := x.Canary
	if x.State == Quarter {
		share = quarter
	}
	if err := r.stage(ctx, x, share); err != nil || len(x.Stage) == 0 {
		return err
	}
	x.Since = r.opt.Now().UTC()
	r.opt.Log.Info("rule set begins", "number", x.Number, "digest", x.Digest[:12], "state", x.State, "agents", len(x.Stage))
	r.changed(ctx, x)
	r.opt.Tell("")
	return nil
}

// quarter is the share of the agents in the state of that name.
const quarter = 0.25

// settled is how long an agent has run a rule set before its processor time and loss are held against that: two heartbeats.
const settled = time.Minute

// harm says why a rule set is to be taken back; "" for nothing. waiting says that some agents do not run it yet.
func (r *Rollout) harm(ctx context.Context, x *state.Ruleset) (why string, waiting bool, err error) {
	now := r.opt.Now().UTC()
	gone := 0
	// Of very many agents some are looked at in each turn, so that the others' alerts need not wait for the counting.
	r.turn++
	parts := 1 + len(x.Stage)/maxCounted
	for i, id := range x.Stage {
		a, b := r.opt.Roster.Get(id), x.Baseline[id]
		if a == nil || a.State == "revoked" {
			continue
		}
		switch beat := a.Beat; {
		case !a.Online:
			gone++
			continue
		case beat.Set != x.Digest && beat.Reload != "" && a.Seen.After(b.Since):
			return fmt.Sprintf("%s refused it: %s", a.Name, beat.Reload), false, nil
		case beat.Set != x.Digest && now.Sub(b.Since) > answerWithin:
			return fmt.Sprintf("%s does not run it after %v", a.Name, answerWithin), false, nil
		case beat.Set != x.Digest:
			waiting = true
			continue
		case now.Sub(b.Since) < settled:
			// Loading rules takes a processor for a while, and so does starting.
		case beat.CPU > timesCPU*b.CPU && beat.CPU > b.CPU+leastCPU:
			return fmt.Sprintf("%s keeps %.2f processors busy, %.2f before", a.Name, beat.CPU, b.CPU), false, nil
		case beat.Loss > mostLoss && beat.Loss > 2*b.Loss:
			return fmt.Sprintf("%s loses %.2f%% of its packets, %.2f%% before", a.Name, 100*beat.Loss, 100*b.Loss), false, nil
		}
		if i%parts != r.turn%parts {
			continue
		}
		n, err := r.alerts(ctx, a.Name, b.Since, now)
		if err != nil {
			return "", false, err
		}
		minutes := max(now.Sub(b.Since).Minutes(), 1)
		if rate := float64(n) / minutes; n >= leastAlerts && rate > timesAlerts*b.Alerts {
			return fmt.Sprintf("%s raised %d alerts in %.0f min, %.1f a minute before", a.Name, n, minutes, b.Alerts), false, nil
		}
	}
	if most := len(x.Stage) / 50; gone > most { // 2%
		return fmt.Sprintf("%d of %d agents are gone", gone, len(x.Stage)), false, nil
	}
	return "", waiting, nil
}
