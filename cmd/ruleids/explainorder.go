package main

import (
	"fmt"

	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/packet"
)

// eventsText is what events of a kind are called, one of them or several.
func eventsText(kind string, one bool) string {
	on, _ := packet.EventByWord(kind)
	switch {
	case !one:
		return on.Plural()
	case on == packet.EventAuth:
		return "login"
	case on == packet.EventHoneypot:
		return "event of a honeypot"
	}
	return kind
}

// steps writes how many events each part of a sequence let through.
func (t *explainText) steps(steps []engine.StepCount) {
	rows := make([][]string, 0, len(steps))
	for _, s := range steps {
		rows = append(rows, []string{s.Kind + " " + s.Name, fmt.Sprintf("%s of %s %s passed `where`", thousands(s.Passed), thousands(s.Events), eventsText(s.On, s.Events == 1))})
	}
	writeColumns(t.w, rows)
}

// cameRow is the line of a key in a sequence: the key, how far it came, and when.
func cameRow(n *engine.Near) []string {
	row := nearRow(n)
	c := n.Came
	row[1] = fmt.Sprintf("step %d of %d, %s,", c.Step, c.Of, c.Name)
	what := c.Next + " never came"
	switch {
	case c.Ended != "":
		what = c.Ended + " ended it"
	case c.Next == "":
		what = "the last step"
	}
	return []string{row[0], row[1], "at " + row[2], row[3], what}
}

// sequenceVerdict says in some words why a sequence did not fire.
func sequenceVerdict(ex *engine.Explanation) string {
	came := 0
	for i := range ex.Closest {
		came = max(came, ex.Closest[i].Came.Step)
	}
	steps := 0
	for _, s := range ex.Steps {
		if s.Kind == "step" {
			steps++
		}
	}
	switch {
	case came == 0:
		return "no alert: no key took step " + ex.Steps[0].Name
	case came < steps:
		return fmt.Sprintf("no alert: no key came further than step %d of %d", came, steps)
	}
	return "no alert: what ends the sequence came in time, or the time did not pass" // it ends with absent
}
