package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/internal/printable"
	"github.com/ruleids/ruleids/internal/scale"
)

// An explainText writes explanations for people. Errors of writing are those of w, which keeps them.
type explainText struct {
	w     io.Writer
	color bool
}

func (t *explainText) write(ex *engine.Explanation) {
	fmt.Fprintf(t.w, "%s: %s%s\n", styleBold.paint(ex.Rule, t.color), verdict(ex), choose(ex.Enabled, "", " (the rule is not enabled)"))
	if len(ex.Steps) > 0 {
		t.steps(ex.Steps)
		fmt.Fprintln(t.w, "  of the last step:")
	}
	rows := [][]string{{thousands(ex.Packets), eventsText(ex.On, ex.Packets == 1)}}
	for _, s := range ex.Stops {
		if s.Packets > 0 {
			rows = append(rows, []string{"-" + thousands(s.Packets), "stopped by " + s.Text})
		} else {
			rows = append(rows, []string{"0", "stopped by " + s.Text})
		}
	}
	rows = append(rows, []string{thousands(ex.Passed), "passed `where`"})
	t.right(rows)
	if ex.Failures > 0 {
		fmt.Fprintf(t.w, "  %s of a function failed on what the packets hold; a comparison on such a value is false\n", plural(ex.Failures, "evaluation"))
	}
	if ex.When != "" {
		fmt.Fprintf(t.w, "  fires when %s\n", ex.When)
	}
	if ex.Learnt > 0 {
		fmt.Fprintf(t.w, "  %s new while the memory learnt\n", choose(ex.Learnt == 1, "one value was", thousands(ex.Learnt)+" values were"))
	}
	t.models(ex.Models)
	if len(ex.Closest) > 0 {
		fmt.Fprintln(t.w, "  keys that came closest:")
		rows = rows[:0]
		for i := range ex.Closest {
			if ex.Closest[i].Came != nil {
				rows = append(rows, cameRow(&ex.Closest[i]))
				continue
			}
			rows = append(rows, nearRow(&ex.Closest[i]))
		}
		writeColumns(t.w, rows)
	}
}

// verdict says in some words what came of the rule.
func verdict(ex *engine.Explanation) string {
	switch {
	case ex.Silent:
		return "silent: it never alerts"
	case ex.Alerts > 0 && ex.Quiet > 0:
		return fmt.Sprintf("%s%s, %s more in a cooldown", plural(ex.Alerts, "alert"), levelsText(ex), thousands(ex.Quiet))
	case ex.Alerts > 0:
		return plural(ex.Alerts, "alert") + levelsText(ex)
	case len(ex.Steps) > 0:
		return sequenceVerdict(ex)
	case ex.Packets == 0:
		return "no alert: it saw no " + eventsText(ex.On, true)
	case ex.Passed == 0:
		return "no alert: no " + eventsText(ex.On, true) + " passed `where`"
	}
	return fmt.Sprintf("no alert: %s %s passed `where`, but `when` never held", thousands(ex.Passed), eventsText(ex.On, ex.Passed == 1))
}

// levelsText says of a rule with levels how many alerts have each severity, the worst first.
func levelsText(ex *engine.Explanation) string {
	var parts []string
	for _, s := range slices.Backward(scale.Severities()) {
		if n := ex.Levels[s]; n > 0 {
			parts = append(parts, thousands(n)+" "+s.String())
		}
	}
	if parts == nil {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// right writes rows of a number and a text, the numbers to the right.
func (t *explainText) right(rows [][]string) {
	width := 0
	for _, r := range rows {
		width = max(width, len(r[0]))
	}
	for _, r := range rows {
		fmt.Fprintf(t.w, "  %*s  %s\n", width, r[0], r[1])
	}
}

// nearRow is the line of a key: the key, its value against the bound, and when.
func nearRow(n *engine.Near) []string {
	key := make([]string, len(n.Key))
	for i, k := range n.Key {
		key[i] = k.Name + "=" + namedText(k)
	}
	name := cmp.Or(strings.Join(key, " "), "all traffic")
	var values []string
	seconds := func(v float64) string { return shortSpan(time.Duration(v * 1e9).Round(time.Millisecond).String()) }
	switch {
	case n.Memory == "learning":
		values = append(values, fmt.Sprintf("%s: new, after %s of the %s that it learns", n.Aggregate, seconds(n.Value), seconds(n.Bound)))
	case n.Memory == "seen":
		values = append(values, fmt.Sprintf("%s: seen %s before, which is less than %s", n.Aggregate, seconds(n.Value), seconds(n.Bound)))
	case n.Memory == "unasked":
		values = append(values, n.Aggregate+": not about this packet")
	case n.Aggregate != "":
		values = append(values, fmt.Sprintf("%s %s of %s", n.Aggregate, numberText(n.Value), numberText(n.Bound)))
	}
	for _, v := range n.Values {
		if v.Name != n.Aggregate {
			values = append(values, v.Name+" "+namedText(v))
		}
	}
	return []string{"  " + name, strings.Join(values, ", "), timeText(n.Time), fmt.Sprintf("packet %d", n.Packet)}
}

// timeText is a time in UTC to the millisecond, as alerts show it.
func timeText(nanoseconds int64) string {
	return time.Unix(0, nanoseconds).UTC().Format("2006-01-02 15:04:05.000")
}

func namedText(v alert.Named) string {
	switch v := v.Value.(type) {
	case string:
		return printable.Word(v)
	case float64:
		return numberText(v)
	}
	return fmt.Sprint(v.Value)
}

// numberText is a number with at most three digits after the point.
func numberText(v float64) string {
	s := strconv.FormatFloat(v, 'f', 3, 64)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
