package domain

import (
	"math"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// An Interval is the numbers from Lo to Hi, both included.
type Interval struct{ Lo, Hi float64 }

// What is known of a number where little is: nothing, and that it is not below 0.
var (
	AnyNumber   = Interval{math.Inf(-1), math.Inf(1)}
	NotNegative = Interval{0, math.Inf(1)}
)

// Hull returns the least interval that has all numbers of both.
func (a Interval) Hull(b Interval) Interval { return Interval{min(a.Lo, b.Lo), max(a.Hi, b.Hi)} }

// exact is the largest magnitude below which a float64 holds every integer. Beyond it, and where
// integers could wrap, nothing is claimed.
const exact = 1 << 53

func bounded(lo, hi float64) Interval {
	if math.IsNaN(lo) || math.IsNaN(hi) || lo < -exact || hi > exact {
		return AnyNumber
	}
	return Interval{lo, hi}
}

// Bounds returns an interval that holds every value of a number, whatever the event; what is made of other numbers by operators
// may be any.
func Bounds(e ast.Expr) Interval {
	switch e := e.(type) {
	case *ast.ConstExpr:
		if e.Value.Kind.IsNumber() {
			return Interval{e.Value.Number(), e.Value.Number()}
		}
	case *ast.FieldExpr:
		switch f := e.Field; {
		case f.Name == "ip.version":
			return Interval{4, 6}
		case f.Name == "model.score":
			return Interval{0, 1}
		case f.Kind == packet.KindInt:
			return Interval{0, float64(f.Max)}
		case f.Kind == packet.KindFloat && f.Layer&(packet.LayerFlow|packet.LayerConnection|packet.AssetLayers) != 0:
			return NotNegative // durations and rates
		}
	case *ast.AggregateExpr:
		switch e.Aggregate.Func {
		case ast.FuncCount, ast.FuncDistinct, ast.FuncChanges, ast.FuncRate, ast.FuncStddev, ast.FuncCV:
			return NotNegative
		}
	case *ast.GapExpr:
		return NotNegative
	case *ast.CallExpr:
		return callBounds(e)
	case *ast.IndexExpr:
		return Interval{0, math.MaxUint8}
	case *ast.ClosureExpr:
		if e.Quantifier == ast.Count {
			return NotNegative
		}
	case *ast.ElementExpr:
		if e.Index {
			return NotNegative
		}
	}
	return AnyNumber
}

func callBounds(e *ast.CallExpr) Interval {
	switch e.Func.ID {
	case ast.FnLen:
		if f, ok := e.Args[0].(*ast.FieldExpr); ok && f.Field.Store == packet.StoreName {
			return Interval{0, packet.MaxName}
		}
		return NotNegative
	case ast.FnEntropy:
		return Interval{0, 8}
	case ast.FnHour:
		return Interval{0, 23}
	case ast.FnWeekday:
		return Interval{0, 6}
	case ast.FnAbs:
		return NotNegative
	case ast.FnASN:
		return Interval{1, math.MaxUint32}
	case ast.FnLog2:
		if x := Bounds(e.Args[0]); x.Hi > 0 {
			return Interval{math.Inf(-1), math.Log2(x.Hi)}
		}
	}
	return AnyNumber
}

// Numbers is Bounds where fields have the values in d, the threshold is as written, and packets before are in their window; it is
// narrower where operators make a number of others.
func Numbers(e ast.Expr, d State) Interval {
	switch e := e.(type) {
	case *ast.ThresholdExpr:
		return Interval{e.Value, e.Value}
	case *ast.GapExpr:
		if e.Moved {
			return Interval{0, ast.FarthestMove}
		}
		return Interval{0, e.Span.Seconds()}
	case *ast.FieldExpr:
		if dom := d.field(e.Field); dom.isInt && len(dom.ints) > 0 {
			return Interval{float64(dom.ints[0].Lo), float64(dom.ints[len(dom.ints)-1].Hi)}
		}
	case *ast.NegExpr:
		x := Numbers(e.X, d)
		return bounded(-x.Hi, -x.Lo)
	case *ast.ArithExpr:
		return arithmetic(e, d)
	case *ast.CondExpr:
		return Numbers(e.Then, d).Hull(Numbers(e.Else, d))
	case *ast.CallExpr:
		return callNumbers(e, d)
	}
	return Bounds(e)
}

func arithmetic(e *ast.ArithExpr, d State) Interval {
	if e.K != packet.KindInt && e.K != packet.KindFloat {
		return AnyNumber // strings
	}
	x, y := Numbers(e.X, d), Numbers(e.Y, d)
	switch e.Op {
	case ast.OpAdd:
		return bounded(x.Lo+y.Lo, x.Hi+y.Hi)
	case ast.OpSub:
		return bounded(x.Lo-y.Hi, x.Hi-y.Lo)
	case ast.OpMul:
		a, b, c, d := x.Lo*y.Lo, x.Lo*y.Hi, x.Hi*y.Lo, x.Hi*y.Hi
		return bounded(min(a, b, c, d), max(a, b, c, d))
	case ast.OpMod:
		// The result has the sign of x, is smaller than y, and is 0 for y = 0.
		m := max(math.Abs(y.Lo), math.Abs(y.Hi), 1) - 1
		lo, hi := -m, m
		if x.Lo >= 0 {
			lo = 0
		}
		return Interval{lo, hi}
	}
	return AnyNumber
}

func callNumbers(e *ast.CallExpr, d State) Interval {
	switch e.Func.ID {
	case ast.FnAbs:
		x := Numbers(e.Args[0], d)
		hi := max(math.Abs(x.Lo), math.Abs(x.Hi))
		if x.Lo <= 0 && x.Hi >= 0 {
			return Interval{0, hi}
		}
		return Interval{min(math.Abs(x.Lo), math.Abs(x.Hi)), hi}
	case ast.FnMin, ast.FnMax:
		out := Numbers(e.Args[0], d)
		for _, a := range e.Args[1:] {
			out = out.Hull(Numbers(a, d))
		}
		return out
	case ast.FnLog2:
		if x := Numbers(e.Args[0], d); x.Hi > 0 {
			return Interval{math.Log2(max(x.Lo, 0)), math.Log2(x.Hi)}
		}
	case ast.FnBitAnd:
		hi := math.Inf(1)
		for _, a := range e.Args {
			if x := Numbers(a, d); x.Lo >= 0 {
				hi = min(hi, x.Hi)
			}
		}
		if !math.IsInf(hi, 1) {
			return Interval{0, hi}
		}
	}
	return callBounds(e)
}

// MostValues bounds the number of different values of e, where fields have the values in d and those of
// the key are fixed.
func MostValues(e ast.Expr, d State, by []ast.Key) float64 {
	if Keyed(e, by) {
		return 1
	}
	most := 1.0
	if ast.Has[*ast.GapExpr](e) {
		most = math.Inf(1)
	}
	for f := range FieldsOf(e) {
		if !Keyed(&ast.FieldExpr{Field: f}, by) {
			most *= d.field(f).most
		}
	}
	switch e.Kind() {
	case packet.KindBool:
		most = min(most, 2)
	case packet.KindInt:
		x := Numbers(e, d)
		most = min(most, x.Hi-x.Lo+1)
	case packet.KindIP:
		if call, ok := e.(*ast.CallExpr); ok {
			bits4, bits6 := call.Bits()
			most = min(most, math.Exp2(float64(bits4))+math.Exp2(float64(bits6)))
		}
	}
	return most
}

// CompareIntervals returns the result of a comparison when it is the same for all values.
func CompareIntervals(op ast.Op, x, y Interval) (result, known bool) {
	switch op {
	case ast.OpLt:
		return x.Hi < y.Lo, x.Hi < y.Lo || x.Lo >= y.Hi
	case ast.OpGe:
		return x.Lo >= y.Hi, x.Hi < y.Lo || x.Lo >= y.Hi
	case ast.OpLe:
		return x.Hi <= y.Lo, x.Hi <= y.Lo || x.Lo > y.Hi
	case ast.OpGt:
		return x.Lo > y.Hi, x.Hi <= y.Lo || x.Lo > y.Hi
	case ast.OpEq:
		return false, x.Hi < y.Lo || x.Lo > y.Hi
	case ast.OpNe:
		apart := x.Hi < y.Lo || x.Lo > y.Hi
		return apart, apart
	}
	return false, false
}
