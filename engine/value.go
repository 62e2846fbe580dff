package engine

import (
	"bytes"
	"math"
	"unicode"
	"unicode/utf8"

	"github.com/ruleids/ruleids/internal/publicsuffix"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
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
func (b *builder) boolFunc(e rules.Expr) (func(*scope) bool, uint16) {
	switch e := e.(type) {
	case *rules.CompareExpr:
		return b.compareFunc(e)
	case *rules.InExpr:
		return b.inFunc(e)
	case *rules.MatchExpr:
		x, re := b.bytesFunc(e.X), e.Regexp
		return func(s *scope) bool { return re.Match(x(s)) }, 200
	case *rules.TextExpr:
		return b.textFunc(e)
	case *rules.CallExpr:
		if e.Func.ID == rules.FnIsPrivate {
			x := b.addrFunc(e.Args[0])
			return func(s *scope) bool { return rules.IsPrivate(x(s)) }, 5
		}
	case *rules.OpaqueExpr:
		o := b.opaque(e)
		return func(s *scope) bool { v, _ := o.value(s).(bool); return v }, opaqueCost
	case *rules.ClosureExpr:
		loop := b.loop(e)
		if e.Quantifier == rules.Find {
			value := b.lower(e.Value)
			return found(loop, func(s *scope) bool { return s.test(value) }), opaqueCost
		}
		return func(s *scope) bool { return loop(s) != 0 }, opaqueCost
	case *rules.ElementExpr:
		x := element(e)
		return func(s *scope) bool { v, _ := x(s).(bool); return v }, 5
	case *rules.HasExpr:
		if c, ok := e.X.(*rules.ClosureExpr); ok {
			loop := b.loop(c)
			return func(s *scope) bool { return loop(s) != 0 }, opaqueCost
		}
		o := b.opaque(e.X.(*rules.OpaqueExpr))
		return func(s *scope) bool { return o.value(s) != nil }, opaqueCost
	}
	i := b.lower(e)
	return func(s *scope) bool { return s.test(i) }, b.preds[i].cost + 1
}

func (b *builder) textFunc(e *rules.TextExpr) (func(*scope) bool, uint16) {
	test, cost := bytes.Contains, uint16(60)
	switch e.Op {
	case rules.OpStartsWith:
		test, cost = bytes.HasPrefix, 8
	case rules.OpEndsWith:
		test, cost = bytes.HasSuffix, 8
	}
	x := b.bytesFunc(e.X)
	if c, ok := e.Y.(*rules.ConstExpr); ok {
		y := []byte(c.Value.Str)
		return func(s *scope) bool { return test(x(s), y) }, cost
	}
	y := b.bytesFunc(e.Y)
	return func(s *scope) bool {
		xv := x(s)
		keep := len(s.text)
		xv = s.hold(xv)
		ok := test(xv, y(s))
		s.text = s.text[:keep]
		return ok
	}, cost + 10
}

// hold copies bytes to the scope's scratch, so that a second expression may be evaluated.
func (s *scope) hold(v []byte) []byte {
	at := len(s.text)
	s.text = append(s.text, v...)
	return s.text[at:len(s.text):len(s.text)]
}

func (b *builder) inFunc(e *rules.InExpr) (func(*scope) bool, uint16) {
	set := e.Set
	switch k := e.X.Kind(); {
	case set.Addrs != nil:
		x := b.addrFunc(e.X)
		return func(s *scope) bool { return set.Addrs.Has(x(s)) }, 10
	case set.Strs != nil:
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

func (b *builder) compareFunc(e *rules.CompareExpr) (func(*scope) bool, uint16) {
	o := e.Op
	if f := b.nearing(e); f != nil {
		return f, 10
	}
	switch x, y := e.X.Kind(), e.Y.Kind(); {
	case x == packet.KindIP:
		l, r := b.addrFunc(e.X), b.addrFunc(e.Y)
		return func(s *scope) bool { return (l(s) == r(s)) == (o == rules.OpEq) }, 5
	case x == packet.KindString || x == packet.KindBytes:
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
		return func(s *scope) bool { return (s.test(l) == s.test(r)) == (o == rules.OpEq) }, 5
	case x == packet.KindFloat || y == packet.KindFloat || hasAggregate(e):
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
func compareFloats(o rules.Op, x, y float64) bool {
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

func ordered(o rules.Op, c int) bool {
	switch o {
	case rules.OpEq:
		return c == 0
	case rules.OpNe:
		return c != 0
	case rules.OpLt:
		return c < 0
	case rules.OpLe:
		return c <= 0
	case rules.OpGt:
		return c > 0
	}
	return c >= 0
}

func hasAggregate(e rules.Expr) bool {
	found := false
	rules.Walk(e, func(x rules.Expr) bool {
		_, ok := x.(*rules.AggregateExpr)
		found = found || ok
		return !found
	})
	return found
}

// intFunc returns a function for an expression of integers, booleans or MAC addresses.
func (b *builder) intFunc(e rules.Expr) intFunc {
	switch e := e.(type) {
	case *rules.ConstExpr:
		v := e.Value.Int
		return func(*scope) int64 { return v }
	case *rules.FieldExpr:
		f := e.Field
		return func(s *scope) int64 { return f.Int(s.p) }
	case *rules.ThresholdExpr, *rules.AggregateExpr:
		v := b.floatFunc(e)
		return func(s *scope) int64 { return int64(v(s)) }
	case *rules.NegExpr:
		x := b.intFunc(e.X)
		return func(s *scope) int64 { return -x(s) }
	case *rules.ArithExpr:
		return b.intArith(e)
	case *rules.CondExpr:
		c, x, y := b.lower(e.If), b.intFunc(e.Then), b.intFunc(e.Else)
		return func(s *scope) int64 {
			if s.test(c) {
				return x(s)
			}
			return y(s)
		}
	case *rules.IndexExpr:
		x, i := b.bytesFunc(e.X), e.I
		return func(s *scope) int64 {
			if v := x(s); i < len(v) {
				return int64(v[i])
			}
			return 0
		}
	case *rules.CallExpr:
		if e.Kind() != packet.KindBool {
			return b.intCall(e)
		}
	case *rules.OpaqueExpr:
		o := b.opaque(e)
		return func(s *scope) int64 { return number[int64](o.value(s)) }
	case *rules.ClosureExpr:
		switch e.Quantifier {
		case rules.Count:
			loop := b.loop(e)
			return func(s *scope) int64 { return int64(loop(s)) }
		case rules.Find:
			return found(b.loop(e), b.intFunc(e.Value))
		}
	case *rules.ElementExpr:
		x := element(e)
		return func(s *scope) int64 { return number[int64](x(s)) }
	case *rules.AbsentExpr:
		return func(*scope) int64 { return 0 }
	}
	i := b.lower(e) // a boolean
	return func(s *scope) int64 {
		if s.test(i) {
			return 1
		}
		return 0
	}
}

func (b *builder) intArith(e *rules.ArithExpr) intFunc {
	x, y := b.intFunc(e.X), b.intFunc(e.Y)
	switch e.Op {
	case rules.OpAdd:
		return func(s *scope) int64 { return x(s) + y(s) }
	case rules.OpSub:
		return func(s *scope) int64 { return x(s) - y(s) }
	case rules.OpMul:
		return func(s *scope) int64 { return x(s) * y(s) }
	}
	return func(s *scope) int64 { // %
		d := y(s)
		if d == 0 || d == -1 {
			return 0
		}
		return x(s) % d
	}
}

func (b *builder) intCall(e *rules.CallExpr) intFunc {
	switch e.Func.ID {
	case rules.FnLen:
		x := b.bytesFunc(e.Args[0])
		if e.Args[0].Kind() == packet.KindString {
			return func(s *scope) int64 { return int64(utf8.RuneCount(x(s))) }
		}
		return func(s *scope) int64 { return int64(len(x(s))) }
	case rules.FnHour:
		x := b.floatFunc(e.Args[0])
		return func(s *scope) int64 { return rules.Hour(x(s)) }
	case rules.FnBitAnd:
		x, y := b.intFunc(e.Args[0]), b.intFunc(e.Args[1])
		return func(s *scope) int64 { return x(s) & y(s) }
	case rules.FnAbs:
		x := b.intFunc(e.Args[0])
		return func(s *scope) int64 { return max(x(s), -x(s)) }
	}
	args := make([]intFunc, len(e.Args))
	for i, a := range e.Args {
		args[i] = b.intFunc(a)
	}
	if e.Func.ID == rules.FnMin {
		return func(s *scope) int64 {
			v := args[0](s)
			for _, a := range args[1:] {
				v = min(v, a(s))
			}
			return v
		}
	}
	return func(s *scope) int64 {
		v := args[0](s)
		for _, a := range args[1:] {
			v = max(v, a(s))
		}
		return v
	}
}

// floatFunc returns a function for any number.
func (b *builder) floatFunc(e rules.Expr) floatFunc {
	switch e := e.(type) {
	case *rules.ConstExpr:
		v := e.Value.Float
		if e.Value.Kind != packet.KindFloat {
			v = float64(e.Value.Int)
		}
		return func(*scope) float64 { return v }
	case *rules.FieldExpr:
		if f := e.Field; f.Kind == packet.KindFloat {
			return func(s *scope) float64 { return f.Float(s.p) }
		}
	case *rules.ThresholdExpr:
		v := e.Value
		if r := b.scaled; r != nil {
			return func(s *scope) float64 { return s.threshold(r, 0) }
		}
		return func(*scope) float64 { return v }
	case *rules.AggregateExpr:
		i := e.Aggregate.Index
		return func(s *scope) float64 { return s.values[i] }
	case *rules.NegExpr:
		x := b.floatFunc(e.X)
		return func(s *scope) float64 { return -x(s) }
	case *rules.ArithExpr:
		return b.floatArith(e)
	case *rules.CondExpr:
		c, x, y := b.lower(e.If), b.floatFunc(e.Then), b.floatFunc(e.Else)
		return func(s *scope) float64 {
			if s.test(c) {
				return x(s)
			}
			return y(s)
		}
	case *rules.CallExpr:
		if f := b.floatCall(e); f != nil {
			return f
		}
	case *rules.OpaqueExpr:
		o := b.opaque(e)
		return func(s *scope) float64 { return number[float64](o.value(s)) }
	case *rules.ClosureExpr:
		if e.Quantifier == rules.Find {
			return found(b.loop(e), b.floatFunc(e.Value))
		}
	case *rules.ElementExpr:
		x := element(e)
		return func(s *scope) float64 { return number[float64](x(s)) }
	}
	x := b.intFunc(e)
	return func(s *scope) float64 { return float64(x(s)) }
}

func (b *builder) floatArith(e *rules.ArithExpr) floatFunc {
	if e.Op == rules.OpMod {
		x := b.intArith(e)
		return func(s *scope) float64 { return float64(x(s)) }
	}
	x, y := b.floatFunc(e.X), b.floatFunc(e.Y)
	switch e.Op {
	case rules.OpAdd:
		return func(s *scope) float64 { return x(s) + y(s) }
	case rules.OpSub:
		return func(s *scope) float64 { return x(s) - y(s) }
	case rules.OpMul:
		return func(s *scope) float64 { return x(s) * y(s) }
	}
	return func(s *scope) float64 { return x(s) / y(s) }
}

// floatCall returns nil for functions whose value is an integer here.
func (b *builder) floatCall(e *rules.CallExpr) floatFunc {
	switch e.Func.ID {
	case rules.FnEntropy:
		x := b.bytesFunc(e.Args[0])
		return func(s *scope) float64 { return rules.Entropy(x(s)) }
	case rules.FnAbs, rules.FnMin, rules.FnMax:
	default:
		return nil
	}
	if e.Kind() != packet.KindFloat && !hasAggregate(e) {
		return nil
	}
	args := make([]floatFunc, len(e.Args))
	for i, a := range e.Args {
		args[i] = b.floatFunc(a)
	}
	pick := math.Max
	switch e.Func.ID {
	case rules.FnAbs:
		return func(s *scope) float64 { return math.Abs(args[0](s)) }
	case rules.FnMin:
		pick = math.Min
	}
	return func(s *scope) float64 {
		v := args[0](s)
		for _, a := range args[1:] {
			v = pick(v, a(s))
		}
		return v
	}
}

// addrFunc returns a function for an address.
func (b *builder) addrFunc(e rules.Expr) addrFunc {
	switch e := e.(type) {
	case *rules.ConstExpr:
		v := e.Value.Addr
		return func(*scope) packet.Addr { return v }
	case *rules.FieldExpr:
		f := e.Field
		return func(s *scope) packet.Addr { return f.Addr(s.p) }
	case *rules.CondExpr:
		c, x, y := b.lower(e.If), b.addrFunc(e.Then), b.addrFunc(e.Else)
		return func(s *scope) packet.Addr {
			if s.test(c) {
				return x(s)
			}
			return y(s)
		}
	}
	if _, ok := e.(*rules.AbsentExpr); ok {
		return func(*scope) packet.Addr { return packet.Addr{} }
	}
	panic("engine: not an address: " + b.canon(e))
}

// bytesFunc returns a function for a string or bytes.
func (b *builder) bytesFunc(e rules.Expr) bytesFunc {
	switch e := e.(type) {
	case *rules.ConstExpr:
		v := []byte(e.Value.Str)
		return func(*scope) []byte { return v }
	case *rules.FieldExpr:
		f := e.Field
		return func(s *scope) []byte { return f.Bytes(s.p) }
	case *rules.CondExpr:
		c, x, y := b.lower(e.If), b.bytesFunc(e.Then), b.bytesFunc(e.Else)
		return func(s *scope) []byte {
			if s.test(c) {
				return x(s)
			}
			return y(s)
		}
	case *rules.ArithExpr: // + of strings
		x, y := b.bytesFunc(e.X), b.bytesFunc(e.Y)
		return func(s *scope) []byte {
			keep := len(s.text)
			s.hold(x(s))
			s.hold(y(s))
			v := s.text[keep:]
			s.text = s.text[:keep]
			return v
		}
	case *rules.SliceExpr:
		x, from, to := b.bytesFunc(e.X), e.From, e.To
		return func(s *scope) []byte {
			v := x(s)
			end := len(v)
			if to >= 0 {
				end = min(to, end)
			}
			return v[min(from, end):end]
		}
	case *rules.CallExpr:
		x := b.bytesFunc(e.Args[0])
		switch e.Func.ID {
		case rules.FnLower:
			return func(s *scope) []byte { return s.fold(x(s), unicode.ToLower) }
		case rules.FnUpper:
			return func(s *scope) []byte { return s.fold(x(s), unicode.ToUpper) }
		case rules.FnRegisteredDomain:
			return func(s *scope) []byte { return publicsuffix.RegisteredDomain(x(s)) }
		}
	case *rules.OpaqueExpr:
		o := b.opaque(e)
		return func(s *scope) []byte { return text(o.value(s)) }
	case *rules.ClosureExpr:
		if e.Quantifier == rules.Find {
			return found(b.loop(e), b.bytesFunc(e.Value))
		}
	case *rules.ElementExpr:
		x := element(e)
		return func(s *scope) []byte { return text(x(s)) }
	case *rules.AbsentExpr:
		return func(*scope) []byte { return nil }
	}
	panic("engine: not a string: " + b.canon(e))
}

// fold maps every letter of v; bytes that are no UTF-8 stay as they are.
func (s *scope) fold(v []byte, letter func(rune) rune) []byte {
	keep := len(s.text)
	at := keep
	for i := 0; i < len(v); {
		r, n := rune(v[i]), 1
		if r >= utf8.RuneSelf {
			if r, n = utf8.DecodeRune(v[i:]); r == utf8.RuneError && n == 1 {
				s.text = append(s.text, v[i])
				i++
				continue
			}
		}
		s.text = utf8.AppendRune(s.text, letter(r))
		i += n
	}
	out := s.text[at:]
	s.text = s.text[:keep]
	return out
}
