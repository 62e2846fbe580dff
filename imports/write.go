package imports

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/ruleids/ruleids/internal/scale"
)

// inline is the number of entries up to which a condition of one rule names them itself.
const inline = 16

// Files returns the rule files of a set and the lists that they name: rules by the file that they come from, and those that
// stand for many in folded.hcl. The layout is left to the formatter.
func (s *Set) Files() []File {
	groups := map[string][]*translation{}
	var order []string
	for _, t := range s.rules {
		t.written, t.list = "", ""
		if t.reason != "" || t.fold == nil {
			continue
		}
		key := t.alike()
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], t)
	}
	var out []File
	var folded bytes.Buffer
	nouns := map[string]int{}
	slices.SortStableFunc(order, func(a, b string) int { return cmp.Compare(len(groups[b]), len(groups[a])) })
	for _, key := range order {
		g := groups[key]
		if len(g) == 1 && len(g[0].fold.entries) <= inline {
			continue
		}
		noun := s.Format + "_" + g[0].fold.noun
		nouns[noun]++
		if n := nouns[noun]; n > 1 {
			noun = fmt.Sprintf("%s_%d", noun, n)
		}
		out = append(out, s.foldInto(&folded, noun, g))
	}
	files := map[string]*bytes.Buffer{}
	names := []string{}
	for _, t := range s.rules {
		if t.reason != "" || t.written != "" {
			continue
		}
		name := fileName(t.File)
		if files[name] == nil {
			files[name] = &bytes.Buffer{}
			names = append(names, name)
		}
		t.written = t.name
		one := *t
		if t.fold != nil {
			one.conds = append(slices.Clone(t.conds), t.fold.text)
		}
		one.write(files[name])
	}
	for _, name := range names {
		out = append(out, File{name, files[name].Bytes()})
	}
	if folded.Len() > 0 {
		out = append(out, File{"folded.hcl", folded.Bytes()})
	}
	return out
}

// fileName is the rule file for a file of another program. It is never one that is no rule file, as x_test.hcl is not.
func fileName(source string) string {
	base := path.Base(strings.ReplaceAll(source, "\\", "/"))
	name := identifier(strings.TrimSuffix(base, path.Ext(base)))
	if name == "folded" || name == "ruleids" || strings.HasSuffix(name, "_test") {
		name += "_rules"
	}
	return name + ".hcl"
}

// alike is the same text for rules that differ in their entries and what they say of themselves alone.
func (t *translation) alike() string {
	return fmt.Sprintf("%q", []any{t.on, t.conds, t.fold.kind, t.fold.value, t.fold.negated, t.by, t.span, t.aggregates, t.threshold, t.when, t.cooldown, t.lost})
}

// foldInto writes a list and the rule that reads it, and returns the file of its entries.
func (s *Set) foldInto(w *bytes.Buffer, noun string, group []*translation) File {
	var data bytes.Buffer
	table := csv.NewWriter(&data)
	_ = table.Write([]string{"indicator", "sid", "msg", "severity", "reference"}) // a buffer takes everything
	seen := map[string]bool{}
	levels := map[string]bool{}
	for _, t := range group {
		t.written, t.list = noun, noun
		levels[t.severity] = true
		for _, e := range t.fold.entries {
			if seen[e] {
				continue // the first of equal ones counts
			}
			seen[e] = true
			_ = table.Write([]string{e, t.ID, t.Title, t.severity, strings.Join(t.references, " ")})
		}
	}
	table.Flush()
	file := "lists/" + noun + ".csv"
	first := group[0]
	fmt.Fprintf(w, "list %s {\n  description = %s\n  type = %s\n  file = %s\n  columns = [\"indicator\", \"sid\", \"msg\", \"severity\", \"reference\"]\n}\n\n",
		hclText(noun), hclText(fmt.Sprintf("Entries of %s, imported from %s.", plural(len(group), "rule"), s.Format)), hclText(first.fold.kind), hclText(file))

	one := *first
	one.name = noun
	one.Title = fmt.Sprintf("%s: one of %s; the key says which.", strings.ReplaceAll(noun, "_", " "), plural(len(group), "rule"))
	one.category, one.attack, one.references = "", nil, nil
	for i, t := range group {
		if i == 0 {
			one.category, one.attack = t.category, t.attack
			continue
		}
		if t.category != one.category {
			one.category = ""
		}
		if !slices.Equal(t.attack, one.attack) {
			one.attack = nil
		}
	}
	in := " in list."
	if first.fold.negated {
		in = " not in list."
	}
	one.conds = append(slices.Clone(first.conds), first.fold.value+in+noun)
	one.severity = ""
	var ladder []string
	for _, sev := range scale.SeverityWords() {
		if levels[sev] {
			one.severity = cmp.Or(one.severity, sev)
			if sev != one.severity {
				ladder = append(ladder, sev)
			}
		}
	}
	row := "list." + noun + "[" + first.fold.value + "]"
	if !first.fold.negated {
		one.by = append(slices.Clone(first.by), row+".sid", row+".msg")
	}
	one.write(w)
	if len(ladder) > 0 && !first.fold.negated {
		// The levels stand inside the rule that was just written: its last line is the brace.
		text := bytes.TrimSuffix(w.Bytes(), []byte("}\n\n"))
		w.Truncate(len(text))
		for _, sev := range ladder {
			cond := row + ".severity == '" + sev + "'"
			if first.when != "" {
				cond = first.when + " and " + cond
			}
			fmt.Fprintf(w, "  level %q {\n    when = %s\n  }\n", sev, hclText(cond))
		}
		w.WriteString("}\n\n")
	}
	return File{file, data.Bytes()}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "one " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// write writes a rule.
func (t *translation) write(w *bytes.Buffer) {
	if len(t.lost) == 0 {
		w.WriteString("# import: exact\n")
	} else {
		fmt.Fprintf(w, "# import: loose: %s\n", oneLine(strings.Join(t.lost, "; "), 1000))
	}
	fmt.Fprintf(w, "rule %s {\n  description = %s\n  severity = %s\n", hclText(t.name), hclText(t.Title), hclText(t.severity))
	if t.category != "" {
		fmt.Fprintf(w, "  category = %s\n", hclText(t.category))
	}
	if len(t.attack) > 0 {
		fmt.Fprintf(w, "  attack = %s\n", array(t.attack, hclText))
	}
	if len(t.references) > 0 {
		fmt.Fprintf(w, "  references = %s\n", array(t.references, hclText))
	}
	w.WriteString("  mode = \"shadow\"\n\n")
	if t.on != "" {
		fmt.Fprintf(w, "  on = %s\n", hclText(t.on))
	}
	if len(t.conds) > 0 {
		conds := slices.Clone(t.conds)
		if len(conds) > 1 {
			for i, c := range conds {
				if loosely(c) {
					conds[i] = "(" + c + ")"
				}
			}
		}
		where := strings.Join(conds, " and ")
		if strings.ContainsAny(where, "\\`\"") {
			where = strings.ReplaceAll(strings.ReplaceAll(where, "${", "$${"), "%{", "%%{")
			fmt.Fprintf(w, "  where = <<-EOT\n    %s\n  EOT\n", where)
		} else {
			fmt.Fprintf(w, "  where = %s\n", hclText(where))
		}
	}
	if len(t.by) > 0 {
		fmt.Fprintf(w, "  by = %s\n", array(t.by, hclText))
	}
	if t.span != "" {
		fmt.Fprintf(w, "  window %s {\n", hclText(t.span))
		for _, a := range t.aggregates {
			fmt.Fprintf(w, "    %s = %s\n", a.name, hclText(a.text))
		}
		w.WriteString("  }\n")
	}
	if t.threshold > 0 {
		fmt.Fprintf(w, "  threshold = %d\n", t.threshold)
	}
	if t.when != "" {
		fmt.Fprintf(w, "  when = %s\n", hclText(t.when))
	}
	if t.cooldown != "" {
		fmt.Fprintf(w, "  cooldown = %s\n", hclText(t.cooldown))
	}
	w.WriteString("}\n\n")
}

// loosely says whether a condition has an operator outside of brackets and texts that binds less than "and".
func loosely(cond string) bool {
	return outside(cond, " or ") || outside(cond, "||") || outside(cond, "?")
}

// outside says whether an operator stands in a condition outside of brackets and texts.
func outside(cond, op string) bool { return len(split(cond, op)) > 1 }

// split splits a condition at an operator outside of brackets and texts.
func split(cond string, ops ...string) []string {
	var out []string
	depth, start, in := 0, 0, byte(0)
	for i := 0; i < len(cond); i++ {
		c := cond[i]
		switch {
		case in != 0:
			if c == '\\' && in != '`' {
				i++
			} else if c == in {
				in = 0
			}
			continue
		case c == '\'' || c == '"' || c == '`':
			in = c
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			depth--
		}
		for _, op := range ops {
			if depth == 0 && in == 0 && strings.HasPrefix(cond[i:], op) {
				out = append(out, cond[start:i])
				start = i + len(op)
				i = start - 1
				break
			}
		}
	}
	return append(out, cond[start:])
}
