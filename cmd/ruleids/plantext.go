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
	cells, usual := 0, int64(0)
	for _, tb := range d.Tables {
		cells += len(tb.Cells)
		usual += tb.BytesPerKey * int64(min(tb.MaxKeys, usualKeys))
	}
	fmt.Fprintf(t.w, "windows: %s in %s\n", plural(uint64(cells), "aggregate"), plural(uint64(len(d.Tables)), "table"))
	fmt.Fprintf(t.w, "memory: some %s with %s keys in each table, at most %s, of which cooldowns %s\n", byteSize(uint64(usual)), thousands(usualKeys), byteSize(uint64(d.Bound)), byteSize(uint64(d.Cooldowns)))
	fmt.Fprintf(t.w, "DNS messages are %s, flows are %s\n", choose(d.ParsesDNS, "parsed", "not parsed"), choose(d.KeepsFlows, "kept", "not kept"))
	if d.Order != engine.OrderAny {
		fmt.Fprintf(t.w, "lists that rules fill: %s\n", orderText(d.Order))
	}
	if c := d.Conversations; c != nil {
		open := thousands(c.TCP) + " and " + thousands(c.UDP) + " that are open over TCP and UDP"
		if c.UDP == 0 {
			open = thousands(c.TCP) + " that are open over TCP, none over UDP"
		}
		fmt.Fprintf(t.w, "conversations are followed: %s, %s that wait for an answer, %s that are over; at most %s\n",
			open, thousands(c.Pending), thousands(c.Settled), byteSize(uint64(c.Bound)))
		if c.Heads > 0 {
			fmt.Fprintf(t.w, "half-read message heads are kept: %s of 4 kB; at most %s\n", thousands(c.Heads), byteSize(uint64(c.HeadBound)))
		}
	}
	if names := everywhere(d.Classes); len(names) > 0 {
		fmt.Fprintf(t.w, "looked at for most kinds of packets, by no port or address: %s\n", strings.Join(names, ", "))
	}
	if len(d.VM) > 0 {
		fmt.Fprintf(t.w, "slow: %s, see the end\n", plural(uint64(len(d.VM)), "expression"))
	}
	for _, c := range d.Contents {
		fmt.Fprintf(t.w, "contents of %s: %s in %s, %s\n", c.Field, plural(uint64(c.Literals), "literal"), several(c.Searches), byteSize(uint64(c.Bytes)))
	}
	if len(d.Unguarded) > 0 {
		fmt.Fprintf(t.w, "slow: %s of payloads, see the end\n", plural(uint64(len(d.Unguarded)), "regular expression"))
	}
	t.classes(d.Classes)
	t.shared(d.Shared)
	t.tables(d.Tables)
	t.memories(d.Memories)
	t.models(d.Models)
	t.order(d)
	t.heading("Slow expressions, which the interpreter of expr-lang evaluates")
	if len(d.VM) == 0 {
		fmt.Fprintln(t.w, "  nothing")
	}
	for _, text := range d.VM {
		fmt.Fprintf(t.w, "  %s\n", text)
	}
	if len(d.Unguarded) > 0 {
		t.heading("Slow conditions, which read all of a text as no literal tells where they can hold")
	}
	for _, u := range d.Unguarded {
		where := "for each packet"
		if u.By != "" {
			where = "for packets found by " + u.By
		}
		fmt.Fprintf(t.w, "  %s\n    some %s ns %s: %s\n", u.Text, thousands(uint64(u.Nanoseconds)), where, strings.Join(u.Rules, ", "))
	}
}

// several counts searches.
func several(n int) string {
	if n == 1 {
		return "one search"
	}
	return thousands(uint64(n)) + " searches, behind ports, addresses or classes of packets"
}

// usualKeys is a number of keys that a network of some hundred hosts has.
const usualKeys = 1000

// fewClasses is how many classes of packets a rule may be looked at for without being called expensive.
const fewClasses = 4

// everywhere returns the rules that more than half of the classes of packets lead to without an index, sorted.
func everywhere(classes []engine.ClassDescription) []string {
	seen, total := map[string]int{}, 0
	for _, c := range classes {
		if strings.HasSuffix(c.Class, "event") || strings.HasSuffix(c.Class, dnsClass) {
			continue
		}
		total++
		for _, name := range unindexed(c.Rules) {
			seen[name]++
		}
	}
	var out []string
	for name, n := range seen {
		if n >= fewClasses && 2*n > total {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// unindexed returns the rules among visits that are found by no field, each once.
func unindexed(visits []engine.Visit) []string {
	var out []string
	for _, v := range visits {
		if v.By == "" && v.Left != "false" && !slices.Contains(out, v.Rule) {
			out = append(out, v.Rule)
		}
	}
	return out
}

func (t *planText) heading(s string) { fmt.Fprintf(t.w, "\n%s\n", styleBold.paint(s, t.color)) }

// dnsClass is how the name of a class ends whose packets ask a DNS question.
const dnsClass = ", DNS question"

// classes writes what each class of packet leads to. Classes without a rule are named in one line,
// and so are classes with a DNS question that differ alike from those without.
func (t *planText) classes(classes []engine.ClassDescription) {
	t.heading("Rules that a packet visits, by its class")
	plain := map[string][]engine.Visit{}
	for _, c := range classes {
		plain[c.Class] = c.Rules
	}
	var none []string
	var names [][]string        // of classes with a DNS question that differ alike
	var others [][]engine.Visit // and how
	for _, c := range classes {
		base := strings.TrimSuffix(c.Class, dnsClass)
		if visits, ok := plain[base]; ok && base != c.Class {
			d := visitsBeside(visits, c.Rules)
			at := slices.IndexFunc(others, func(o []engine.Visit) bool { return slices.Equal(o, d) })
			if at < 0 {
				at = len(others)
				names, others = append(names, nil), append(others, d)
			}
			names[at] = append(names[at], base)
			continue
		}
		name := c.Class
		if c.Also > 0 {
			name += fmt.Sprintf(" and %s of flags", plural(uint64(c.Also), "other combination"))
		}
		if len(c.Rules) == 0 {
			none = append(none, name)
			continue
		}
		fmt.Fprintf(t.w, "  %s\n", styleCyan.paint(name, t.color))
		t.visits(c.Rules)
	}
	for i := range others {
		fmt.Fprintf(t.w, "  %s\n", styleCyan.paint("with a DNS question besides: "+strings.Join(names[i], ", "), t.color))
		t.visits(others[i])
	}
	if len(none) > 0 {
		fmt.Fprintf(t.w, "  no rule: %s\n", strings.Join(none, "; "))
	}
}

// visitsBeside returns the visits that are not among base, and for each rule of base that is not
// visited at all one whose Left says so.
func visitsBeside(base, visits []engine.Visit) []engine.Visit {
	out := slices.DeleteFunc(slices.Clone(visits), func(v engine.Visit) bool { return slices.Contains(base, v) })
	for _, b := range base {
		if !slices.ContainsFunc(visits, func(v engine.Visit) bool { return v.Rule == b.Rule }) {
			out = append(out, engine.Visit{Rule: b.Rule, Left: "false"})
		}
	}
	return out
}

// visits writes rules with how they are found and what is left to be tested, a line each.
func (t *planText) visits(visits []engine.Visit) {
	rows := make([][]string, 0, len(visits))
	for _, v := range visits {
		by, left := "", "if "+v.Left
		if v.By != "" {
			by = "found by " + v.By
		}
		switch v.Left {
		case "true":
			left = "always"
		case "false":
			left = "never"
		}
		rows = append(rows, []string{"  " + v.Rule, by, left})
	}
	if !anyCell(rows, 1) {
		for i, r := range rows {
			rows[i] = []string{r[0], r[2]}
		}
	}
	writeColumns(t.w, rows)
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
	writeColumns(t.w, rows)
}

func (t *planText) tables(tables []engine.TableDescription) {
	t.heading("Windows, by key")
	if len(tables) == 0 {
		fmt.Fprintln(t.w, "  none")
	}
	for _, tb := range tables {
		key := "all traffic"
		if len(tb.Key) > 0 {
			key = "by " + strings.Join(tb.Key, ", ")
		}
		fmt.Fprintf(t.w, "  %s\n    %s\n", styleCyan.paint(strings.Join(tb.Rules, ", "), t.color), key)
		var rows [][]string
		for i, c := range tb.Cells {
			if i == 0 || c.Filter != tb.Cells[i-1].Filter {
				writeColumns(t.w, rows)
				rows = nil
				fmt.Fprintf(t.w, "    where %s\n", c.Filter)
			}
			kind := map[string]string{"panes": "up to 1/64 of the span late", "steps": "within 5 %, up to 1/64 of the span late", "estimate": "within 2 %"}[c.Kind]
			if c.UpTo > 0 {
				kind = fmt.Sprintf("exact up to %s", thousands(uint64(c.UpTo)))
			}
			rows = append(rows, []string{"  " + c.Aggregate, shortSpan(c.Span), kind})
		}
		writeColumns(t.w, rows)
		fmt.Fprintf(t.w, "    %s a key, at most %s; %s; together at most %s\n",
			byteSize(uint64(tb.BytesPerKey)), byteSize(uint64(tb.BytesKeyMost)), plural(uint64(tb.MaxKeys), "key"), byteSize(uint64(tb.Bound)))
	}
}

// memories writes what rules remember.
func (t *planText) memories(memories []engine.MemoryDescription) {
	if len(memories) == 0 {
		return
	}
	t.heading("Memories, of all keys together")
	for _, m := range memories {
		fmt.Fprintf(t.w, "  %s\n    where %s\n", styleCyan.paint(strings.Join(m.Rules, ", "), t.color), m.Where)
		learn := "learns nothing first"
		if m.Learn[0] != "0s" {
			learn = "learns for " + shortSpan(m.Learn[0])
		}
		writeColumns(t.w, [][]string{{"  " + m.Asks, shortSpan(m.Span), learn}})
		fmt.Fprintf(t.w, "    %s a value; %s; together at most %s\n",
			byteSize(uint64(m.BytesPerValue)), plural(uint64(m.MaxKeys), "value"), byteSize(uint64(m.Bound)))
	}
}

func choose(b bool, yes, no string) string {
	if b {
		return yes
	}
	return no
}

// anyCell reports whether a column has a cell with text.
func anyCell(rows [][]string, c int) bool {
	return slices.ContainsFunc(rows, func(r []string) bool { return r[c] != "" })
}

// shortSpan writes a duration as rule files do: "24h" for "24h0m0s".
func shortSpan(s string) string {
	if t, ok := strings.CutSuffix(s, "m0s"); ok {
		s = t + "m"
	}
	if t, ok := strings.CutSuffix(s, "h0m"); ok {
		s = t + "h"
	}
	return s
}

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

// orderText says how it is that rules see what packets before theirs wrote to lists.
func orderText(order string) string {
	switch order {
	case engine.OrderTurns:
		return "rules that fill or read them see packet after packet, all others share the workers"
	case engine.OrderPackets:
		return "a model reads one, so one worker looks at packets in their order, each when the one before it is done with"
	}
	return "a model reads one, so one worker looks at packets in their order, those behind one that may write when that is done with"
}

// order writes the sequences and the lists that rules fill, where there are any.
func (t *planText) order(d *engine.Description) {
	if len(d.Sequences) > 0 {
		t.heading("Sequences")
	}
	for _, s := range d.Sequences {
		fmt.Fprintf(t.w, "  %s\n    within %s\n", styleCyan.paint(s.Rule, t.color), shortSpan(s.Span))
		var rows [][]string
		for _, st := range s.Steps {
			key := "all traffic"
			if len(st.Key) > 0 {
				key = "by " + strings.Join(st.Key, ", ")
			}
			rows = append(rows, []string{"  " + st.Kind + " " + st.Name, st.On, key, "if " + st.Where})
		}
		writeColumns(t.w, rows)
		fmt.Fprintf(t.w, "    %s a key at most; %s; together at most %s\n", byteSize(uint64(s.BytesPerKey)), plural(uint64(s.MaxKeys), "key"), byteSize(uint64(s.Bound)))
	}
	if len(d.Lists) > 0 {
		t.heading("Lists that rules fill")
	}
	for _, l := range d.Lists {
		fmt.Fprintf(t.w, "  %s\n    type %s, an entry lasts %s\n", styleCyan.paint(l.List, t.color), l.Type, shortSpan(l.For))
		writeColumns(t.w, [][]string{{"  filled by", orNothing(l.FilledBy)}, {"  read by", orNothing(l.ReadBy)}})
		fmt.Fprintf(t.w, "    %s an entry; at most %s; together at most %s\n", byteSize(uint64(l.BytesPerEntry)), thousands(uint64(l.Max)), byteSize(uint64(l.Bound)))
	}
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "no rule"
	}
	return strings.Join(names, ", ")
}
