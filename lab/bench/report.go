package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// units say how values of a unit are written.
var units = map[string]func(float64) string{
	"ns/packet":     func(v float64) string { return fmt.Sprintf("%.1f ns", v) },
	"ns":            func(v float64) string { return fmt.Sprintf("%.1f ns", v) },
	"ms":            func(v float64) string { return fmt.Sprintf("%.1f ms", v) },
	"MiB":           func(v float64) string { return fmt.Sprintf("%.1f MiB", v) },
	"packet":        func(v float64) string { return "packet " + thousands(v) },
	"allocs/packet": func(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) },
	"yes":           yes,
}

func yes(v float64) string {
	if v == 1 {
		return "yes"
	}
	return "no"
}

// thousands writes a whole number with commas.
func thousands(v float64) string {
	s := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// A series is all readings of one name.
type series struct {
	name   string
	unit   string
	values []float64
	busy   []float64
	alerts int
}

// idle is the share of its time that a measure may be without a processor, which others have, or wait for the disk.
const idle = 0.05

// results are what measures found, in the order in which they were first taken.
type results struct {
	series  []*series
	skipped map[string]string // measures, with the reason
}

func newResults() *results { return &results{skipped: map[string]string{}} }

func (r *results) add(x reading) {
	s := r.find(x.name)
	if s == nil {
		s = &series{name: x.name, unit: x.unit, alerts: x.alerts}
		r.series = append(r.series, s)
	}
	s.values = append(s.values, x.value)
	if x.busy > 0 {
		s.busy = append(s.busy, x.busy)
	}
}

func (r *results) find(name string) *series {
	for _, s := range r.series {
		if s.name == name {
			return s
		}
	}
	return nil
}

// median returns the median of a series and whether there is one.
func (r *results) median(name string) (float64, bool) {
	if s := r.find(name); s != nil {
		return median(s.values), true
	}
	return 0, false
}

// A grid is a table of texts; its first row is the heading.
type grid [][]string

// figures is the table of all series.
func (r *results) figures() grid {
	g := grid{{"measure", "median", "least … most", "packets/s", "alerts"}}
	for _, s := range r.series {
		write := units[s.unit]
		row := []string{s.name, write(median(s.values)), "", "", ""}
		if len(s.values) > 1 {
			row[2] = write(slices.Min(s.values)) + " … " + write(slices.Max(s.values))
		}
		if s.unit == "ns/packet" {
			row[3] = thousands(1e9 / median(s.values))
		}
		if s.alerts >= 0 {
			row[4] = thousands(float64(s.alerts))
		}
		g = append(g, row)
	}
	return g
}

// text writes the grid in columns, all but the first to the right.
func (g grid) text(w io.Writer) error {
	widths := make([]int, len(g[0]))
	for _, row := range g {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	for _, row := range g {
		var b strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-len([]rune(cell)))
			if i == 0 {
				b.WriteString(cell + pad)
			} else {
				b.WriteString("  " + pad + cell)
			}
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(b.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

// markdown returns the grid as a table of Markdown.
func (g grid) markdown() string {
	var b strings.Builder
	for i, row := range g {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			b.WriteString("| ---" + strings.Repeat(" | ---:", len(row)-1) + " |\n")
		}
	}
	return b.String()
}

// notes are the measures that were left out, with the reasons, and then those that were disturbed.
func (r *results) notes() []string {
	var out []string
	for name, why := range r.skipped {
		out = append(out, fmt.Sprintf("%s was not measured: %s.", name, why))
	}
	slices.Sort(out)
	var disturbed []string
	for _, s := range r.series {
		if b := median(s.busy); len(s.busy) > 0 && b < 1-idle {
			disturbed = append(disturbed, fmt.Sprintf("%s (%.0f%%)", s.name, 100*b))
		}
	}
	if len(disturbed) > 0 {
		out = append(out, "To be measured again, since they had a processor for only a part of their time (the machine did something else, or a capture was not in memory): "+strings.Join(disturbed, ", ")+".")
	}
	return out
}
