package lint

import (
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/domain"
)

// deadLevel finds levels that no alert ever has: the rule is as severe without them, or a higher one holds wherever
// they do.
func deadLevel() Check {
	return Check{
		Code: warning("dead-level", "Level that no alert has",
			"A level of severity decides nothing, since the rule is as severe without it, or a higher level holds wherever it does."),
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
	a, okA := x.(*ast.CompareExpr)
	b, okB := y.(*ast.CompareExpr)
	if !okA || !okB {
		return false
	}
	of, limit, op := sides(a)
	of2, limit2, op2 := sides(b)
	if of == nil || of != of2 {
		return false
	}
	m, n := domain.Numbers(limit, domain.State{}), domain.Numbers(limit2, domain.State{})
	switch {
	case op == ast.OpGe && (op2 == ast.OpGe), op == ast.OpGt && (op2 == ast.OpGt || op2 == ast.OpGe):
		return m.Lo >= n.Hi
	case op == ast.OpLe && (op2 == ast.OpLe), op == ast.OpLt && (op2 == ast.OpLt || op2 == ast.OpLe):
		return m.Hi <= n.Lo
	}
	return false
}
