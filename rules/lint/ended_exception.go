package lint

import (
	"time"

	"github.com/ruleids/ruleids/rules"
)

// endedException finds exceptions whose end has come: they leave nothing alone any more, and the rule is as strict as it was.
func endedException() Check {
	return Check{
		Code: warning("ended-exception", "Exception that has ended",
			"The time of an exception's until has passed."),
		partial: true,
		check: func(rs *rules.RuleSet, report report) {
			now := time.Now()
			for _, r := range rs.Rules {
				for _, x := range r.Excepts {
					if !x.Until.IsZero() && x.Until.Before(now) {
						report(x.Range, "Exception %q of rule %q ended at %s. Remove it, or give it another until.", x.Name, r.Name, x.Until.Format(time.RFC3339))
					}
				}
			}
		},
	}
}
