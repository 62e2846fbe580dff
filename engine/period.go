package engine

import (
	"math"
	"slices"

	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/model"
	"github.com/ruleids/ruleids/packet"
)

// A crossing is the packet of a slot that brings the clock to the end of a model's period, or further.
type crossing struct {
	number  uint64 // of the packet
	sampler *sampler
	end     int64 // of the period
}

// A brain is what a model has learned, and its running period.
type brain struct {
	*model.Model
	period  int64
	started bool
}

// A batch is the samples of a period, in the order of their keys.
type batch struct {
	crossing
	samples []sampled
	subject *subject // of a single event; nil for those of a period
}

// A sampled is a sample that waits to be scored: the words of its key, and its features.
type sampled struct {
	key []uint64
	x   []float64
}

// cross finds the packets of a slot with which periods end. It is called for slots in their order.
func (e *Engine) cross(s *slot) {
	s.crossings = s.crossings[:0]
	if len(e.plan.samplers) == 0 || s.n == 0 {
		return
	}
	for i, m := range e.plan.samplers {
		if m.On != packet.EventPacket {
			continue
		}
		b := e.state.brains[i]
		if !b.started {
			b.period, b.started = floorDiv(s.packets[0].Clock, m.every), true
		}
		if floorDiv(s.packets[s.n-1].Clock, m.every) <= b.period {
			continue
		}
		for j := range s.packets[:s.n] {
			if p := &s.packets[j]; floorDiv(p.Clock, m.every) > b.period {
				s.crossings = append(s.crossings, crossing{p.Number, m, (b.period + 1) * m.every})
				b.period = floorDiv(p.Clock, m.every)
			}
		}
	}
	slices.SortStableFunc(s.crossings, func(x, y crossing) int {
		switch {
		case x.number < y.number:
			return -1
		case x.number > y.number:
			return 1
		}
		return 0
	})
	for i := range s.lanes {
		l := &s.lanes[i]
		l.rows = make([][]sampled, len(s.crossings))
	}
}

// endPeriods ends the periods of a lane's shards that a packet is beyond, from the crossing at on; it returns the next one.
func (e *Engine) endPeriods(w *worker, s *slot, lane, at int, number uint64) int {
	for ; at < len(s.crossings) && s.crossings[at].number <= number; at++ {
		m := s.crossings[at].sampler
		store := m.group.store
		for shard, t := range e.state.tables[store.index] {
			if (store.index+shard)%s.shared() == lane {
				s.lanes[lane].rows[at] = e.drain(w, m, t, s.crossings[at].end, s.lanes[lane].rows[at])
			}
		}
	}
	return at
}

// drain makes samples of the rows of a table, which it clears.
func (e *Engine) drain(w *worker, m *sampler, t *window.Table, end int64, out []sampled) []sampled {
	n := t.Stats().Keys
	if n == 0 {
		return out
	}
	// One piece of memory for the words of all.
	keys, xs := make([]uint64, 0, n*m.keyWords), make([]float64, 0, n*len(m.features))
	out = slices.Grow(out, n)
	for row := range t.Rows {
		raw := t.Words(row, rawCell)
		for i, at := range m.aggs {
			w.values[i] = m.cells[at].read(t, row, raw, m.every, end)
		}
		w.gen++
		from, begin := len(keys), len(xs)
		keys = append(keys, raw[:m.keyWords]...)
		for _, f := range m.features {
			xs = append(xs, finite(f(&w.scope)))
		}
		out = append(out, sampled{keys[from:len(keys):len(keys)], xs[begin:len(xs):len(xs)]})
	}
	t.Clear()
	return out
}

// finite returns x, or NaN for a number that is infinite, as the quotient of something and nothing.
func finite(x float64) float64 {
	if x-x != 0 {
		return math.NaN()
	}
	return x
}

// period takes the samples of periods that the lanes of a slot made.
func (h *haul) period(s *slot) {
	for i, c := range s.crossings {
		b := batch{crossing: c}
		for j := range s.lanes {
			b.samples = append(b.samples, s.lanes[j].rows[i]...)
		}
		sortSamples(b.samples)
		h.batches = append(h.batches, b)
	}
	for j := range s.lanes {
		s.lanes[j].rows = nil
	}
	s.crossings = s.crossings[:0]
}

// EndPeriods ends the running periods of all models, as if their time had come: for models that learn from captures, which
// seldom end with a period. It is called between two calls of Process.
func (e *Engine) EndPeriods(emit Emit) {
	w := e.workers[0]
	for i, m := range e.plan.samplers {
		b := e.state.brains[i]
		if m.On != packet.EventPacket || !b.started {
			continue
		}
		all := batch{crossing: crossing{e.number, m, (b.period + 1) * m.every}}
		for _, t := range e.state.tables[m.group.store.index] {
			all.samples = e.drain(w, m, t, all.end, all.samples)
		}
		sortSamples(all.samples)
		e.score(&all, emit)
	}
}

// sortSamples brings samples in the order of their keys.
func sortSamples(samples []sampled) {
	slices.SortFunc(samples, func(x, y sampled) int { return slices.Compare(x.key, y.key) })
}
