package lint

import (
	"slices"

	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/domain"
)

// deadLevel finds levels that decide nothing: no alert ever has them, all alerts do, or a higher one holds wherever they do.
func deadLevel() Check {
	return Check{
		Code: warning("dead-level", "Level that decides nothing",
			"A level of severity decides nothing: the rule is as severe without it, it holds for no alert or for all, or a higher level holds wherever it does."),
		rule: func(_ *rules.RuleSet, r *rules.Rule, report report) {
			if r.Broken {
				return
			}
			_, own := r.AttrRanges["when"]
			for i, l := range r.Levels {
				if l.Severity <= r.Severity && (own || i < len(r.Levels)-1 || l.Severity < r.Severity) {
					report(l.Range, "Every alert of rule %q is %s already. Give the rule a lower severity, or remove the level.", r.Name, r.Severity)
					continue
				}
				var asked []ast.Expr
				if own {
					asked = domain.Conjuncts(r.When)
				}
				if r.Escalate != nil { // reputation lowers the threshold
					asked = slices.DeleteFunc(asked, ast.Has[*ast.ThresholdExpr])
				}
				if slices.ContainsFunc(asked, func(x ast.Expr) bool { return excludes(x, l.When) }) {
					report(l.Range, "The level never holds where when does. It needs a condition that some alerts meet, and not all.")
					continue
				}
				if slices.ContainsFunc(asked, func(x ast.Expr) bool { return implies(x, l.When) }) {
					report(l.Range, "The level holds wherever when does, so that no alert is %s. Give the rule this severity, or raise the number.", r.Severity)
					continue
				}
				for _, higher := range r.Levels[:i] {
					if implies(l.When, higher.When) {
						report(l.Range, "Wherever this level holds, the level %q does too, so that no alert is %s. Raise the number of that one, or remove this one.", higher.Severity, l.Severity)
						break
					}
				}
			}
		},
	}
}

// implies reports whether y is known to hold wherever x does: they are one condition, or both compare one aggregate
// with a number from the same side.
func implies(x, y ast.Expr) bool {
	if ast.Format(x) == ast.Format(y) {
		return true
	}
	op, op2, m, n, ok := compared(x, y)
	switch {
	case !ok:
	case op == ast.OpGe && (op2 == ast.OpGe), op == ast.OpGt && (op2 == ast.OpGt || op2 == ast.OpGe):
		return m.Lo >= n.Hi
	case op == ast.OpLe && (op2 == ast.OpLe), op == ast.OpLt && (op2 == ast.OpLt || op2 == ast.OpLe):
		return m.Hi <= n.Lo
	}
	return false
}

// excludes reports whether x and y are known never to hold together: both compare one aggregate with a number, from sides that
// do not meet.
func excludes(x, y ast.Expr) bool {
	op, op2, m, n, ok := compared(x, y)
	if op == ast.OpLe || op == ast.OpLt {
		op, op2, m, n = op2, op, n, m
	}
	if !ok || op != ast.OpGe && op != ast.OpGt || op2 != ast.OpLe && op2 != ast.OpLt {
		return false
	}
	return m.Lo > n.Hi || m.Lo == n.Hi && (op == ast.OpGt || op2 == ast.OpLt)
}

// compared returns how two conditions compare one aggregate, and what with; false where they do not.
func compared(x, y ast.Expr) (op, op2 ast.Op, m, n domain.Interval, ok bool) {
	a, okA := x.(*ast.CompareExpr)
	b, okB := y.(*ast.CompareExpr)
	if !okA || !okB {
		return
	}
	of, limit, op := sides(a)
	of2, limit2, op2 := sides(b)
	if of == nil || of != of2 {
		return
	}
	return op, op2, domain.Numbers(limit, domain.State{}), domain.Numbers(limit2, domain.State{}), true
}
