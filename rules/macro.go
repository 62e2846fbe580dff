package rules

import (
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/domain"
)

// A macroDecl is a macro on the way to be checked.
type macroDecl struct {
	macro  *Macro
	sym    *symbols // what names mean in it
	source parsed
	state  macroState
	events uint8 // the kinds of events that have all its names
	never  bool  // it never holds, as was reported
	given  bool  // a variable in it has another value than its default
	diags  hcl.Diagnostics
}

type macroState uint8

const (
	macroNew macroState = iota
	macroChecking
	macroGood
	macroBad
)

// check checks a macro when it is first used; user is who asks, at rng. It returns false for a macro
// with errors, which are reported once, where it is defined.
func (m *macroDecl) check(user *checker, rng hcl.Range) bool {
	sym := m.sym
	switch m.state {
	case macroGood:
		return true
	case macroBad:
		return false
	case macroChecking:
		if user != nil {
			user.errorf(diag.MacroCycle, rng, "The macros use each other in a circle: %s.", sym.cycle(m))
		}
		return false
	}
	m.state = macroChecking
	sym.checking = append(sym.checking, m)
	defer func() { sym.checking = sym.checking[:len(sym.checking)-1] }()
	if m.source.tree == nil {
		m.state = macroBad
		return false
	}
	c := newChecker(sym, m.source, &scope{
		anyEvent: true,
		noAggs:   "A macro knows one packet only.",
		noThresh: "A macro belongs to no rule and has no threshold. Write the comparison in the rule.",
	})
	e := c.run(c.whole)
	if e != nil {
		m.never = !(&domain.Contradictor{Diags: &c.diags}).Check(e, m.source.src.Whole, nil)
	}
	m.never = m.never || c.dead
	if m.given = c.given; m.given {
		forgive(c.diags)
	}
	m.diags = c.diags
	m.events = c.events
	if e == nil {
		m.state = macroBad
		return false
	}
	m.state, m.macro.Expr = macroGood, e
	return true
}

// cycle names the macros from m to the one that uses it.
func (s *symbols) cycle(m *macroDecl) string {
	var names []string
	for i := len(s.checking) - 1; i >= 0; i-- {
		names = append([]string{s.checking[i].macro.Name}, names...)
		if s.checking[i] == m {
			break
		}
	}
	return strings.Join(append(names, m.macro.Name), " -> ")
}

// loadMacro reads a macro block; its expression is checked when all blocks are known.
func (l *loader) loadMacro(b *block) {
	m := &macroDecl{macro: &Macro{Name: b.name, Description: l.stringAttr(b, "description"), Shipped: b.file.shipped, Range: b.header()}, sym: l.view(b.file.name)}
	l.define(b, func(s *symbols) { s.macros[b.name] = m })
	l.known(b, []string{"description", "expr"}, nil)
	if b.attrs["expr"] == nil {
		l.report(diag.MissingAttribute, b.header(), "The macro %q needs its condition: expr = \"…\".", b.name)
		m.state = macroBad
		return
	}
	if layer, isLayer := packet.LayerByName(b.name); isLayer && !layer.Yields() || packet.FieldByName(b.name) != nil || reserved(b.name) {
		l.report(diag.BadName, b.labelRange(), "%q means something else in conditions. Choose another name.", b.name)
		m.state = macroBad
		return
	}
	p, ok := l.condition(b, "expr")
	if !ok {
		m.state = macroBad
		return
	}
	m.source, m.macro.Text = p, p.src.Text
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
