package agent

import (
	"github.com/ruleids/ruleids/alert"
)

// A tally counts the alerts that were raised.
type tally struct {
	bySeverity map[alert.Severity]uint64
	lossy      uint64 // alerts raised while packets were being lost
	last       map[string]lastAlert
}

// lastAlert is the newest alert of a rule.
type lastAlert struct {
	Time int64         // packet time, nanoseconds since 1970
	Key  []alert.Named // as in the alert
}

func (t *tally) init() {
	t.bySeverity, t.last = map[alert.Severity]uint64{}, map[string]lastAlert{}
}

func (t *tally) add(a *alert.Alert) {
	t.bySeverity[a.Severity]++
	if a.CaptureLoss > 0 {
		t.lossy++
	}
	t.last[a.Rule] = lastAlert{a.Time, a.Key}
}
