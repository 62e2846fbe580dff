package engine

import (
	"math"

	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/ast"
)

// A rule is a rule of the set as the plan runs it.
type rule struct {
	*rules.Rule
	index    int // its place in Plan.rules, which is sorted by name
	group    *group
	when     int32      // predTrue for a rule without one
	peak     *peakGauge // nil for a rule of which none are kept
	bars     []bar      // what has to be reached before when is worth a look
	enough   bool       // when says no more than bars
	refs     []ref      // one for each aggregate
	scaled   bool       // reputation scales the threshold
	cooldown int64      // nanoseconds
	levels   []level

	inquiry *inquiry // nil for a rule that asks nobody
	way     float64  // its nearness to firing where no bar says: that of a packet without windows, or nothing
	key     []placeholder
	values  []placeholder
	message *template
	actions []action
	tracks  []writer
}

// A ref says where the value of an aggregate comes from.
type ref struct {
	aggregate int // in Rule.Aggregates
	cell      int
	kind      window.Kind
	fn        ast.Func
	span      float64 // seconds, for rate; 0 for others
	quantile  float64 // for median and percentile
	learn     int64   // nanoseconds, for first; cell is then a place in group.memories
}

// sums returns what the aggregate is of a window kept as a series.
func (f *ref) sums(s window.Sums) float64 {
	n := float64(s.Count)
	switch f.fn {
	case ast.FuncCount:
		return n
	case ast.FuncRate:
		return n / f.span
	}
	if s.Count == 0 {
		return math.NaN()
	}
	switch f.fn {
	case ast.FuncMin:
		return s.Min
	case ast.FuncMax:
		return s.Max
	case ast.FuncStddev, ast.FuncCV: // of the population
		mean := s.Sum / n
		deviation := math.Sqrt(max(0, s.SumSq/n-mean*mean))
		if f.fn == ast.FuncStddev {
			return deviation
		}
		if mean == 0 {
			return math.NaN()
		}
		return deviation / math.Abs(mean)
	}
	return s.Sum / n
}

// A bar is one conjunct of a when, `aggregate >= constant`: cheap to check, and mostly not reached. With a threshold
// that reputation scales, what the packet has may stand in the place of the aggregate.
type bar struct {
	ref     ref
	value   floatFunc // of the packet; nil for an aggregate
	present int32     // that the packet has what value reads
	min     float64
	scaled  *[scale.NumTiers]float64 // what each tier makes of min; nil where reputation does not scale it
	strict  bool
	now     bool // counting an event in the cell tells the aggregate's value
}

// limit returns what has to be reached with an indicator of a tier.
func (b *bar) limit(t Tier) float64 {
	if b.scaled == nil {
		return b.min
	}
	return b.scaled[t]
}

// bars finds the conjuncts of when that compare an aggregate with a constant from below, or what the packet has with a
// threshold that reputation scales, and reports whether they are all there is.
//
//	ports >= threshold and hosts > 3  ->  two bars, enough
//	len(dns.qry.name) > threshold     ->  one bar where reputation scales the threshold, else none
func (b *builder) bars(r *rule) (out []bar, enough bool) {
	conjuncts := []ast.Expr{r.When}
	if l, ok := r.When.(*ast.LogicExpr); ok && !l.Or {
		conjuncts = l.Xs
	}
	enough = true
	for _, x := range conjuncts {
		if a, isFirst := x.(*ast.AggregateExpr); isFirst { // the one that is a condition
			out = append(out, bar{ref: r.refs[a.Aggregate.Index], min: 1})
			continue
		}
		c, ok := x.(*ast.CompareExpr)
		if !ok {
			enough = false
			continue
		}
		agg, o, limit, scaled, ok := againstConstant(c)
		next := bar{min: limit}
		if ok {
			f := r.refs[agg.Aggregate.Index]
			next.ref, next.now = f, f.fn == ast.FuncSum || f.kind != window.Series && f.kind != window.Quantile && f.span == 0
		} else {
			var x ast.Expr
			if x, o, scaled = b.againstScaled(c); x != nil {
				next.value, next.present, next.min, ok = b.floatFunc(x), b.presence(x), r.Threshold.Value, true
			}
		}
		if !ok || o != ast.OpGe && o != ast.OpGt {
			enough = false
			continue
		}
		next.strict = o == ast.OpGt
		if scaled && r.scaled {
			next.scaled = scales(next.min)
			// A threshold below 1 is raised by what lowers others: when has to tell.
			enough = enough && next.min >= 1
		}
		out = append(out, next)
	}
	return out, enough
}

// againstConstant takes a comparison of an aggregate with a constant or the threshold apart, the
// aggregate on the left.
func againstConstant(c *ast.CompareExpr) (a *ast.AggregateExpr, o ast.Op, limit float64, threshold, ok bool) {
	x, y, o := c.X, c.Y, c.Op
	if _, isAgg := x.(*ast.AggregateExpr); !isAgg {
		x, y, o = y, x, o.Mirror()
	}
	a, ok = x.(*ast.AggregateExpr)
	if !ok {
		return nil, 0, 0, false, false
	}
	switch y := y.(type) {
	case *ast.ConstExpr:
		switch y.Value.Kind {
		case packet.KindFloat:
			return a, o, y.Value.Float, false, true
		case packet.KindInt:
			return a, o, float64(y.Value.Int), false, true
		}
	case *ast.ThresholdExpr:
		return a, o, y.Value, true, true
	}
	return nil, 0, 0, false, false
}

// A need says how exact an aggregate has to be for one rule.
type need struct {
	general bool    // its value is used beyond comparisons with constants
	limit   float64 // the greatest constant it is compared with
}

// upTo returns the aggregate of a comparison with a number, and what that number is at most.
//
//	ports >= 10 * threshold, threshold 15  ->  ports, 150
//	4 * ports < threshold                  ->  ports, 3.75
func upTo(c *ast.CompareExpr) (a *ast.AggregateExpr, limit float64, ok bool) {
	a, times := multiple(c.X)
	y := c.Y
	if a == nil {
		a, times = multiple(c.Y)
		y = c.X
	}
	if a == nil {
		return nil, 0, false
	}
	limit, ok = constant(y)
	return a, limit / times, ok
}

// multiple returns the aggregate that an expression is, or is a multiple of by a number of 1 or more; nil for others.
func multiple(e ast.Expr) (a *ast.AggregateExpr, times float64) {
	if m, ok := e.(*ast.ArithExpr); ok && m.Op == ast.OpMul {
		for _, xy := range [2][2]ast.Expr{{m.X, m.Y}, {m.Y, m.X}} {
			k, isConst := xy[0].(*ast.ConstExpr)
			if a, ok := xy[1].(*ast.AggregateExpr); ok && isConst {
				if n, _ := constant(k); n >= 1 {
					return a, n
				}
			}
		}
		return nil, 1
	}
	a, _ = e.(*ast.AggregateExpr)
	return a, 1
}

// constant returns what a number that is made of constants and the threshold alone is at most.
func constant(e ast.Expr) (float64, bool) {
	switch e := e.(type) {
	case *ast.ConstExpr:
		switch e.Value.Kind {
		case packet.KindFloat:
			return e.Value.Float, true
		case packet.KindInt:
			return float64(e.Value.Int), true
		}
	case *ast.ThresholdExpr:
		return e.Value, true
	case *ast.CondExpr:
		x, okX := constant(e.Then)
		y, okY := constant(e.Else)
		return max(x, y), okX && okY
	case *ast.ArithExpr:
		x, okX := constant(e.X)
		y, okY := constant(e.Y)
		if !okX || !okY {
			return 0, false
		}
		// Reputation lowers a threshold of 1 or more, and raises one below to 1.
		switch {
		case e.Op == ast.OpAdd:
			return x + y + 1, true
		case e.Op == ast.OpMul && x >= 0 && y >= 0:
			return max(x, 1) * max(y, 1), true
		}
	}
	return 0, false
}

// needs looks at every use of every aggregate in a rule's when and in its levels. Compared with a constant alone, a
// count need not be known beyond it.
func needs(r *rules.Rule) []need {
	out := make([]need, len(r.Aggregates))
	used := make([]int, len(r.Aggregates))
	simple := make([]int, len(r.Aggregates))
	for _, when := range append(r.Conditions(), r.When) {
		ast.Walk(when, func(e ast.Expr) bool {
			switch e := e.(type) {
			case *ast.AggregateExpr:
				used[e.Aggregate.Index]++
			case *ast.CompareExpr:
				if a, limit, ok := upTo(e); ok {
					simple[a.Aggregate.Index]++
					out[a.Aggregate.Index].limit = max(out[a.Aggregate.Index].limit, limit)
				}
			}
			return true
		})
	}
	for i := range out {
		out[i].general = used[i] != simple[i]
	}
	return out
}
