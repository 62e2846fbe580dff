package rules

import (
	"github.com/expr-lang/expr/ast"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
)

// Closures over arrays whose elements are written out are unrolled, so that their bodies mean what they
// mean outside: with types, presence, functions and lists. Those over arrays that a packet decides on
// become a ClosureExpr.
//
//	any([ip.src, ip.dst], # in list.bad)  ->  ip.src in list.bad or ip.dst in list.bad

// An arrayExpr is an array whose elements are known. It never leaves the checker.
type arrayExpr struct {
	At
	elems []arrayElement
}

// An arrayElement is there when a condition holds; nil is always.
type arrayElement struct {
	value Expr
	when  Expr
}

// A streamExpr is what filter and map make of an array that a packet decides on, or of the values of a field. It never
// leaves the checker.
type streamExpr struct {
	At
	array *OpaqueExpr
	field *packet.Field // in the place of an array: the values of a field that may have several
	depth int
	when  Expr // nil: all
	value Expr // of an element
}

// Kind is that of a value that is not a scalar.
func (e *arrayExpr) Kind() packet.Kind  { return kindComposite }
func (e *streamExpr) Kind() packet.Kind { return kindComposite }

// A pointer is what # and #index stand for.
type pointer struct{ value, index Expr }

// pointer resolves # and #index.
func (c *checker) pointer(n *ast.PointerNode) Expr {
	if len(c.pointers) == 0 || n.Name != "" && n.Name != "index" {
		return c.errorf(diag.Unsupported, c.token(n), "#%s has no meaning here.", n.Name)
	}
	p := c.pointers[len(c.pointers)-1]
	e := p.value
	if n.Name == "index" {
		e = p.index
	}
	if _, isConst := e.(*ConstExpr); isConst {
		c.vars++ // what holds for one element may not for the next
	}
	return e
}

// let binds a name to a value for the expression behind it.
func (c *checker) let(n *ast.VariableDeclaratorNode) Expr {
	v := c.value(n.Value)
	if v == nil {
		return nil
	}
	if v.Kind() == packet.KindBool {
		v = guard(v)
	}
	return c.bound(func() Expr { return c.value(n.Expr) }, func() {
		locals := make(map[string]Expr, len(c.locals)+1)
		for name, e := range c.locals {
			locals[name] = e
		}
		locals[n.Name] = v
		c.locals = locals
	})
}

// bound checks something with other names than around it.
func (c *checker) bound(check func() Expr, bind func()) Expr {
	locals, pointers, depth, composites := c.locals, c.pointers, c.depth, c.composites
	c.composites = nil
	bind()
	e := check()
	c.locals, c.pointers, c.depth, c.composites = locals, pointers, depth, composites
	return e
}

// body checks the predicate of a closure for one element.
func (c *checker) body(n ast.Node, p pointer, check func(ast.Node) Expr) Expr {
	if pred, ok := n.(*ast.PredicateNode); ok {
		n = pred.Node
	}
	if c.unrolled++; c.unrolled > maxUnrolled {
		if c.unrolled == maxUnrolled+1 {
			c.errorf(diag.Unsupported, c.rng(n), "The closures look at more than %d elements. Use in with a list or a range.", maxUnrolled)
		}
		return nil
	}
	return c.bound(func() Expr { return check(n) }, func() {
		c.pointers = append(c.pointers[:len(c.pointers):len(c.pointers)], p)
		if e, ok := p.value.(*ElementExpr); ok {
			c.depth = e.Depth + 1
		}
	})
}

// array checks an array that is written out.
func (c *checker) array(n *ast.ArrayNode) Expr {
	out := &arrayExpr{At: At{c.rng(n)}}
	ok := true
	for _, x := range n.Nodes {
		e := c.value(x)
		ok = ok && e != nil
		out.elems = append(out.elems, arrayElement{value: e})
	}
	if !ok {
		return nil
	}
	return out
}

// collection checks the array of a closure, which may be a range or a variable too.
func (c *checker) collection(n ast.Node) Expr {
	if name, ok := c.dotted(n); ok && len(name) > 4 && name[:4] == "var." {
		if v := c.sym.vars[name[4:]]; v != nil {
			if items, isList := v.Value.([]any); isList {
				c.sym.use(&v.Used)
				out := &arrayExpr{At: At{c.token(n)}}
				for _, it := range items {
					out.elems = append(out.elems, arrayElement{value: &ConstExpr{At: out.At, Value: constantOf(it)}})
				}
				return out
			}
		}
	}
	if r, ok := n.(*ast.BinaryNode); ok && r.Operator == ".." {
		lo, hi := c.value(r.Left), c.value(r.Right)
		if lo == nil || hi == nil {
			return nil
		}
		a, okA := lo.(*ConstExpr)
		b, okB := hi.(*ConstExpr)
		if !okA || !okB || a.Value.Kind != packet.KindInt || b.Value.Kind != packet.KindInt {
			return c.opaque(n)
		}
		if b.Value.Int-a.Value.Int >= maxUnrolled {
			return c.errorf(diag.Unsupported, c.rng(n), "A closure looks at %d elements at most. Use in, as in tcp.dstport in %s.", maxUnrolled, c.text(n))
		}
		out := &arrayExpr{At: At{c.rng(n)}}
		for v := a.Value.Int; v <= b.Value.Int; v++ {
			out.elems = append(out.elems, arrayElement{value: &ConstExpr{At: out.At, Value: Value{Kind: packet.KindInt, Int: v}}})
		}
		return out
	}
	return c.value(n)
}

// builtin checks a function that expr-lang has: closures here, the others by its VM.
func (c *checker) builtin(n *ast.BuiltinNode) Expr {
	if len(n.Arguments) == 0 {
		return c.opaque(n)
	}
	switch n.Name {
	case "any", "all", "none", "one", "count", "filter", "map", "find", "findIndex", "findLast", "findLastIndex", "len", "first", "last", "sum":
	case "get":
		return c.index(&ast.MemberNode{Node: n.Arguments[0], Property: n.Arguments[1]}, n)
	default:
		return c.opaque(n)
	}
	xs := c.collection(n.Arguments[0])
	if xs == nil {
		return nil
	}
	var pred ast.Node
	if len(n.Arguments) > 1 {
		pred = n.Arguments[1]
	}
	if many := c.manyStream(xs); many != nil && !(n.Name == "len" && isText(xs.Kind())) {
		return c.loop(n, many, pred)
	}
	switch xs := xs.(type) {
	case *arrayExpr:
		return c.unroll(n, xs, pred)
	case *OpaqueExpr:
		if xs.K == kindComposite && xs.Elem != kindComposite {
			return c.loop(n, &streamExpr{At: xs.At, array: xs, depth: c.depth, value: &ElementExpr{At: xs.At, K: xs.Elem, Depth: c.depth}}, pred)
		}
	case *streamExpr:
		return c.loop(n, xs, pred)
	}
	return c.opaque(n)
}

// loop makes a closure over an array that the packet decides on.
func (c *checker) loop(n *ast.BuiltinNode, xs *streamExpr, pred ast.Node) Expr {
	at := At{c.rng(n)}
	p := pointer{xs.value, &ElementExpr{At: at, K: packet.KindInt, Depth: xs.depth, Index: true}}
	var cond Expr = constBool(at.Rng, true)
	enter := func(check func(ast.Node) Expr) Expr {
		return c.bound(func() Expr { return c.body(pred, p, check) }, func() { c.depth = xs.depth + 1 })
	}
	switch {
	case n.Name == "map":
		v := enter(c.value)
		if v == nil {
			return nil
		}
		if v.Kind() == kindComposite {
			return c.cannotFollow(n)
		}
		return &streamExpr{at, xs.array, xs.field, xs.depth, xs.when, v}
	case n.Name == "sum", n.Name == "last", n.Name == "findLast", n.Name == "findLastIndex", n.Name == "findIndex" && xs.when != nil:
		return c.cannotFollow(n)
	case pred != nil:
		if cond = enter(c.condition); cond == nil {
			return nil
		}
	}
	both := conjunction(at.Rng, xs.when, cond)
	closure := &ClosureExpr{At: at, Array: xs.array, Field: xs.field, Body: both, Depth: xs.depth}
	switch n.Name {
	case "filter":
		return &streamExpr{at, xs.array, xs.field, xs.depth, both, xs.value}
	case "any":
		return present(closure, xs.source())
	case "none":
		return present(negation(at.Rng, closure), xs.source())
	case "all":
		closure.Quantifier = All
		if xs.when != nil {
			closure.Body = disjunction(at.Rng, negation(at.Rng, xs.when), cond)
		}
		return present(closure, xs.source())
	case "one":
		closure.Quantifier = Count
		return present(&CompareExpr{at, OpEq, closure, constInt(at, 1)}, closure)
	case "count", "len":
		closure.Quantifier = Count
		return closure
	case "findIndex":
		closure.Quantifier, closure.Value = Find, p.index
		return closure
	}
	closure.Quantifier, closure.Value = Find, xs.value // find, first
	return closure
}

// inComposite is membership in an array that is not written out in its place.
func (c *checker) inComposite(n *ast.BinaryNode, x Expr, y Expr) Expr {
	rng := c.rng(n)
	switch y := y.(type) {
	case *arrayExpr:
		elems := make([]element, len(y.elems))
		plain := true
		for i, e := range y.elems {
			if e.value.Kind() == kindComposite {
				return c.opaque(n)
			}
			elems[i], plain = element{e.value.Range(), e.value}, plain && e.when == nil
		}
		if len(elems) == 0 {
			c.doubt(c.rng(n.Right), "The array is empty: nothing is in it.")
			return falseConst(rng)
		}
		if plain {
			return c.inElements(rng, n, x, elems, -1)
		}
		var any []Expr
		for i, e := range y.elems {
			in := c.inElements(rng, n, x, elems[i:i+1], -1)
			if in == nil {
				return nil
			}
			any = append(any, conjunction(rng, e.when, in))
		}
		return disjunction(rng, any...)
	case *OpaqueExpr:
		if y.Elem != kindComposite {
			return c.inStream(n, x, &streamExpr{At: y.At, array: y, depth: c.depth, value: &ElementExpr{At: y.At, K: y.Elem, Depth: c.depth}})
		}
	case *streamExpr:
		return c.inStream(n, x, y)
	}
	return c.opaque(n)
}

func (c *checker) inStream(n *ast.BinaryNode, x Expr, y *streamExpr) Expr {
	rng := c.rng(n)
	kx, ky := x.Kind(), y.value.Kind()
	if kx != ky && !(isNumber(kx) && isNumber(ky)) && !(isText(kx) && isText(ky)) {
		return c.errorf(diag.TypeMismatch, c.rng(n.Right), "The array has %s, and %s is %s.", an(ky), c.text(n.Left), an(kx))
	}
	same := present(&CompareExpr{At{rng}, OpEq, y.value, x}, y.value, x)
	closure := &ClosureExpr{At: At{rng}, Array: y.array, Field: y.field, Body: conjunction(rng, y.when, same), Depth: y.depth}
	return present(closure, y.source())
}

// coalesce checks a ?? b: b where a has no value.
func (c *checker) coalesce(n *ast.BinaryNode) Expr {
	a, b := c.value(n.Left), c.value(n.Right)
	if a == nil || b == nil {
		return nil
	}
	if a.Kind() == kindComposite || b.Kind() == kindComposite {
		return c.opaque(n)
	}
	if a, b = c.unify(n.Left, a, n.Right, b); a == nil || b == nil {
		return nil
	}
	ka, kb := a.Kind(), b.Kind()
	if ka != kb && !(isNumber(ka) && isNumber(kb)) && !(isText(ka) && isText(kb)) {
		return c.errorf(diag.TypeMismatch, c.rng(n.Right), "%s is %s, and %s is %s: both sides of ?? must be of one type.", c.text(n.Left), an(ka), c.text(n.Right), an(kb))
	}
	p := Presence(a)
	if p == nil {
		return a
	}
	if ka == packet.KindBool {
		a, b = guard(a), guard(b)
	}
	return &CondExpr{At{c.rng(n)}, p, a, b}
}
