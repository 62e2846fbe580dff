package engine

import "github.com/ruleids/ruleids/engine/window"

// A RuleState is what the windows of one rule hold now. Rules that share a window each tell of all of it.
type RuleState struct {
	Name      string
	Keys      uint64 // with state in the rule's windows, and values in its memories
	Evictions uint64 // keys that lost their state to make room, since the windows began
}

// RuleStates returns the state of the rules of the plan, sorted by name.
func (e *Engine) RuleStates() []RuleState {
	out := make([]RuleState, len(e.plan.rules))
	stats := make([]window.Stats, len(e.plan.stores))
	for i, shards := range e.state.tables {
		for _, t := range shards {
			if t != nil {
				s := t.Stats()
				stats[i].Keys += s.Keys
				stats[i].Evictions += s.Evictions
			}
		}
	}
	for i, shards := range e.moves {
		for _, moves := range shards {
			for _, m := range moves {
				stats[i].Keys += m.Left()
			}
		}
	}
	for i, r := range e.plan.rules {
		s := stats[r.group.store.index]
		out[i] = RuleState{Name: r.Name, Keys: uint64(s.Keys), Evictions: s.Evictions}
	}
	for i, r := range e.plan.rules {
		for _, m := range e.state.memories[r.group.index] {
			s := m.seen.Stats()
			out[i].Keys += uint64(s.Keys)
			out[i].Evictions += s.Evictions
		}
	}
	for i, q := range e.plan.sequences {
		x := &out[q.rule.index]
		x.Keys, x.Evictions = 0, 0
		for _, f := range e.state.flights[i] {
			x.Keys += uint64(f.keys.n)
			x.Evictions += f.evictions
		}
	}
	return out
}
