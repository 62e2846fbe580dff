package engine

import "github.com/ruleids/ruleids/rules"

// A level is a step of a rule's ladder of severities.
type level struct {
	severity rules.Severity
	when     int32
}

// levels lowers the ladder of a rule, the highest step first.
func (b *builder) levels(r *rules.Rule) []level {
	out := make([]level, len(r.Levels))
	for i, l := range r.Levels {
		out[i] = level{l.Severity, b.condition(l.When)}
	}
	return out
}

// severity returns how severe an alert about the packet at hand is, before reputation. The values of the rule's
// aggregates must be loaded.
func (w *worker) severity(r *rule) rules.Severity {
	for _, l := range r.levels {
		if l.severity <= r.Severity {
			break
		}
		if w.test(l.when) {
			return l.severity
		}
	}
	return r.Severity
}
