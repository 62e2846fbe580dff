package check

import (
	exprast "github.com/expr-lang/expr/ast"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// source is what a stream goes over: an array, or a field.
func (e *streamExpr) source() ast.Expr {
	if e.field != nil {
		return &ast.FieldExpr{At: e.At, Field: e.field}
	}
	return e.array
}

// isMany reports whether a node is a field of which a packet may have several values.
func (c *Checker) isMany(n exprast.Node) bool {
	name, ok := c.dotted(n)
	f := packet.FieldByName(name)
	return ok && f != nil && f.Many()
}

// manyStream makes a stream of the values of a field that may have several, or returns nil.
func (c *Checker) manyStream(e ast.Expr) *streamExpr {
	f, ok := e.(*ast.FieldExpr)
	if !ok || !f.Field.Many() {
		return nil
	}
	return &streamExpr{At: f.At, field: f.Field, depth: c.depth, value: &ast.ElementExpr{At: f.At, K: f.Field.Kind, Depth: c.depth, Field: f.Field}}
}
