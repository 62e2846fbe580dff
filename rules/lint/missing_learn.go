package lint

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules"
)

// missingLearn finds memories that do not learn first: to a memory that has just begun everything is new.
func missingLearn() Check {
	return Check{
		Code: warning("missing-learn", "Memory that does not learn",
			"A memory has no learn, so that everything is new when it begins: a flood of alerts."),
		partial: true,
		check: func(rs *rules.RuleSet, report report) {
			for _, r := range rs.Rules {
				for _, m := range r.Memories {
					if m.Learn == 0 && !r.Silent && keepsOut(r) == nil {
						report(m.Range, "To a memory that has just begun everything is new, so rule %q begins with an alert for all that is usual. Give it time to learn, as in learn = \"24h\".", r.Name)
					}
				}
			}
		},
	}
}

// unlearnedBlock finds such memories of rules that keep people out.
func unlearnedBlock() Check {
	return Check{
		Code: diag.Code{
			Name:      "unlearned-block",
			Severity:  hcl.DiagError,
			Summary:   "Block of all that comes first",
			Doc:       "A rule blocks what is new to a memory that does not learn first, and so everybody when it begins.",
			Judgement: true,
		},
		partial: true,
		check: func(rs *rules.RuleSet, report report) {
			for _, r := range rs.Rules {
				for _, m := range r.Memories {
					if a := keepsOut(r); m.Learn == 0 && a != nil {
						report(m.Range, "To a memory that has just begun everything is new, so rule %q begins with a %s of everybody. Give it time to learn, as in learn = \"24h\", or write mode = \"shadow\".", r.Name, a.Kind)
					}
				}
			}
		},
	}
}

// keepsOut returns an action of a rule that keeps somebody out, in earnest; nil where there is none.
func keepsOut(r *rules.Rule) *rules.Action {
	if r.Mode == rules.ModeShadow || r.Silent {
		return nil
	}
	if i := slices.IndexFunc(r.Actions, func(a *rules.Action) bool { return a.Kind == "block" || a.Kind == "quarantine" }); i >= 0 {
		return r.Actions[i]
	}
	return nil
}
