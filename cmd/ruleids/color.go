package main

import (
	"io"
	"os"
	"slices"

	"golang.org/x/term"

	"github.com/ruleids/ruleids/internal/ansi"
	"github.com/ruleids/ruleids/internal/scale"
)

// terminal returns the file behind w where that is a terminal, and nil otherwise.
func terminal(w any) *os.File {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return f
}

// wantsColor reports whether text for w is to be coloured. On auto that takes a terminal that is
// not dumb, and NO_COLOR (https://no-color.org) unset or empty.
func (a *app) wantsColor(w io.Writer) bool {
	switch a.color.value {
	case "always":
		return true
	case "never":
		return false
	}
	return terminal(w) != nil && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// A style sets text off.
type style ansi.Style

// The styles in use.
const (
	styleBold   = style(ansi.Bold)
	styleDim    = style(ansi.Dim)
	styleRed    = style(ansi.Red)
	styleGreen  = style(ansi.Green)
	styleYellow = style(ansi.Yellow)
	styleCyan   = style(ansi.Cyan)
	styleAlarm  = style(ansi.BoldRed)
)

// paint returns s in the style where on is true, and s alone otherwise.
func (st style) paint(s string, on bool) string { return ansi.Style(st).Paint(s, on) }

// severityStyle is how a severity's word is shown.
func severityStyle(severity scale.Severity) style {
	switch severity {
	case scale.SeverityCritical:
		return styleAlarm
	case scale.SeverityHigh:
		return styleRed
	case scale.SeverityMedium:
		return styleYellow
	}
	return styleCyan
}

// bySeverity writes counts of alerts, worst severity first: "2 critical", "14 low".
func bySeverity(counts map[scale.Severity]uint64, color bool) []string {
	var parts []string
	for _, severity := range slices.Backward(scale.Severities()) {
		if n := counts[severity]; n > 0 {
			parts = append(parts, thousands(n)+" "+severityStyle(severity).paint(severity.String(), color))
		}
	}
	return parts
}
