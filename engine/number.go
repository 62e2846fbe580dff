package engine

import (
	"math"
	"unicode/utf8"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// intFunc returns a function for an expression of integers, booleans or MAC addresses.
func (b *builder) intFunc(e ast.Expr) intFunc {
	switch e := e.(type) {
	case *ast.ConstExpr:
		v := e.Value.Int
		return func(*scope) int64 { return v }
	case *ast.FieldExpr:
		f := e.Field
		if f.Many() {
			return func(s *scope) int64 { return s.value(f).Int }
		}
		return func(s *scope) int64 { return f.Int(s.p) }
	case *ast.ThresholdExpr, *ast.AggregateExpr:
		v := b.floatFunc(e)
		return func(s *scope) int64 { return int64(v(s)) }
	case *ast.NegExpr:
		x := b.intFunc(e.X)
		return func(s *scope) int64 { return -x(s) }
	case *ast.ArithExpr:
		return b.intArith(e)
	case *ast.CondExpr:
		return either(b.lower(e.If), b.intFunc(e.Then), b.intFunc(e.Else))
	case *ast.IndexExpr:
		x, i := b.bytesFunc(e.X), e.I
		return func(s *scope) int64 {
			if v := x(s); i < len(v) {
				return int64(v[i])
			}
			return 0
		}
	case *ast.CallExpr:
		if e.Kind() != packet.KindBool {
			return b.intCall(e)
		}
	case *ast.ColumnExpr:
		row, column := b.rowFunc(e), e.List.Columns[e.Column]
		return func(s *scope) int64 {
			if r := row(s); r >= 0 {
				return column.Int(r)
			}
			return 0
		}
	case *ast.OpaqueExpr:
		o := b.opaque(e)
		return func(s *scope) int64 { return number[int64](o.value(s)) }
	case *ast.ClosureExpr:
		switch e.Quantifier {
		case ast.Count:
			loop := b.loop(e)
			return func(s *scope) int64 { return int64(loop(s)) }
		case ast.Find:
			return found(b.loop(e), b.intFunc(e.Value))
		}
	case *ast.ElementExpr:
		if depth := e.Depth; e.Field != nil {
			return func(s *scope) int64 { return s.elems[depth].cursor.Int }
		}
		x := element(e)
		return func(s *scope) int64 { return number[int64](x(s)) }
	case *ast.AbsentExpr:
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

func (b *builder) intArith(e *ast.ArithExpr) intFunc {
	x, y := b.intFunc(e.X), b.intFunc(e.Y)
	switch e.Op {
	case ast.OpAdd:
		return func(s *scope) int64 { return x(s) + y(s) }
	case ast.OpSub:
		return func(s *scope) int64 { return x(s) - y(s) }
	case ast.OpMul:
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

func (b *builder) intCall(e *ast.CallExpr) intFunc {
	switch e.Func.ID {
	case ast.FnLen:
		x := b.bytesFunc(e.Args[0])
		if e.Args[0].Kind() == packet.KindString {
			return func(s *scope) int64 { return int64(utf8.RuneCount(x(s))) }
		}
		return func(s *scope) int64 { return int64(len(x(s))) }
	case ast.FnHour:
		x, zone := b.floatFunc(e.Args[0]), e.Zone()
		return func(s *scope) int64 { return ast.Hour(x(s), zone) }
	case ast.FnWeekday:
		x, zone := b.floatFunc(e.Args[0]), e.Zone()
		return func(s *scope) int64 { return ast.Weekday(x(s), zone) }
	case ast.FnASN:
		return b.placeNumber(e)
	case ast.FnBitAnd:
		x, y := b.intFunc(e.Args[0]), b.intFunc(e.Args[1])
		return func(s *scope) int64 { return x(s) & y(s) }
	case ast.FnAbs:
		x := b.intFunc(e.Args[0])
		return func(s *scope) int64 { return max(x(s), -x(s)) }
	}
	args := make([]intFunc, len(e.Args))
	for i, a := range e.Args {
		args[i] = b.intFunc(a)
	}
	if e.Func.ID == ast.FnMin {
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
func (b *builder) floatFunc(e ast.Expr) floatFunc {
	switch e := e.(type) {
	case *ast.ConstExpr:
		v := e.Value.Float
		if e.Value.Kind != packet.KindFloat {
			v = float64(e.Value.Int)
		}
		return func(*scope) float64 { return v }
	case *ast.FieldExpr:
		if f := e.Field; f.Kind == packet.KindFloat {
			return func(s *scope) float64 { return f.Float(s.p) }
		}
	case *ast.ThresholdExpr:
		v := e.Value
		if r := b.scaled; r != nil {
			return func(s *scope) float64 { return s.threshold(r, 0) }
		}
		return func(*scope) float64 { return v }
	case *ast.AggregateExpr:
		i := e.Aggregate.Index
		return func(s *scope) float64 { return s.values[i] }
	case *ast.GapExpr:
		if e.Moved {
			return func(s *scope) float64 { return s.moved }
		}
		return func(s *scope) float64 { return float64(s.gap) / 1e9 }
	case *ast.NegExpr:
		x := b.floatFunc(e.X)
		return func(s *scope) float64 { return -x(s) }
	case *ast.ArithExpr:
		return b.floatArith(e)
	case *ast.CondExpr:
		return either(b.lower(e.If), b.floatFunc(e.Then), b.floatFunc(e.Else))
	case *ast.CallExpr:
		if f := b.floatCall(e); f != nil {
			return f
		}
	case *ast.ColumnExpr:
		row, column := b.rowFunc(e), e.List.Columns[e.Column]
		return func(s *scope) float64 {
			if r := row(s); r >= 0 {
				return column.Float(r)
			}
			return 0
		}
	case *ast.OpaqueExpr:
		o := b.opaque(e)
		return func(s *scope) float64 { return number[float64](o.value(s)) }
	case *ast.ClosureExpr:
		if e.Quantifier == ast.Find {
			return found(b.loop(e), b.floatFunc(e.Value))
		}
	case *ast.ElementExpr:
		if e.Field != nil {
			break
		}
		x := element(e)
		return func(s *scope) float64 { return number[float64](x(s)) }
	}
	x := b.intFunc(e)
	return func(s *scope) float64 { return float64(x(s)) }
}

func (b *builder) floatArith(e *ast.ArithExpr) floatFunc {
	if e.Op == ast.OpMod {
		x := b.intArith(e)
		return func(s *scope) float64 { return float64(x(s)) }
	}
	x, y := b.floatFunc(e.X), b.floatFunc(e.Y)
	switch e.Op {
	case ast.OpAdd:
		return func(s *scope) float64 { return x(s) + y(s) }
	case ast.OpSub:
		return func(s *scope) float64 { return x(s) - y(s) }
	case ast.OpMul:
		return func(s *scope) float64 { return x(s) * y(s) }
	}
	return func(s *scope) float64 { return x(s) / y(s) }
}

// floatCall returns nil for functions whose value is an integer here.
func (b *builder) floatCall(e *ast.CallExpr) floatFunc {
	switch e.Func.ID {
	case ast.FnEntropy:
		x := b.bytesFunc(e.Args[0])
		return func(s *scope) float64 { return ast.Entropy(x(s)) }
	case ast.FnLog2:
		x := b.floatFunc(e.Args[0])
		return func(s *scope) float64 { return ast.Log2(x(s)) }
	case ast.FnAbs, ast.FnMin, ast.FnMax:
	default:
		return nil
	}
	if e.Kind() != packet.KindFloat && !ast.Has[*ast.AggregateExpr](e) {
		return nil
	}
	args := make([]floatFunc, len(e.Args))
	for i, a := range e.Args {
		args[i] = b.floatFunc(a)
	}
	pick := math.Max
	switch e.Func.ID {
	case ast.FnAbs:
		return func(s *scope) float64 { return math.Abs(args[0](s)) }
	case ast.FnMin:
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
