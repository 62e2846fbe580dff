// Package roster knows the agents of a fleet: who they are, when each was heard of last, and what it said.
package roster

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/state"
)

// An Agent is what the roster knows of an agent.
type Agent struct {
	ID      string       `json:"id"`
	Name    string       `json:"name"`
	Labels  state.Labels `json:"labels"`
	State   string       `json:"state"`          // online, offline, new (not heard of yet) or revoked
	Online  bool         `json:"online"`         //
	Joined  time.Time    `json:"joined"`         //
	Seen    time.Time    `json:"seen,omitzero"`  // last heartbeat, by the server's clock
	Since   time.Time    `json:"since,omitzero"` // when it came online or went offline, as far as the server saw it
	Address string       `json:"address"`        // from which it is connected
	Expires time.Time    `json:"expires"`        // its certificate
	Revoked time.Time    `json:"revoked,omitzero"`
	Skew    float64      `json:"skew_seconds"` // its clock less the server's, at the last heartbeat
	Trouble []string     `json:"trouble"`      // what the server finds wrong, and what the agent says
	Beat    *fleet.Beat  `json:"beat"`         // the last one; null before the first
	// History is of the last heartbeats since the server started, where it was asked for.
	History []Sample `json:"history,omitempty"`
}

// member is an Agent on its way.
type member struct {
	state.Agent
	seen, since time.Time
	online      bool
	address     string
	skew        time.Duration
	beat        *fleet.Beat
	saved       time.Time // of beat
	history     []Sample
}

// A Roster knows the agents. Its methods may be called by several goroutines.
type Roster struct {
	db      *state.DB
	log     *slog.Logger
	offline time.Duration
	now     func() time.Time
	changed func(*Agent)

	mu     sync.RWMutex
	byID   map[string]*member
	byName map[string]*member // those that are not revoked
}

// Options are what a Roster needs.
type Options struct {
	DB      *state.DB
	Log     *slog.Logger
	Offline time.Duration // after the last heartbeat
	Now     func() time.Time
	// Changed, where set, is called with an agent that came online, went offline, joined or was revoked. It must not call
	// the roster.
	Changed func(*Agent)
}

// Open reads the agents.
func Open(ctx context.Context, opt Options) (*Roster, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	r := &Roster{db: opt.DB, log: opt.Log, offline: opt.Offline, now: opt.Now, changed: opt.Changed}
	return r, r.Reload(ctx)
}

// Reload reads the agents again, after the file of the state was changed.
func (r *Roster) Reload(ctx context.Context) error {
	all, err := r.db.Agents(ctx)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	before := r.byID
	r.byID, r.byName = map[string]*member{}, map[string]*member{}
	for _, a := range all {
		m := before[a.ID]
		if m == nil {
			m = &member{seen: a.Seen}
			if len(a.Beat) > 0 {
				var b fleet.Beat
				if json.Unmarshal(a.Beat, &b) == nil {
					if b.Models == nil { // of an agent that told of none
						b.Models = []fleet.Model{}
					}
					m.beat = &b
				}
			}
		}
		m.Agent = *a
		r.byID[a.ID] = m
		if a.Revoked.IsZero() {
			r.byName[a.Name] = m
		} else {
			m.online = false
		}
	}
	return nil
}

// Tell calls Changed for an agent.
func (r *Roster) Tell(id string) {
	if a := r.Get(id); a != nil && r.changed != nil {
		r.changed(a)
	}
}

// maxSkew is how far the clock of an agent may be off before it is trouble.
const maxSkew = 5 * time.Second

// Heard takes the heartbeat of an agent in; false where it is none of the fleet.
func (r *Roster) Heard(id, address string, b *fleet.Beat) bool {
	now := r.now()
	r.mu.Lock()
	m := r.byID[id]
	if m == nil || !m.Revoked.IsZero() {
		r.mu.Unlock()
		return false
	}
	if m.beat != nil && (b.Near == nil || b.Costs == nil) {
		with := *b
		if with.Near == nil {
			with.Near = m.beat.Near
		}
		if with.Costs == nil {
			with.Costs = m.beat.Costs
		}
		b = &with
	}
	m.remember(b)
	came := !m.online
	m.seen, m.beat, m.online = now, b, true
	if address != "" {
		m.address = address
	}
	if !b.Time.IsZero() {
		m.skew = b.Time.Sub(now)
	}
	if came {
		m.since = now
	}
	r.mu.Unlock()
	if came {
		r.log.Info("agent online", "agent", m.Name, "address", address, "version", b.Version)
		r.Tell(id)
	}
	return true
}

// Tick finds who went offline, and writes heartbeats down. It is called every second or so.
func (r *Roster) Tick(ctx context.Context) error {
	now := r.now()
	var gone []string
	type save struct {
		id   string
		seen time.Time
		beat *fleet.Beat
	}
	var saves []save
	r.mu.Lock()
	for id, m := range r.byID {
		if m.online && now.Sub(m.seen) > r.offline {
			m.online, m.since = false, now
			gone = append(gone, id)
		}
		if m.beat != nil && m.seen.After(m.saved) && now.Sub(m.saved) > saveEvery {
			saves = append(saves, save{id, m.seen, m.beat})
			m.saved = m.seen
		}
	}
	r.mu.Unlock()
	for _, id := range gone {
		if a := r.Get(id); a != nil {
			r.log.Warn("agent offline", "agent", a.Name, "seen", a.Seen)
		}
		r.Tell(id)
	}
	for _, s := range saves {
		raw, err := json.Marshal(s.beat)
		if err != nil {
			return err
		}
		if err := r.db.SaveBeat(ctx, s.id, s.seen, raw); err != nil {
			return err
		}
	}
	return nil
}

// saveEvery is the time between two heartbeats of an agent that are written down.
const saveEvery = 5 * time.Minute

func (r *Roster) view(m *member) *Agent {
	a := &Agent{ID: m.ID, Name: m.Name, Labels: m.Labels, Online: m.online, Joined: m.Joined, Seen: m.seen, Since: m.since, Address: m.address, Expires: m.Expires, Revoked: m.Revoked,
		Skew: m.skew.Seconds(), Beat: m.beat, Trouble: []string{}}
	if m.beat != nil {
		b := *m.beat
		b.Near, b.Costs = nil, nil // see Near and Costs
		a.Beat = &b
	}
	switch {
	case !m.Revoked.IsZero():
		a.State = "revoked"
	case m.online:
		a.State = "online"
	case m.beat == nil:
		a.State = "new"
	default:
		a.State = "offline"
	}
	if a.Labels == nil {
		a.Labels = state.Labels{}
	}
	if m.Revoked.IsZero() {
		if m.skew.Abs() > maxSkew {
			a.Trouble = append(a.Trouble, "its clock is off by "+m.skew.Round(time.Second).String())
		}
		if left := m.Expires.Sub(r.now()); left < 7*24*time.Hour {
			a.Trouble = append(a.Trouble, "its certificate ends at "+m.Expires.Format(time.RFC3339))
		}
		if b := m.beat; b != nil {
			for sev, n := range b.Queue.Dropped {
				if n > 0 {
					a.Trouble = append(a.Trouble, "its queue was full: alerts of severity "+sev.String()+" were given up")
				}
			}
			slices.Sort(a.Trouble)
			a.Trouble = append(a.Trouble, b.Trouble...)
		}
	}
	return a
}

// Get returns an agent by its identity, or by its name where it is not revoked; nil where there is none.
func (r *Roster) Get(idOrName string) *Agent {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if m := cmp.Or(r.byName[idOrName], r.byID[idOrName]); m != nil {
		return r.view(m)
	}
	return nil
}

// Name returns the name of an agent by its identity, where it is a member.
func (r *Roster) Name(id string) (string, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	m := r.byID[id]
	if m == nil || !m.Revoked.IsZero() {
		return "", false
	}
	return m.Name, true
}

// Has reports whether a member has a name.
func (r *Roster) Has(name string) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.byName[name] != nil
}

// Valid reports whether an identity is that of a member, whichever of its certificates says so: the one before the last is good
// until it ends, since an agent that never got the answer to its renewal must be able to ask again.
func (r *Roster) Valid(id string) bool {
	_, ok := r.Name(id)
	return ok
}

// List returns all agents by name; revoked ones only where all is true.
func (r *Roster) List(all bool) []*Agent {
	r.mu.RLock()
	defer r.mu.RUnlock()
	out := []*Agent{}
	for _, m := range r.byID {
		if all || m.Revoked.IsZero() {
			out = append(out, r.view(m))
		}
	}
	slices.SortFunc(out, func(a, b *Agent) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), a.Joined.Compare(b.Joined))
	})
	return out
}

// Near returns what members told last of how close keys came to thresholds.
func (r *Roster) Near() (out [][]fleet.Near) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, m := range r.byID {
		if m.Revoked.IsZero() && m.beat != nil && len(m.beat.Near) > 0 {
			out = append(out, m.beat.Near)
		}
	}
	return out
}

// Missed takes in the heartbeat of an agent that was heard of last at a time, and is offline since.
func (r *Roster) Missed(id string, seen time.Time, address string, b *fleet.Beat) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.byID[id]; m != nil {
		m.seen, m.since, m.address, m.beat, m.online = seen, seen.Add(r.offline), address, b, false
	}
}
