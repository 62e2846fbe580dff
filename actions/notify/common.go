package notify

import (
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
)

// Common is the settings that every kind of notifier has. A Config holds one in a field without an hcl tag,
// and Decode fills it from the same block as the settings of the kind: gohcl knows no embedded structs.
type Common struct {
	// MinSeverity is the least severity of the alerts that are told: low, medium, high or critical.
	MinSeverity string `hcl:"min_severity,optional"`
	// Rules are names of rules, or patterns with * and ?, whose alerts are told; none for all.
	Rules []string `hcl:"rules,optional"`
	// Group is how long alerts of a rule are gathered after a message about it was sent. "0s" for not at all.
	Group string `hcl:"group,optional"`
	// Rate is how many messages go out in a minute. As many may go out at once after a quiet time. What has
	// to wait is merged to one message a rule.
	Rate int `hcl:"rate,optional"`
	// Queue is how many messages wait, at most one a rule, and, in units of 4 KiB, how much memory they may take.
	Queue int `hcl:"queue,optional"`
	// Timeout is how long sending a message may take.
	Timeout string `hcl:"timeout,optional"`
	// Title and Template make the title and the text of messages: text/template over a Message whose Text is
	// that of the newest alert. "" for those built in.
	Title    string `hcl:"title,optional"`
	Template string `hcl:"template,optional"`
}

// NewCommon returns the defaults.
func NewCommon() Common {
	return Common{MinSeverity: "low", Group: "30s", Rate: 20, Queue: 1000, Timeout: "15s"}
}

const (
	// maxQueue bounds the setting: more is no queue but a leak.
	maxQueue = 100_000
	// maxRate is ten messages a second, more than any service takes and anybody reads.
	maxRate = 600
	// maxGroup is a day: a message that comes later than that tells nobody anything.
	maxGroup = 24 * time.Hour
	// minTimeout is what a connection with TLS needs on a good day.
	minTimeout = 100 * time.Millisecond
	maxTimeout = 5 * time.Minute
)

// Validate returns what is wrong with the settings, in the order of the fields. It looks at no file and no
// network. Title and Template are tried on a sample.
func (c *Common) Validate() (ps []Problem) {
	if _, err := scale.ParseSeverity(c.MinSeverity); err != nil {
		ps = append(ps, Problem{Setting: "min_severity", Detail: err.Error() + "."})
	}
	for _, r := range c.Rules {
		if _, err := path.Match(r, ""); err != nil || r == "" {
			ps = append(ps, Problem{Setting: "rules", Detail: fmt.Sprintf("%q is not a name or pattern of rules; write names, with * for any characters.", r)})
		}
	}
	if d, err := setting.ParseDuration(c.Group); err != nil {
		ps = append(ps, Problem{Setting: "group", Detail: err.Error() + "."})
	} else if d > maxGroup {
		ps = append(ps, Problem{Setting: "group", Detail: "Alerts are not held for so long; write at most \"24h\"."})
	}
	if c.Rate < 1 || c.Rate > maxRate {
		ps = append(ps, Problem{Setting: "rate", Detail: fmt.Sprintf("Write how many messages go out in a minute, from 1 to %d.", maxRate)})
	}
	if c.Queue < 1 || c.Queue > maxQueue {
		ps = append(ps, Problem{Setting: "queue", Detail: fmt.Sprintf("%d messages cannot be held; write a number from 1 to %d.", c.Queue, maxQueue)})
	}
	if d, err := setting.ParseDuration(c.Timeout); err != nil {
		ps = append(ps, Problem{Setting: "timeout", Detail: err.Error() + "."})
	} else if d < minTimeout || d > maxTimeout {
		ps = append(ps, Problem{Setting: "timeout", Detail: "Write a time from \"100ms\" to \"5m\"."})
	}
	for _, t := range []struct{ setting, text string }{{"title", c.Title}, {"template", c.Template}} {
		if _, err := parseTemplate(t.setting, t.text); err != nil {
			ps = append(ps, Problem{Setting: t.setting, Detail: err.Error() + "."})
		}
	}
	return ps
}

// Wait returns Timeout; Validate found no fault in it.
func (c *Common) Wait() time.Duration {
	d, _ := setting.ParseDuration(c.Timeout)
	return d
}

// passes reports whether an alert is told.
func (c *Common) passes(a *alert.Alert) bool {
	if least, _ := scale.ParseSeverity(c.MinSeverity); a.Severity < least { // it was checked
		return false
	}
	return len(c.Rules) == 0 || slices.ContainsFunc(c.Rules, func(pattern string) bool {
		ok, _ := path.Match(pattern, a.Rule) // the pattern was checked
		return ok
	})
}
