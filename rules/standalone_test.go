package rules

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/domain"
)

// A Scope says what an expression that stands on its own may use.
type Scope struct {
	Event      packet.Event
	RuleSet    *RuleSet         // its lists, macros and variables; nil for none
	Aggregates []*ast.Aggregate // nil: none can be used
	Threshold  *Threshold       // nil: it cannot be used
}

// checkCondition parses and checks one condition outside of a rule file. Ranges
// in diagnostics and nodes are places in text, in a file without a name. The Expr is nil when the
// text has errors that leave it without meaning.
func checkCondition(text string, sc Scope) (ast.Expr, hcl.Diagnostics) {
	return checkText(text, sc, true)
}

// checkValue is checkCondition for an expression of any scalar type.
func checkValue(text string, sc Scope) (ast.Expr, hcl.Diagnostics) { return checkText(text, sc, false) }

func checkText(text string, sc Scope, condition bool) (ast.Expr, hcl.Diagnostics) {
	sym := newSymbols()
	if rs := sc.RuleSet; rs != nil {
		for _, l := range rs.Lists {
			c := *l // so that nothing in the rule set changes
			sym.lists[l.Name] = &c
		}
		for _, v := range rs.Variables {
			c := *v
			sym.vars[v.Name] = &c
		}
		for _, m := range rs.Macros {
			c := *m
			d := &macroDecl{macro: &c, state: macroGood, events: eventsOf(m.Expr)}
			if m.Expr == nil {
				d.state = macroBad
			}
			sym.macros[m.Name] = d
		}
	}
	inner := &scope{event: sc.Event, aggregates: map[string]*ast.Aggregate{}}
	for _, a := range sc.Aggregates {
		inner.aggregates[a.Name] = a
	}
	if sc.Threshold != nil {
		inner.threshold = &sc.Threshold.Value
	}
	raw := []byte(text)
	whole := hcl.Range{Start: hcl.InitialPos, End: diag.Positions(raw, hcl.InitialPos, []int{len(raw)})[0]}
	c := newChecker(sym, parsed{diag.Verbatim(text, raw, whole), parseText(text)}, inner)
	var e ast.Expr
	if condition {
		if e = c.run(c.whole); e != nil {
			(&domain.Contradictor{Diags: &c.diags}).Check(e, whole, nil)
		}
	} else {
		e = c.run(c.scalar)
	}
	return e, diag.Sort(c.diags)
}

// eventsOf works out in which kinds of events all fields and layers of an expression can be.
func eventsOf(e ast.Expr) uint8 {
	all := eventMask(packet.Events())
	ast.Walk(e, func(x ast.Expr) bool {
		switch x := x.(type) {
		case *ast.FieldExpr:
			all &= eventMask(x.Field.Events)
		case *ast.LayerExpr:
			all &= eventMask(packet.LayerEvents(x.Layers))
		}
		return true
	})
	return all
}
