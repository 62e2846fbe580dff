package rules

import (
	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/check"
)

// loadMacro reads a macro block; its expression is checked when all blocks are known.
func (l *loader) loadMacro(b *block) {
	m := &check.Macro{Declared: &ast.Macro{Name: b.name, Description: l.stringAttr(b, "description"), Shipped: b.file.shipped, Range: b.header()}, Names: l.view(b.file.name)}
	l.define(b, func(s *check.Symbols) { s.Macros[b.name] = m })
	l.known(b, []string{"description", "expr"}, nil)
	if b.attrs["expr"] == nil {
		l.report(diag.MissingAttribute, b.header(), "The macro %q needs its condition: expr = \"…\".", b.name)
		return
	}
	if layer, isLayer := packet.LayerByName(b.name); isLayer && !layer.Yields() || packet.FieldByName(b.name) != nil || reserved(b.name) {
		l.report(diag.BadName, b.labelRange(), "%q means something else in conditions. Choose another name.", b.name)
		return
	}
	p, ok := l.condition(b, "expr")
	if !ok {
		return
	}
	m.Source, m.Declared.Text = p, p.Src.Text
}

// reserved reports whether a name is a word of expressions.
func reserved(name string) bool {
	switch name {
	case "true", "false", "nil", "and", "or", "not", "in", "matches", "contains", "startsWith", "endsWith",
		"let", "if", "else", "var", "list", "threshold":
		return true
	}
	return false
}
