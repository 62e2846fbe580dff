package lint

import (
	"math"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// An interval is the numbers from lo to hi, both included.
type interval struct{ lo, hi float64 }

var (
	anyNumber   = interval{math.Inf(-1), math.Inf(1)}
	notNegative = interval{0, math.Inf(1)}
)

func (a interval) hull(b interval) interval { return interval{min(a.lo, b.lo), max(a.hi, b.hi)} }

// exact is the largest magnitude below which a float64 holds every integer. Beyond it, and where
// integers could wrap, nothing is claimed.
const exact = 1 << 53

func bounded(lo, hi float64) interval {
	if math.IsNaN(lo) || math.IsNaN(hi) || lo < -exact || hi > exact {
		return anyNumber
	}
	return interval{lo, hi}
}

// numbers returns an interval that holds every value of a number, where fields have the values in d.
func numbers(e rules.Expr, d domains) interval {
	switch e := e.(type) {
	case *rules.ConstExpr:
		switch e.Value.Kind {
		case packet.KindInt, packet.KindBool:
			return interval{float64(e.Value.Int), float64(e.Value.Int)}
		case packet.KindFloat:
			return interval{e.Value.Float, e.Value.Float}
		}
	case *rules.ThresholdExpr:
		return interval{e.Value, e.Value}
	case *rules.FieldExpr:
		return fieldNumbers(e.Field, d)
	case *rules.GapExpr:
		if e.Moved {
			return interval{0, rules.FarthestMove}
		}
		return interval{0, e.Span.Seconds()}
	case *rules.NegExpr:
		x := numbers(e.X, d)
		return bounded(-x.hi, -x.lo)
	case *rules.ArithExpr:
		return arithmetic(e, d)
	case *rules.CondExpr:
		return numbers(e.Then, d).hull(numbers(e.Else, d))
	case *rules.CallExpr:
		return callNumbers(e, d)
	case *rules.IndexExpr:
		return interval{0, math.MaxUint8}
	}
	return anyNumber
}

func fieldNumbers(f *packet.Field, d domains) interval {
	dom := d.field(f)
	switch {
	case dom.isInt && len(dom.ints) > 0:
		return interval{float64(dom.ints[0].Lo), float64(dom.ints[len(dom.ints)-1].Hi)}
	case f.Kind == packet.KindFloat && f.Layer&(packet.LayerFlow|packet.LayerConnection) != 0:
		return notNegative // durations and rates
	}
	return anyNumber
}

func arithmetic(e *rules.ArithExpr, d domains) interval {
	if e.K != packet.KindInt && e.K != packet.KindFloat {
		return anyNumber // strings
	}
	x, y := numbers(e.X, d), numbers(e.Y, d)
	switch e.Op {
	case rules.OpAdd:
		return bounded(x.lo+y.lo, x.hi+y.hi)
	case rules.OpSub:
		return bounded(x.lo-y.hi, x.hi-y.lo)
	case rules.OpMul:
		a, b, c, d := x.lo*y.lo, x.lo*y.hi, x.hi*y.lo, x.hi*y.hi
		return bounded(min(a, b, c, d), max(a, b, c, d))
	case rules.OpMod:
		// The result has the sign of x, is smaller than y, and is 0 for y = 0.
		m := max(math.Abs(y.lo), math.Abs(y.hi), 1) - 1
		lo, hi := -m, m
		if x.lo >= 0 {
			lo = 0
		}
		return interval{lo, hi}
	}
	return anyNumber
}

func callNumbers(e *rules.CallExpr, d domains) interval {
	switch e.Func.ID {
	case rules.FnLen:
		if f, ok := e.Args[0].(*rules.FieldExpr); ok && f.Field.Store == packet.StoreName {
			return interval{0, packet.MaxName}
		}
		return notNegative
	case rules.FnEntropy:
		return interval{0, 8}
	case rules.FnHour:
		return interval{0, 23}
	case rules.FnWeekday:
		return interval{0, 6}
	case rules.FnAbs:
		x := numbers(e.Args[0], d)
		hi := max(math.Abs(x.lo), math.Abs(x.hi))
		if x.lo <= 0 && x.hi >= 0 {
			return interval{0, hi}
		}
		return interval{min(math.Abs(x.lo), math.Abs(x.hi)), hi}
	case rules.FnMin, rules.FnMax:
		out := numbers(e.Args[0], d)
		for _, a := range e.Args[1:] {
			out = out.hull(numbers(a, d))
		}
		return out
	case rules.FnLog2:
		if x := numbers(e.Args[0], d); x.hi > 0 {
			return interval{math.Log2(max(x.lo, 0)), math.Log2(x.hi)}
		}
	case rules.FnBitAnd:
		hi := math.Inf(1)
		for _, a := range e.Args {
			if x := numbers(a, d); x.lo >= 0 {
				hi = min(hi, x.hi)
			}
		}
		if !math.IsInf(hi, 1) {
			return interval{0, hi}
		}
	}
	return anyNumber
}

// values bounds the number of different values of e, where fields have the values in d and those of
// the key are fixed.
func values(e rules.Expr, d domains, by []rules.Key) float64 {
	if keyed(e, by) {
		return 1
	}
	most := 1.0
	if gaps(e) {
		most = math.Inf(1)
	}
	for f := range fieldsOf(e) {
		if !keyed(&rules.FieldExpr{Field: f}, by) {
			most *= d.field(f).most
		}
	}
	switch e.Kind() {
	case packet.KindBool:
		most = min(most, 2)
	case packet.KindInt:
		x := numbers(e, d)
		most = min(most, x.hi-x.lo+1)
	case packet.KindIP:
		if call, ok := e.(*rules.CallExpr); ok {
			bits4, bits6 := call.Bits()
			most = min(most, math.Exp2(float64(bits4))+math.Exp2(float64(bits6)))
		}
	}
	return most
}
