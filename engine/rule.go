package engine

import (
	"math"

	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// A rule is a rule of the set as the plan runs it.
type rule struct {
	*rules.Rule
	index    int // its place in Plan.rules, which is sorted by name
	group    *group
	when     int32 // predTrue for a rule without one
	bars     []bar // what has to be reached before when is worth a look
	enough   bool  // when says no more than bars
	refs     []ref // one for each aggregate
	scaled   bool  // reputation scales the threshold
	cooldown int64 // nanoseconds

	indicator func(*scope) string // nil without escalate
	key       []named
	values    []named
	message   *template
	actions   []action
}

// A ref says where the value of an aggregate comes from.
type ref struct {
	aggregate int // in Rule.Aggregates
	cell      int
	kind      window.Kind
	fn        rules.Func
	span      float64 // seconds, for rate; 0 for others
}

// sums returns what the aggregate is of a window kept as a series.
func (f *ref) sums(s window.Sums) float64 {
	n := float64(s.Count)
	switch f.fn {
	case rules.FuncCount:
		return n
	case rules.FuncRate:
		return n / f.span
	}
	if s.Count == 0 {
		return math.NaN()
	}
	switch f.fn {
	case rules.FuncMin:
		return s.Min
	case rules.FuncMax:
		return s.Max
	case rules.FuncStddev: // of the population
		mean := s.Sum / n
		return math.Sqrt(max(0, s.SumSq/n-mean*mean))
	}
	return s.Sum / n
}

// A bar is one conjunct of a when, `aggregate >= constant`: cheap to check, and mostly not reached.
type bar struct {
	ref    ref
	min    float64
	strict bool
	now    bool // counting an event in the cell tells the aggregate's value
}

// Factor returns what a tier multiplies thresholds by.
func (t Tier) Factor() float64 {
	return [...]float64{1, 0.75, 0.5, 0.25, 0.1}[t]
}

// String returns the tier's name.
func (t Tier) String() string {
	return [...]string{"clean", "low", "medium", "high", "critical"}[t]
}

// Scale returns a threshold as the tier scales it: rounded up, at least 1. A clean indicator leaves
// it as it is.
func (t Tier) Scale(threshold float64) float64 {
	if t == TierClean {
		return threshold
	}
	// The product of two decimals may miss a whole number by a rounding error: 0.1 * 30 is above 3.
	return max(1, math.Ceil(threshold*t.Factor()-1e-9))
}

// Severity returns a rule's severity as the tier raises it.
func (t Tier) Severity(s rules.Severity) rules.Severity {
	switch t {
	case TierCritical:
		return rules.SeverityCritical
	case TierHigh, TierMedium:
		return min(s+1, rules.SeverityCritical)
	}
	return s
}

// threshold returns a rule's threshold for the indicator of the packet at hand.
func (s *scope) threshold(r *rule) float64 {
	if r.Threshold == nil {
		return 0
	}
	return s.tier(r).Scale(r.Threshold.Value)
}

func (s *scope) tier(r *rule) Tier {
	if s.rep == nil || r.indicator == nil {
		return TierClean
	}
	return s.rep.Tier(r.Escalate.Source, r.indicator(s))
}

// bars finds the conjuncts of when that compare an aggregate with a constant from below, and reports
// whether they are all there is.
//
//	ports >= threshold and hosts > 3  ->  two bars, enough
func (b *builder) bars(r *rule) (out []bar, enough bool) {
	conjuncts := []rules.Expr{r.When}
	if l, ok := r.When.(*rules.LogicExpr); ok && !l.Or {
		conjuncts = l.Xs
	}
	enough = true
	for _, x := range conjuncts {
		c, ok := x.(*rules.CompareExpr)
		if !ok {
			enough = false
			continue
		}
		agg, o, limit, scaled, ok := againstConstant(c)
		if !ok || o != rules.OpGe && o != rules.OpGt {
			enough = false
			continue
		}
		if scaled && r.scaled {
			limit, enough = TierCritical.Scale(limit), false
			if r.Threshold.Value < 1 {
				limit = min(limit, r.Threshold.Value)
			}
		}
		f := r.refs[agg.Aggregate.Index]
		out = append(out, bar{ref: f, min: limit, strict: o == rules.OpGt, now: f.fn == rules.FuncSum || f.kind != window.Series && f.span == 0})
	}
	return out, enough
}

// againstConstant takes a comparison of an aggregate with a constant or the threshold apart, the
// aggregate on the left.
func againstConstant(c *rules.CompareExpr) (a *rules.AggregateExpr, o rules.Op, limit float64, threshold, ok bool) {
	x, y, o := c.X, c.Y, c.Op
	if _, isAgg := x.(*rules.AggregateExpr); !isAgg {
		x, y, o = y, x, mirror(o)
	}
	a, ok = x.(*rules.AggregateExpr)
	if !ok {
		return nil, 0, 0, false, false
	}
	switch y := y.(type) {
	case *rules.ConstExpr:
		switch y.Value.Kind {
		case packet.KindFloat:
			return a, o, y.Value.Float, false, true
		case packet.KindInt:
			return a, o, float64(y.Value.Int), false, true
		}
	case *rules.ThresholdExpr:
		return a, o, y.Value, true, true
	}
	return nil, 0, 0, false, false
}

// A need says how exact an aggregate has to be for one rule.
type need struct {
	general bool    // its value is used beyond comparisons with constants
	limit   float64 // the greatest constant it is compared with
}

// needs looks at every use of every aggregate in a rule's when. Compared with a constant alone, a
// count need not be known beyond it.
func needs(r *rules.Rule) []need {
	out := make([]need, len(r.Aggregates))
	used := make([]int, len(r.Aggregates))
	simple := make([]int, len(r.Aggregates))
	walk(r.When, func(e rules.Expr) {
		switch e := e.(type) {
		case *rules.AggregateExpr:
			used[e.Aggregate.Index]++
		case *rules.CompareExpr:
			if a, _, limit, _, ok := againstConstant(e); ok {
				simple[a.Aggregate.Index]++
				out[a.Aggregate.Index].limit = max(out[a.Aggregate.Index].limit, limit)
			}
		}
	})
	for i := range out {
		out[i].general = used[i] != simple[i]
	}
	return out
}
