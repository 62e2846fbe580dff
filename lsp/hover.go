package lsp

import (
	"fmt"
	"strings"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// hover says what a name means.
func (s *Server) hover(p positionParams) (any, error) {
	d := s.docs[p.TextDocument.URI]
	if d == nil {
		return nil, nil
	}
	at := d.offset(p.Position, s.enc)
	w := s.recent()
	if o, ok := w.symbolAt(d, at); ok {
		if text := w.describe(o.symbol); text != "" {
			return hover{markup{"markdown", text}, d.rangeOf(o.from, o.to, s.enc)}, nil
		}
	}
	here := placeAt(d.text, at)
	name, from, to := wordAt(d.text, at)
	if !here.condition || name == "" {
		return nil, nil
	}
	if text := w.word(&here, name); text != "" {
		return hover{markup{"markdown", text}, d.rangeOf(from, to, s.enc)}, nil
	}
	return nil, nil
}

// word describes a name of the language.
func (w *workspace) word(here *place, name string) string {
	if f := packet.FieldByName(name); f != nil {
		return "**" + name + "** — " + fieldDoc(f)
	}
	for _, f := range ast.Functions() {
		if f.Name == name {
			return "```\n" + f.Signature + "\n```\n" + f.Doc
		}
	}
	for _, a := range ast.Aggregates() {
		if a.Func.String() == name {
			return "```\n" + a.Signature + "\n```\n" + a.Doc
		}
	}
	for _, a := range append(ast.GapEntries(), ast.FirstEntry()) {
		if call, _, _ := strings.Cut(a.Signature, "("); call == name {
			return "```\n" + a.Signature + "\n```\n" + a.Doc
		}
	}
	if r := w.rule(here); r != nil {
		for _, a := range r.Aggregates {
			if a.Name == name {
				of := "window"
				if a.Memory != nil {
					of = "memory"
				}
				return fmt.Sprintf("**%s** — `%s`, of the %s of this rule", name, a.Text, of)
			}
		}
		if name == "threshold" && r.Threshold != nil {
			return fmt.Sprintf("**threshold** — %v", r.Threshold.Value)
		}
	}
	return ""
}

// describe says what a symbol is; "" where it is not known.
func (w *workspace) describe(sym symbol) string {
	switch sym.kind {
	case "rule":
		if r := w.rules[sym.name]; r != nil {
			return fmt.Sprintf("**rule %s** (%s) — %s", r.Name, r.Severity, r.Description)
		}
	case "macro":
		for _, m := range w.set.Macros {
			if m.Name == sym.name {
				return fmt.Sprintf("**macro %s** — %s\n\n```\n%s\n```", m.Name, m.Description, strings.Join(strings.Fields(m.Text), " "))
			}
		}
	case "list":
		for _, l := range w.set.Lists {
			if l.Name == sym.name {
				return fmt.Sprintf("**list.%s** — %s\n\ntype %s, %d entries", l.Name, l.Description, l.Type, l.Len)
			}
		}
	case "model":
		for _, m := range w.set.Models {
			if m.Name == sym.name {
				return fmt.Sprintf("**model %s** — %s", m.Name, m.Description)
			}
		}
	case "variable":
		for _, v := range w.set.Variables {
			if v.Name == sym.name {
				return fmt.Sprintf("**var.%s** — %s\n\n%v (%s)", v.Name, v.Description, v.Value, v.From)
			}
		}
	}
	return ""
}
