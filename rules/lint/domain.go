package lint

import (
	"math"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// A domain is the values that a field can still have: integers and MAC addresses as ranges, strings
// as a set. Of the other kinds only a bound on their number is known.
type domain struct {
	ints  []rules.IntRange    // sorted, disjoint; with isInt
	strs  map[string]struct{} // nil: any
	most  float64             // no more values than this; +Inf where there is no bound
	isInt bool
}

// domains are the values that fields can have where a condition holds. A slot that is not in it can
// have every value of its field. None says that the condition cannot hold.
type domains struct {
	of   map[slot]domain
	none bool
}

// fieldDomain returns all values of a field.
func fieldDomain(f *packet.Field) domain {
	switch f.Kind {
	case packet.KindBool:
		return intDomain([]rules.IntRange{{Lo: 0, Hi: 1}})
	case packet.KindInt:
		if f.Name == "ip.version" {
			return intDomain([]rules.IntRange{{Lo: 4, Hi: 4}, {Lo: 6, Hi: 6}})
		}
		return intDomain([]rules.IntRange{{Lo: 0, Hi: int64(min(f.Max, math.MaxInt64-1))}})
	case packet.KindMAC:
		return intDomain([]rules.IntRange{{Lo: 0, Hi: 1<<48 - 1}})
	case packet.KindString:
		if len(f.Enum) > 0 {
			return stringDomain(rules.NewStringSet(f.Enum).Strs)
		}
	}
	return domain{most: math.Inf(1)}
}

func intDomain(ranges []rules.IntRange) domain {
	d := domain{ints: ranges, isInt: true}
	for _, r := range ranges {
		d.most += float64(r.Hi) - float64(r.Lo) + 1
	}
	return d
}

func stringDomain(strs map[string]struct{}) domain {
	return domain{strs: strs, most: float64(len(strs))}
}

// addrDomain knows only how many addresses a set has.
func addrDomain(s *rules.AddrSet) domain {
	d := domain{}
	if s == nil {
		return d
	}
	s.Ranges(func(r rules.AddrRange) bool {
		// Subtracted as integers: small ranges must be counted exactly.
		d.most += float64(r.Hi.Lo-r.Lo.Lo) + 1
		if r.Hi.Hi != r.Lo.Hi {
			d.most += float64(r.Hi.Hi-r.Lo.Hi) * (1 << 64)
		}
		return true
	})
	return d
}

// and returns the values that are in both domains, or more.
func (d domain) and(o domain) domain {
	switch {
	case d.isInt && o.isInt:
		return intDomain(rules.IntersectInts(d.ints, o.ints))
	case d.strs != nil && o.strs != nil:
		both := map[string]struct{}{}
		for s := range d.strs {
			if _, ok := o.strs[s]; ok {
				both[s] = struct{}{}
			}
		}
		return stringDomain(both)
	case o.most < d.most:
		return o
	}
	return d
}

// or returns the values that are in either domain, or more.
func (d domain) or(o domain) domain {
	switch {
	case d.isInt && o.isInt:
		return intDomain(rules.NewIntSet(append(append([]rules.IntRange{}, d.ints...), o.ints...)).Ints)
	case d.strs != nil && o.strs != nil:
		either := map[string]struct{}{}
		for _, set := range []map[string]struct{}{d.strs, o.strs} {
			for s := range set {
				either[s] = struct{}{}
			}
		}
		return stringDomain(either)
	}
	return domain{most: d.most + o.most}
}

// without returns the values of d that are not in o; d itself where that is not known.
func (d domain) without(o domain) domain {
	switch {
	case d.isInt && o.isInt:
		return intDomain(rules.IntersectInts(d.ints, rules.IntsWithout(o.ints)))
	case d.strs != nil && o.strs != nil:
		rest := map[string]struct{}{}
		for s := range d.strs {
			if _, ok := o.strs[s]; !ok {
				rest[s] = struct{}{}
			}
		}
		return stringDomain(rest)
	}
	return d
}

// narrow returns the values that fields can have, where a packet has them, when e is as wanted. The
// packets that are asked about have the layers in has.
func narrow(e rules.Expr, want bool, has packet.Layer) domains {
	switch e := e.(type) {
	case *rules.NotExpr:
		return narrow(e.X, !want, has)
	case *rules.LogicExpr:
		all := e.Or != want // every operand is as wanted
		out := narrow(e.Xs[0], want, has)
		for _, x := range e.Xs[1:] {
			if all {
				out = out.and(narrow(x, want, has))
			} else {
				out = out.or(narrow(x, want, has))
			}
		}
		return out
	case *rules.ConstExpr:
		return domains{none: (e.Value.Int != 0) != want}
	case *rules.LayerExpr:
		return domains{none: !want && e.Layers&has == e.Layers}
	case *rules.FieldExpr:
		if e.Field.Kind != packet.KindBool {
			return domains{}
		}
		return one(e.Field, intDomain([]rules.IntRange{single(want)}))
	case *rules.CompareExpr:
		return narrowCompare(e, want)
	case *rules.InExpr:
		f, ok := e.X.(*rules.FieldExpr)
		if !ok || e.Set == nil { // the set of a list with errors
			return domains{}
		}
		members := setDomain(f.Field, e.Set)
		if want {
			return one(f.Field, fieldDomain(f.Field).and(members))
		}
		return one(f.Field, fieldDomain(f.Field).without(members))
	}
	return domains{}
}

// implied returns the layers that every packet has for which e holds.
func implied(e rules.Expr) packet.Layer {
	switch e := e.(type) {
	case *rules.LayerExpr:
		return e.Layers.Needs()
	case *rules.LogicExpr:
		out := implied(e.Xs[0])
		for _, x := range e.Xs[1:] {
			if e.Or {
				out &= implied(x)
			} else {
				out |= implied(x)
			}
		}
		return out
	}
	return 0
}

func single(b bool) rules.IntRange {
	if b {
		return rules.IntRange{Lo: 1, Hi: 1}
	}
	return rules.IntRange{}
}

func setDomain(f *packet.Field, s *rules.Set) domain {
	switch f.Kind {
	case packet.KindInt, packet.KindMAC, packet.KindBool:
		return intDomain(s.Ints)
	case packet.KindString, packet.KindBytes:
		return stringDomain(s.Strs)
	}
	return addrDomain(s.Addrs)
}

// narrowCompare knows comparisons of a field with a constant.
func narrowCompare(e *rules.CompareExpr, want bool) domains {
	op := e.Op
	f, ok1 := e.X.(*rules.FieldExpr)
	c, ok2 := e.Y.(*rules.ConstExpr)
	if !ok1 || !ok2 {
		f, ok1 = e.Y.(*rules.FieldExpr)
		c, ok2 = e.X.(*rules.ConstExpr)
		op = op.Mirror()
	}
	if !ok1 || !ok2 {
		return domains{}
	}
	if !want {
		op = op.Negate()
	}
	all := fieldDomain(f.Field)
	switch {
	case all.isInt && c.Value.Kind != packet.KindFloat:
		return one(f.Field, all.and(intDomain(rules.IntsWhere(op, c.Value.Int))))
	case op == rules.OpEq && text(c.Value):
		return one(f.Field, all.and(stringDomain(map[string]struct{}{c.Value.Str: {}})))
	case op == rules.OpNe && text(c.Value):
		return one(f.Field, all.without(stringDomain(map[string]struct{}{c.Value.Str: {}})))
	case op == rules.OpEq && f.Field.Kind != packet.KindInt:
		return one(f.Field, domain{most: 1})
	}
	return domains{}
}

func one(f *packet.Field, d domain) domains {
	return domains{of: map[slot]domain{slotOf(f): d}, none: d.most == 0}
}

// and returns what is known where both conditions hold.
func (a domains) and(b domains) domains {
	if a.none || b.none {
		return domains{none: true}
	}
	out := domains{of: map[slot]domain{}}
	for s, d := range a.of {
		out.of[s] = d
	}
	for s, d := range b.of {
		if have, ok := out.of[s]; ok {
			d = have.and(d)
		}
		out.of[s] = d
		out.none = out.none || d.most == 0
	}
	return out
}

// or returns what is known where one of the conditions holds.
func (a domains) or(b domains) domains {
	switch {
	case a.none:
		return b
	case b.none:
		return a
	}
	out := domains{of: map[slot]domain{}}
	for s, d := range a.of {
		if other, ok := b.of[s]; ok {
			out.of[s] = d.or(other)
		}
	}
	return out
}

// field returns what values a field can have.
func (a domains) field(f *packet.Field) domain {
	if d, ok := a.of[slotOf(f)]; ok {
		return d
	}
	return fieldDomain(f)
}
