package ast

import (
	"strings"
	"testing"
)

// TestAggregates holds the table to have each aggregate of the language once, under its name.
func TestAggregates(t *testing.T) {
	seen := map[Func]bool{}
	for _, a := range Aggregates() {
		if name, _, _ := strings.Cut(a.Signature, "("); name != a.Func.String() || seen[a.Func] || a.Doc == "" {
			t.Errorf("%+v", a)
		}
		seen[a.Func] = true
	}
	for _, f := range WindowFuncs() {
		if !seen[f] {
			t.Errorf("%v is missing", f)
		}
	}
}
