package rules

import (
	"fmt"
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
)

// maxUnrolled bounds how often the bodies of the closures of one expression are checked.
const maxUnrolled = 4096

func constInt(at At, v int64) *ConstExpr {
	return &ConstExpr{At: at, Value: Value{Kind: packet.KindInt, Int: v}}
}

// unroll makes of a closure what it is for each element.
func (c *checker) unroll(n *ast.BuiltinNode, xs *arrayExpr, pred ast.Node) Expr {
	at := At{c.rng(n)}
	conds := make([]Expr, len(xs.elems)) // the element is there, and the predicate holds
	values := make([]Expr, len(xs.elems))
	ok := true
	for i, x := range xs.elems {
		p := pointer{x.value, constInt(at, int64(i))}
		conds[i] = x.when
		if conds[i] == nil {
			conds[i] = constBool(at.Rng, true)
		}
		switch {
		case pred == nil:
		case n.Name == "map" || n.Name == "sum":
			values[i] = c.body(pred, p, c.value)
			ok = ok && values[i] != nil
		default:
			e := c.body(pred, p, c.condition)
			if ok = ok && e != nil; !ok {
				continue
			}
			if n.Name == "all" && x.when != nil {
				conds[i] = disjunction(at.Rng, negation(at.Rng, x.when), e)
			} else {
				conds[i] = conjunction(e.Range(), x.when, e)
			}
		}
	}
	if !ok {
		return nil
	}
	switch n.Name {
	case "any":
		return disjunction(at.Rng, conds...)
	case "all":
		return conjunction(at.Rng, conds...)
	case "none":
		return negation(at.Rng, disjunction(at.Rng, conds...))
	case "count", "len", "one":
		ones := make([]Expr, len(conds))
		for i := range ones {
			ones[i] = constInt(at, 1)
		}
		sum := c.total(at, conds, ones)
		if n.Name != "one" {
			return sum
		}
		if k, isConst := sum.(*ConstExpr); isConst {
			return constBool(at.Rng, k.Value.Int == 1)
		}
		return &CompareExpr{at, OpEq, sum, constInt(at, 1)}
	case "sum":
		for i, x := range xs.elems {
			if pred == nil {
				values[i] = x.value
			}
			if !isNumber(values[i].Kind()) {
				return c.errorf(diag.TypeMismatch, values[i].Range(), "sum needs numbers, and this is %s.", an(values[i].Kind()))
			}
		}
		return c.total(at, conds, values)
	case "filter":
		out := &arrayExpr{At: at}
		for i, x := range xs.elems {
			if !isConstBool(conds[i], false) {
				if isConstBool(conds[i], true) {
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
func (c *checker) pick(n ast.Node, name string, xs *arrayExpr, conds []Expr) Expr {
	at := At{c.rng(n)}
	if len(xs.elems) == 0 {
		return c.errorf(diag.BadArguments, at.Rng, "The array is empty: %s never has a value.", name)
	}
	values := make([]Expr, len(conds))
	ones := make([]Expr, len(conds))
	for i, x := range xs.elems {
		values[i] = x.value
		if values[i].Kind() != values[0].Kind() && !(isNumber(values[i].Kind()) && isNumber(values[0].Kind())) {
			return c.errorf(diag.TypeMismatch, x.value.Range(), "The elements of the array are of several types, so that the type of %s is not known.", name)
		}
		ones[i] = constInt(at, 1)
	}
	if values[0].Kind() == kindComposite {
		return c.errorf(diag.Unsupported, at.Rng, "The type of %s is not known before it runs.", c.text(n))
	}
	if name == "findIndex" || name == "findLastIndex" {
		for i := range values {
			there := make([]Expr, i)
			for j := range there {
				if there[j] = xs.elems[j].when; there[j] == nil {
					there[j] = constBool(at.Rng, true)
				}
			}
			values[i] = c.total(at, there, ones[:i])
		}
	}
	last := name == "last" || name == "findLast" || name == "findLastIndex"
	var out Expr = &AbsentExpr{At: at, K: values[0].Kind()}
	for k := range values {
		i := len(values) - 1 - k
		if last {
			i = k
		}
		switch {
		case isConstBool(conds[i], true):
			out = values[i]
		case !isConstBool(conds[i], false):
			out = &CondExpr{at, conds[i], values[i], out}
		}
	}
	return out
}

// total adds the values whose conditions hold.
func (c *checker) total(at At, conds, values []Expr) Expr {
	var sum Expr = constInt(at, 0)
	k := packet.KindInt
	for _, v := range values {
		if v.Kind() == packet.KindFloat {
			k = packet.KindFloat
		}
	}
	zero := &ConstExpr{At: at, Value: Value{Kind: k}}
	for i, v := range values {
		switch {
		case isConstBool(conds[i], false):
			continue
		case !isConstBool(conds[i], true):
			v = &CondExpr{at, conds[i], v, zero}
		}
		a, okA := sum.(*ConstExpr)
		b, okB := v.(*ConstExpr)
		switch {
		case okA && okB:
			sum = &ConstExpr{At: at, Value: arithValue(OpAdd, k, a.Value, b.Value)}
		case okA && number(a.Value) == 0:
			sum = v
		default:
			sum = &ArithExpr{at, OpAdd, sum, v, k}
		}
	}
	return sum
}

// element returns one element of an array that is written out.
func (c *checker) element(n ast.Node, xs *arrayExpr, i int64) Expr {
	if slices.ContainsFunc(xs.elems, func(x arrayElement) bool { return x.when != nil }) {
		name, ok := map[int64]string{0: "first", -1: "last"}[i]
		if !ok {
			return c.errorf(diag.Unsupported, c.rng(n), "Which elements there are is not known before it runs. Use find or first.")
		}
		conds := make([]Expr, len(xs.elems))
		for k, x := range xs.elems {
			if conds[k] = x.when; conds[k] == nil {
				conds[k] = constBool(c.rng(n), true)
			}
		}
		return c.pick(n, name, xs, conds)
	}
	if i < 0 {
		i += int64(len(xs.elems))
	}
	if i < 0 || i >= int64(len(xs.elems)) {
		return c.errorf(diag.BadArguments, c.rng(n), "The array has %s, so that this never has a value.", elementCount(len(xs.elems)))
	}
	return xs.elems[i].value
}

// streamElement returns one element of an array that the packet decides on: the first that a filter lets
// pass, or any place where there is no filter.
func (c *checker) streamElement(n ast.Node, xs *streamExpr, i int64) Expr {
	at := At{c.rng(n)}
	if i < 0 || i > 0 && xs.when != nil {
		return c.errorf(diag.Unsupported, at.Rng, "Which element this is is not known before it runs. Use find or first.")
	}
	body := xs.when
	if body == nil {
		body = &CompareExpr{at, OpEq, &ElementExpr{At: at, K: packet.KindInt, Depth: xs.depth, Index: true}, constInt(at, i)}
	}
	return &ClosureExpr{At: at, Quantifier: Find, Array: xs.array, Field: xs.field, Body: body, Value: xs.value, Depth: xs.depth}
}

func elementCount(n int) string {
	if n == 1 {
		return "1 element"
	}
	return fmt.Sprintf("%d elements", n)
}
