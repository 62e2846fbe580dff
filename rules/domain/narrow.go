package domain

import (
	"maps"
	"math"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/lists"
)

// A Values is the values that a field can still have: integers and MAC addresses as ranges, strings
// as a set. Of the other kinds only a bound on their number is known.
type Values struct {
	ints  []lists.IntRange    // sorted, disjoint; with isInt
	strs  map[string]struct{} // nil: any
	most  float64             // no more values than this; +Inf where there is no bound
	isInt bool
}

// State are the values that fields can have where a condition holds. A slot that is not in it can
// have every value of its field. None says that the condition cannot hold.
type State struct {
	of   map[slot]Values
	None bool
}

// allValues returns all values of a field.
func allValues(f *packet.Field) Values {
	switch f.Kind {
	case packet.KindBool:
		return intValues([]lists.IntRange{{Lo: 0, Hi: 1}})
	case packet.KindInt:
		if f.Name == "ip.version" {
			return intValues([]lists.IntRange{{Lo: 4, Hi: 4}, {Lo: 6, Hi: 6}})
		}
		return intValues([]lists.IntRange{{Lo: 0, Hi: int64(min(f.Max, math.MaxInt64-1))}})
	case packet.KindMAC:
		return intValues([]lists.IntRange{{Lo: 0, Hi: 1<<48 - 1}})
	case packet.KindString:
		if len(f.Enum) > 0 {
			return stringValues(lists.NewStringSet(f.Enum).Strs)
		}
	}
	return Values{most: math.Inf(1)}
}

func intValues(ranges []lists.IntRange) Values {
	d := Values{ints: ranges, isInt: true}
	for _, r := range ranges {
		d.most += float64(r.Hi) - float64(r.Lo) + 1
	}
	return d
}

func stringValues(strs map[string]struct{}) Values {
	return Values{strs: strs, most: float64(len(strs))}
}

// addrValues knows only how many addresses a set has.
func addrValues(s *lists.AddrSet) Values {
	d := Values{}
	if s == nil {
		return d
	}
	s.Ranges(func(r lists.AddrRange) bool {
		// Subtracted as integers: small ranges must be counted exactly.
		d.most += float64(r.Hi.Lo-r.Lo.Lo) + 1
		if r.Hi.Hi != r.Lo.Hi {
			d.most += float64(r.Hi.Hi-r.Lo.Hi) * (1 << 64)
		}
		return true
	})
	return d
}

// And returns the values that are in both domains, or more.
func (d Values) And(o Values) Values {
	switch {
	case d.isInt && o.isInt:
		return intValues(IntersectInts(d.ints, o.ints))
	case d.strs != nil && o.strs != nil:
		both := map[string]struct{}{}
		for s := range d.strs {
			if _, ok := o.strs[s]; ok {
				both[s] = struct{}{}
			}
		}
		return stringValues(both)
	case o.most < d.most:
		return o
	}
	return d
}

// or returns the values that are in either domain, or more.
func (d Values) or(o Values) Values {
	switch {
	case d.isInt && o.isInt:
		return intValues(lists.NewIntSet(append(append([]lists.IntRange{}, d.ints...), o.ints...)).Ints)
	case d.strs != nil && o.strs != nil:
		either := map[string]struct{}{}
		for _, set := range []map[string]struct{}{d.strs, o.strs} {
			for s := range set {
				either[s] = struct{}{}
			}
		}
		return stringValues(either)
	}
	return Values{most: d.most + o.most}
}

// without returns the values of d that are not in o; d itself where that is not known.
func (d Values) without(o Values) Values {
	switch {
	case d.isInt && o.isInt:
		return intValues(IntersectInts(d.ints, IntsWithout(o.ints)))
	case d.strs != nil && o.strs != nil:
		rest := map[string]struct{}{}
		for s := range d.strs {
			if _, ok := o.strs[s]; !ok {
				rest[s] = struct{}{}
			}
		}
		return stringValues(rest)
	}
	return d
}

// StateWhere returns the values that fields can have, where a packet has them, when e is as wanted. The
// packets that are asked about have the layers in has.
func StateWhere(e ast.Expr, want bool, has packet.Layer) State {
	switch e := e.(type) {
	case *ast.NotExpr:
		return StateWhere(e.X, !want, has)
	case *ast.LogicExpr:
		all := e.Or != want // every operand is as wanted
		out := StateWhere(e.Xs[0], want, has)
		for _, x := range e.Xs[1:] {
			if all {
				out = out.And(StateWhere(x, want, has))
			} else {
				out = out.or(StateWhere(x, want, has))
			}
		}
		return out
	case *ast.ConstExpr:
		return State{None: (e.Value.Int != 0) != want}
	case *ast.LayerExpr:
		return State{None: !want && e.Layers&has == e.Layers}
	case *ast.FieldExpr:
		if e.Field.Kind != packet.KindBool {
			return State{}
		}
		return one(e.Field, intValues([]lists.IntRange{single(want)}))
	case *ast.CompareExpr:
		return narrowCompare(e, want)
	case *ast.InExpr:
		f, ok := e.X.(*ast.FieldExpr)
		if !ok || e.Set == nil { // the set of a list with errors
			return State{}
		}
		members := setValues(f.Field, e.Set)
		if want {
			return one(f.Field, allValues(f.Field).And(members))
		}
		return one(f.Field, allValues(f.Field).without(members))
	}
	return State{}
}

// Implied returns the layers that every packet has for which e holds.
func Implied(e ast.Expr) packet.Layer {
	switch e := e.(type) {
	case *ast.LayerExpr:
		return e.Layers.Needs()
	case *ast.LogicExpr:
		out := Implied(e.Xs[0])
		for _, x := range e.Xs[1:] {
			if e.Or {
				out &= Implied(x)
			} else {
				out |= Implied(x)
			}
		}
		return out
	}
	return 0
}

func single(b bool) lists.IntRange {
	if b {
		return lists.IntRange{Lo: 1, Hi: 1}
	}
	return lists.IntRange{}
}

func setValues(f *packet.Field, s *lists.Set) Values {
	switch f.Kind {
	case packet.KindInt, packet.KindMAC, packet.KindBool:
		return intValues(s.Ints)
	case packet.KindString, packet.KindBytes:
		return stringValues(s.Strs)
	}
	return addrValues(s.Addrs)
}

// narrowCompare knows comparisons of a field with a constant.
func narrowCompare(e *ast.CompareExpr, want bool) State {
	op := e.Op
	f, ok1 := e.X.(*ast.FieldExpr)
	c, ok2 := e.Y.(*ast.ConstExpr)
	if !ok1 || !ok2 {
		f, ok1 = e.Y.(*ast.FieldExpr)
		c, ok2 = e.X.(*ast.ConstExpr)
		op = op.Mirror()
	}
	if !ok1 || !ok2 {
		return State{}
	}
	if !want {
		op = op.Negate()
	}
	all := allValues(f.Field)
	switch {
	case all.isInt && c.Value.Kind != packet.KindFloat:
		return one(f.Field, all.And(intValues(IntsWhere(op, c.Value.Int))))
	case op == ast.OpEq && c.Value.Kind.IsText():
		return one(f.Field, all.And(stringValues(map[string]struct{}{c.Value.Str: {}})))
	case op == ast.OpNe && c.Value.Kind.IsText():
		return one(f.Field, all.without(stringValues(map[string]struct{}{c.Value.Str: {}})))
	case op == ast.OpEq && f.Field.Kind != packet.KindInt:
		return one(f.Field, Values{most: 1})
	}
	return State{}
}

func one(f *packet.Field, d Values) State {
	return State{of: map[slot]Values{slotOf(f): d}, None: d.most == 0}
}

// And returns what is known where both conditions hold.
func (a State) And(b State) State {
	if a.None || b.None {
		return State{None: true}
	}
	out := State{of: map[slot]Values{}}
	maps.Copy(out.of, a.of)
	for s, d := range b.of {
		if have, ok := out.of[s]; ok {
			d = have.And(d)
		}
		out.of[s] = d
		out.None = out.None || d.most == 0
	}
	return out
}

// or returns what is known where one of the conditions holds.
func (a State) or(b State) State {
	switch {
	case a.None:
		return b
	case b.None:
		return a
	}
	out := State{of: map[slot]Values{}}
	for s, d := range a.of {
		if other, ok := b.of[s]; ok {
			out.of[s] = d.or(other)
		}
	}
	return out
}

// field returns what values a field can have.
func (a State) field(f *packet.Field) Values {
	if d, ok := a.of[slotOf(f)]; ok {
		return d
	}
	return allValues(f)
}
