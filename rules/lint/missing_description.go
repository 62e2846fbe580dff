package lint

import (
	"strings"

	"github.com/ruleids/ruleids/rules"
)

// missingDescription finds rules whose alerts would say nothing: the description is the signature of
// an alert.
func missingDescription() Check {
	return Check{
		Code: warning("missing-description", "Rule without a description",
			"A rule has no description, so its alerts do not say what happened."),
		partial: true,
		rule: func(_ *rules.RuleSet, r *rules.Rule, report report) {
			if strings.TrimSpace(r.Description) == "" && !mistyped(r, "description") {
				report(r.Range, "Rule %q has no description. Add one sentence that says what happened when the rule fires: it is the signature of its alerts.", r.Name)
			}
		},
	}
}
