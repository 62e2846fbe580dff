package decision

import (
	"container/heap"
	"time"
)

// A ledger is what is decided and remembered of targets. Those that hold and those that would hold, had they been
// carried out, have one each, so that one does not change the other.
type ledger struct {
	states    map[Target]state
	decisions int // states with a decision
	// quarantines are how many of these are of that kind.
	quarantines int
	deciding    lengths // of targets with a decision
	released    lengths // of targets that were released
	due         dueHeap
	swept       time.Time
}

// A state is all that is known of a target: what holds, or else what is remembered.
type state struct {
	decision *Decision // nil for none
	offences int       // that the decision before the last end had; 0 after a release
	ended    time.Time // when that ended
	released time.Time // when it was released last; zero where it was not
}

func newLedger() *ledger { return &ledger{states: map[Target]state{}} }

// set replaces the state of a target and returns the one before, with which it can be put back.
func (l *ledger) set(t Target, s state) (before state) {
	before = l.states[t]
	l.count(t, before, -1)
	l.count(t, s, 1)
	if s == (state{}) {
		delete(l.states, t)
		return before
	}
	l.states[t] = s
	if d := s.decision; d != nil && d != before.decision && !d.Until.IsZero() {
		heap.Push(&l.due, dueEntry{d.Until, d})
	}
	return before
}

func (l *ledger) count(t Target, s state, by int) {
	if s.decision != nil {
		l.decisions += by
		if s.decision.Kind == Quarantine {
			l.quarantines += by
		}
		l.deciding.add(t, by)
	}
	if !s.released.IsZero() {
		l.released.add(t, by)
	}
}

// get returns the decision of exactly this target; nil for none.
func (l *ledger) get(t Target) *Decision { return l.states[t].decision }

// knows reports whether there is or was a decision about a target, as far as it is remembered.
func (l *ledger) knows(t Target) bool { _, ok := l.states[t]; return ok }

// covering returns the narrowest decision that covers a target; nil for none.
func (l *ledger) covering(t Target) *Decision {
	for around := range l.deciding.around(t) {
		if d := l.get(around); d != nil {
			return d
		}
	}
	return nil
}

// graceEnd returns when the grace period of a target ends, of its own release or that of a prefix around it; zero
// where it was not released.
func (l *ledger) graceEnd(t Target, grace time.Duration) (end time.Time) {
	for around := range l.released.around(t) {
		if r := l.states[around].released; !r.IsZero() && r.Add(grace).After(end) {
			end = r.Add(grace)
		}
	}
	return end
}

// offences returns how many earlier offences are remembered of a target.
func (l *ledger) offences(t Target, now time.Time, forget time.Duration) int {
	s := l.states[t]
	if s.decision != nil {
		return s.decision.Offences
	}
	if s.offences > 0 && now.Before(s.ended.Add(forget)) {
		return s.offences
	}
	return 0
}

// overdue takes the decisions whose time is over out of the ledger and returns them, the earliest end first. Their
// offences are remembered.
func (l *ledger) overdue(now time.Time) []*Decision {
	var out []*Decision
	for len(l.due) > 0 && !now.Before(l.due[0].until) {
		d := heap.Pop(&l.due).(dueEntry).decision
		if l.get(d.Target) == d { // else something else came in its place
			l.set(d.Target, state{offences: d.Offences, ended: d.Until})
			out = append(out, d)
		}
	}
	return out
}

// next returns when the next decision ends; zero for none. It may be too early.
func (l *ledger) next() time.Time {
	if len(l.due) == 0 {
		return time.Time{}
	}
	return l.due[0].until
}

// sweepEvery bounds how often the whole ledger is looked through for what can be forgotten.
const sweepEvery = 10 * time.Minute

// sweep forgets offences and releases that no longer count, and the oldest of those beyond a number.
func (l *ledger) sweep(now time.Time, c *Config) {
	if remembered := len(l.states) - l.decisions; remembered == 0 ||
		remembered <= c.MaxDecisions && now.Sub(l.swept) < sweepEvery && !now.Before(l.swept) {
		return
	}
	l.swept = now
	for t, st := range l.states {
		if st.decision == nil && st.stale(now, c) {
			l.set(t, state{})
		}
	}
	// An attacker who forges addresses can fill the memory with offences that never repeat. Any of them is
	// as good as another; the map's order is as fair as one that took time to work out.
	spare := len(l.states) - l.decisions - c.MaxDecisions/2
	if spare <= c.MaxDecisions/2 {
		return
	}
	for t, st := range l.states {
		if spare <= 0 {
			break
		}
		if st.decision == nil {
			l.set(t, state{})
			spare--
		}
	}
}

// stale reports whether a state without a decision has nothing that still counts.
func (st state) stale(now time.Time, c *Config) bool {
	return (st.offences == 0 || !now.Before(st.ended.Add(c.ForgetAfter))) && (st.released.IsZero() || !now.Before(st.released.Add(c.Grace)))
}

// A dueEntry is when a decision ends. One that was replaced stays in the heap until then.
type dueEntry struct {
	until    time.Time
	decision *Decision
}

type dueHeap []dueEntry

// Len implements sort.Interface.
func (h dueHeap) Len() int { return len(h) }

// Less implements sort.Interface: what is due sooner comes first.
func (h dueHeap) Less(i, j int) bool { return h[i].until.Before(h[j].until) }

// Swap implements sort.Interface.
func (h dueHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *dueHeap) Push(x any) { *h = append(*h, x.(dueEntry)) }

// Pop implements heap.Interface.
func (h *dueHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	old[len(old)-1] = dueEntry{}
	*h = old[:len(old)-1]
	return x
}
