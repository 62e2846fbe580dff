package engine

import (
	"math"

	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/rules/ast"
)

// applyEach is the number of events whose windows are asked for ahead: enough for the waits to overlap, few
// enough for what came to stay in the first caches.
const applyEach = 128

// apply runs the events of one lane of a slot, in packet order.
func (e *Engine) apply(w *worker, s *slot, at int) {
	l := &s.lanes[at]
	if len(s.crossings) > 0 {
		e.applyAcross(w, s, at)
		return
	}
	for from := 0; from < len(l.events); from += applyEach {
		events := l.events[from:min(from+applyEach, len(l.events))]
		// What windows need is seldom in the cache. Each step is asked for, for all events, before the
		// one that depends on it.
		for i := range events {
			if ev := &events[i]; ev.table != nil {
				ev.table.PrefetchIndex(ev.key.hash)
			} else {
				e.askFlights(ev)
			}
		}
		for i := range events {
			if ev := &events[i]; ev.table != nil {
				ev.hint = ev.table.PrefetchRow(ev.key.hash, ev.group.base, ev.group.size)
			}
		}
		for i := range events {
			if ev := &events[i]; ev.table != nil {
				ev.table.PrefetchBlocks(ev.key.hash, ev.hint, ev.group.base, ev.group.size, s.clockAt(ev.packet))
			}
		}
		for i := range events {
			ev := &events[i]
			if len(l.local) > 0 && ev.packet != l.localAt {
				e.finish(w, s, l)
			}
			w.p = w.at(s, ev.packet)
			e.observe(w, l, ev)
		}
	}
	e.finish(w, s, l)
	l.events = l.events[:0]
}

// applyAcross is apply for a slot with whose packets periods of models end.
func (e *Engine) applyAcross(w *worker, s *slot, at int) {
	l, next := &s.lanes[at], 0
	for i := range l.events {
		ev := &l.events[i]
		w.p = w.at(s, ev.packet)
		next = e.endPeriods(w, s, at, next, w.p.Number)
		e.observe(w, l, ev)
	}
	e.endPeriods(w, s, at, next, math.MaxUint64)
	l.events = l.events[:0]
}

// observe counts the packet at hand in a group's windows and fires the group's rules.
func (e *Engine) observe(w *worker, l *lane, ev *event) {
	g, t, p := ev.group, ev.table, w.p
	key := ev.key.check[:g.words]
	w.begin(p)
	if g.sampler != nil {
		e.sample(w, l, ev)
		return
	}
	var row window.Row
	if len(g.memories) > 0 {
		e.remember(w, g)
	}
	if t != nil {
		if e.moves != nil {
			e.moveKey(g.store, key, ev.key.hash)
		}
		row = t.RowAt(ev.hint, key, ev.key.hash, p.Clock)
		if g.last >= 0 {
			w.measure(g, t, row)
		}
		for i := range g.cells {
			c := &g.cells[i]
			w.now[i] = math.NaN()
			if len(p.Payload) < c.least || c.cond != predTrue && !w.test(c.cond) {
				continue
			}
			if c.each != nil {
				w.observeEach(c, t, row, g.base+i, &w.now[i])
				continue
			}
			switch at := g.base + i; c.state.Kind {
			case window.Series:
				x := 1.0
				if c.num != nil {
					x = c.num(&w.scope)
				}
				w.now[i] = t.Add(row, at, x, p.Time, p.Clock)
			case window.Quantile:
				t.Sample(row, at, c.num(&w.scope), p.Time, p.Clock)
			case window.Raw: // of the packet before
			case window.Count:
				if c.idle {
					t.Push(row, at, p.Time, p.Clock)
				} else {
					w.now[i] = float64(t.Hit(row, at, p.Time, p.Clock))
				}
			default:
				if v := c.value(&w.scope); c.idle {
					t.Put(row, at, v, p.Time, p.Clock)
				} else {
					w.now[i] = float64(t.Observe(row, at, v, p.Time, p.Clock))
				}
			}
		}
	}
	for _, r := range g.rules {
		if k := r.peak; k != nil && w.now[k.ref.cell] > k.least { // NaN where it was not counted: the value is no larger than before
			e.peak(w, r, t, row, ev)
		}
		if e.watch != nil {
			e.watch(w, r, t, row, key)
		}
		reached, least, near := w.reach(r, t, row)
		if r.inquiry != nil { // the first packet of an indicator asks, however far it is from firing
			reached = w.tier(r, near) >= least && reached
		}
		if !reached {
			continue
		}
		if !r.enough {
			w.load(r, t, row)
			if !w.test(r.when) {
				continue
			}
		}
		e.fire(w, l, r, ev, row)
	}
	for _, st := range g.steps {
		e.match(w, l, st, ev)
	}
}

// reach reports whether a rule's bars are reached, and by which tier at least where reputation scales them. Of a rule that
// asks reputation it tells how near it is to firing.
func (w *worker) reach(r *rule, t *window.Table, row window.Row) (reached bool, least Tier, near uint8) {
	way := r.way
	for i := range r.bars {
		b := &r.bars[i]
		var v float64
		if b.value == nil {
			if !b.now {
				v = b.ref.read(w, t, row, r.group.base)
			} else if v = w.now[b.ref.cell]; v != v {
				v = b.ref.read(w, t, row, r.group.base)
			}
		} else if w.test(b.present) {
			v = b.value(&w.scope)
		}
		if r.inquiry != nil {
			way = min(way, nearness(v, b.limit(scale.TierClean)))
		}
		for !(v > b.limit(least) || v == b.limit(least) && !b.strict) {
			if b.scaled == nil || least == scale.TierCritical {
				return false, least, uint8(way)
			}
			least++
		}
	}
	return true, least, uint8(way)
}

// load makes the values of a rule's aggregates ready for its when and its messages.
func (w *worker) load(r *rule, t *window.Table, row window.Row) {
	for i := range r.refs {
		w.values[i] = r.refs[i].read(w, t, row, r.group.base)
	}
	w.gen++ // conditions remembered under other values
}

// read returns the value of an aggregate of the event at hand; NaN where there is none, as the mean of nothing.
func (f *ref) read(w *worker, t *window.Table, row window.Row, base int) float64 {
	if f.fn == ast.FuncFirst {
		return f.first(w)
	}
	cell, clock := base+f.cell, w.p.Clock
	switch f.kind {
	case window.Count, window.Distinct, window.Changes:
		v := float64(t.Value(row, cell, clock))
		if f.span != 0 {
			v /= f.span
		}
		return v
	}
	if f.kind == window.Quantile {
		return t.Quantile(row, cell, f.quantile, clock)
	}
	if f.fn == ast.FuncSum {
		return t.Sum(row, cell, clock)
	}
	return f.sums(t.Sums(row, cell, clock))
}
