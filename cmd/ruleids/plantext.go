package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ruleids/ruleids/engine"
)

// A planText writes the description of a plan for people.
type planText struct {
	w     *strings.Builder
	color bool
}

func (t *planText) write(d *engine.Description) {
	fmt.Fprintf(t.w, "%s, digest %.12s\n", plural(uint64(d.Rules), "rule"), d.Digest)
	fmt.Fprintf(t.w, "state at most %s, of which cooldowns %s\n", byteSize(uint64(d.Bound)), byteSize(uint64(d.Cooldowns)))
	fmt.Fprintf(t.w, "DNS messages are %s, flows are %s\n", choose(d.ParsesDNS, "parsed", "not parsed"), choose(d.KeepsFlows, "kept", "not kept"))
	t.classes(d.Classes)
	t.shared(d.Shared)
	t.tables(d.Tables)
	t.heading("Left to the expr VM")
	if len(d.VM) == 0 {
		fmt.Fprintln(t.w, "  nothing")
	}
	for _, text := range d.VM {
		fmt.Fprintf(t.w, "  %s\n", text)
	}
}

func (t *planText) heading(s string) { fmt.Fprintf(t.w, "\n%s\n", styleBold.paint(s, t.color)) }

// dnsClass is how the name of a class ends whose packets ask a DNS question. It is written as what
// it has besides the class without one.
const dnsClass = ", DNS question"

// classes writes what each class of packet leads to. Classes without a rule are named in one line.
func (t *planText) classes(classes []engine.ClassDescription) {
	t.heading("Rules that a packet visits, by its class")
	plain := map[string][]engine.Visit{}
	for _, c := range classes {
		plain[c.Class] = c.Rules
	}
	var none []string
	for _, c := range classes {
		name := c.Class
		if c.Also > 0 {
			name += fmt.Sprintf(" and %s of flags", plural(uint64(c.Also), "other combination"))
		}
		if len(c.Rules) == 0 {
			none = append(none, name)
			continue
		}
		visits := c.Rules
		if base, ok := plain[strings.TrimSuffix(c.Class, dnsClass)]; ok && strings.HasSuffix(c.Class, dnsClass) {
			visits = slices.DeleteFunc(slices.Clone(visits), func(v engine.Visit) bool { return slices.Contains(base, v) })
			name += "; besides, or in place of, what is above"
		}
		fmt.Fprintf(t.w, "  %s\n", styleCyan.paint(name, t.color))
		t.visits(visits)
	}
	if len(none) > 0 {
		fmt.Fprintf(t.w, "  no rule: %s\n", strings.Join(none, "; "))
	}
}

// visits writes rules with how they are found and what is left to be tested, a line each.
func (t *planText) visits(visits []engine.Visit) {
	rows := make([][]string, 0, len(visits))
	for _, v := range visits {
		by, left := "", "if "+v.Left
		if v.By != "" {
			by = "found by " + v.By
		}
		if v.Left == "true" {
			left = "always"
		}
		rows = append(rows, []string{"  " + v.Rule, by, left})
	}
	if !anyCell(rows, 1) {
		for i, r := range rows {
			rows[i] = []string{r[0], r[2]}
		}
	}
	t.columns(rows)
}

func (t *planText) shared(shared []engine.SharedPredicate) {
	t.heading("Conditions that several groups of rules use")
	if len(shared) == 0 {
		fmt.Fprintln(t.w, "  none")
		return
	}
	rows := make([][]string, 0, len(shared))
	for _, s := range shared {
		rows = append(rows, []string{fmt.Sprintf("%d groups", s.Used), choose(s.Once, "tested once", "cheap to test again"), s.Text})
	}
	t.columns(rows)
}

func (t *planText) tables(tables []engine.TableDescription) {
	t.heading("Windows, by filter and key")
	if len(tables) == 0 {
		fmt.Fprintln(t.w, "  none")
	}
	for _, tb := range tables {
		key := "all traffic"
		if len(tb.Key) > 0 {
			key = "by " + strings.Join(tb.Key, ", ")
		}
		fmt.Fprintf(t.w, "  %s\n    %s, where %s\n", styleCyan.paint(strings.Join(tb.Rules, ", "), t.color), key, tb.Filter)
		rows := make([][]string, 0, len(tb.Cells))
		for _, c := range tb.Cells {
			kind := c.Kind
			if c.UpTo > 0 {
				kind = fmt.Sprintf("exact up to %s", thousands(uint64(c.UpTo)))
			}
			rows = append(rows, []string{"  " + c.Aggregate, c.Span, kind})
		}
		t.columns(rows)
		fmt.Fprintf(t.w, "    %s a key, at most %s; %s; together at most %s\n",
			byteSize(uint64(tb.BytesPerKey)), byteSize(uint64(tb.BytesKeyMost)), plural(uint64(tb.MaxKeys), "key"), byteSize(uint64(tb.Bound)))
	}
}

// columns writes rows in columns.
func (t *planText) columns(rows [][]string) { writeColumns(t.w, rows) }

func choose(b bool, yes, no string) string {
	if b {
		return yes
	}
	return no
}

// anyCell reports whether a column has a cell with text.
func anyCell(rows [][]string, c int) bool {
	for _, r := range rows {
		if r[c] != "" {
			return true
		}
	}
	return false
}
