package lint

import (
	"github.com/ruleids/ruleids/rules"
)

// silentResponse finds silent rules that say what their alerts lead to: there are none.
func silentResponse() Check {
	return Check{
		Code: warning("silent-response", "Response of a silent rule",
			"A silent rule never alerts, so its actions are never carried out, and its levels decide nothing."),
		partial: true,
		rule: func(_ *rules.RuleSet, r *rules.Rule, report report) {
			if !r.Silent {
				return
			}
			if r.Escalate != nil {
				report(r.Escalate.Range, "Rule %q is silent and never alerts, so reputation changes nothing. Remove the escalate block, or silent = true.", r.Name)
			}
			for _, l := range r.Levels {
				report(l.Range, "Rule %q is silent and never alerts, so no alert has this severity. Remove the level, or silent = true.", r.Name)
			}
			for _, a := range r.Actions {
				report(a.Range, "Rule %q is silent and never alerts, so this is never done. Remove the %s block, or silent = true.", r.Name, a.Kind)
			}
		},
	}
}
