package lint

import (
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/ast"
)

// unusedThreshold finds rules whose threshold no condition uses: an override of it, and reputation,
// would change nothing.
func unusedThreshold() Check {
	return Check{
		Code: warning("unused-threshold", "Unused threshold",
			"A rule gives a threshold that none of its conditions uses, so that changing it changes nothing."),
		rule: func(_ *rules.RuleSet, r *rules.Rule, report report) {
			if r.Broken {
				return
			}
			if r.Threshold != nil && !usesThreshold(r) {
				report(r.Threshold.Range, "No condition of rule %q uses its threshold, so changing it changes nothing. Compare with threshold in when, or remove it.", r.Name)
			}
		},
	}
}

func usesThreshold(r *rules.Rule) bool {
	used := false
	look := func(e ast.Expr) { used = used || ast.Has[*ast.ThresholdExpr](e) }
	look(r.Where)
	if r.Sequence != nil {
		for _, st := range r.Sequence.Parts() {
			look(st.Where)
		}
	}
	for _, e := range r.Conditions() {
		look(e)
	}
	for _, a := range r.Aggregates {
		look(a.Arg)
		look(a.Cond)
	}
	return used
}
