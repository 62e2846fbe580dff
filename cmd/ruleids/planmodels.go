package main

import (
	"fmt"
	"strings"

	"github.com/ruleids/ruleids/engine"
)

// models writes what models sample, and what that takes.
func (t *planText) models(models []engine.ModelDescription) {
	if len(models) == 0 {
		return
	}
	t.heading("Models, and the features of their samples")
	for _, m := range models {
		what := "each conversation that closes"
		if m.Every != "" {
			what = "every " + m.Every + " of all traffic"
			if len(m.Key) > 0 {
				what = "every " + m.Every + " by " + strings.Join(m.Key, ", ")
			}
		}
		fmt.Fprintf(t.w, "  %s\n    %s, by a %s, after %s of learning\n    where %s\n", styleCyan.paint(m.Model, t.color), what, m.Method, m.Learn, m.Where)
		var rows [][]string
		for _, f := range m.Features {
			name, text, _ := strings.Cut(f, " = ")
			rows = append(rows, []string{"  " + name, text})
		}
		writeColumns(t.w, rows)
		size := ""
		if m.MaxKeys > 0 {
			size = fmt.Sprintf("%s a key; %s; ", byteSize(uint64(m.BytesPerKey)), plural(uint64(m.MaxKeys), "key"))
		}
		fmt.Fprintf(t.w, "    about %d ns a sample; %stogether at most %s\n", m.Nanoseconds, size, byteSize(uint64(m.Bound)))
	}
}
