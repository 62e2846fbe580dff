package main

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/ruleids/ruleids/internal/printable"
	"github.com/ruleids/ruleids/study"
)

// shownChanges is how many changes of a rule are listed unless --all is given.
const shownChanges = 10

// A diffWriter writes a diff for people.
type diffWriter struct {
	out      io.Writer
	diff     *study.Diff
	old, new string
	all      bool
	color    bool
}

// text writes for a terminal.
func (w *diffWriter) text() error {
	b := bufio.NewWriter(w.out)
	d := w.diff
	fmt.Fprintf(b, "%s on %s (%s)\n", w.totals(), plural(uint64(d.Captures), "capture"), plural(d.Packets, "packet"))
	if d.Clean() {
		fmt.Fprintln(b, "nothing changes")
		return b.Flush()
	}
	rows := [][]string{w.headings()}
	for i := range d.Rules {
		rows = append(rows, w.cells(&d.Rules[i]))
	}
	writeTable(b, rows, headed(w.color))
	for i := range d.Rules {
		r := &d.Rules[i]
		fmt.Fprintf(b, "\n%s%s\n", styleBold.paint(r.Rule, w.color), onlyWords(r.Only))
		lines := w.lines(r.Rule)
		for n, line := range lines {
			if n == shownChanges && !w.all {
				fmt.Fprintf(b, "  … and %s; --all lists them\n", plural(uint64(len(lines)-n), "more change"))
				break
			}
			fmt.Fprintf(b, "  %s\n", line)
		}
	}
	return b.Flush()
}

// markdown writes for a comment on a pull request.
func (w *diffWriter) markdown() error {
	b := bufio.NewWriter(w.out)
	d := w.diff
	fmt.Fprintf(b, "### Alerts: %s\n\n%s on %s (%s).\n", choose(d.Clean(), "no change", "changes"), strings.ToUpper(w.totals()[:1])+w.totals()[1:],
		plural(uint64(d.Captures), "capture"), plural(d.Packets, "packet"))
	if d.Clean() {
		return b.Flush()
	}
	heads := w.headings()
	fmt.Fprintf(b, "\n| %s |\n|%s\n", strings.Join(heads, " | "), strings.Repeat(" --- |", len(heads)))
	for i := range d.Rules {
		fmt.Fprintf(b, "| %s |\n", strings.Join(w.cells(&d.Rules[i]), " | "))
	}
	for i := range d.Rules {
		r := &d.Rules[i]
		lines := w.lines(r.Rule)
		fmt.Fprintf(b, "\n<details><summary><code>%s</code>: %s%s</summary>\n\n", r.Rule, plural(uint64(len(lines)), "change"), onlyWords(r.Only))
		for n, line := range lines {
			if n == shownChanges && !w.all {
				fmt.Fprintf(b, "- … and %s\n", plural(uint64(len(lines)-n), "more change"))
				break
			}
			fmt.Fprintf(b, "- %s\n", inMarkdown.Replace(line))
		}
		fmt.Fprintln(b, "\n</details>")
	}
	return b.Flush()
}

// inMarkdown keeps what comes from captures from being markup.
var inMarkdown = strings.NewReplacer("<", "&lt;", "|", `\|`, "`", "'", "*", `\*`, "_", `\_`, "[", `\[`, "@", "&#64;")

func (w *diffWriter) totals() string {
	return fmt.Sprintf("%s with %s, %s with %s", plural(uint64(w.diff.OldAlerts), "alert"), w.old, thousands(uint64(w.diff.NewAlerts)), w.new)
}

func (w *diffWriter) headings() []string {
	out := []string{"rule", "before", "after"}
	for _, k := range study.Kinds() {
		out = append(out, string(k))
	}
	return append(out, "blocks gained", "lost")
}

func (w *diffWriter) cells(r *study.RuleDiff) []string {
	out := []string{r.Rule, thousands(uint64(r.OldAlerts)), thousands(uint64(r.NewAlerts))}
	for _, k := range study.Kinds() {
		out = append(out, thousands(uint64(r.Changes[k])))
	}
	return append(out, thousands(uint64(r.Gained)), thousands(uint64(r.Lost)))
}

// lines says each change of a rule in a line.
func (w *diffWriter) lines(rule string) []string {
	var out []string
	for i := range w.diff.Changes {
		c := &w.diff.Changes[i]
		if c.Rule != rule {
			continue
		}
		first := cmp.Or(c.New, c.Old)
		what := ""
		switch c.Kind {
		case study.Appears, study.Vanishes:
			what = fmt.Sprintf("%s, %s", first.Severity, plural(uint64(first.Alerts), "alert"))
		case study.Earlier, study.Later:
			what = fmt.Sprintf("was packet %s, %s %s", thousands(c.Old.Packet), time.Duration(abs(c.New.Time-c.Old.Time)).Round(time.Millisecond), c.Kind)
			if c.New.Severity != c.Old.Severity {
				what += fmt.Sprintf("; %s, was %s", c.New.Severity, c.Old.Severity)
			}
		case study.Severity:
			what = fmt.Sprintf("%s, was %s", c.New.Severity, c.Old.Severity)
		case study.More, study.Fewer:
			what = fmt.Sprintf("%s, were %s", plural(uint64(c.New.Alerts), "alert"), thousands(uint64(c.Old.Alerts)))
		}
		out = append(out, fmt.Sprintf("%s: %s in %s at %s, packet %s (%s)", c.Kind, choose(len(c.Key) > 0, printable.Line(study.KeyText(c.Key)), "all traffic"),
			filepath.Base(c.Capture), time.Unix(0, first.Time).UTC().Format("2006-01-02 15:04:05.000"), thousands(first.Packet), what))
	}
	for _, r := range w.diff.Responses {
		if r.Rule == rule {
			out = append(out, fmt.Sprintf("%s %s: %s in %s", r.Action, choose(r.Gained, "gained", "lost"), r.Target, filepath.Base(r.Capture)))
		}
	}
	return out
}

func abs(n int64) int64 { return max(n, -n) }

// onlyWords says which set has a rule that the other lacks.
func onlyWords(only string) string {
	switch only {
	case "old":
		return " (the new set does not have it enabled)"
	case "new":
		return " (the old set does not have it enabled)"
	}
	return ""
}
