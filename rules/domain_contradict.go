package rules

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
)

// A contradictor looks for conditions that can never hold.
type contradictor struct {
	solver solver
	diags  *hcl.Diagnostics
	arms   int // branches that are looked into while the whole can hold: what is found there is a warning
}

func (c *contradictor) found(at hcl.Range, format string, args ...any) {
	if c.arms > 0 {
		format += " Only this part of the condition never holds."
	}
	d := diag.New(diag.NeverTrue, at, format, args...)
	if c.arms > 0 {
		d.Severity = hcl.DiagWarning
	}
	*c.diags = append(*c.diags, d)
}

// check reports the parts of a condition that can never hold, alone or beside what holds
// already (context). It returns false when the whole condition never holds. Parts that come from a
// macro are not looked into: what is wrong with a macro is reported where it is defined.
func (c *contradictor) check(e Expr, own hcl.Range, context []Expr) bool {
	if e == nil {
		return true
	}
	xs := conjuncts(e)
	if !c.solver.satisfiable(context, xs...) {
		c.report(xs, own, context)
		return false
	}
	for i, x := range xs {
		if !branches(x) || !within(x.Range(), own) {
			continue
		}
		rest := append([]Expr(nil), context...)
		rest = append(append(rest, xs[:i]...), xs[i+1:]...)
		c.arms++
		c.inner(x, own, rest)
		c.arms--
	}
	return true
}

// branches reports whether a conjunct has parts to be looked at one by one.
func branches(x Expr) bool {
	switch x := x.(type) {
	case *LogicExpr:
		return x.Or
	case *NotExpr:
		l, ok := x.X.(*LogicExpr)
		return ok && (l.Or || !isGuard(l))
	}
	return false
}

// inner looks for branches of one conjunct that can never hold.
func (c *contradictor) inner(x Expr, own hcl.Range, context []Expr) {
	switch x := x.(type) {
	case *LogicExpr:
		for _, b := range x.Xs {
			c.check(b, own, context)
		}
	case *NotExpr:
		// What can never hold beside the context makes not true, which is only superfluous.
		c.check(x.X, own, nil)
	}
}

func within(a, b hcl.Range) bool {
	return a.Filename == b.Filename && b.Start.Byte <= a.Start.Byte && a.End.Byte <= b.End.Byte
}

// conjuncts are the conditions that must all hold for e, nested ones too.
func conjuncts(e Expr) []Expr { return appendConjuncts(nil, e) }

func appendConjuncts(out []Expr, e Expr) []Expr {
	and, ok := e.(*LogicExpr)
	if !ok || and.Or || isGuard(and) {
		return append(out, e)
	}
	out = slices.Grow(out, len(and.Xs))
	for _, x := range and.Xs {
		out = appendConjuncts(out, x)
	}
	return out
}

// isGuard reports whether a conjunction is one comparison behind the presence of its fields: its
// parts stand at the same place.
func isGuard(and *LogicExpr) bool { return and.Xs[0].Range() == and.Rng }

// report points at the first conjunct that cannot hold beside those before it.
func (c *contradictor) report(xs []Expr, own hcl.Range, context []Expr) {
	before := append([]Expr(nil), context...)
	for _, x := range xs {
		if c.solver.satisfiable(before, x) {
			before = append(before, x)
			continue
		}
		at := x.Range()
		if !within(at, own) {
			at = own
		}
		if or, ok := x.(*LogicExpr); ok && or.Or && c.solver.satisfiable(nil, x) {
			// Every branch fails: each says why.
			n := len(*c.diags)
			for _, b := range or.Xs {
				if within(b.Range(), own) {
					c.check(b, own, before)
				}
			}
			if len(*c.diags) > n {
				return
			}
		}
		for _, other := range before {
			if !c.solver.satisfiable(nil, other, x) {
				c.found(at, "%s and %s can never hold together.", phrase(other), phrase(x))
				return
			}
		}
		if c.solver.satisfiable(nil, x) {
			c.found(at, "%s can never hold beside the other conditions: %s.", phrase(x), phrases(before))
			return
		}
		if parts := conjuncts(x); len(parts) > 1 {
			c.report(parts, own, nil)
			return
		}
		c.found(at, "%s can never hold.", phrase(x))
		return
	}
}

// phrase writes a condition for people: without the guard.
func phrase(e Expr) string {
	switch x := e.(type) {
	case *LogicExpr:
		if !x.Or && isGuard(x) {
			return phrase(x.Xs[len(x.Xs)-1])
		}
		op := " and "
		if x.Or {
			op = " or "
		}
		s := ""
		for i, p := range x.Xs {
			if i > 0 {
				s += op
			}
			s += phrase(p)
		}
		return "(" + s + ")"
	case *NotExpr:
		return "not " + phrase(x.X)
	}
	return Format(e)
}

func phrases(xs []Expr) string {
	s := ""
	for i, x := range xs {
		if i > 0 {
			s += ", "
		}
		if i == 4 {
			return s + "…"
		}
		s += phrase(x)
	}
	return s
}

// contradictions looks for what can never hold in the conditions of a rule.
func (rb *ruleBuilder) contradictions() {
	r, c := rb.r, contradictor{solver: rb.solver, diags: &rb.diags}
	defer func() { rb.solver = c.solver }()
	if !rb.stepContradictions(&c) {
		return
	}
	var where []Expr
	if r.SourceWhere != nil {
		if isConstBool(r.SourceWhere, false) {
			return
		}
		if !c.check(r.SourceWhere, r.AttrRanges["where"], nil) {
			return
		}
		where = conjuncts(r.SourceWhere)
	}
	for _, k := range r.By {
		p := Presence(k.Expr)
		if p == nil {
			continue
		}
		if !c.solver.satisfiable(where, p) {
			rb.report(diag.NeverTrue, k.Expr.Range(), "The events that where lets through have no %s, so that the rule never fires.", k.Text)
			return
		}
		where = append(where, p)
	}
	for _, e := range r.Excepts {
		if e.Where == nil || !c.check(e.Where, rb.exceptRange(e), nil) {
			continue
		}
		not := negation(e.Where.Range(), e.Where)
		if !c.solver.satisfiable(where, not) {
			rb.report(diag.NeverTrue, e.Where.Range(), "The exception %q leaves alone every event that where lets through, so that the rule never fires.", e.Name)
			return
		}
		where = append(where, not)
	}
	for _, a := range r.Aggregates {
		if a.Cond == nil {
			continue
		}
		if !c.check(a.Cond, a.Range, nil) {
			continue
		}
		if !c.solver.satisfiable(where, a.Cond) {
			rb.report(diag.NeverTrue, rb.textRange(a), "No event that where lets through counts: %s can never hold for it.", phrase(a.Cond))
		}
	}
	for _, e := range r.Conditions() {
		if !isConstBool(e, false) {
			c.check(e, e.Range(), where)
		}
	}
}

// textRange is where the text of an aggregate stands, without the quotes where that can be told.
func (rb *ruleBuilder) textRange(a *Aggregate) hcl.Range {
	if a.Arg != nil {
		return a.Arg.Range()
	}
	return a.Cond.Range()
}

// exceptRange is where the condition of an exception may stand: in its block.
func (rb *ruleBuilder) exceptRange(e *Except) hcl.Range {
	for _, h := range rb.d.blocks {
		if h.DefRange() == e.Range {
			if a := h.Body.Attributes["where"]; a != nil {
				return a.Expr.Range()
			}
		}
	}
	return e.Range
}
