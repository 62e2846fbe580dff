package domain

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules/ast"
)

// A Contradictor looks for conditions that can never hold.
type Contradictor struct {
	Solver Solver
	Diags  *hcl.Diagnostics
	arms   int // branches that are looked into while the whole can hold: what is found there is a warning
}

func (c *Contradictor) found(at hcl.Range, format string, args ...any) {
	if c.arms > 0 {
		format += " Only this part of the condition never holds."
	}
	d := diag.New(diag.NeverTrue, at, format, args...)
	if c.arms > 0 {
		d.Severity = hcl.DiagWarning
	}
	*c.Diags = append(*c.Diags, d)
}

// Check reports the parts of a condition that can never hold, alone or beside what holds
// already (context). It returns false when the whole condition never holds. Parts that come from a
// macro are not looked into: what is wrong with a macro is reported where it is defined.
func (c *Contradictor) Check(e ast.Expr, own hcl.Range, context []ast.Expr) bool {
	if e == nil {
		return true
	}
	xs := Conjuncts(e)
	if !c.Solver.Satisfiable(context, xs...) {
		c.report(xs, own, context)
		return false
	}
	for i, x := range xs {
		if !branches(x) || !within(x.Range(), own) {
			continue
		}
		rest := append([]ast.Expr(nil), context...)
		rest = append(append(rest, xs[:i]...), xs[i+1:]...)
		c.arms++
		c.inner(x, own, rest)
		c.arms--
	}
	return true
}

// branches reports whether a conjunct has parts to be looked at one by one.
func branches(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.LogicExpr:
		return x.Or
	case *ast.NotExpr:
		l, ok := x.X.(*ast.LogicExpr)
		return ok && (l.Or || !IsGuard(l))
	}
	return false
}

// inner looks for branches of one conjunct that can never hold.
func (c *Contradictor) inner(x ast.Expr, own hcl.Range, context []ast.Expr) {
	switch x := x.(type) {
	case *ast.LogicExpr:
		for _, b := range x.Xs {
			c.Check(b, own, context)
		}
	case *ast.NotExpr:
		// What can never hold beside the context makes not true, which is only superfluous.
		c.Check(x.X, own, nil)
	}
}

func within(a, b hcl.Range) bool {
	return a.Filename == b.Filename && b.Start.Byte <= a.Start.Byte && a.End.Byte <= b.End.Byte
}

// Conjuncts are the conditions that must all hold for e, nested ones too.
func Conjuncts(e ast.Expr) []ast.Expr { return appendConjuncts(nil, e) }

func appendConjuncts(out []ast.Expr, e ast.Expr) []ast.Expr {
	and, ok := e.(*ast.LogicExpr)
	if !ok || and.Or || IsGuard(and) {
		return append(out, e)
	}
	out = slices.Grow(out, len(and.Xs))
	for _, x := range and.Xs {
		out = appendConjuncts(out, x)
	}
	return out
}

// IsGuard reports whether a conjunction is one comparison behind the presence of its fields: its
// parts stand at the same place.
func IsGuard(and *ast.LogicExpr) bool { return and.Xs[0].Range() == and.Rng }

// report points at the first conjunct that cannot hold beside those before it.
func (c *Contradictor) report(xs []ast.Expr, own hcl.Range, context []ast.Expr) {
	before := append([]ast.Expr(nil), context...)
	for _, x := range xs {
		if c.Solver.Satisfiable(before, x) {
			before = append(before, x)
			continue
		}
		at := x.Range()
		if !within(at, own) {
			at = own
		}
		if or, ok := x.(*ast.LogicExpr); ok && or.Or && c.Solver.Satisfiable(nil, x) {
			// Every branch fails: each says why.
			n := len(*c.Diags)
			for _, b := range or.Xs {
				if within(b.Range(), own) {
					c.Check(b, own, before)
				}
			}
			if len(*c.Diags) > n {
				return
			}
		}
		for _, other := range before {
			if !c.Solver.Satisfiable(nil, other, x) {
				c.found(at, "%s and %s can never hold together.", Phrase(other), Phrase(x))
				return
			}
		}
		if c.Solver.Satisfiable(nil, x) {
			c.found(at, "%s can never hold beside the other conditions: %s.", Phrase(x), phrases(before))
			return
		}
		if parts := Conjuncts(x); len(parts) > 1 {
			c.report(parts, own, nil)
			return
		}
		c.found(at, "%s can never hold.", Phrase(x))
		return
	}
}

// Phrase writes a condition for people: without the guard.
func Phrase(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.LogicExpr:
		if !x.Or && IsGuard(x) {
			return Phrase(x.Xs[len(x.Xs)-1])
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
			s += Phrase(p)
		}
		return "(" + s + ")"
	case *ast.NotExpr:
		return "not " + Phrase(x.X)
	}
	return ast.Format(e)
}

func phrases(xs []ast.Expr) string {
	s := ""
	for i, x := range xs {
		if i > 0 {
			s += ", "
		}
		if i == 4 {
			return s + "…"
		}
		s += Phrase(x)
	}
	return s
}
