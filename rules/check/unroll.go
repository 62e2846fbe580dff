package check

import (
	"fmt"
	"slices"

	exprast "github.com/expr-lang/expr/ast"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// maxUnrolled bounds how often the bodies of the closures of one expression are checked.
const maxUnrolled = 4096

func constInt(at ast.At, v int64) *ast.ConstExpr {
	return &ast.ConstExpr{At: at, Value: ast.Value{Kind: packet.KindInt, Int: v}}
}

// unroll makes of a closure what it is for each element.
func (c *Checker) unroll(n *exprast.BuiltinNode, xs *arrayExpr, pred exprast.Node) ast.Expr {
	at := ast.At{Rng: c.Range(n)}
	conds := make([]ast.Expr, len(xs.elems)) // the element is there, and the predicate holds
	values := make([]ast.Expr, len(xs.elems))
	ok := true
	for i, x := range xs.elems {
		p := pointer{x.value, constInt(at, int64(i))}
		conds[i] = x.when
		if conds[i] == nil {
			conds[i] = ast.Bool(at.Rng, true)
		}
		switch {
		case pred == nil:
		case n.Name == "map" || n.Name == "sum":
			values[i] = c.body(pred, p, c.Value)
			ok = ok && values[i] != nil
		default:
			e := c.body(pred, p, c.condition)
			if ok = ok && e != nil; !ok {
				continue
			}
			if n.Name == "all" && x.when != nil {
				conds[i] = ast.Or(at.Rng, ast.Not(at.Rng, x.when), e)
			} else {
				conds[i] = ast.And(e.Range(), x.when, e)
			}
		}
	}
	if !ok {
		return nil
	}
	switch n.Name {
	case "any":
		return ast.Or(at.Rng, conds...)
	case "all":
		return ast.And(at.Rng, conds...)
	case "none":
		return ast.Not(at.Rng, ast.Or(at.Rng, conds...))
	case "count", "len", "one":
		ones := make([]ast.Expr, len(conds))
		for i := range ones {
			ones[i] = constInt(at, 1)
		}
		sum := c.total(at, conds, ones)
		if n.Name != "one" {
			return sum
		}
		if k, isConst := sum.(*ast.ConstExpr); isConst {
			return ast.Bool(at.Rng, k.Value.Int == 1)
		}
		return &ast.CompareExpr{At: at, Op: ast.OpEq, X: sum, Y: constInt(at, 1)}
	case "sum":
		for i, x := range xs.elems {
			if pred == nil {
				values[i] = x.value
			}
			if !values[i].Kind().IsNumber() {
				return c.Errorf(diag.TypeMismatch, values[i].Range(), "sum needs numbers, and this is %s.", An(values[i].Kind()))
			}
		}
		return c.total(at, conds, values)
	case "filter":
		out := &arrayExpr{At: at}
		for i, x := range xs.elems {
			if !ast.IsBool(conds[i], false) {
				if ast.IsBool(conds[i], true) {
					conds[i] = nil
				}
				out.elems = append(out.elems, arrayElement{x.value, conds[i]})
			}
		}
		return out
	case "map":
		out := &arrayExpr{At: at}
		for i, x := range xs.elems {
			out.elems = append(out.elems, arrayElement{values[i], x.when})
		}
		return out
	}
	return c.pick(n, n.Name, xs, conds)
}

// pick makes one of the elements for which the conditions hold: find, findIndex, findLast, findLastIndex,
// first or last.
func (c *Checker) pick(n exprast.Node, name string, xs *arrayExpr, conds []ast.Expr) ast.Expr {
	at := ast.At{Rng: c.Range(n)}
	if len(xs.elems) == 0 {
		return c.Errorf(diag.BadArguments, at.Rng, "The array is empty: %s never has a value.", name)
	}
	values := make([]ast.Expr, len(conds))
	ones := make([]ast.Expr, len(conds))
	for i, x := range xs.elems {
		values[i] = x.value
		if values[i].Kind() != values[0].Kind() && !(values[i].Kind().IsNumber() && values[0].Kind().IsNumber()) {
			return c.Errorf(diag.TypeMismatch, x.value.Range(), "The elements of the array are of several types, so that the type of %s is not known.", name)
		}
		ones[i] = constInt(at, 1)
	}
	if values[0].Kind() == ast.KindComposite {
		return c.Errorf(diag.Unsupported, at.Rng, "The type of %s is not known before it runs.", c.Text(n))
	}
	if name == "findIndex" || name == "findLastIndex" {
		for i := range values {
			there := make([]ast.Expr, i)
			for j := range there {
				if there[j] = xs.elems[j].when; there[j] == nil {
					there[j] = ast.Bool(at.Rng, true)
				}
			}
			values[i] = c.total(at, there, ones[:i])
		}
	}
	last := name == "last" || name == "findLast" || name == "findLastIndex"
	var out ast.Expr = &ast.AbsentExpr{At: at, K: values[0].Kind()}
	for k := range values {
		i := len(values) - 1 - k
		if last {
			i = k
		}
		switch {
		case ast.IsBool(conds[i], true):
			out = values[i]
		case !ast.IsBool(conds[i], false):
			out = &ast.CondExpr{At: at, If: conds[i], Then: values[i], Else: out}
		}
	}
	return out
}

// total adds the values whose conditions hold.
func (c *Checker) total(at ast.At, conds, values []ast.Expr) ast.Expr {
	var sum ast.Expr = constInt(at, 0)
	k := packet.KindInt
	for _, v := range values {
		if v.Kind() == packet.KindFloat {
			k = packet.KindFloat
		}
	}
	zero := &ast.ConstExpr{At: at, Value: ast.Value{Kind: k}}
	for i, v := range values {
		switch {
		case ast.IsBool(conds[i], false):
			continue
		case !ast.IsBool(conds[i], true):
			v = &ast.CondExpr{At: at, If: conds[i], Then: v, Else: zero}
		}
		a, okA := sum.(*ast.ConstExpr)
		b, okB := v.(*ast.ConstExpr)
		switch {
		case okA && okB:
			sum = &ast.ConstExpr{At: at, Value: arithValue(ast.OpAdd, k, a.Value, b.Value)}
		case okA && a.Value.Number() == 0:
			sum = v
		default:
			sum = &ast.ArithExpr{At: at, Op: ast.OpAdd, X: sum, Y: v, K: k}
		}
	}
	return sum
}

// element returns one element of an array that is written out.
func (c *Checker) element(n exprast.Node, xs *arrayExpr, i int64) ast.Expr {
	if slices.ContainsFunc(xs.elems, func(x arrayElement) bool { return x.when != nil }) {
		name, ok := map[int64]string{0: "first", -1: "last"}[i]
		if !ok {
			return c.Errorf(diag.Unsupported, c.Range(n), "Which elements there are is not known before it runs. Use find or first.")
		}
		conds := make([]ast.Expr, len(xs.elems))
		for k, x := range xs.elems {
			if conds[k] = x.when; conds[k] == nil {
				conds[k] = ast.Bool(c.Range(n), true)
			}
		}
		return c.pick(n, name, xs, conds)
	}
	if i < 0 {
		i += int64(len(xs.elems))
	}
	if i < 0 || i >= int64(len(xs.elems)) {
		return c.Errorf(diag.BadArguments, c.Range(n), "The array has %s, so that this never has a value.", elementCount(len(xs.elems)))
	}
	return xs.elems[i].value
}

// streamElement returns one element of an array that the packet decides on: the first that a filter lets
// pass, or any place where there is no filter.
func (c *Checker) streamElement(n exprast.Node, xs *streamExpr, i int64) ast.Expr {
	at := ast.At{Rng: c.Range(n)}
	if i < 0 || i > 0 && xs.when != nil {
		return c.Errorf(diag.Unsupported, at.Rng, "Which element this is is not known before it runs. Use find or first.")
	}
	body := xs.when
	if body == nil {
		body = &ast.CompareExpr{At: at, Op: ast.OpEq, X: &ast.ElementExpr{At: at, K: packet.KindInt, Depth: xs.depth, Index: true}, Y: constInt(at, i)}
	}
	return &ast.ClosureExpr{At: at, Quantifier: ast.Find, Array: xs.array, Field: xs.field, Body: body, Value: xs.value, Depth: xs.depth}
}

func elementCount(n int) string {
	if n == 1 {
		return "1 element"
	}
	return fmt.Sprintf("%d elements", n)
}
