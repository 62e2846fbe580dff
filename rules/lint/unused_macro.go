package lint

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules"
)

// unusedMacro finds macros that nothing uses. Shipped ones are a vocabulary and are left out.
func unusedMacro() Check {
	return Check{
		Code: diag.Code{
			Name:      "unused-macro",
			Severity:  hcl.DiagWarning,
			Summary:   "Unused macro",
			Doc:       "Nothing uses a macro that a rule file declares.",
			Judgement: true,
		},
		check: func(rs *rules.RuleSet, report report) {
			for _, x := range rs.Macros {
				if !x.Used && !x.Shipped {
					report(x.Range, "Nothing uses macro %q. Use it, or remove the block.", x.Name)
				}
			}
		},
	}
}
