package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/domain"
)

// A Macro is a macro on the way to be checked.
type Macro struct {
	Declared *ast.Macro
	Names    *Symbols // what names mean in it
	Source   Source
	state    macroState
	events   uint8 // the kinds of events that have all its names
	never    bool  // it never holds, as was reported
	given    bool  // a variable in it has another value than its default
	Diags    hcl.Diagnostics
	Used     map[*bool]struct{} // marks of what it uses itself, when it was checked
}

type macroState uint8

const (
	macroNew macroState = iota
	macroChecking
	macroGood
	macroBad
)

// Check checks a macro when it is first used; user is who asks, at rng. It returns false for a macro
// with errors, which are reported once, where it is defined.
func (m *Macro) Check(user *Checker, rng hcl.Range) bool {
	sym := m.Names
	switch m.state {
	case macroGood:
		return true
	case macroBad:
		return false
	case macroChecking:
		if user != nil {
			user.Errorf(diag.MacroCycle, rng, "The macros use each other in a circle: %s.", sym.cycle(m))
		}
		return false
	}
	m.state = macroChecking
	sym.checking = append(sym.checking, m)
	others := sym.Used
	m.Used = map[*bool]struct{}{}
	sym.Used = m.Used
	defer func() { sym.checking, sym.Used = sym.checking[:len(sym.checking)-1], others }()
	if m.Source.Tree == nil {
		m.state = macroBad
		return false
	}
	c := New(sym, m.Source, &Scope{
		AnyEvent: true,
		NoAggs:   "A macro knows one packet only.",
		NoThresh: "A macro belongs to no rule and has no threshold. Write the comparison in the rule.",
	})
	e := c.Run(c.Whole)
	if e != nil {
		m.never = !(&domain.Contradictor{Diags: &c.Diags}).Check(e, m.Source.Src.Whole, nil)
	}
	m.never = m.never || c.Dead
	if m.given = c.Given; m.given {
		Forgive(c.Diags)
	}
	m.Diags = c.Diags
	m.events = c.events
	if e == nil {
		m.state = macroBad
		return false
	}
	m.state, m.Declared.Expr = macroGood, e
	return true
}
