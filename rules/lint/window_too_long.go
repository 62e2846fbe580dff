package lint

import (
	"time"

	"github.com/ruleids/ruleids/rules"
)

// MaxSpan is the longest span that a window can be relied on for. A window's state is held in memory
// and ends with the process; over more than a week, a restart for a new version or kernel is to be
// expected, and the window would then silently start over.
const MaxSpan = 7 * 24 * time.Hour

// windowTooLong finds windows whose span is over MaxSpan.
func windowTooLong() Check {
	return Check{
		Code: warning("window-too-long", "Window longer than its state can promise",
			"A window spans more than 168h. Its state is in memory and ends with the process."),
		partial: true,
		rule: func(_ *rules.RuleSet, r *rules.Rule, report report) {
			if s := r.Sequence; s != nil && s.Span > MaxSpan {
				report(s.Range, "The sequence spans %s. What is under way is held in memory and ends with the process, so no more than %s can be promised. Shorten the span, or keep what came first in a list that a rule fills.",
					spanText(s.Span), spanText(MaxSpan))
			}
			for _, w := range r.Windows {
				if w.Span > MaxSpan {
					report(w.Range, "The window spans %s. State is held in memory and ends with the process, so no more than %s can be promised. Shorten the span.",
						spanText(w.Span), spanText(MaxSpan))
				}
			}
		},
	}
}

// spanText writes whole hours without the minutes and seconds of time.Duration.
func spanText(d time.Duration) string {
	if d%time.Hour == 0 {
		return (d / time.Hour * time.Hour).String()[:len(d.String())-len("0m0s")]
	}
	return d.String()
}
