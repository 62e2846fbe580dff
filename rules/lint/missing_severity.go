package lint

import (
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules"
)

// missingSeverity finds rules that leave their severity to the default.
func missingSeverity() Check {
	return Check{
		Code: warning("missing-severity", "Rule without a severity",
			"A rule does not say how severe its alerts are, and gets medium."),
		partial: true,
		rule: func(_ *rules.RuleSet, r *rules.Rule, report report) {
			if _, ok := r.AttrRanges["severity"]; !ok && !mistyped(r, "severity") && !r.Silent && !graded(r) {
				report(r.Range, "Rule %q has no severity, and gets %q. Write severity = \"low\", \"medium\", \"high\" or \"critical\".", r.Name, r.Severity)
			}
		},
	}
}

// mistyped reports whether a rule has an attribute with a typing error in its name, which is reported as such.
func mistyped(r *rules.Rule, attribute string) bool {
	for name := range r.AttrRanges {
		if name != attribute && diag.DidYouMean(name, []string{attribute}) != "" {
			return true
		}
	}
	return false
}

// graded reports whether every alert of a rule has the severity of one of its levels.
func graded(r *rules.Rule) bool {
	_, own := r.AttrRanges["when"]
	return !own && len(r.Levels) > 0 && len(r.Windows)+len(r.Memories) > 0
}
