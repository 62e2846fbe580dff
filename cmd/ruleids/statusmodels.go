package main

import (
	"fmt"
	"strings"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/internal/printable"
	"github.com/ruleids/ruleids/model"
)

// writeModels writes what models have learned, and how far those are that learn.
func writeModels(b *strings.Builder, models []api.ModelStatus, color bool) {
	var rows [][]string
	for _, m := range models {
		state := "baseline " + m.Baseline
		switch {
		case m.Learning:
			state = fmt.Sprintf("learning: %s of %s at least, %s of %s", thousands(uint64(m.Samples)), plural(uint64(m.Needs), "sample"), age(m.Learned), age(m.Learns))
		case m.Pinned:
			state += ", pinned"
		}
		rows = append(rows, []string{m.Name, state, thousands(uint64(m.Later)), thousands(uint64(m.Odd)), driftWords(&m), printable.Line(m.Error)})
	}
	section(b, color, []string{"model", "state", "learned since", "not, as odd", "drift", "trouble"}, rows)
}

// driftWords names the feature that has drifted most.
func driftWords(m *api.ModelStatus) string {
	f := m.MostDrift()
	switch {
	case f == nil:
		return ""
	case *f.Drift > model.Much:
		return fmt.Sprintf("much: %s %.2f", f.Name, *f.Drift)
	}
	return fmt.Sprintf("%s %.2f", f.Name, *f.Drift)
}
