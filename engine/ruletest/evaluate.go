package ruletest

import (
	"math/big"
	"math/bits"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// evaluate is e.Value(ctx), where i is the value of the variable i in ctx. HCL calculates in numbers
// of 512 bits, and to write one as text takes it longer than everything else that a packet needs;
// whole numbers and text made of them, which is nearly all that tests use, are done here, everything
// else and every error is left to HCL.
func evaluate(e hclsyntax.Expression, i int64, ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	if n, ok := integerOf(e, i); ok {
		return cty.NumberIntVal(n), nil
	}
	if t, ok := e.(*hclsyntax.TemplateExpr); ok && !t.IsStringLiteral() {
		var buf [64]byte
		b := buf[:0]
		for _, part := range t.Parts {
			if n, ok := integerOf(part, i); ok {
				b = strconv.AppendInt(b, n, 10)
				continue
			}
			v, diags := evaluate(part, i, ctx)
			if diags.HasErrors() || v.IsNull() || !v.IsKnown() || v.IsMarked() || v.Type() != cty.String {
				return e.Value(ctx)
			}
			b = append(b, v.AsString()...)
		}
		return cty.StringVal(string(b)), nil
	}
	return e.Value(ctx)
}

// integerOf returns the value of an expression of whole numbers; ok is false where it is something
// else, or too large.
func integerOf(e hclsyntax.Expression, i int64) (n int64, ok bool) {
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		if e.Val.Type() != cty.Number || e.Val.IsNull() {
			return 0, false
		}
		n, acc := e.Val.AsBigFloat().Int64()
		return n, acc == big.Exact
	case *hclsyntax.ScopeTraversalExpr:
		return i, len(e.Traversal) == 1 && e.Traversal.RootName() == "i"
	case *hclsyntax.ParenthesesExpr:
		return integerOf(e.Expression, i)
	case *hclsyntax.BinaryOpExpr:
		if e.Op == hclsyntax.OpDivide {
			return 0, false // its value may be a fraction
		}
		return arithmetic(e, i)
	case *hclsyntax.FunctionCallExpr:
		// floor(x / y)
		if e.Name != "floor" || len(e.Args) != 1 || e.ExpandFinal {
			return 0, false
		}
		if op, ok := e.Args[0].(*hclsyntax.BinaryOpExpr); ok && op.Op == hclsyntax.OpDivide {
			return arithmetic(op, i)
		}
	}
	return 0, false
}

// arithmetic does + - * % and the whole part of / for numbers from 0 up.
func arithmetic(e *hclsyntax.BinaryOpExpr, i int64) (n int64, ok bool) {
	x, ok := integerOf(e.LHS, i)
	if !ok || x < 0 {
		return 0, false
	}
	y, ok := integerOf(e.RHS, i)
	if !ok || y < 0 {
		return 0, false
	}
	switch e.Op {
	case hclsyntax.OpAdd:
		return x + y, x+y >= 0
	case hclsyntax.OpSubtract:
		return x - y, true
	case hclsyntax.OpMultiply:
		hi, lo := bits.Mul64(uint64(x), uint64(y))
		return int64(lo), hi == 0 && int64(lo) >= 0
	case hclsyntax.OpModulo:
		if y == 0 {
			return 0, false
		}
		return x % y, true
	case hclsyntax.OpDivide:
		if y == 0 {
			return 0, false
		}
		return x / y, true
	}
	return 0, false
}
