package lint

import (
	"fmt"
	"math"
	"strconv"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/domain"
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
		rule: func(rs *rules.RuleSet, r *rules.Rule, report report) {
			for _, when := range r.Conditions() {
				ast.Walk(when, func(e ast.Expr) bool {
					if c, ok := e.(*ast.CompareExpr); ok {
						compareAggregate(rs, r, c, report)
					}
					return true
				})
			}
		},
	}
}

// compareAggregate looks at one comparison in the when of a rule, or of one of its levels.
func compareAggregate(rs *rules.RuleSet, r *rules.Rule, c *ast.CompareExpr, report report) {
	agg, other, op := sides(c)
	if agg == nil {
		return
	}
	got, why := reach(r, agg)
	want := domain.Numbers(other, domain.State{})
	verdict, known := domain.CompareIntervals(op, got, want)
	if !known || verdict && (!writtenOut(rs, other) || mayLack(r, agg)) {
		return
	}
	rng := c.Range()
	if ast.Has[*ast.ThresholdExpr](other) && r.Threshold != nil && r.Threshold.Range.Filename != rng.Filename {
		rng = r.Threshold.Range // of an override
	}
	if got.Hi > want.Lo || verdict && got.Hi >= want.Hi {
		why = fmt.Sprintf("is never below %s", number(got.Lo))
	}
	what := fmt.Sprintf("%s %s %s", agg.Name, op, numberText(want, op, verdict))
	switch {
	case verdict:
		report(rng, "%s always holds: %s %s. Compare with a number that tells something, or leave the comparison out.", what, agg.Text, why)
	case got.Hi < want.Lo:
		report(rng, "%s never holds: %s %s. Lower the number, or count something else.", what, agg.Text, why)
	default:
		report(rng, "%s never holds: %s %s. Compare with another number.", what, agg.Text, why)
	}
}

// mayLack reports whether an aggregate may have no value while the rule looks at a packet, since that takes no part in it. What it is
// compared with is then a way to ask whether it has one.
func mayLack(r *rules.Rule, a *ast.Aggregate) bool {
	switch a.Func {
	case ast.FuncMin, ast.FuncMax, ast.FuncMean, ast.FuncStddev, ast.FuncCV, ast.FuncMedian, ast.FuncPercentile:
		return a.Cond != nil && !domain.StateWhere(a.Cond, false, domain.Implied(r.Where)).None || ast.Has[*ast.GapExpr](a.Arg)
	}
	return false
}

// sides returns the aggregate of a comparison, what it is compared with, and the operator as seen
// from the aggregate; nil where neither side is an aggregate, or both have one.
func sides(c *ast.CompareExpr) (*ast.Aggregate, ast.Expr, ast.Op) {
	if a, ok := c.X.(*ast.AggregateExpr); ok && !ast.Has[*ast.AggregateExpr](c.Y) {
		return a.Aggregate, c.Y, c.Op
	}
	if a, ok := c.Y.(*ast.AggregateExpr); ok && !ast.Has[*ast.AggregateExpr](c.X) {
		return a.Aggregate, c.X, c.Op.Mirror()
	}
	return nil, nil, 0
}

// reach returns the values that an aggregate of a rule can have, and says why.
func reach(r *rules.Rule, a *ast.Aggregate) (domain.Interval, string) {
	has := domain.Implied(r.Where)
	if a.Arg != nil {
		for f := range domain.FieldsOf(a.Arg) {
			has |= f.Layer.Needs()
		}
	}
	d := domain.StateWhere(r.Where, true, has)
	if a.Cond != nil {
		d = d.And(domain.StateWhere(a.Cond, true, has))
	}
	if d.None {
		return domain.AnyNumber, "" // it counts nothing, which Load reports
	}
	switch a.Func {
	case ast.FuncDistinct:
		most := domain.MostValues(a.Arg, d, r.By)
		if domain.Keyed(a.Arg, r.By) {
			return domain.Interval{Lo: 0, Hi: most}, "sees one value, since the key of the rule fixes it"
		}
		if most == 1 {
			return domain.Interval{Lo: 0, Hi: 1}, "has one value only, since where allows no other"
		}
		return domain.Interval{Lo: 0, Hi: most}, fmt.Sprintf("has at most %s different values", number(most))
	case ast.FuncChanges:
		if domain.MostValues(a.Arg, d, r.By) <= 1 {
			return domain.Interval{Lo: 0, Hi: 0}, "sees one value only, and counts no change"
		}
	case ast.FuncSum:
		switch x := domain.Numbers(a.Arg, d); {
		case x.Lo >= 0 && x.Hi <= 0:
			return domain.Interval{Lo: 0, Hi: 0}, "adds up zeros"
		case x.Lo < 0:
			return domain.AnyNumber, ""
		}
	case ast.FuncMedian, ast.FuncPercentile:
		// They are within 5% of a value.
		x := domain.Numbers(a.Arg, d).Hull(domain.Interval{Lo: 0, Hi: 0})
		x.Lo, x.Hi = min(x.Lo, x.Lo*1.05), max(x.Hi, x.Hi*1.05)
		return x, fmt.Sprintf("is between %s and %s", number(x.Lo), number(x.Hi))
	case ast.FuncCV:
		if domain.MostValues(a.Arg, d, r.By) <= 1 {
			return domain.Interval{Lo: 0, Hi: 0}, "sees one value only"
		}
	case ast.FuncMin, ast.FuncMax, ast.FuncMean:
		// 0 stands for no value at all.
		x := domain.Numbers(a.Arg, d).Hull(domain.Interval{Lo: 0, Hi: 0})
		return x, fmt.Sprintf("is between %s and %s", number(x.Lo), number(x.Hi))
	case ast.FuncStddev:
		x := domain.Numbers(a.Arg, d)
		if domain.MostValues(a.Arg, d, r.By) <= 1 {
			return domain.Interval{Lo: 0, Hi: 0}, "sees one value only"
		}
		return domain.Interval{Lo: 0, Hi: x.Hi - x.Lo}, fmt.Sprintf("is between 0 and %s", number(x.Hi-x.Lo))
	}
	return domain.NotNegative, "is never below 0"
}

// writtenOut reports whether a number stands in the condition itself. A variable that makes a
// comparison always true is a way to turn that comparison off.
func writtenOut(rs *rules.RuleSet, e ast.Expr) bool {
	if _, ok := e.(*ast.ConstExpr); !ok {
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
func numberText(x domain.Interval, op ast.Op, always bool) string {
	if (op == ast.OpLt || op == ast.OpLe) != always {
		return number(x.Hi)
	}
	return number(x.Lo)
}

func number(x float64) string {
	if math.IsInf(x, 0) || math.Abs(x) < 1e15 && x == math.Trunc(x) {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return strconv.FormatFloat(x, 'g', 6, 64)
}
