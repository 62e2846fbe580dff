package lint

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/ast"
)

// unheardRule finds conditions on alerts of a rule that raises none, or none that rules on alerts are shown: a rule of alerts or
// a step of a sequence waits for it in vain.
func unheardRule() Check {
	return Check{
		Code: warning("unheard-rule", "Alerts that never come",
			"A condition on alerts names a rule whose alerts never come: it is silent or not enabled, or looks at alerts itself."),
		check: func(rs *rules.RuleSet, report report) {
			byName := map[string]*rules.Rule{}
			for _, r := range rs.Rules {
				byName[r.Name] = r
			}
			look := func(on packet.Event, where ast.Expr) {
				if on != packet.EventAlert {
					return
				}
				for word, at := range heard(where) {
					if why := mute(byName[word]); why != "" {
						report(at, "Rule %q %s, so that none of its alerts comes here. Name another rule, or change that one.", word, why)
					}
				}
			}
			for _, r := range sound(rs) {
				if !r.Enabled {
					continue
				}
				if r.Sequence == nil {
					look(r.On, r.SourceWhere)
					continue
				}
				for _, st := range r.Sequence.Parts() {
					look(st.On, st.SourceWhere)
				}
			}
		},
	}
}

// mute says why no alert of a rule comes to rules on alerts; "" where some may.
func mute(r *rules.Rule) string {
	switch {
	case r == nil:
		return "" // that is an error of its own
	case !r.Enabled:
		return "is not enabled"
	case r.Silent:
		return "is silent"
	case r.Alerts():
		return "looks at alerts itself"
	}
	return ""
}

// heard yields the names of rules that a condition asks for, with where it does. What is under a not is left out: it asks for
// others.
func heard(where ast.Expr) func(yield func(string, hcl.Range) bool) {
	return func(yield func(string, hcl.Range) bool) {
		ast.Walk(where, func(e ast.Expr) bool {
			switch e := e.(type) {
			case *ast.NotExpr:
				return false
			case *ast.CompareExpr:
				c, ok := e.Y.(*ast.ConstExpr)
				if ok && e.Op == ast.OpEq && isAlertRule(e.X) && !yield(c.Value.Str, e.Range()) {
					return false
				}
			case *ast.InExpr:
				if !isAlertRule(e.X) || e.List != nil || e.Set == nil {
					return true
				}
				for _, word := range sortedWords(e.Set) {
					if !yield(word, e.Range()) {
						return false
					}
				}
			}
			return true
		})
	}
}

func isAlertRule(e ast.Expr) bool {
	f, ok := e.(*ast.FieldExpr)
	return ok && f.Field.Name == "alert.rule"
}
