package rules

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// authResult is the field that tells logins from connections that named no account.
const authResult = "auth.result"

// readsResult reports whether anything in the rule reads auth.result: such a rule sees probes, too.
func (rb *ruleBuilder) readsResult() bool {
	r := rb.r
	exprs := append(r.Conditions(), r.SourceWhere)
	for _, k := range r.By {
		exprs = append(exprs, k.Expr)
	}
	for _, a := range r.Aggregates {
		exprs = append(exprs, a.Arg, a.Cond)
	}
	for _, x := range r.Excepts {
		exprs = append(exprs, x.Where)
	}
	exprs = append(exprs, r.outcomes()...)
	return slices.ContainsFunc(exprs, func(e ast.Expr) bool { return reads(e, authResult) })
}

// reads reports whether an expression reads a field.
func reads(e ast.Expr, field string) bool {
	found := false
	ast.Walk(e, func(e ast.Expr) bool {
		if f, ok := e.(*ast.FieldExpr); ok && f.Field.Name == field {
			found = true
		}
		return !found
	})
	return found
}

// noProbe is the condition that a login is one, at rng.
func noProbe(rng hcl.Range) ast.Expr {
	field := &ast.FieldExpr{At: ast.At{Rng: rng}, Field: packet.FieldByName(authResult)}
	probe := &ast.ConstExpr{At: ast.At{Rng: rng}, Value: ast.Value{Kind: packet.KindString, Str: packet.AuthProbe}}
	return ast.Present(&ast.CompareExpr{At: ast.At{Rng: rng}, Op: ast.OpNe, X: field, Y: probe}, field)
}
