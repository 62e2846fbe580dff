package main

import (
	"io"
	"os"
	"slices"

	"golang.org/x/term"

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

// A style is an SGR sequence (ECMA-48, 8.3.117) that sets text off.
type style string

// The styles in use.
const (
	styleBold   style = "\x1b[1m"
	styleDim    style = "\x1b[2m"
	styleRed    style = "\x1b[31m"
	styleGreen  style = "\x1b[32m"
	styleYellow style = "\x1b[33m"
	styleCyan   style = "\x1b[36m"
	styleAlarm  style = "\x1b[1;31m"
)

// paint returns s in the style where on is true, and s alone otherwise.
func (st style) paint(s string, on bool) string {
	if !on || s == "" {
		return s
	}
	return string(st) + s + "\x1b[0m"
}

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
