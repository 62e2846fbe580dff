package engine

import (
	"math"
	"strings"

	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// value returns a cursor at the value of a field with several: that of the closure around, else the first.
func (s *scope) value(f *packet.Field) *packet.Cursor {
	k := f.Offset
	if c := s.many[k]; c != nil {
		return c
	}
	c := &s.firsts[k]
	c.Begin(f, s.p)
	c.Next()
	return c
}

// borrow returns a cursor that nothing else uses until it is given back.
func (s *scope) borrow() *packet.Cursor {
	n := len(s.spare)
	if n == 0 {
		return new(packet.Cursor)
	}
	c := s.spare[n-1]
	s.spare = s.spare[:n-1]
	return c
}

func (s *scope) giveBack(c *packet.Cursor) { s.spare = append(s.spare, c) }

// eachFunc returns a function for a closure with Each: the body holds for one value at least.
func (b *builder) eachFunc(e *ast.ClosureExpr) (func(*scope) bool, uint16) {
	f, body := e.Field, b.lower(e.Body)
	return func(s *scope) bool { return s.some(f, body) }, b.preds[body].cost + 20
}

// some reports whether a predicate holds for some value of a field with several. Where the packet lacks the field it
// looks once, as conditions on it that stand behind its presence need no value.
func (s *scope) some(f *packet.Field, body int32) (holds bool) {
	if !s.p.Has(f.Layer) {
		return s.test(body)
	}
	k := f.Offset
	around, c := s.many[k], s.borrow()
	s.many[k] = c
	for c.Begin(f, s.p); !holds && c.Next(); {
		s.step++
		holds = s.test(body)
	}
	s.step++
	s.many[k] = around
	s.giveBack(c)
	return holds
}

// each calls do for every choice of values of some fields, which the packet has. What do reads of them are these.
func (s *scope) each(fields []*packet.Field, do func()) {
	if len(fields) == 0 {
		do()
		return
	}
	f := fields[0]
	k := f.Offset
	around, c := s.many[k], s.borrow()
	s.many[k] = c
	for c.Begin(f, s.p); c.Next(); {
		s.step++
		s.gen++
		s.each(fields[1:], do)
	}
	s.step++
	s.gen++
	s.many[k] = around
	s.giveBack(c)
}

// several returns the fields of an expression with several values, and what a choice of values of these must fulfil for
// the expression to have one.
func (b *builder) several(e ast.Expr) (each []*packet.Field, per int32) {
	if e == nil {
		return nil, predTrue
	}
	each = ast.Several(e)
	if p := ast.ValuePresence(e); p != nil && each != nil {
		return each, b.lower(p)
	}
	return each, predTrue
}

// observeEach counts every value of a cell about fields with several, and sets now to what the cell has then; NaN where
// none counted.
func (w *worker) observeEach(c *cell, t *window.Table, row window.Row, at int, now *float64) {
	*now = math.NaN()
	w.each(c.each, func() {
		switch {
		case c.per != predTrue && !w.test(c.per):
		case c.state.Kind == window.Series:
			*now = t.Add(row, at, c.num(&w.scope), w.p.Time, w.p.Clock)
		case c.state.Kind == window.Quantile:
			t.Sample(row, at, c.num(&w.scope), w.p.Time, w.p.Clock)
		default:
			*now = float64(t.Observe(row, at, c.value(&w.scope), w.p.Time, w.p.Clock))
		}
	})
}

// join writes what an expression comes to for each choice of values of fields with several.
func (h *segment) join(out *strings.Builder, s *scope) {
	n := 0
	s.each(h.each, func() {
		if h.per != predTrue && !s.test(h.per) {
			return
		}
		switch n++; {
		case n == 1:
			out.WriteString(h.text(s))
		case n <= maxJoined:
			out.WriteString(", " + h.text(s))
		case n == maxJoined+1:
			out.WriteString(", …")
		}
	})
}

// maxJoined is how many values a message shows of a field with several.
const maxJoined = 16

// valueLoop is loop for the values of a field with several.
func (b *builder) valueLoop(e *ast.ClosureExpr) func(*scope) int {
	f, body, depth, quantifier := e.Field, b.lower(e.Body), e.Depth, e.Quantifier
	return func(s *scope) int {
		for len(s.elems) <= depth {
			s.elems = append(s.elems, elem{})
		}
		around, c := s.elems[depth], s.borrow()
		c.Begin(f, s.p)
		n, i := 0, 0
		for ; c.Next(); i++ {
			s.elems[depth] = elem{cursor: c, index: i}
			s.step++
			hit := s.test(body)
			if quantifier == ast.Count && hit {
				n++
			} else if quantifier == ast.All && !hit || quantifier != ast.All && quantifier != ast.Count && hit {
				n = i + 1
				break
			}
		}
		s.step++
		if quantifier == ast.Find && n > 0 { // its value is read next
			for len(s.kept) <= depth {
				s.kept = append(s.kept, s.borrow())
			}
			s.giveBack(s.kept[depth])
			s.kept[depth] = c
			return n
		}
		s.elems[depth] = around
		s.giveBack(c)
		if quantifier == ast.All {
			if n > 0 {
				return 0
			}
			return 1
		}
		return n
	}
}
