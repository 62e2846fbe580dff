package lint

import (
	"github.com/ruleids/ruleids/rules"
)

// noCooldown finds rules that send a message for every packet: an attacker who keeps such a rule
// firing also decides how many messages are sent.
func noCooldown() Check {
	return Check{
		Code: warning("no-cooldown", "Message for every packet",
			"A rule that notifies has a cooldown of 0s, so that an attacker decides how many messages are sent."),
		partial: true,
		rule: func(_ *rules.RuleSet, r *rules.Rule, report report) {
			if r.Cooldown > 0 {
				return
			}
			for _, a := range r.Actions {
				if a.Kind != "notify" {
					continue
				}
				rng, ok := r.AttrRanges["cooldown"]
				if !ok {
					rng = r.Range
				}
				report(rng, "Without a cooldown, rule %q sends a message for every packet that it fires on. Give it a cooldown, or take the notify block away.", r.Name)
				break
			}
		},
	}
}
