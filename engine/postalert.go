package engine

import "github.com/ruleids/ruleids/alert"

// PostAlert runs an alert that another engine raised through the rules with on = "alert", as if it came from this one: of a
// server, which looks at the alerts of many sensors. It is called as Post is.
func (e *Engine) PostAlert(a *alert.Alert, emit Emit) {
	e.emitAll(e.run(e.alertEvent(fired{alert: a, clock: a.Time})), emit)
}
