package lint

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/domain"
)

// slowCondition finds regular expressions that are tried on every payload.
func slowCondition() Check {
	return Check{
		Code: warning("slow-condition", "Slow condition",
			"A regular expression is tried on every payload, as no literal in it and no other condition tells where it can match."),
		rule: func(_ *rules.RuleSet, r *rules.Rule, report report) {
			if r.Broken {
				return
			}
			conjuncts := []ast.Expr{r.Where}
			if and, ok := r.Where.(*ast.LogicExpr); ok && !and.Or {
				conjuncts = and.Xs
			}
			narrow := false
			for _, x := range conjuncts {
				narrow = narrow || domain.Narrow(x)
			}
			if narrow {
				return
			}
			seen := map[hcl.Range]bool{}
			for _, x := range domain.SlowPatterns(r.Where) {
				at := x.Range()
				if where := r.AttrRanges["where"]; !overlaps([]hcl.Range{where}, at) { // of a macro, or of an exception
					at = where
				}
				if seen[at] {
					continue
				}
				seen[at] = true
				report(at, "Nothing tells quickly which payloads this can match, so it is tried on all of them, at some 3 MB a second. Add a condition that few packets pass, such as a port or a text that all matches contain.")
			}
		},
	}
}
