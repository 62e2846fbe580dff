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
	"github.com/ruleids/ruleids/packet"
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

// models writes what the models that a rule looks at have learned, and their oddest samples.
func (t *explainText) models(models []engine.ModelExplanation) {
	for i := range models {
		m := &models[i]
		if m.Learning {
			fmt.Fprintf(t.w, "  the model %s learns: %s of %s at least, and for %s\n", m.Model, thousands(uint64(m.Samples)), plural(uint64(m.Needs), "sample"), m.Learns)
			continue
		}
		fmt.Fprintf(t.w, "  usual to the model %s (99 of 100): %s\n", m.Model, strings.Join(m.Usual, ", "))
		if len(m.Oddest) > 0 {
			fmt.Fprintln(t.w, "  its oddest samples:")
			var rows [][]string
			for j := range m.Oddest {
				o := &m.Oddest[j]
				rows = append(rows, []string{"  " + fmt.Sprintf("%.5f", o.Score), fmt.Sprintf("%s %.1f bits", o.Top, o.Bits), printable.Text(o.Of), o.When().Format("2006-01-02 15:04:05"), o.Odd})
			}
			writeColumns(t.w, rows)
		}
	}
}

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
