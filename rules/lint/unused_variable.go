package lint

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules"
)

// unusedVariable finds variables that nothing uses. Shipped ones are a vocabulary and are left out.
func unusedVariable() Check {
	return Check{
		Code: diag.Code{
			Name:      "unused-variable",
			Severity:  hcl.DiagWarning,
			Summary:   "Unused variable",
			Doc:       "Nothing uses a variable that a rule file declares.",
			Judgement: true,
		},
		check: func(rs *rules.RuleSet, report report) {
			for _, x := range rs.Variables {
				if !x.Used && !x.Shipped {
					report(x.Range, "Nothing uses variable %q. Use it, or remove the block.", x.Name)
				}
			}
		},
	}
}
