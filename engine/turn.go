package engine

import (
	"cmp"
	"slices"

	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/ast"
)

// Rules that fill or read lists see the packets one after the other, as what one of them writes the next one reads. So
// their groups are looked at in turn: workers find what may concern them, as they do for all, by what conditions say
// besides lists; the rest comes when all else of a part is done with, packet by packet, each with the alerts that it
// led to, since rules on alerts write as well.

// touches reports whether a rule fills or reads lists.
func touches(r *rules.Rule) bool { return len(r.Tracks) > 0 || len(r.Reads()) > 0 }

// candidate is what a condition says besides lists: it holds wherever the condition does, whatever is in them. It is nil
// where that is nothing.
func candidate(e ast.Expr) ast.Expr {
	if !ast.Has[*ast.ListedExpr](e) {
		return e
	}
	l, ok := e.(*ast.LogicExpr)
	if !ok || l.Or {
		return nil
	}
	all := *l
	all.Xs = nil
	for _, x := range l.Xs {
		if x = candidate(x); x != nil {
			all.Xs = append(all.Xs, x)
		}
	}
	if len(all.Xs) == 0 {
		return nil
	}
	return &all
}

// turns finds the groups that are looked at in turn, and leaves of their filters what their candidates pass.
func (b *builder) turns(p *Plan) {
	if p.serial = b.tuning.NoTurns || slices.ContainsFunc(p.samplers, (*sampler).readsLists); p.serial {
		return
	}
	for _, g := range p.groups {
		of := func(r *rule) bool { return touches(r.Rule) }
		step := func(st *stepRef) bool {
			return ast.Has[*ast.ListedExpr](st.Where) || slices.ContainsFunc(st.By, func(k ast.Key) bool { return ast.Has[*ast.ListedExpr](k.Expr) })
		}
		if g.on != packet.EventPacket && g.on != packet.EventConnection || !slices.ContainsFunc(g.rules, of) && !slices.ContainsFunc(g.steps, step) {
			continue
		}
		g.turn, p.turns = true, true
		if c := candidate(g.where); c == nil {
			g.filter = predTrue
		} else {
			g.filter = b.condition(c)
		}
	}
}

// readsLists reports whether a model reads lists that rules fill.
func (s *sampler) readsLists() bool {
	return ast.Has[*ast.ListedExpr](s.Where) ||
		slices.ContainsFunc(s.By, func(k ast.Key) bool { return ast.Has[*ast.ListedExpr](k.Expr) }) ||
		slices.ContainsFunc(s.Aggregates, func(a *ast.Aggregate) bool {
			return ast.Has[*ast.ListedExpr](a.Arg) || ast.Has[*ast.ListedExpr](a.Cond)
		})
}

// shared is the number of lanes that groups are spread over; the one behind them is that of groups that are looked at in turn.
func (s *slot) shared() int { return len(s.lanes) - 1 }

// numberAt returns the number of the packet at a place, or of the one that brought the event.
func (s *slot) numberAt(place uint32) uint64 {
	if place < connPlace {
		return s.packets[place].Number
	}
	return s.conns[place-connPlace].number
}

// admit reports whether the packet at hand passes the whole filter of a group that is looked at in turn, and completes its
// event, which counts then.
func (e *Engine) admit(w *worker, ev *event) bool {
	g := ev.group
	w.begin(w.p)
	if !w.test(g.whole) {
		return false
	}
	w.matched[g.index]++
	w.words = w.appendKey(w.words[:0], g.key)
	ev.key.hash, ev.key.check[0] = window.Hash2(w.seed, w.words)
	shards := w.tables[g.store.index]
	ev.table = shards[ev.key.hash&uint64(len(shards)-1)]
	return true
}

// turn does what is left of a slot when the lanes that are shared out are done with it: packet by packet it looks at the
// groups whose turn it is, and hands out what all of them fired. It is called for slots in their order.
func (e *Engine) turn(w *worker, s *slot, h haul, emit Emit) {
	h.sort()
	l := &s.lanes[s.shared()]
	for i := 0; i < len(l.events); {
		number := s.numberAt(l.events[i].packet)
		e.deliverBefore(&h, number, emit)
		for ; i < len(l.events) && s.numberAt(l.events[i].packet) == number; i++ {
			ev := &l.events[i]
			w.p = w.at(s, ev.packet)
			if e.admit(w, ev) {
				e.observe(w, l, ev)
			}
		}
		if len(l.fired)+len(l.matches) > 0 {
			h.fired = slices.Insert(h.fired, 0, l.fired...)
			h.matches = slices.Insert(h.matches, 0, l.matches...)
			slices.SortStableFunc(h.fired, func(x, y fired) int { return cmp.Compare(x.number, y.number) })
			clear(l.fired)
			clear(l.matches)
			l.fired, l.matches = l.fired[:0], l.matches[:0]
		}
		e.deliverBefore(&h, number+1, emit)
		e.write()
	}
	l.events = l.events[:0]
	e.deliverBefore(&h, end, emit)
}
