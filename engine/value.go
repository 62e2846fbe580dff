package engine

import (
	"bytes"
	"math"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// The functions that expressions become where no leaf expresses them. They run on a packet for which
// the presence of every field was tested before. Bytes are valid until the next evaluation.
type (
	intFunc   func(*scope) int64
	floatFunc func(*scope) float64
	bytesFunc func(*scope) []byte
	addrFunc  func(*scope) packet.Addr
)

// boolFunc returns a function for a boolean expression and its rough cost in nanoseconds.
func (b *builder) boolFunc(e ast.Expr) (func(*scope) bool, uint16) {
	switch e := e.(type) {
	case *ast.CompareExpr:
		return b.compareFunc(e)
	case *ast.InExpr:
		return b.inFunc(e)
	case *ast.ListedExpr:
		return b.listed(e), 30
	case *ast.MatchExpr:
		return b.matchFunc(e)
	case *ast.TextExpr:
		return b.textFunc(e)
	case *ast.AnyExpr:
		return b.anyFunc(e)
	case *ast.CallExpr:
		if e.Func.ID == ast.FnIsPrivate {
			x := b.addrFunc(e.Args[0])
			return func(s *scope) bool { return ast.IsPrivate(x(s)) }, 5
		}
	case *ast.OpaqueExpr:
		o := b.opaque(e)
		return func(s *scope) bool { v, _ := o.value(s).(bool); return v }, opaqueCost
	case *ast.ClosureExpr:
		if e.Each {
			return b.eachFunc(e)
		}
		loop := b.loop(e)
		if e.Quantifier == ast.Find {
			value := b.lower(e.Value)
			return found(loop, func(s *scope) bool { return s.test(value) }), opaqueCost
		}
		return func(s *scope) bool { return loop(s) != 0 }, opaqueCost
	case *ast.ElementExpr:
		x := element(e)
		return func(s *scope) bool { v, _ := x(s).(bool); return v }, 5
	case *ast.HasExpr:
		if call, ok := e.X.(*ast.CallExpr); ok {
			return b.hasPlace(call), 60
		}
		if g, ok := e.X.(*ast.GapExpr); ok {
			span, moved := int64(g.Span), g.Moved
			return func(s *scope) bool { // of a packet that comes late the window is the clock's
				return s.gap >= 0 && s.gap < span && s.gap+(s.p.Clock-s.p.Time) < span && (!moved || s.moved >= 0)
			}, 1
		}
		if c, ok := e.X.(*ast.ClosureExpr); ok {
			loop := b.loop(c)
			return func(s *scope) bool { return loop(s) != 0 }, opaqueCost
		}
		o := b.opaque(e.X.(*ast.OpaqueExpr))
		return func(s *scope) bool { return o.value(s) != nil }, opaqueCost
	}
	i := b.lower(e)
	return func(s *scope) bool { return s.test(i) }, b.preds[i].cost + 1
}

func (b *builder) inFunc(e *ast.InExpr) (func(*scope) bool, uint16) {
	set := e.Set
	switch k := e.X.Kind(); {
	case set.Addrs != nil:
		x := b.addrFunc(e.X)
		return func(s *scope) bool { return set.Addrs.Has(x(s)) }, 10
	case set.Strs != nil, set.Names != nil:
		x := b.bytesFunc(e.X)
		return func(s *scope) bool { return set.HasString(x(s)) }, 30
	case k == packet.KindFloat:
		x := b.floatFunc(e.X)
		return func(s *scope) bool {
			v := x(s)
			return v == math.Trunc(v) && set.HasInt(int64(v))
		}, 10
	case k == packet.KindInt || k == packet.KindMAC || k == packet.KindBool:
		x := b.intFunc(e.X)
		return func(s *scope) bool { return set.HasInt(x(s)) }, 10
	}
	return func(*scope) bool { return false }, 1 // an empty set
}

func (b *builder) compareFunc(e *ast.CompareExpr) (func(*scope) bool, uint16) {
	o := e.Op
	if f := b.nearing(e); f != nil {
		return f, 10
	}
	switch x, y := e.X.Kind(), e.Y.Kind(); {
	case x == packet.KindIP:
		l, r := b.addrFunc(e.X), b.addrFunc(e.Y)
		return func(s *scope) bool { return (l(s) == r(s)) == (o == ast.OpEq) }, 5
	case x.IsText():
		l, r := b.bytesFunc(e.X), b.bytesFunc(e.Y)
		return func(s *scope) bool {
			keep := len(s.text)
			lv := s.hold(l(s))
			c := bytes.Compare(lv, r(s))
			s.text = s.text[:keep]
			return ordered(o, c)
		}, 20
	case x == packet.KindBool:
		l, r := b.lower(e.X), b.lower(e.Y)
		return func(s *scope) bool { return (s.test(l) == s.test(r)) == (o == ast.OpEq) }, 5
	case x == packet.KindFloat || y == packet.KindFloat || ast.Has[*ast.AggregateExpr](e):
		l, r := b.floatFunc(e.X), b.floatFunc(e.Y)
		return func(s *scope) bool { return compareFloats(o, l(s), r(s)) }, 6
	}
	l, r := b.intFunc(e.X), b.intFunc(e.Y)
	return func(s *scope) bool {
		lv, rv := l(s), r(s)
		switch {
		case lv < rv:
			return ordered(o, -1)
		case lv > rv:
			return ordered(o, 1)
		}
		return ordered(o, 0)
	}, 5
}

// compareFloats compares two numbers; a NaN, which stands for a value that is not there, such as the
// mean of nothing, makes every comparison false.
func compareFloats(o ast.Op, x, y float64) bool {
	switch {
	case x < y:
		return ordered(o, -1)
	case x > y:
		return ordered(o, 1)
	case x == y:
		return ordered(o, 0)
	}
	return false
}

func ordered(o ast.Op, c int) bool {
	switch o {
	case ast.OpEq:
		return c == 0
	case ast.OpNe:
		return c != 0
	case ast.OpLt:
		return c < 0
	case ast.OpLe:
		return c <= 0
	case ast.OpGt:
		return c > 0
	}
	return c >= 0
}

// addrFunc returns a function for an address.
func (b *builder) addrFunc(e ast.Expr) addrFunc {
	switch e := e.(type) {
	case *ast.ConstExpr:
		v := e.Value.Addr
		return func(*scope) packet.Addr { return v }
	case *ast.FieldExpr:
		f := e.Field
		if f.Many() {
			return func(s *scope) packet.Addr { return s.value(f).Addr }
		}
		return func(s *scope) packet.Addr { return f.Addr(s.p) }
	case *ast.ElementExpr: // of a field: no array of the VM has addresses
		depth := e.Depth
		return func(s *scope) packet.Addr { return s.elems[depth].cursor.Addr }
	case *ast.ClosureExpr:
		if e.Quantifier == ast.Find {
			return found(b.loop(e), b.addrFunc(e.Value))
		}
	case *ast.CondExpr:
		return either(b.lower(e.If), b.addrFunc(e.Then), b.addrFunc(e.Else))
	case *ast.CallExpr:
		x := b.addrFunc(e.Args[0])
		bits4, bits6 := e.Bits()
		return func(s *scope) packet.Addr { return ast.Network(x(s), bits4, bits6) }
	case *ast.AbsentExpr:
		return func(*scope) packet.Addr { return packet.Addr{} }
	}
	panic("engine: not an address: " + b.canon(e))
}

// either returns what has the value of x where a condition holds, and that of y elsewhere.
func either[V any](cond int32, x, y func(*scope) V) func(*scope) V {
	return func(s *scope) V {
		if s.test(cond) {
			return x(s)
		}
		return y(s)
	}
}
