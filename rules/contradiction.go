package rules

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/domain"
)

// contradictions looks for what can never hold in the conditions of a rule.
func (rb *ruleBuilder) contradictions() {
	r, c := rb.r, domain.Contradictor{Solver: rb.solver, Diags: &rb.diags}
	defer func() { rb.solver = c.Solver }()
	if !rb.stepContradictions(&c) {
		return
	}
	var where []ast.Expr
	if r.SourceWhere != nil {
		if ast.IsBool(r.SourceWhere, false) {
			return
		}
		if !c.Check(r.SourceWhere, r.AttrRanges["where"], nil) {
			return
		}
		where = domain.Conjuncts(r.SourceWhere)
	}
	for _, k := range r.By {
		p := ast.Presence(k.Expr)
		if p == nil {
			continue
		}
		if !c.Solver.Satisfiable(where, p) {
			rb.report(diag.NeverTrue, k.Expr.Range(), "The events that where lets through have no %s, so that the rule never fires.", k.Text)
			return
		}
		where = append(where, p)
	}
	for _, e := range r.Excepts {
		if e.Where == nil || !c.Check(e.Where, rb.exceptRange(e), nil) {
			continue
		}
		not := ast.Not(e.Where.Range(), e.Where)
		if !c.Solver.Satisfiable(where, not) {
			rb.report(diag.NeverTrue, e.Where.Range(), "The exception %q leaves alone every event that where lets through, so that the rule never fires.", e.Name)
			return
		}
		where = append(where, not)
	}
	for _, a := range r.Aggregates {
		if a.Cond == nil {
			continue
		}
		if !c.Check(a.Cond, a.Range, nil) {
			continue
		}
		if !c.Solver.Satisfiable(where, a.Cond) {
			rb.report(diag.NeverTrue, rb.textRange(a), "No event that where lets through counts: %s can never hold for it.", domain.Phrase(a.Cond))
		}
	}
	for _, e := range r.Conditions() {
		if !ast.IsBool(e, false) {
			c.Check(e, e.Range(), where)
		}
	}
}

// textRange is where the text of an aggregate stands, without the quotes where that can be told.
func (rb *ruleBuilder) textRange(a *ast.Aggregate) hcl.Range {
	if a.Arg != nil {
		return a.Arg.Range()
	}
	return a.Cond.Range()
}

// exceptRange is where the condition of an exception may stand: in its block.
func (rb *ruleBuilder) exceptRange(e *Except) hcl.Range {
	for _, h := range rb.d.blocks {
		if h.DefRange() == e.Range {
			if a := h.Body.Attributes["where"]; a != nil {
				return a.Expr.Range()
			}
		}
	}
	return e.Range
}
