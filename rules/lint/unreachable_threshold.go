package lint

import (
	"fmt"
	"math"
	"strconv"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules"
)

// unreachableThreshold finds comparisons of an aggregate that always have the same result: it cannot
// get as far as the other side, or is always beyond it. Thresholds are taken as written, so a rule
// that only a bad reputation could make fire is found too.
func unreachableThreshold() Check {
	return Check{
		Code: diag.Code{
			Name:      "unreachable-threshold",
			Severity:  hcl.DiagError,
			Summary:   "Threshold that decides nothing",
			Doc:       "An aggregate is compared with a number that it can never reach, or that it can never miss.",
			Judgement: true,
		},
		check: func(rs *rules.RuleSet, report report) {
			for _, r := range rs.Rules {
				for _, when := range r.Conditions() {
					rules.Walk(when, func(e rules.Expr) bool {
						if c, ok := e.(*rules.CompareExpr); ok {
							compareAggregate(rs, r, c, report)
						}
						return true
					})
				}
			}
		},
	}
}

// compareAggregate looks at one comparison in the when of a rule, or of one of its levels.
func compareAggregate(rs *rules.RuleSet, r *rules.Rule, c *rules.CompareExpr, report report) {
	agg, other, op := sides(c)
	if agg == nil {
		return
	}
	got, why := reach(r, agg)
	want := numbers(other, domains{})
	verdict, known := compareIntervals(op, got, want)
	if !known || verdict && !writtenOut(rs, other) {
		return
	}
	rng := c.Range()
	if uses(other) && r.Threshold != nil && r.Threshold.Range.Filename != rng.Filename {
		rng = r.Threshold.Range // of an override
	}
	if got.hi > want.lo || verdict && got.hi >= want.hi {
		why = fmt.Sprintf("is never below %s", number(got.lo))
	}
	what := fmt.Sprintf("%s %s %s", agg.Name, op, numberText(want, op, verdict))
	switch {
	case verdict:
		report(rng, "%s always holds: %s %s. Compare with a number that tells something, or leave the comparison out.", what, agg.Text, why)
	case got.hi < want.lo:
		report(rng, "%s never holds: %s %s. Lower the number, or count something else.", what, agg.Text, why)
	default:
		report(rng, "%s never holds: %s %s. Compare with another number.", what, agg.Text, why)
	}
}

// sides returns the aggregate of a comparison, what it is compared with, and the operator as seen
// from the aggregate; nil where neither side is an aggregate, or both have one.
func sides(c *rules.CompareExpr) (*rules.Aggregate, rules.Expr, rules.Op) {
	if a, ok := c.X.(*rules.AggregateExpr); ok && !aggregates(c.Y) {
		return a.Aggregate, c.Y, c.Op
	}
	if a, ok := c.Y.(*rules.AggregateExpr); ok && !aggregates(c.X) {
		return a.Aggregate, c.X, c.Op.Mirror()
	}
	return nil, nil, 0
}

func aggregates(e rules.Expr) (found bool) {
	rules.Walk(e, func(e rules.Expr) bool {
		_, ok := e.(*rules.AggregateExpr)
		found = found || ok
		return !found
	})
	return found
}

func uses(e rules.Expr) (found bool) {
	rules.Walk(e, func(e rules.Expr) bool {
		_, ok := e.(*rules.ThresholdExpr)
		found = found || ok
		return !found
	})
	return found
}

// reach returns the values that an aggregate of a rule can have, and says why.
func reach(r *rules.Rule, a *rules.Aggregate) (interval, string) {
	has := implied(r.Where)
	if a.Arg != nil {
		for f := range fieldsOf(a.Arg) {
			has |= f.Layer.Needs()
		}
	}
	d := narrow(r.Where, true, has)
	if a.Cond != nil {
		d = d.and(narrow(a.Cond, true, has))
	}
	if d.none {
		return anyNumber, "" // it counts nothing, which Load reports
	}
	switch a.Func {
	case rules.FuncDistinct:
		most := values(a.Arg, d, r.By)
		if keyed(a.Arg, r.By) {
			return interval{0, most}, "sees one value, since the key of the rule fixes it"
		}
		if most == 1 {
			return interval{0, 1}, "has one value only, since where allows no other"
		}
		return interval{0, most}, fmt.Sprintf("has at most %s different values", number(most))
	case rules.FuncChanges:
		if values(a.Arg, d, r.By) <= 1 {
			return interval{0, 0}, "sees one value only, and counts no change"
		}
	case rules.FuncSum:
		switch x := numbers(a.Arg, d); {
		case x.lo >= 0 && x.hi <= 0:
			return interval{0, 0}, "adds up zeros"
		case x.lo < 0:
			return anyNumber, ""
		}
	case rules.FuncMedian, rules.FuncPercentile:
		// They are within 5% of a value.
		x := numbers(a.Arg, d).hull(interval{0, 0})
		x.lo, x.hi = min(x.lo, x.lo*1.05), max(x.hi, x.hi*1.05)
		return x, fmt.Sprintf("is between %s and %s", number(x.lo), number(x.hi))
	case rules.FuncCV:
		if values(a.Arg, d, r.By) <= 1 {
			return interval{0, 0}, "sees one value only"
		}
	case rules.FuncMin, rules.FuncMax, rules.FuncMean:
		// 0 stands for no value at all.
		x := numbers(a.Arg, d).hull(interval{0, 0})
		return x, fmt.Sprintf("is between %s and %s", number(x.lo), number(x.hi))
	case rules.FuncStddev:
		x := numbers(a.Arg, d)
		if values(a.Arg, d, r.By) <= 1 {
			return interval{0, 0}, "sees one value only"
		}
		return interval{0, x.hi - x.lo}, fmt.Sprintf("is between 0 and %s", number(x.hi-x.lo))
	}
	return notNegative, "is never below 0"
}

// compareIntervals returns the result of a comparison when it is the same for all values.
func compareIntervals(op rules.Op, x, y interval) (result, known bool) {
	switch op {
	case rules.OpLt:
		return x.hi < y.lo, x.hi < y.lo || x.lo >= y.hi
	case rules.OpGe:
		return x.lo >= y.hi, x.hi < y.lo || x.lo >= y.hi
	case rules.OpLe:
		return x.hi <= y.lo, x.hi <= y.lo || x.lo > y.hi
	case rules.OpGt:
		return x.lo > y.hi, x.hi <= y.lo || x.lo > y.hi
	case rules.OpEq:
		return false, x.hi < y.lo || x.lo > y.hi
	case rules.OpNe:
		apart := x.hi < y.lo || x.lo > y.hi
		return apart, apart
	}
	return false, false
}

// writtenOut reports whether a number stands in the condition itself. A variable that makes a
// comparison always true is a way to turn that comparison off.
func writtenOut(rs *rules.RuleSet, e rules.Expr) bool {
	if _, ok := e.(*rules.ConstExpr); !ok {
		return false
	}
	file := rs.Sources[e.Range().Filename]
	if file == nil || !e.Range().CanSliceBytes(file.Bytes) {
		return false
	}
	_, err := strconv.ParseFloat(string(e.Range().SliceBytes(file.Bytes)), 64)
	return err == nil
}

// numberText writes the other side of a comparison: the end of its interval that decides.
func numberText(x interval, op rules.Op, always bool) string {
	if (op == rules.OpLt || op == rules.OpLe) != always {
		return number(x.hi)
	}
	return number(x.lo)
}

func number(x float64) string {
	if math.IsInf(x, 0) || math.Abs(x) < 1e15 && x == math.Trunc(x) {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return strconv.FormatFloat(x, 'g', 6, 64)
}
