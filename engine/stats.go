package engine

import (
	"sync/atomic"

	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/packet"
)

// Stats are counts since New.
type Stats struct {
	Packets    uint64                   // frames and other events seen
	Bytes      uint64                   // of frames, on the wire
	Unknown    uint64                   // frames of a link type that cannot be decoded
	Malformed  uint64                   // frames in which a layer was cut short or wrong; what came before it was used
	Late       uint64                   // frames older than the newest one seen
	Leaps      uint64                   // frames over a year ahead of those before and after them, which count at the time of the one before
	Refused    uint64                   // frames that no host accepts, of those that a rule would have counted
	Faults     [packet.NumFaults]uint64 // why, in the order of packet.Faults; one may have several
	Fragments  uint64                   // of IP packets
	Keys       uint64                   // keys with state now
	StateBytes uint64                   // bytes held by window state now
	Evictions  uint64                   // keys that lost their state to make room
	Saturated  uint64                   // times that a window dropped its oldest events for want of memory
	Alerts     uint64                   // emitted
	Suppressed uint64                   // times that a rule would have fired in its cooldown
	// CooldownsLost are cooldowns that were given up before their end, since there was no room for all:
	// their keys may raise another alert early.
	CooldownsLost uint64
	Failures      uint64      // times that an expression of the expr VM failed, and so had no value
	Rules         []RuleStats // of the rules of the plan, sorted by name
}

// RuleStats are the counts of one rule, since the plan came that has it.
type RuleStats struct {
	Name       string
	Matched    uint64 // events that passed where and no exception
	Alerts     uint64
	Suppressed uint64
}

// suppress counts a firing in a cooldown. Workers of different shards may count for one rule.
func (st *state) suppress(r *rule) { atomic.AddUint64(&st.rules[r.index].Suppressed, 1) }

// Stats returns the counts so far.
func (e *Engine) Stats() Stats {
	s := e.stats
	s.Packets, s.Evictions = e.number+e.posts, e.state.evicted
	s.Rules = make([]RuleStats, len(e.state.rules))
	copy(s.Rules, e.state.rules)
	s.Fragments = e.reassembler.Fragments
	for _, w := range e.everyone {
		s.Late += w.late
		s.Leaps += w.leaps
		s.Refused += w.refused
		for i, n := range w.faults {
			s.Faults[i] += n
		}
		s.Bytes += w.bytes
		s.Unknown += w.decoder.Unknown
		s.Malformed += w.decoder.Malformed
		s.Failures += w.failures
		for _, r := range e.plan.rules {
			s.Rules[r.index].Matched += w.matched[r.group.index]
		}
	}
	count := func(t *window.Table) {
		if t == nil {
			return
		}
		ts := t.Stats()
		s.Keys += uint64(ts.Keys)
		s.StateBytes += uint64(ts.Bytes)
		s.Evictions += ts.Evictions
		s.Saturated += ts.Saturations
	}
	for _, shards := range e.state.tables {
		for _, t := range shards {
			count(t)
		}
	}
	s.CooldownsLost = e.state.lost
	for _, shards := range e.state.cooldowns {
		for _, t := range shards {
			if t != nil {
				s.Keys += uint64(t.n)
				s.StateBytes += uint64(t.bytes())
				s.CooldownsLost += t.lost
			}
		}
	}
	for _, m := range e.pending {
		s.Keys += uint64(m.Left())
	}
	if e.conversations != nil {
		cs := e.conversations.Stats()
		s.Keys += cs.Entries
		s.StateBytes += cs.Bytes
		s.Evictions += cs.Evicted
	}
	for _, ms := range e.state.memories {
		for _, m := range ms {
			st := m.seen.Stats()
			s.Keys += uint64(st.Keys)
			s.StateBytes += uint64(st.Bytes)
			s.Evictions += st.Evictions
		}
	}
	for _, shards := range e.state.flights {
		for _, f := range shards {
			s.Keys += uint64(f.keys.n)
			s.StateBytes += uint64(f.bytes())
			s.Evictions += f.evictions
		}
	}
	for _, t := range e.state.lists {
		s.Keys += uint64(t.keys.n)
		s.StateBytes += uint64(t.bytes())
		s.Evictions += t.pushed
	}
	for i := range s.Rules {
		s.Suppressed += s.Rules[i].Suppressed
	}
	return s
}
