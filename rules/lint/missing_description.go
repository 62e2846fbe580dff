package lint

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules"
)

// missingDescription finds rules whose alerts would say nothing: the description is the signature of
// an alert.
func missingDescription() Check {
	return Check{
		Code: diag.Code{
			Name:      "missing-description",
			Severity:  hcl.DiagWarning,
			Summary:   "Rule without a description",
			Doc:       "A rule has no description, so its alerts do not say what happened.",
			Judgement: true,
		},
		partial: true,
		check: func(rs *rules.RuleSet, report report) {
			for _, r := range rs.Rules {
				if strings.TrimSpace(r.Description) == "" && !mistyped(r, "description") {
					report(r.Range, "Rule %q has no description. Add one sentence that says what happened when the rule fires: it is the signature of its alerts.", r.Name)
				}
			}
		},
	}
}
