package check

import (
	"math"

	exprast "github.com/expr-lang/expr/ast"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

func (c *Checker) arith(n *exprast.BinaryNode) ast.Expr {
	x, y := c.Value(n.Left), c.Value(n.Right)
	if x == nil || y == nil {
		return nil
	}
	if x.Kind() == ast.KindComposite || y.Kind() == ast.KindComposite {
		return c.opaque(n)
	}
	op, rng := operators[n.Operator], c.Range(n)
	kx, ky := x.Kind(), y.Kind()
	k := packet.KindInt
	switch {
	case op == ast.OpAdd && kx.IsText() && ky.IsText():
		k = packet.KindString
	case !kx.IsNumber() || !ky.IsNumber():
		bad, e := n.Left, x
		if kx.IsNumber() {
			bad, e = n.Right, y
		}
		return c.Errorf(diag.TypeMismatch, c.Range(bad), "%s is %s; %q needs numbers.", c.Text(bad), An(e.Kind()), n.Operator)
	case op == ast.OpMod && (kx != packet.KindInt || ky != packet.KindInt):
		bad := n.Left
		if kx == packet.KindInt {
			bad = n.Right
		}
		return c.Errorf(diag.TypeMismatch, c.Range(bad), "%s is a fractional number; %% needs integers.", c.Text(bad))
	case op == ast.OpDiv || kx == packet.KindFloat || ky == packet.KindFloat:
		k = packet.KindFloat
	}
	if b, ok := y.(*ast.ConstExpr); ok && (op == ast.OpDiv || op == ast.OpMod) && b.Value.Number() == 0 {
		return c.Errorf(diag.BadValue, c.Range(n.Right), "The divisor is 0.")
	}
	a, okA := x.(*ast.ConstExpr)
	b, okB := y.(*ast.ConstExpr)
	if okA && okB {
		return &ast.ConstExpr{At: ast.At{Rng: rng}, Value: arithValue(op, k, a.Value, b.Value)}
	}
	return &ast.ArithExpr{At: ast.At{Rng: rng}, Op: op, X: x, Y: y, K: k}
}

// arithValue computes with constants; k is the kind of the result.
func arithValue(op ast.Op, k packet.Kind, a, b ast.Value) ast.Value {
	v := ast.Value{Kind: k}
	switch k {
	case packet.KindString:
		v.Str = a.Str + b.Str
	case packet.KindFloat:
		x, y := a.Number(), b.Number()
		switch op {
		case ast.OpAdd:
			v.Float = x + y
		case ast.OpSub:
			v.Float = x - y
		case ast.OpMul:
			v.Float = x * y
		case ast.OpDiv:
			v.Float = x / y
		}
	default:
		switch op {
		case ast.OpAdd:
			v.Int = a.Int + b.Int
		case ast.OpSub:
			v.Int = a.Int - b.Int
		case ast.OpMul:
			v.Int = a.Int * b.Int
		case ast.OpMod:
			if b.Int != 0 && !(a.Int == math.MinInt64 && b.Int == -1) {
				v.Int = a.Int % b.Int
			}
		}
	}
	return v
}
