package main

import (
	"bytes"
	"io"
	"os"
	"slices"
	"strings"

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

// columns returns the width of the terminal that w is, and 0 where it is none.
func (a *app) columns(w any) int {
	f := terminal(w)
	if f == nil {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		return 80
	}
	return width
}

// folded returns a writer of lines of text to w that folds them where w is a terminal that they are too wide for.
func (a *app) folded(w io.Writer) io.Writer {
	if width := a.columns(w); width > 0 {
		return &wrapper{w: w, width: width}
	}
	return w
}

// A wrapper wraps lines to the width of a terminal.
type wrapper struct {
	w     io.Writer
	width int
	begun []byte // of a line whose end is not there yet
}

// Write implements io.Writer.
func (f *wrapper) Write(p []byte) (int, error) {
	f.begun = append(f.begun, p...)
	var out strings.Builder
	for {
		end := bytes.IndexByte(f.begun, '\n')
		if end < 0 {
			break
		}
		line := string(f.begun[:end])
		f.begun = f.begun[end+1:]
		indent := len(line) - len(strings.TrimLeft(line, " ")) + 4
		out.WriteString(ansi.Fold(line, f.width, indent) + "\n")
	}
	_, err := io.WriteString(f.w, out.String())
	return len(p), err
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
