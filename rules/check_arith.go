package rules

import (
	"math"

	"github.com/expr-lang/expr/ast"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
)

func (c *checker) arith(n *ast.BinaryNode) Expr {
	x, y := c.value(n.Left), c.value(n.Right)
	if x == nil || y == nil {
		return nil
	}
	if x.Kind() == kindComposite || y.Kind() == kindComposite {
		return c.opaque(n)
	}
	op, rng := operators[n.Operator], c.rng(n)
	kx, ky := x.Kind(), y.Kind()
	k := packet.KindInt
	switch {
	case op == OpAdd && isText(kx) && isText(ky):
		k = packet.KindString
	case !isNumber(kx) || !isNumber(ky):
		bad, e := n.Left, x
		if isNumber(kx) {
			bad, e = n.Right, y
		}
		return c.errorf(diag.TypeMismatch, c.rng(bad), "%s is %s; %q needs numbers.", c.text(bad), an(e.Kind()), n.Operator)
	case op == OpMod && (kx != packet.KindInt || ky != packet.KindInt):
		bad := n.Left
		if kx == packet.KindInt {
			bad = n.Right
		}
		return c.errorf(diag.TypeMismatch, c.rng(bad), "%s is a fractional number; %% needs integers.", c.text(bad))
	case op == OpDiv || kx == packet.KindFloat || ky == packet.KindFloat:
		k = packet.KindFloat
	}
	if b, ok := y.(*ConstExpr); ok && (op == OpDiv || op == OpMod) && number(b.Value) == 0 {
		return c.errorf(diag.BadValue, c.rng(n.Right), "The divisor is 0.")
	}
	a, okA := x.(*ConstExpr)
	b, okB := y.(*ConstExpr)
	if okA && okB {
		return &ConstExpr{At: At{rng}, Value: arithValue(op, k, a.Value, b.Value)}
	}
	return &ArithExpr{At{rng}, op, x, y, k}
}

// arithValue computes with constants; k is the kind of the result.
func arithValue(op Op, k packet.Kind, a, b Value) Value {
	v := Value{Kind: k}
	switch k {
	case packet.KindString:
		v.Str = a.Str + b.Str
	case packet.KindFloat:
		x, y := number(a), number(b)
		switch op {
		case OpAdd:
			v.Float = x + y
		case OpSub:
			v.Float = x - y
		case OpMul:
			v.Float = x * y
		case OpDiv:
			v.Float = x / y
		}
	default:
		switch op {
		case OpAdd:
			v.Int = a.Int + b.Int
		case OpSub:
			v.Int = a.Int - b.Int
		case OpMul:
			v.Int = a.Int * b.Int
		case OpMod:
			if b.Int != 0 && !(a.Int == math.MinInt64 && b.Int == -1) {
				v.Int = a.Int % b.Int
			}
		}
	}
	return v
}
