package engine

import (
	"math"
	"unicode/utf8"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// intFunc returns a function for an expression of integers, booleans or MAC addresses.
func (b *builder) intFunc(e rules.Expr) intFunc {
	switch e := e.(type) {
	case *rules.ConstExpr:
		v := e.Value.Int
		return func(*scope) int64 { return v }
	case *rules.FieldExpr:
		f := e.Field
		if f.Many() {
			return func(s *scope) int64 { return s.value(f).Int }
		}
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
	case *rules.ColumnExpr:
		row, column := b.rowFunc(e), e.List.Columns[e.Column]
		return func(s *scope) int64 {
			if r := row(s); r >= 0 {
				return column.Int(r)
			}
			return 0
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
		if depth := e.Depth; e.Field != nil {
			return func(s *scope) int64 { return s.elems[depth].cursor.Int }
		}
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
		x, zone := b.floatFunc(e.Args[0]), e.Zone()
		return func(s *scope) int64 { return rules.Hour(x(s), zone) }
	case rules.FnWeekday:
		x, zone := b.floatFunc(e.Args[0]), e.Zone()
		return func(s *scope) int64 { return rules.Weekday(x(s), zone) }
	case rules.FnASN:
		return b.placeNumber(e)
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
	case *rules.GapExpr:
		if e.Moved {
			return func(s *scope) float64 { return s.moved }
		}
		return func(s *scope) float64 { return float64(s.gap) / 1e9 }
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
	case *rules.ColumnExpr:
		row, column := b.rowFunc(e), e.List.Columns[e.Column]
		return func(s *scope) float64 {
			if r := row(s); r >= 0 {
				return column.Float(r)
			}
			return 0
		}
	case *rules.OpaqueExpr:
		o := b.opaque(e)
		return func(s *scope) float64 { return number[float64](o.value(s)) }
	case *rules.ClosureExpr:
		if e.Quantifier == rules.Find {
			return found(b.loop(e), b.floatFunc(e.Value))
		}
	case *rules.ElementExpr:
		if e.Field != nil {
			break
		}
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
	case rules.FnLog2:
		x := b.floatFunc(e.Args[0])
		return func(s *scope) float64 { return rules.Log2(x(s)) }
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
