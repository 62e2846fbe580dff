package lint

import (
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/domain"
)

// shadowedException finds exceptions that leave out no packet, since where has left them out already:
// a typing mistake in one of the two, as a rule, and an exception that is believed to be there.
func shadowedException() Check {
	return Check{
		Code: warning("shadowed-exception", "Exception that never applies",
			"No packet passes both the where of a rule and that of its exception."),
		rule: func(_ *rules.RuleSet, r *rules.Rule, report report) {
			if r.SourceWhere == nil {
				return
			}
			for _, x := range r.Excepts {
				if x.Where != nil && apart(r.On, r.SourceWhere, x.Where) {
					report(x.Range, "No packet that rule %q looks at meets exception %q: where leaves them all out already. Correct the one or the other, or remove the exception.", r.Name, x.Name)
				}
			}
		},
	}
}

// apart reports whether no event of a kind meets both conditions, and some may meet each.
func apart(on packet.Event, a, b ast.Expr) bool {
	has := domain.Implied(a) | domain.Implied(b)
	if domain.StateWhere(a, true, has).None || domain.StateWhere(b, true, has).None {
		return false // one alone cannot hold, which is another mistake
	}
	if domain.StateWhere(a, true, has).And(domain.StateWhere(b, true, has)).None {
		return true
	}
	for s := range domain.ShapesOf(on) {
		if !s.Is(a, false) && !s.Is(b, false) {
			return false
		}
	}
	return true
}
