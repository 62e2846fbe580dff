package check

import (
	"math"

	exprast "github.com/expr-lang/expr/ast"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

func (c *Checker) conditional(n *exprast.ConditionalNode) ast.Expr {
	cond, a, b := c.condition(n.Cond), c.Value(n.Exp1), c.Value(n.Exp2)
	if cond == nil || a == nil || b == nil {
		return nil
	}
	if k, ok := cond.(*ast.ConstExpr); ok && a.Kind() == ast.KindComposite {
		if k.Value.Int != 0 {
			return a
		}
		return b
	}
	if x, ok := a.(*arrayExpr); ok {
		if y, ok := b.(*arrayExpr); ok { // the elements of one or of the other
			out := &arrayExpr{At: ast.At{Rng: c.Range(n)}}
			for _, e := range x.elems {
				out.elems = append(out.elems, arrayElement{e.value, ast.And(cond.Range(), cond, e.when)})
			}
			for _, e := range y.elems {
				out.elems = append(out.elems, arrayElement{e.value, ast.And(cond.Range(), ast.Not(cond.Range(), cond), e.when)})
			}
			return out
		}
	}
	if a.Kind() == ast.KindComposite || b.Kind() == ast.KindComposite {
		return c.opaque(n)
	}
	a, b = c.unify(n.Exp1, a, n.Exp2, b)
	if a == nil || b == nil {
		return nil
	}
	ka, kb := a.Kind(), b.Kind()
	if ka != kb && !(ka.IsNumber() && kb.IsNumber()) && !(ka.IsText() && kb.IsText()) {
		return c.Errorf(diag.TypeMismatch, c.Range(n.Exp2), "%s is %s, and %s is %s: both branches of ?: must be of one type.", c.Text(n.Exp1), An(ka), c.Text(n.Exp2), An(kb))
	}
	if k, ok := cond.(*ast.ConstExpr); ok {
		if k.Value.Int != 0 {
			return a
		}
		return b
	}
	if ka == packet.KindBool {
		a, b = Guard(a), Guard(b)
	}
	return &ast.CondExpr{At: ast.At{Rng: c.Range(n)}, If: cond, Then: a, Else: b}
}

// index checks X[i]. A field of a map or an element of an array is left to the VM.
//
// whole is the node that stands for n in the text: get(x, i) is x[i].
func (c *Checker) index(n *exprast.MemberNode, whole exprast.Node) ast.Expr {
	if n.Optional {
		return c.opaque(whole)
	}
	if _, isName := n.Property.(*exprast.StringNode); isName {
		if name, ok := c.dotted(n.Node); ok && c.locals[name] == nil {
			if c.Value(n.Node) != nil {
				c.Errorf(diag.TypeMismatch, c.Range(whole), "%s has no members.", name)
			}
			return nil
		}
		return c.opaque(whole)
	}
	x, i := c.Value(n.Node), c.Value(n.Property)
	if x == nil || i == nil {
		return nil
	}
	if k, isConst := i.(*ast.ConstExpr); isConst && k.Value.Kind == packet.KindInt {
		switch xs := x.(type) {
		case *arrayExpr:
			return c.element(whole, xs, k.Value.Int)
		case *streamExpr:
			return c.streamElement(whole, xs, k.Value.Int)
		}
	}
	if x.Kind() == ast.KindComposite {
		return c.opaque(whole)
	}
	if !x.Kind().IsText() {
		return c.Errorf(diag.TypeMismatch, c.Range(n.Node), "%s is %s and has no bytes to index.", c.Text(n.Node), An(x.Kind()))
	}
	k, ok := i.(*ast.ConstExpr)
	if !ok || k.Value.Kind != packet.KindInt || k.Value.Int < 0 || k.Value.Int > math.MaxInt32 {
		return c.Errorf(diag.BadArguments, c.Range(n.Property), "The index must be a constant integer, not negative.")
	}
	if s, ok := x.(*ast.ConstExpr); ok && k.Value.Int < int64(len(s.Value.Str)) {
		return &ast.ConstExpr{At: ast.At{Rng: c.Range(whole)}, Value: ast.Value{Kind: packet.KindInt, Int: int64(s.Value.Str[k.Value.Int])}}
	}
	return &ast.IndexExpr{At: ast.At{Rng: c.Range(whole)}, X: x, I: int(k.Value.Int)}
}

func (c *Checker) slice(n *exprast.SliceNode) ast.Expr {
	x := c.Value(n.Node)
	bound := func(b exprast.Node, otherwise int) (int, bool) {
		if b == nil {
			return otherwise, true
		}
		e := c.Value(b)
		if e == nil {
			return 0, false
		}
		k, ok := e.(*ast.ConstExpr)
		if !ok || k.Value.Kind != packet.KindInt || k.Value.Int < 0 || k.Value.Int > math.MaxInt32 {
			c.Errorf(diag.BadArguments, c.Range(b), "The bounds of a slice must be constant integers, not negative.")
			return 0, false
		}
		return int(k.Value.Int), true
	}
	if x != nil && x.Kind() == ast.KindComposite {
		return c.opaque(n)
	}
	from, ok1 := bound(n.From, 0)
	to, ok2 := bound(n.To, -1)
	if x == nil || !ok1 || !ok2 {
		return nil
	}
	if !x.Kind().IsText() {
		return c.Errorf(diag.TypeMismatch, c.Range(n.Node), "%s is %s and cannot be sliced.", c.Text(n.Node), An(x.Kind()))
	}
	if to >= 0 && to < from {
		return c.Errorf(diag.BadArguments, c.Range(n), "The slice ends before it begins.")
	}
	e := &ast.SliceExpr{At: ast.At{Rng: c.Range(n)}, X: x, From: from, To: to}
	if k, ok := x.(*ast.ConstExpr); ok {
		return &ast.ConstExpr{At: e.At, Value: ast.Value{Kind: k.Value.Kind, Str: cut(k.Value.Str, from, to)}}
	}
	return e
}

// cut is s[from:to] of what there is; to is -1 for the end.
func cut(s string, from, to int) string {
	if to < 0 || to > len(s) {
		to = len(s)
	}
	return s[min(from, to):to]
}
