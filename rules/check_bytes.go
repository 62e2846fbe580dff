package rules

import (
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"

	"github.com/ruleids/ruleids/packet"
)

// onBytes reports whether a value is made of bytes, as payload and its parts are, and not of text.
func onBytes(e Expr) bool {
	switch e := e.(type) {
	case *FieldExpr:
		return e.Field.Kind == packet.KindBytes
	case *ConstExpr:
		return e.Value.Kind == packet.KindBytes
	case *SliceExpr:
		return onBytes(e.X)
	case *CondExpr:
		return onBytes(e.Then) || onBytes(e.Else)
	case *CallExpr:
		return (e.Func.ID == FnLower || e.Func.ID == FnUpper) && onBytes(e.Args[0])
	}
	return false
}

// bytewise makes a constant text that stands beside bytes the bytes that it means.
func (c *checker) bytewise(nx ast.Node, x Expr, ny ast.Node, y Expr) (Expr, Expr) {
	if k, ok := y.(*ConstExpr); ok && onBytes(x) {
		return x, c.asBytes(ny, k)
	}
	if k, ok := x.(*ConstExpr); ok && onBytes(y) {
		return c.asBytes(nx, k), y
	}
	return x, y
}

// asBytes returns the bytes that a text means where it was written for bytes: \x90 is the byte 0x90, and not the two by
// which UTF-8 has the character of that number. Other characters are their bytes in UTF-8. A text that was not written in
// its place, such as the value of a variable, has no escapes.
func (c *checker) asBytes(n ast.Node, k *ConstExpr) *ConstExpr {
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
func (c *checker) writtenBytes(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.BinaryNode:
		x, okX := c.writtenBytes(n.Left)
		y, okY := c.writtenBytes(n.Right)
		return x + y, okX && okY && n.Operator == "+"
	case *ast.StringNode:
		src := c.text(n)
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
