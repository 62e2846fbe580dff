package roster

import "github.com/ruleids/ruleids/fleet"

// A Sample is what one heartbeat said of the traffic.
type Sample struct {
	Rate float32 `json:"rate"` // packets a second
	Loss float32 `json:"loss"` // share of packets that were lost
}

// keptSamples is how many heartbeats are remembered of an agent: half an hour of them.
const keptSamples = 60

// remember keeps what a heartbeat said.
func (m *member) remember(b *fleet.Beat) {
	if len(m.history) == keptSamples {
		copy(m.history, m.history[1:])
		m.history = m.history[:keptSamples-1]
	}
	m.history = append(m.history, Sample{float32(b.Rate), float32(b.Loss)})
}

// History returns what the last heartbeats of an agent said, the oldest first.
func (r *Roster) History(id string) []Sample {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if m := r.byID[id]; m != nil {
		return append([]Sample{}, m.history...)
	}
	return nil
}

// A Cost is what a rule costs.
type Cost struct {
	Nanoseconds float64 // for each packet, the mean of agents
	Agents      int     // that told
}

// Costs returns what rules cost at the agents that told, by rule.
func (r *Roster) Costs() map[string]Cost {
	r.mu.RLock()
	defer r.mu.RUnlock()
	out := map[string]Cost{}
	for _, m := range r.byID {
		if !m.Revoked.IsZero() || m.beat == nil {
			continue
		}
		for rule, n := range m.beat.Costs {
			c := out[rule]
			c.Nanoseconds, c.Agents = c.Nanoseconds+n, c.Agents+1
			out[rule] = c
		}
	}
	for rule, c := range out {
		c.Nanoseconds /= float64(c.Agents)
		out[rule] = c
	}
	return out
}
