package lint

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules"
)

// unusedList finds lists that nothing uses. Shipped ones are a vocabulary and are left out.
func unusedList() Check {
	return Check{
		Code: diag.Code{
			Name:      "unused-list",
			Severity:  hcl.DiagWarning,
			Summary:   "Unused list",
			Doc:       "Nothing uses a list that a rule file declares.",
			Judgement: true,
		},
		check: func(rs *rules.RuleSet, report report) {
			for _, x := range rs.Lists {
				if !x.Used && !x.Shipped {
					report(x.Range, "Nothing uses list %q. Use it, or remove the block.", x.Name)
				}
			}
		},
	}
}
