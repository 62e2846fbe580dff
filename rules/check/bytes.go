package check

import (
	exprast "github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// bytewise makes a constant text that stands beside bytes the bytes that it means.
func (c *Checker) bytewise(nx exprast.Node, x ast.Expr, ny exprast.Node, y ast.Expr) (ast.Expr, ast.Expr) {
	if k, ok := y.(*ast.ConstExpr); ok && ast.OnBytes(x) {
		return x, c.asBytes(ny, k)
	}
	if k, ok := x.(*ast.ConstExpr); ok && ast.OnBytes(y) {
		return c.asBytes(nx, k), y
	}
	return x, y
}

// asBytes returns the bytes that a text means where it was written for bytes: \x90 is the byte 0x90, and not the two by
// which UTF-8 has the character of that number. Other characters are their bytes in UTF-8. A text that was not written in
// its place, such as the value of a variable, has no escapes.
func (c *Checker) asBytes(n exprast.Node, k *ast.ConstExpr) *ast.ConstExpr {
	if k.Value.Kind != packet.KindString {
		return k
	}
	text, ok := c.writtenBytes(n)
	if !ok {
		return k
	}
	out := *k
	out.Value.Str = text
	return &out
}

// writtenBytes reads a text that is written out, or several that + joins, as bytes.
func (c *Checker) writtenBytes(n exprast.Node) (string, bool) {
	switch n := n.(type) {
	case *exprast.BinaryNode:
		x, okX := c.writtenBytes(n.Left)
		y, okY := c.writtenBytes(n.Right)
		return x + y, okX && okY && n.Operator == "+"
	case *exprast.StringNode:
		src := c.Text(n)
		if src == "" || src[0] != '"' && src[0] != '\'' {
			return n.Value, true
		}
		toks, err := lexer.Lex(file.NewSource("b" + src))
		if err != nil || len(toks) == 0 || toks[0].Kind != lexer.Bytes {
			return "", false
		}
		return toks[0].Value, true
	}
	return "", false
}
