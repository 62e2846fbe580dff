package check

import (
	"maps"

	exprast "github.com/expr-lang/expr/ast"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// Closures over arrays whose elements are written out are unrolled, so that their bodies mean what they
// mean outside: with types, presence, functions and lists. Those over arrays that a packet decides on
// become a ClosureExpr.
//
//	any([ip.src, ip.dst], # in list.bad)  ->  ip.src in list.bad or ip.dst in list.bad

// An arrayExpr is an array whose elements are known. It never leaves the checker.
type arrayExpr struct {
	ast.At
	elems []arrayElement
}

// An arrayElement is there when a condition holds; nil is always.
type arrayElement struct {
	value ast.Expr
	when  ast.Expr
}

// A streamExpr is what filter and map make of an array that a packet decides on, or of the values of a field. It never
// leaves the checker.
type streamExpr struct {
	ast.At
	array *ast.OpaqueExpr
	field *packet.Field // in the place of an array: the values of a field that may have several
	depth int
	when  ast.Expr // nil: all
	value ast.Expr // of an element
}

// Kind is that of a value that is not a scalar.
func (e *arrayExpr) Kind() packet.Kind  { return ast.KindComposite }
func (e *streamExpr) Kind() packet.Kind { return ast.KindComposite }

// A pointer is what # and #index stand for.
type pointer struct{ value, index ast.Expr }

// pointer resolves # and #index.
func (c *Checker) pointer(n *exprast.PointerNode) ast.Expr {
	if len(c.pointers) == 0 || n.Name != "" && n.Name != "index" {
		return c.Errorf(diag.Unsupported, c.Token(n), "#%s has no meaning here.", n.Name)
	}
	p := c.pointers[len(c.pointers)-1]
	e := p.value
	if n.Name == "index" {
		e = p.index
	}
	if _, isConst := e.(*ast.ConstExpr); isConst {
		c.vars++ // what holds for one element may not for the next
	}
	return e
}

// let binds a name to a value for the expression behind it.
func (c *Checker) let(n *exprast.VariableDeclaratorNode) ast.Expr {
	v := c.Value(n.Value)
	if v == nil {
		return nil
	}
	if v.Kind() == packet.KindBool {
		v = Guard(v)
	}
	return c.bound(func() ast.Expr { return c.Value(n.Expr) }, func() {
		locals := make(map[string]ast.Expr, len(c.locals)+1)
		maps.Copy(locals, c.locals)
		locals[n.Name] = v
		c.locals = locals
	})
}

// bound checks something with other names than around it.
func (c *Checker) bound(check func() ast.Expr, bind func()) ast.Expr {
	locals, pointers, depth, composites := c.locals, c.pointers, c.depth, c.composites
	c.composites = nil
	bind()
	e := check()
	c.locals, c.pointers, c.depth, c.composites = locals, pointers, depth, composites
	return e
}

// body checks the predicate of a closure for one element.
func (c *Checker) body(n exprast.Node, p pointer, check func(exprast.Node) ast.Expr) ast.Expr {
	if pred, ok := n.(*exprast.PredicateNode); ok {
		n = pred.Node
	}
	if c.unrolled++; c.unrolled > maxUnrolled {
		if c.unrolled == maxUnrolled+1 {
			c.Errorf(diag.Unsupported, c.Range(n), "The closures look at more than %d elements. Use in with a list or a range.", maxUnrolled)
		}
		return nil
	}
	return c.bound(func() ast.Expr { return check(n) }, func() {
		c.pointers = append(c.pointers[:len(c.pointers):len(c.pointers)], p)
		if e, ok := p.value.(*ast.ElementExpr); ok {
			c.depth = e.Depth + 1
		}
	})
}

// array checks an array that is written out.
func (c *Checker) array(n *exprast.ArrayNode) ast.Expr {
	out := &arrayExpr{At: ast.At{Rng: c.Range(n)}}
	ok := true
	for _, x := range n.Nodes {
		e := c.Value(x)
		ok = ok && e != nil
		out.elems = append(out.elems, arrayElement{value: e})
	}
	if !ok {
		return nil
	}
	return out
}

// collection checks the array of a closure, which may be a range or a variable too.
func (c *Checker) collection(n exprast.Node) ast.Expr {
	if name, ok := c.dotted(n); ok && len(name) > 4 && name[:4] == "var." {
		if v := c.sym.Vars[name[4:]]; v != nil {
			if items, isList := v.Value.([]any); isList {
				c.sym.Use(&v.Used)
				out := &arrayExpr{At: ast.At{Rng: c.Token(n)}}
				for _, it := range items {
					out.elems = append(out.elems, arrayElement{value: &ast.ConstExpr{At: out.At, Value: constantOf(it)}})
				}
				return out
			}
		}
	}
	if r, ok := n.(*exprast.BinaryNode); ok && r.Operator == ".." {
		lo, hi := c.Value(r.Left), c.Value(r.Right)
		if lo == nil || hi == nil {
			return nil
		}
		a, okA := lo.(*ast.ConstExpr)
		b, okB := hi.(*ast.ConstExpr)
		if !okA || !okB || a.Value.Kind != packet.KindInt || b.Value.Kind != packet.KindInt {
			return c.opaque(n)
		}
		if b.Value.Int-a.Value.Int >= maxUnrolled {
			return c.Errorf(diag.Unsupported, c.Range(n), "A closure looks at %d elements at most. Use in, as in tcp.dstport in %s.", maxUnrolled, c.Text(n))
		}
		out := &arrayExpr{At: ast.At{Rng: c.Range(n)}}
		for v := a.Value.Int; v <= b.Value.Int; v++ {
			out.elems = append(out.elems, arrayElement{value: &ast.ConstExpr{At: out.At, Value: ast.Value{Kind: packet.KindInt, Int: v}}})
		}
		return out
	}
	return c.Value(n)
}

// builtin checks a function that expr-lang has: closures here, the others by its VM.
func (c *Checker) builtin(n *exprast.BuiltinNode) ast.Expr {
	if len(n.Arguments) == 0 {
		return c.opaque(n)
	}
	switch n.Name {
	case "any", "all", "none", "one", "count", "filter", "map", "find", "findIndex", "findLast", "findLastIndex", "len", "first", "last", "sum":
	case "get":
		return c.index(&exprast.MemberNode{Node: n.Arguments[0], Property: n.Arguments[1]}, n)
	default:
		return c.opaque(n)
	}
	xs := c.collection(n.Arguments[0])
	if xs == nil {
		return nil
	}
	var pred exprast.Node
	if len(n.Arguments) > 1 {
		pred = n.Arguments[1]
	}
	if many := c.manyStream(xs); many != nil && !(n.Name == "len" && xs.Kind().IsText()) {
		return c.loop(n, many, pred)
	}
	if n.Name == ast.FuncFirst.String() && xs.Kind() != ast.KindComposite {
		return c.Errorf(diag.MisplacedAggregate, c.Range(n), "Whether a value is new only a memory knows. Name it in a memory block, as in memory \"5d\" { fresh = %q }, and write the name here.", c.Text(n))
	}
	switch xs := xs.(type) {
	case *arrayExpr:
		return c.unroll(n, xs, pred)
	case *ast.OpaqueExpr:
		if xs.K == ast.KindComposite && xs.Elem != ast.KindComposite {
			return c.loop(n, &streamExpr{At: xs.At, array: xs, depth: c.depth, value: &ast.ElementExpr{At: xs.At, K: xs.Elem, Depth: c.depth}}, pred)
		}
	case *streamExpr:
		return c.loop(n, xs, pred)
	}
	return c.opaque(n)
}

// loop makes a closure over an array that the packet decides on.
func (c *Checker) loop(n *exprast.BuiltinNode, xs *streamExpr, pred exprast.Node) ast.Expr {
	at := ast.At{Rng: c.Range(n)}
	p := pointer{xs.value, &ast.ElementExpr{At: at, K: packet.KindInt, Depth: xs.depth, Index: true}}
	var cond ast.Expr = ast.Bool(at.Rng, true)
	enter := func(check func(exprast.Node) ast.Expr) ast.Expr {
		return c.bound(func() ast.Expr { return c.body(pred, p, check) }, func() { c.depth = xs.depth + 1 })
	}
	switch {
	case n.Name == "map":
		v := enter(c.Value)
		if v == nil {
			return nil
		}
		if v.Kind() == ast.KindComposite {
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
	both := ast.And(at.Rng, xs.when, cond)
	closure := &ast.ClosureExpr{At: at, Array: xs.array, Field: xs.field, Body: both, Depth: xs.depth}
	switch n.Name {
	case "filter":
		return &streamExpr{at, xs.array, xs.field, xs.depth, both, xs.value}
	case "any":
		return ast.Present(closure, xs.source())
	case "none":
		return ast.Present(ast.Not(at.Rng, closure), xs.source())
	case "all":
		closure.Quantifier = ast.All
		if xs.when != nil {
			closure.Body = ast.Or(at.Rng, ast.Not(at.Rng, xs.when), cond)
		}
		return ast.Present(closure, xs.source())
	case "one":
		closure.Quantifier = ast.Count
		return ast.Present(&ast.CompareExpr{At: at, Op: ast.OpEq, X: closure, Y: constInt(at, 1)}, closure)
	case "count", "len":
		closure.Quantifier = ast.Count
		return closure
	case "findIndex":
		closure.Quantifier, closure.Value = ast.Find, p.index
		return closure
	}
	closure.Quantifier, closure.Value = ast.Find, xs.value // find, first
	return closure
}

// inComposite is membership in an array that is not written out in its place.
func (c *Checker) inComposite(n *exprast.BinaryNode, x ast.Expr, y ast.Expr) ast.Expr {
	rng := c.Range(n)
	switch y := y.(type) {
	case *arrayExpr:
		elems := make([]element, len(y.elems))
		plain := true
		for i, e := range y.elems {
			if e.value.Kind() == ast.KindComposite {
				return c.opaque(n)
			}
			elems[i], plain = element{e.value.Range(), e.value}, plain && e.when == nil
		}
		if len(elems) == 0 {
			c.doubt(c.Range(n.Right), "The array is empty: nothing is in it.")
			return ast.Never(rng)
		}
		if plain {
			return c.inElements(rng, n, x, elems, -1)
		}
		var any []ast.Expr
		for i, e := range y.elems {
			in := c.inElements(rng, n, x, elems[i:i+1], -1)
			if in == nil {
				return nil
			}
			any = append(any, ast.And(rng, e.when, in))
		}
		return ast.Or(rng, any...)
	case *ast.OpaqueExpr:
		if y.Elem != ast.KindComposite {
			return c.inStream(n, x, &streamExpr{At: y.At, array: y, depth: c.depth, value: &ast.ElementExpr{At: y.At, K: y.Elem, Depth: c.depth}})
		}
	case *streamExpr:
		return c.inStream(n, x, y)
	}
	return c.opaque(n)
}

func (c *Checker) inStream(n *exprast.BinaryNode, x ast.Expr, y *streamExpr) ast.Expr {
	rng := c.Range(n)
	kx, ky := x.Kind(), y.value.Kind()
	if kx != ky && !(kx.IsNumber() && ky.IsNumber()) && !(kx.IsText() && ky.IsText()) {
		return c.Errorf(diag.TypeMismatch, c.Range(n.Right), "The array has %s, and %s is %s.", An(ky), c.Text(n.Left), An(kx))
	}
	same := ast.Present(&ast.CompareExpr{At: ast.At{Rng: rng}, Op: ast.OpEq, X: y.value, Y: x}, y.value, x)
	closure := &ast.ClosureExpr{At: ast.At{Rng: rng}, Array: y.array, Field: y.field, Body: ast.And(rng, y.when, same), Depth: y.depth}
	return ast.Present(closure, y.source())
}

// coalesce checks a ?? b: b where a has no value.
func (c *Checker) coalesce(n *exprast.BinaryNode) ast.Expr {
	a, b := c.Value(n.Left), c.Value(n.Right)
	if a == nil || b == nil {
		return nil
	}
	if a.Kind() == ast.KindComposite || b.Kind() == ast.KindComposite {
		return c.opaque(n)
	}
	if a, b = c.unify(n.Left, a, n.Right, b); a == nil || b == nil {
		return nil
	}
	ka, kb := a.Kind(), b.Kind()
	if ka != kb && !(ka.IsNumber() && kb.IsNumber()) && !(ka.IsText() && kb.IsText()) {
		return c.Errorf(diag.TypeMismatch, c.Range(n.Right), "%s is %s, and %s is %s: both sides of ?? must be of one type.", c.Text(n.Left), An(ka), c.Text(n.Right), An(kb))
	}
	p := ast.Presence(a)
	if p == nil {
		return a
	}
	if ka == packet.KindBool {
		a, b = Guard(a), Guard(b)
	}
	return &ast.CondExpr{At: ast.At{Rng: c.Range(n)}, If: p, Then: a, Else: b}
}
