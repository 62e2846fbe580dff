package rules

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
)

// A Scope says what an expression that stands on its own may use.
type Scope struct {
	Event      packet.Event
	RuleSet    *RuleSet     // its lists, macros and variables; nil for none
	Aggregates []*Aggregate // nil: none can be used
	Threshold  *Threshold   // nil: it cannot be used
}

// checkCondition parses and checks one condition outside of a rule file. Ranges
// in diagnostics and nodes are places in text, in a file without a name. The Expr is nil when the
// text has errors that leave it without meaning.
func checkCondition(text string, sc Scope) (Expr, hcl.Diagnostics) { return checkText(text, sc, true) }

// checkValue is checkCondition for an expression of any scalar type.
func checkValue(text string, sc Scope) (Expr, hcl.Diagnostics) { return checkText(text, sc, false) }

func checkText(text string, sc Scope, condition bool) (Expr, hcl.Diagnostics) {
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
	inner := &scope{event: sc.Event, aggregates: map[string]*Aggregate{}}
	for _, a := range sc.Aggregates {
		inner.aggregates[a.Name] = a
	}
	if sc.Threshold != nil {
		inner.threshold = &sc.Threshold.Value
	}
	raw := []byte(text)
	whole := hcl.Range{Start: hcl.InitialPos, End: diag.Positions(raw, hcl.InitialPos, []int{len(raw)})[0]}
	c := newChecker(sym, parsed{diag.Verbatim(text, raw, whole), parseText(text)}, inner)
	var e Expr
	if condition {
		if e = c.run(c.whole); e != nil {
			(&contradictor{diags: &c.diags}).check(e, whole, nil)
		}
	} else {
		e = c.run(c.scalar)
	}
	return e, diag.Sort(c.diags)
}

// eventsOf works out in which kinds of events all fields and layers of an expression can be.
func eventsOf(e Expr) uint8 {
	all := eventMask(packet.Events())
	Walk(e, func(x Expr) bool {
		switch x := x.(type) {
		case *FieldExpr:
			all &= eventMask(x.Field.Events)
		case *LayerExpr:
			all &= eventMask(packet.LayerEvents(x.Layers))
		}
		return true
	})
	return all
}
