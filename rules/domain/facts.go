package domain

import (
	"maps"
	"math"
	"slices"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/lists"
)

func isTCPFlags(e ast.Expr) bool {
	f, ok := e.(*ast.FieldExpr)
	return ok && f.Field.Name == "tcp.flags"
}

// facts are what is known of an event in one way.
type facts struct {
	has, lacks         packet.Layer
	notAll             []packet.Layer    // sets of which at least one layer is missing
	version, proto     []lists.IntRange  // nil: nothing is said
	src, dst           []lists.AddrRange // nil: nothing is said
	flagMask, flagBits int64             // TCP flag bits that are known
	flagTerms          []term            // conditions on all of tcp.flags
}

// special reports whether a value is tied to others, so that one leaf about it says something.
func (f *facts) special(x ast.Expr) bool {
	e, ok := x.(*ast.FieldExpr)
	if !ok {
		return false
	}
	switch e.Field.Name {
	case "ip.version", "ip.proto", "ip.src", "ip.dst", "tcp.flags":
		return true
	}
	return e.Field.Store == packet.StoreFlag
}

func (f *facts) layer(l packet.Layer, not bool) {
	switch {
	case !not:
		f.has |= l
	case l&(l-1) == 0:
		f.lacks |= l
	default:
		f.notAll = append(f.notAll, l)
	}
}

// group takes all leaves about one value; it returns false where they contradict each other.
func (f *facts) group(x ast.Expr, ts []term) bool {
	// Conditions that are not understood further contradict their negations.
	for i, t := range ts {
		for _, u := range ts[:i] {
			if holds(t) != holds(u) && ast.Same(positive(t.e), positive(u.e)) {
				return false
			}
		}
	}
	field, _ := x.(*ast.FieldExpr)
	name := ""
	if field != nil {
		name = field.Field.Name
		if field.Field.Store == packet.StoreFlag {
			bit := int64(field.Field.Bit)
			for _, t := range ts {
				if on, ok := flagValue(t); ok {
					f.flagMask |= bit
					if on {
						f.flagBits |= bit
					}
				}
			}
			return true
		}
	}
	switch k := x.Kind(); {
	case name == "tcp.flags":
		f.flagTerms = ts
		return true
	case k.IsNumber() || k == packet.KindMAC:
		return f.numbers(x, name, ts)
	case k == packet.KindIP:
		return f.addresses(name, ts)
	case k.IsText():
		return words(ts)
	}
	return true
}

// holds reports whether the positive form of a leaf holds.
func holds(t term) bool {
	if e, ok := t.e.(*ast.CompareExpr); ok {
		if e.Op == ast.OpNe || e.Op == ast.OpGe || e.Op == ast.OpGt {
			return t.not
		}
	}
	return !t.not
}

// positive is the form of a leaf that it shares with its negation.
func positive(e ast.Expr) ast.Expr {
	if c, ok := e.(*ast.CompareExpr); ok && (c.Op == ast.OpNe || c.Op == ast.OpGe || c.Op == ast.OpGt) {
		opposite := *c
		opposite.Op = c.Op.Negate()
		return &opposite
	}
	return e
}

// flagValue is what a leaf says about the boolean that it is about.
func flagValue(t term) (on, ok bool) {
	if _, isField := t.e.(*ast.FieldExpr); isField {
		return !t.not, true
	}
	return false, false
}

// operator is the operator of a comparison that holds, or not.
func operator(t term) ast.Op {
	e := t.e.(*ast.CompareExpr)
	if t.not {
		return e.Op.Negate()
	}
	return e.Op
}

// numbers joins what is said about a number.
func (f *facts) numbers(x ast.Expr, name string, ts []term) bool {
	all := allInts(x)
	ints := all
	can := Bounds(x)
	s := span{lo: math.Inf(-1), hi: math.Inf(1)}
	for _, t := range ts {
		var rs []lists.IntRange
		switch e := t.e.(type) {
		case *ast.CompareExpr:
			v := e.Y.(*ast.ConstExpr).Value
			if x.Kind() == packet.KindFloat || v.Kind == packet.KindFloat {
				one := span{lo: math.Inf(-1), hi: math.Inf(1)}
				one.narrow(operator(t), v.Number())
				if one.hi >= can.Lo && one.lo <= can.Hi { // else it was judged on its own
					s.narrow(operator(t), v.Number())
				}
				continue
			}
			rs = IntsWhere(operator(t), v.Int)
		case *ast.InExpr:
			rs = e.Set.Ints
			if t.not {
				rs = IntsWithout(rs)
			}
		default:
			continue
		}
		// A condition that is outside of what the value can be was judged on its own.
		if len(IntersectInts(all, rs)) > 0 {
			ints = IntersectInts(ints, rs)
		}
	}
	switch name {
	case "ip.version":
		f.version = ints
	case "ip.proto":
		f.proto = ints
	}
	if x.Kind() == packet.KindFloat {
		return s.possible()
	}
	for _, r := range ints {
		if s.possible() && float64(r.Hi) >= s.lo && float64(r.Lo) <= s.hi {
			return true
		}
	}
	return false
}

// addresses joins what is said about an address.
func (f *facts) addresses(name string, ts []term) bool {
	have := []lists.AddrRange{allAddrs}
	for _, t := range ts {
		var rs []lists.AddrRange
		switch e := t.e.(type) {
		case *ast.CompareExpr:
			a := e.Y.(*ast.ConstExpr).Value.Addr
			rs = []lists.AddrRange{{Lo: a, Hi: a}}
			if operator(t) == ast.OpNe {
				rs = addrsWithout(rs)
			}
		case *ast.InExpr:
			rs = slices.AppendSeq(rs, e.Set.Addrs.Ranges)
			if t.not {
				rs = addrsWithout(rs)
			}
		default:
			continue
		}
		have = intersectAddrs(have, rs)
	}
	switch name {
	case "ip.src":
		f.src = have
	case "ip.dst":
		f.dst = have
	}
	return len(have) > 0
}

// words joins what is said about a string: it contradicts itself only where the string is known.
func words(ts []term) bool {
	var only []string
	for _, t := range ts {
		switch e := t.e.(type) {
		case *ast.CompareExpr:
			if operator(t) == ast.OpEq {
				only = []string{e.Y.(*ast.ConstExpr).Value.Str}
			}
		case *ast.InExpr:
			if !t.not && (only == nil || len(e.Set.Strs) < len(only)) {
				only = slices.Sorted(maps.Keys(e.Set.Strs))
			}
		}
	}
	return only == nil || slices.ContainsFunc(only, func(w string) bool { return wordPasses(w, ts) })
}

func wordPasses(w string, ts []term) bool {
	v := ast.Value{Kind: packet.KindString, Str: w}
	for _, t := range ts {
		ok := true
		switch e := t.e.(type) {
		case *ast.CompareExpr:
			ok = ast.Compare(operator(t), v, e.Y.(*ast.ConstExpr).Value)
		case *ast.InExpr:
			ok = e.Set.HasString([]byte(w)) != t.not
		case *ast.TextExpr:
			ok = ast.TextHolds(e.Op, w, e.Y.(*ast.ConstExpr).Value.Str) != t.not
		case *ast.AnyExpr:
			ok = e.Holds(w) != t.not
		case *ast.MatchExpr:
			ok = e.Pattern.MatchString(w) != t.not
		}
		if !ok {
			return false
		}
	}
	return true
}

// A span is what a fractional number can be.
type span struct {
	lo, hi         float64
	loOpen, hiOpen bool
}

func (s *span) narrow(op ast.Op, v float64) {
	if op == ast.OpEq || op == ast.OpGe || op == ast.OpGt {
		if open := op == ast.OpGt; v > s.lo || v == s.lo && open {
			s.lo, s.loOpen = v, open
		}
	}
	if op == ast.OpEq || op == ast.OpLe || op == ast.OpLt {
		if open := op == ast.OpLt; v < s.hi || v == s.hi && open {
			s.hi, s.hiOpen = v, open
		}
	}
}

func (s *span) possible() bool { return s.lo < s.hi || s.lo == s.hi && !s.loOpen && !s.hiOpen }

func (f *facts) layers() bool {
	f.has = f.has.Needs()
	if f.has&(f.lacks|f.has.Never()) != 0 {
		return false
	}
	for _, x := range f.notAll {
		if f.has&x == x {
			return false
		}
	}
	return true
}

// protocols brings together layers, protocol numbers, versions and addresses.
func (f *facts) protocols() bool {
	if f.has&packet.LayerIP == 0 {
		return true
	}
	version := []lists.IntRange{{Lo: 4, Hi: 4}, {Lo: 6, Hi: 6}}
	proto := []lists.IntRange{{Lo: 0, Hi: 255}}
	switch {
	case f.has&packet.LayerTCP != 0:
		proto = []lists.IntRange{{Lo: 6, Hi: 6}}
	case f.has&packet.LayerUDP != 0:
		proto = []lists.IntRange{{Lo: 17, Hi: 17}}
	case f.has&packet.LayerICMP != 0:
		proto, version = []lists.IntRange{{Lo: 1, Hi: 1}}, version[:1]
	case f.has&packet.LayerICMPv6 != 0:
		proto, version = []lists.IntRange{{Lo: 58, Hi: 58}}, version[1:]
	case f.has&packet.LayerPorts != 0:
		proto = []lists.IntRange{{Lo: 6, Hi: 6}, {Lo: 17, Hi: 17}}
	}
	if f.version != nil {
		version = IntersectInts(version, f.version)
	}
	if f.proto != nil {
		proto = IntersectInts(proto, f.proto)
	}
	if len(version) == 0 || len(proto) == 0 {
		return false
	}
	for _, rs := range [][]lists.AddrRange{f.src, f.dst} {
		if rs == nil || len(version) != 1 {
			continue
		}
		v4 := intersectAddrs(rs, []lists.AddrRange{v4Addrs})
		if version[0].Hi == 4 && len(v4) == 0 || version[0].Lo == 6 && slices.Equal(v4, rs) {
			return false
		}
	}
	return true
}

// flags tries every value of the TCP flags, where something is said about all of them.
func (f *facts) flags() bool {
	if len(f.flagTerms) == 0 {
		return true
	}
values:
	for v := range int64(1 << 12) {
		if v&f.flagMask != f.flagBits {
			continue
		}
		for _, t := range f.flagTerms {
			ok := true
			switch e := t.e.(type) {
			case *ast.CompareExpr:
				n := v
				if call, masked := e.X.(*ast.CallExpr); masked {
					n &= call.Args[1].(*ast.ConstExpr).Value.Int
				}
				ok = ast.Compare(operator(t), ast.Value{Kind: packet.KindInt, Int: n}, e.Y.(*ast.ConstExpr).Value)
			case *ast.InExpr:
				ok = e.Set.HasInt(v) != t.not
			}
			if !ok {
				continue values
			}
		}
		return true
	}
	return false
}
