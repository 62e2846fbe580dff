package main

import (
	"fmt"
	"strings"

	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/internal/printable"
)

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
