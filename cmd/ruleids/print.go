package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/internal/printable"
)

// tell prints an error on standard error.
func (a *app) tell(err error) {
	fmt.Fprintf(a.err, "%s %s\n", styleRed.paint("error:", a.wantsColor(a.err)), printable.Lines(err.Error()))
}

// warn prints a warning on standard error.
func (a *app) warn(format string, args ...any) {
	fmt.Fprintf(a.err, "%s %s\n", styleYellow.paint("warning:", a.wantsColor(a.err)), printable.Lines(fmt.Sprintf(format, args...)))
}

// refuse prints the errors of rules that cannot be used and returns the status for it.
func (a *app) refuse(diags hcl.Diagnostics, sources map[string]*hcl.File) error {
	var errs hcl.Diagnostics
	for _, d := range diags {
		if d.Severity == hcl.DiagError {
			errs = append(errs, d)
		}
	}
	if err := diag.WriteText(a.err, diag.Findings(errs), sources, a.wantsColor(a.err)); err != nil {
		return err
	}
	return status(statusFault)
}

// writeJSON writes a value as JSON for people and programs.
func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// headed paints the first row of a table.
func headed(color bool) func(row, col int, cell string) string {
	return func(row, _ int, cell string) string {
		return styleDim.paint(cell, color && row == 0)
	}
}

// age writes seconds for people, to two units.
func age(seconds float64) string {
	d := time.Duration(seconds) * time.Second
	days, hours, minutes := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60
	switch {
	case days > 0:
		return fmt.Sprintf("%dd%dh", days, hours)
	case hours > 0:
		return fmt.Sprintf("%dh%dm", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%dm%ds", minutes, int(d.Seconds())%60)
	}
	return fmt.Sprintf("%ds", int(d.Seconds()))
}

// keyWords writes a key for people: name=value, by name.
func keyWords(key map[string]any) string {
	words := make([]string, 0, len(key))
	for name, value := range key {
		words = append(words, name+"="+printable.Word(fmt.Sprint(value)))
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// writeTable writes rows in columns two spaces apart, the first row being the headings. Columns of
// numbers go to the right. Each cell is passed through paint after it was padded.
func writeTable(w io.Writer, rows [][]string, paint func(row, col int, cell string) string) {
	widths := columnWidths(rows)
	right := make([]bool, len(widths))
	for c := range right {
		right[c] = isNumber(rows[1:], c)
	}
	for i, r := range rows {
		var line strings.Builder
		line.WriteString("  ")
		for c, cell := range r {
			pad := strings.Repeat(" ", widths[c]-utf8.RuneCountInString(cell))
			switch {
			case right[c]:
				cell = pad + cell
			case c < len(r)-1:
				cell += pad
			}
			line.WriteString(paint(i, c, cell))
			if c < len(r)-1 {
				line.WriteString("  ")
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

// writeColumns writes rows in columns two spaces apart, without headings.
func writeColumns(w io.Writer, rows [][]string) {
	widths := columnWidths(rows)
	for _, r := range rows {
		var line strings.Builder
		for c, cell := range r {
			line.WriteString("  " + cell)
			if c < len(r)-1 {
				line.WriteString(strings.Repeat(" ", widths[c]-utf8.RuneCountInString(cell)))
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

func columnWidths(rows [][]string) []int {
	var widths []int
	for _, r := range rows {
		for c, cell := range r {
			if c == len(widths) {
				widths = append(widths, 0)
			}
			widths[c] = max(widths[c], utf8.RuneCountInString(cell))
		}
	}
	return widths
}

// isNumber reports whether every cell of a column is a whole number or empty. Addresses are not:
// they have dots or colons.
func isNumber(rows [][]string, c int) bool {
	return !slices.ContainsFunc(rows, func(r []string) bool { return strings.Trim(r[c], "0123456789,") != "" })
}

// thousands writes n with a comma between groups of three digits.
func thousands(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// byteSize writes a number of bytes with three significant digits and a decimal unit.
func byteSize(n uint64) string {
	const units = "kMGTPE"
	if n < 1000 {
		return strconv.FormatUint(n, 10) + " B"
	}
	v, unit := float64(n)/1000, 0
	for v >= 999.5 && unit < len(units)-1 {
		v, unit = v/1000, unit+1
	}
	digits := 2
	switch {
	case v >= 99.95:
		digits = 0
	case v >= 9.995:
		digits = 1
	}
	return fmt.Sprintf("%.*f %cB", digits, v, units[unit])
}

// perSecond is a rate for people: n things in d, without a fraction.
func perSecond(n uint64, d time.Duration) string {
	if d <= 0 {
		return "0"
	}
	return thousands(uint64(float64(n)/d.Seconds() + 0.5))
}

// plural writes a count with its noun.
func plural(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return thousands(n) + " " + noun + "s"
}

// answer writes what a command found, as JSON or as text, and returns the exit status of findings where there are some.
func (a *app) answer(format choice, found any, findings bool, text func(b *strings.Builder, color bool)) (err error) {
	if format.value == "json" {
		err = writeJSON(a.out, found)
	} else {
		var b strings.Builder
		text(&b, a.wantsColor(a.out))
		_, err = io.WriteString(a.folded(a.out), b.String())
	}
	if err == nil && findings {
		err = status(statusFindings)
	}
	return err
}
