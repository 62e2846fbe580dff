package lint

import (
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/domain"
)

// bystanderTarget finds actions that hit whoever sent the packet that happened to cross the
// threshold: the target differs between the packets that a window counted together.
func bystanderTarget() Check {
	return Check{
		Code: warning("bystander-target", "Target that is not part of the key",
			"A window counts packets of many addresses together, and the action hits the address of the last of them."),
		rule: func(_ *rules.RuleSet, r *rules.Rule, report report) {
			if r.Broken {
				return
			}
			if len(r.Windows) == 0 {
				return // it fires on a packet for what that packet is
			}
			for _, a := range r.Actions {
				if a.Target == nil || domain.Keyed(a.Target, r.By) {
					continue
				}
				report(a.Range, "The windows of rule %q count packets of different targets together, so this %s hits whoever sent the last packet. Add the target to by, or take the block away.", r.Name, a.Kind)
			}
		},
	}
}
