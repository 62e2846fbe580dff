package engine

import (
	"cmp"
	"fmt"
	"math"
	"unsafe"

	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// exactCount is the greatest threshold up to which counts are exact by contract.
const exactCount = 4096

// generalCount is up to where a count is exact that no constant is compared with, as in a > 3 * b.
const generalCount = 1024

// addCells gives a group the cells that a rule's aggregates need, shared where they are equal.
func (b *builder) addCells(g *group, r *rule, have map[string]int) {
	use := needs(r.Rule)
	for i, a := range r.Aggregates {
		if a.Memory != nil {
			r.refs = append(r.refs, ref{aggregate: i, cell: b.addMemory(g, a), fn: a.Func, learn: int64(a.Memory.Learn)})
			continue
		}
		n := use[i]
		span := int64(a.Window.Span)
		limit := n.limit
		if b.opt.Peaks && r.Threshold != nil && limit == r.Threshold.Value {
			limit *= peakReach
		}
		if a.Func == ast.FuncRate {
			limit *= a.Window.Span.Seconds()
		}
		w := window.Cell{Span: span}
		// One more than the constant tells "more than" from "as many as".
		bounded := !n.general && limit >= 0 && limit < exactCount+1
		reach := int(math.Floor(limit)) + 1
		switch a.Func {
		case ast.FuncCount, ast.FuncRate:
			// A Count goes on in panes beyond what it is exact for, so general use needs no more.
			w.Kind, w.Need = window.Count, reach
			if n.general || limit <= 0 {
				w.Need = max(reach, generalCount)
			}
		case ast.FuncDistinct, ast.FuncChanges:
			w.Kind, w.Need = window.Distinct, reach
			if a.Func == ast.FuncChanges {
				w.Kind = window.Changes
			}
			if !bounded {
				w.Need = 0
				if n.general && limit > 0 && limit < exactCount+1 {
					w.Aim = reach
				}
			}
		case ast.FuncSum:
			w.Kind, w.Parts, w.NeedSum = window.Series, window.Total, max(limit, 0)
		case ast.FuncMean:
			w.Kind, w.Parts = window.Series, window.Total|window.Events
		case ast.FuncStddev, ast.FuncCV:
			w.Kind, w.Parts = window.Series, window.Squares
		case ast.FuncMedian, ast.FuncPercentile:
			w.Kind = window.Quantile
		case ast.FuncMin, ast.FuncMax:
			w.Kind, w.Parts = window.Series, window.Extremes
		}
		c := cell{cond: predTrue, per: predTrue}
		if a.Cond != nil {
			c.cond = b.assumeFilter(b.condition(a.Cond), g.filter)
			c.least = b.leastPayload([]entry{{cond: c.cond}})
		}
		c.text = fmt.Sprintf("kind %d span %d if %s of %s", w.Kind, span, b.canon(a.Cond), b.canon(a.Arg))
		at, ok := have[c.text]
		if !ok {
			switch w.Kind {
			case window.Distinct, window.Changes:
				c.value = b.observation(a.Arg)
			case window.Series, window.Quantile:
				if a.Arg != nil {
					c.num = b.floatFunc(a.Arg)
				}
			}
			if a.Func != ast.FuncChanges { // of which the first value counts
				c.each, c.per = b.several(a.Arg)
			}
			at = len(g.cells)
			have[c.text] = at
			c.state = w
			g.cells = append(g.cells, c)
		} else {
			g.cells[at].state = merge(g.cells[at].state, w)
		}
		gap, moved := readsGap(a.Arg, a.Cond)
		if gap || moved {
			g.last = g.keep(lastText, span, have)
		}
		if moved {
			g.place, g.places = g.keep(placeText, span, have), b.geo
		}
		f := ref{aggregate: i, cell: at, kind: w.Kind, fn: a.Func, quantile: a.Quantile}
		if a.Func == ast.FuncRate {
			f.span = a.Window.Span.Seconds()
		}
		r.refs = append(r.refs, f)
	}
}

// waits is the value of a cell that a rule waits for; 0 for none.
func waits(c window.Cell) int { return cmp.Or(c.Need, c.Aim) }

// merge makes one cell do for two uses of it. A Need of 0 asks for the most.
func merge(x, y window.Cell) window.Cell {
	if x.Need == 0 || y.Need == 0 {
		x.Need, x.Aim = 0, max(waits(x), waits(y))
	} else {
		x.Need = max(x.Need, y.Need)
	}
	if x.NeedSum == 0 || y.NeedSum != 0 && y.NeedSum < x.NeedSum {
		x.NeedSum = y.NeedSum
	}
	if x.Parts != y.Parts {
		x.Parts |= y.Parts
	}
	return x
}

// A cell is one shared aggregate of a group: what is observed, and the state it goes to.
type cell struct {
	text  string // canonical
	state window.Cell
	cond  int32               // predTrue where every event of the group counts
	least int                 // bytes of a payload without which it does not hold
	value func(*scope) uint64 // Distinct, Changes
	num   floatFunc           // Series, Quantile; nil counts ones
	each  []*packet.Field     // with several values, each of which counts
	per   int32               // what a choice of values of these must fulfil to count
	idle  bool                // Count, Distinct, Changes: its value is seldom asked for, see (*group).idle
}

// observation returns how a value becomes the 64 bits that Distinct and Changes compare. Addresses
// of IPv6 and strings are hashed.
func (b *builder) observation(e ast.Expr) func(*scope) uint64 {
	if t, ok := e.(*ast.TupleExpr); ok {
		return b.tuple(t)
	}
	switch e.Kind() {
	case packet.KindIP:
		x := b.addrFunc(e)
		return func(s *scope) uint64 {
			a := x(s)
			if a.Is4() {
				return a.Lo
			}
			return window.Hash(s.seed, []uint64{a.Hi, a.Lo})
		}
	case packet.KindString, packet.KindBytes:
		x := b.bytesFunc(e)
		return func(s *scope) uint64 { return hashBytes(s.seed, x(s)) }
	case packet.KindFloat:
		x := b.floatFunc(e)
		return func(s *scope) uint64 { return math.Float64bits(x(s)) }
	}
	if f, ok := e.(*ast.FieldExpr); ok && f.Field.Store == packet.StoreU16 {
		off := f.Field.Offset
		return func(s *scope) uint64 { return uint64(*(*uint16)(unsafe.Add(unsafe.Pointer(s.p), off))) }
	}
	x := b.intFunc(e)
	return func(s *scope) uint64 { return uint64(x(s)) }
}

// tuple returns how several values become one: a hash of all of them.
func (b *builder) tuple(e *ast.TupleExpr) func(*scope) uint64 {
	parts := make([]keyPart, len(e.Xs))
	for i, x := range e.Xs {
		parts[i] = b.keyPart(ast.Key{Expr: x})
	}
	return func(s *scope) uint64 {
		s.tuple = s.appendKey(s.tuple[:0], parts)
		return window.Hash(s.seed, s.tuple)
	}
}
