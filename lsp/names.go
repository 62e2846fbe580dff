package lsp

import (
	"slices"

	"github.com/ruleids/ruleids/internal/lazyregexp"
	"github.com/ruleids/ruleids/packet"
)

// A symbol is something that files give a name.
type symbol struct{ kind, name string }

// An occurrence is a place at which a symbol is named.
type occurrence struct {
	symbol
	from, to int
	declares bool
}

// labels are the blocks whose label names a symbol, and whether they declare it.
var labels = map[string]struct {
	kind     string
	declares bool
}{
	"rule": {"rule", true}, "override": {"rule", false}, "alert": {"rule", false}, "list": {"list", true}, "track": {"list", false},
	"macro": {"macro", true}, "variable": {"variable", true}, "model": {"model", true},
}

var (
	labelled    = lazyregexp.New(`^\s*(rule|override|alert|list|track|macro|variable|model)\s+"([^"\n]*)"`)
	prefixed    = lazyregexp.New(`\b(list|var)\.([A-Za-z_][A-Za-z0-9_]*)`)
	plainName   = lazyregexp.New(`[A-Za-z_][A-Za-z0-9_.]*`)
	quotedRefs  = lazyregexp.New(`(alert\.rule|model\.name)\s*(?:==|!=|in|not in)\s*(\[[^\]]*\]|'[^']*')`)
	quotedNames = lazyregexp.New(`'([A-Za-z0-9_]+)'`)
	setNames    = lazyregexp.New(`^\s*set\s*=\s*\{(.*)\}`)
	setName     = lazyregexp.New(`([A-Za-z_][A-Za-z0-9_]*)\s*=`)
)

// names returns the names in a document.
func (d *document) names() []occurrence {
	if d.found == nil {
		d.found = occurrences(d.text)
	}
	return d.found
}

// valueBlocks give variables values: that of the settings, and one of a test over several lines.
var valueBlocks = []string{"vars", "set"}

// occurrences finds where a text names rules, lists, variables, and macros, for which it takes every plain word of a condition that
// means nothing else. It looks at lines, so that half of a file is enough. It is not nil.
func occurrences(text string) []occurrence {
	out := []occurrence{}
	for l, p := range lines(text) {
		add := func(kind, name string, from, to int, declares bool) {
			out = append(out, occurrence{symbol{kind, name}, l.from + from, l.from + to, declares})
		}
		switch {
		case l.mark:
		case l.heredoc:
			if p.inCondition(p.attribute) {
				condition(text[l.from:l.to], add)
			}
		default:
			code := stripComment(text[l.from:l.to])
			if m := labelled.FindStringSubmatchIndex(code); m != nil {
				l := labels[code[m[2]:m[3]]]
				add(l.kind, code[m[4]:m[5]], m[4], m[5], l.declares)
			}
			if m := attributeLine.FindStringSubmatchIndex(code); m != nil && len(p.blocks) > 0 && slices.Contains(valueBlocks, p.blocks[len(p.blocks)-1]) {
				add("variable", code[m[2]:m[3]], m[2], m[3], false)
			}
			if m := setNames.FindStringSubmatchIndex(code); m != nil {
				for _, n := range setName.FindAllStringSubmatchIndex(code[m[2]:m[3]], -1) {
					add("variable", code[m[2]+n[2]:m[2]+n[3]], m[2]+n[2], m[2]+n[3], false)
				}
			}
			strings := quoted(code)
			for _, m := range prefixed.FindAllStringSubmatchIndex(code, -1) {
				if within := slices.IndexFunc(strings, func(q [2]int) bool { return m[0] >= q[0] && m[0] < q[1] }); within >= 0 {
					if !p.along(code[:m[0]]).condition {
						continue
					}
				}
				add(map[string]string{"list": "list", "var": "variable"}[code[m[2]:m[3]]], code[m[4]:m[5]], m[4], m[5], false)
			}
			for _, q := range strings {
				if here := p.along(code[:q[0]]); here.condition && !here.message {
					condition(code[q[0]:q[1]], func(kind, name string, from, to int, declares bool) {
						if kind == "macro" || kind == "rule" || kind == "model" { // the others were found above
							add(kind, name, q[0]+from, q[0]+to, declares)
						}
					})
				}
			}
		}
	}
	return out
}

// condition finds the names in the text of a condition.
func condition(text string, add func(kind, name string, from, to int, declares bool)) {
	for _, m := range prefixed.FindAllStringSubmatchIndex(text, -1) {
		add(map[string]string{"list": "list", "var": "variable"}[text[m[2]:m[3]]], text[m[4]:m[5]], m[4], m[5], false)
	}
	for _, m := range quotedRefs.FindAllStringSubmatchIndex(text, -1) {
		kind := map[string]string{"alert.rule": "rule", "model.name": "model"}[text[m[2]:m[3]]]
		for _, n := range quotedNames.FindAllStringSubmatchIndex(text[m[4]:m[5]], -1) {
			add(kind, text[m[4]+n[2]:m[4]+n[3]], m[4]+n[2], m[4]+n[3], false)
		}
	}
	inner := literals(text)
	for _, m := range plainName.FindAllStringIndex(text, -1) {
		if name := text[m[0]:m[1]]; !slices.Contains(operators, name) && packet.FieldByName(name) == nil && !slices.ContainsFunc(inner, func(l [2]int) bool { return m[0] >= l[0] && m[0] < l[1] }) {
			add("macro", name, m[0], m[1], false)
		}
	}
}

// literals returns where strings of the language stand in a condition.
func literals(text string) (out [][2]int) {
	for i := 0; i < len(text); i++ {
		if q := text[i]; q == '\'' || q == '`' {
			from := i
			for i++; i < len(text) && text[i] != q; i++ {
				if text[i] == '\\' && q == '\'' {
					i++
				}
			}
			out = append(out, [2]int{from, min(i+1, len(text))})
		}
	}
	return out
}

// quoted returns where the insides of the strings of a line are.
func quoted(line string) (out [][2]int) {
	for i := 0; i < len(line); i++ {
		if line[i] != '"' {
			continue
		}
		from := i + 1
		for i++; i < len(line) && line[i] != '"'; i++ {
			if line[i] == '\\' {
				i++
			}
		}
		out = append(out, [2]int{from, min(i, len(line))})
	}
	return out
}

// stripComment cuts a comment off a line.
func stripComment(line string) string {
	strings := quoted(line)
	for i := range len(line) {
		if line[i] == '#' && !slices.ContainsFunc(strings, func(q [2]int) bool { return i >= q[0] && i < q[1] }) {
			return line[:i]
		}
	}
	return line
}

// means reports whether a name means something, as a plain word of a condition does only where there is such a macro.
func (w *workspace) means(o occurrence) bool {
	return o.kind != "macro" || o.declares || w.macros[o.name]
}

// symbolAt returns the symbol that is named at a byte.
func (w *workspace) symbolAt(d *document, at int) (occurrence, bool) {
	for _, o := range d.names() {
		if o.from <= at && at <= o.to && w.means(o) {
			return o, true
		}
	}
	return occurrence{}, false
}

// everywhere returns the places of the workspace at which a symbol is named, by file.
func (w *workspace) everywhere(sym symbol) map[*document][]occurrence {
	out := map[*document][]occurrence{}
	for _, d := range w.files {
		for _, o := range d.names() {
			if o.symbol == sym && w.means(o) {
				out[d] = append(out[d], o)
			}
		}
	}
	return out
}
