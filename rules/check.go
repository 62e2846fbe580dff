package rules

import (
	"fmt"
	"time"

	exprast "github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// scope says what an expression may use besides the symbols.
type scope struct {
	event      packet.Event
	anyEvent   bool                      // a macro: the events in which it makes sense are worked out
	aggregates map[string]*ast.Aggregate // nil for one with an error of its own
	noAggs     string                    // why aggregates cannot be used here; empty where they can
	threshold  *float64                  // nil for a rule without one
	span       time.Duration             // of the window whose aggregate is checked; 0 elsewhere
	noThresh   string                    // why threshold cannot be used here; empty where it can
	noFields   string                    // why fields cannot be used here; empty where they can
	// inline makes a value of an aggregate that stands in an expression; nil where aggregates have blocks of their own.
	inline func(*checker, *exprast.CallNode) ast.Expr
}

// A checker turns one parsed expression into typed nodes. Methods that return an Expr return nil after
// they have reported an error, and check what else there is to check first.
type checker struct {
	sym    *symbols
	src    *diag.Literal
	tree   *tree
	scope  *scope
	diags  hcl.Diagnostics
	events uint8           // bit per kind of event: those that have all the names used so far
	vars   int             // variables replaced so far
	errors int             // errors reported so far
	flip   bool            // under an odd number of nots
	dead   bool            // a condition as a whole can never hold
	doubts hcl.Diagnostics // what can never hold: an error where the whole condition cannot, else a warning

	locals     map[string]ast.Expr       // by let
	pointers   []pointer                 // of the closures around, the innermost last
	depth      int                       // closures around over arrays that the packet decides on
	unrolled   int                       // bodies of closures checked so far
	composites map[exprast.Node]ast.Expr // arrays and maps checked so far, where names mean what they mean here
	never      bool                      // a macro was used that never holds, as was reported with it
	given      bool                      // a variable was used that has another value than its default
}

func newChecker(sym *symbols, p parsed, sc *scope) *checker {
	return &checker{sym: sym, src: p.src, tree: p.tree, scope: sc, events: eventMask(packet.Events())}
}

// run applies one of the checks to the whole expression, or reports that it cannot be parsed.
func (c *checker) run(check func(exprast.Node) ast.Expr) ast.Expr {
	if c.tree.err != nil {
		c.diags = append(c.diags, syntaxError(c.src, c.tree.err))
		c.markUsed()
		return nil
	}
	e := check(c.tree.node)
	for _, d := range c.doubts {
		if !c.dead {
			d.Severity = hcl.DiagWarning
		}
	}
	c.diags = append(c.diags, c.doubts...)
	c.doubts = nil
	return e
}

// doubt reports a comparison that cannot hold. Whether that is an error is known when all of the
// condition is checked: what one side of an or cannot do leaves the other.
func (c *checker) doubt(rng hcl.Range, format string, args ...any) {
	if c.flip {
		c.diags = append(c.diags, diag.New(diag.AlwaysTrue, rng, format+" Negated, it always holds.", args...))
		return
	}
	c.doubts = append(c.doubts, diag.New(diag.NeverTrue, rng, format, args...))
}

// always reports a comparison that holds for all values.
func (c *checker) always(rng hcl.Range, format string, args ...any) {
	c.diags = append(c.diags, diag.New(diag.AlwaysTrue, rng, format, args...))
}

func (c *checker) rng(n exprast.Node) hcl.Range {
	x := c.tree.extentOf(n)
	return c.src.Range(x.from, x.to)
}

// token is the range of the node without parentheses around it.
func (c *checker) token(n exprast.Node) hcl.Range {
	x := c.tree.bareExtent(n)
	return c.src.Range(x.from, x.to)
}

// text is what the author wrote for a node.
func (c *checker) text(n exprast.Node) string {
	x := c.tree.bareExtent(n)
	return runeSlice(c.tree.text, x.from, x.to)
}

func runeSlice(s string, from, to int) string {
	if diag.IsPlain(s) {
		return s[max(0, min(from, len(s))):max(0, min(to, len(s)))]
	}
	r := []rune(s)
	return string(r[max(0, min(from, len(r))):max(0, min(to, len(r)))])
}

func (c *checker) errorf(code string, rng hcl.Range, format string, args ...any) ast.Expr {
	c.errors++
	c.diags = append(c.diags, diag.New(code, rng, format, args...))
	return nil
}

// an is the kind with its article.
func an(k packet.Kind) string {
	switch k {
	case packet.KindInt, packet.KindIP:
		return "an " + k.String()
	case packet.KindBytes:
		return "bytes"
	case ast.KindComposite:
		return "an array"
	}
	return "a " + k.String()
}

// condition checks a node that must be a boolean. What it returns always has a value.
func (c *checker) condition(n exprast.Node) ast.Expr {
	e := c.value(n)
	if e == nil {
		return nil
	}
	if e.Kind() != packet.KindBool {
		hint := "Compare it with something."
		switch {
		case e.Kind().IsNumber() && c.scope.noAggs == "" && isAggregate(e):
			hint = fmt.Sprintf("Compare it, as in %s >= threshold.", c.text(n))
		case e.Kind().IsNumber():
			hint = fmt.Sprintf("Compare it, as in %s > 0.", c.text(n))
		case e.Kind() == packet.KindIP:
			hint = fmt.Sprintf("Compare it, as in %s in ['10.0.0.0/8'].", c.text(n))
		}
		return c.errorf(diag.TypeMismatch, c.rng(n), "%s is %s where a condition is needed. %s", c.text(n), an(e.Kind()), hint)
	}
	return guard(e)
}

func isAggregate(e ast.Expr) bool { _, ok := e.(*ast.AggregateExpr); return ok }

// guard makes a boolean that may lack a value one that is false then.
func guard(e ast.Expr) ast.Expr {
	switch e.(type) {
	case *ast.FieldExpr, *ast.CallExpr, *ast.OpaqueExpr, *ast.AbsentExpr, *ast.ClosureExpr:
		return ast.Present(e, e)
	}
	return e
}

// scalar checks a node that must have a value of a kind that fields have.
func (c *checker) scalar(n exprast.Node) ast.Expr {
	e := c.value(n)
	if e != nil && e.Kind() == ast.KindComposite {
		return c.errorf(diag.TypeMismatch, c.rng(n), "%s is an array or a map where a single value is needed; tuples, as [ip.dst, dst.port], are for distinct and changes.", c.text(n))
	}
	return e
}

// value checks any node.
func (c *checker) value(n exprast.Node) ast.Expr {
	if e, ok := c.composites[n]; ok {
		return e
	}
	e := c.node(n)
	if e != nil && e.Kind() == ast.KindComposite {
		if c.composites == nil {
			c.composites = map[exprast.Node]ast.Expr{}
		}
		c.composites[n] = e
	}
	return e
}

func (c *checker) node(n exprast.Node) ast.Expr {
	switch n := n.(type) {
	case *exprast.IdentifierNode, *exprast.MemberNode:
		if name, ok := c.dotted(n); ok {
			return c.name(n, name)
		}
		if m, ok := n.(*exprast.MemberNode); ok {
			if e, ok := c.column(m); ok {
				return e
			}
			return c.index(m, m)
		}
	case *exprast.IntegerNode:
		return &ast.ConstExpr{At: ast.At{Rng: c.token(n)}, Value: ast.Value{Kind: packet.KindInt, Int: int64(n.Value)}}
	case *exprast.FloatNode:
		return &ast.ConstExpr{At: ast.At{Rng: c.token(n)}, Value: ast.Value{Kind: packet.KindFloat, Float: n.Value}}
	case *exprast.BoolNode:
		return ast.Bool(c.token(n), n.Value)
	case *exprast.StringNode:
		return &ast.ConstExpr{At: ast.At{Rng: c.token(n)}, Value: ast.Value{Kind: packet.KindString, Str: n.Value}}
	case *exprast.BytesNode:
		return &ast.ConstExpr{At: ast.At{Rng: c.token(n)}, Value: ast.Value{Kind: packet.KindBytes, Str: string(n.Value)}}
	case *exprast.NilNode:
		return c.errorf(diag.TypeMismatch, c.token(n), "There is no nil: a comparison on a field that the packet lacks is false. Test for a layer by its name, as in not tcp.")
	case *exprast.UnaryNode:
		return c.unary(n)
	case *exprast.BinaryNode:
		return c.binary(n)
	case *exprast.ConditionalNode:
		return c.conditional(n)
	case *exprast.SliceNode:
		return c.slice(n)
	case *exprast.CallNode:
		return c.call(n)
	case *exprast.BuiltinNode:
		return c.builtin(n)
	case *exprast.ArrayNode:
		return c.array(n)
	case *exprast.PointerNode:
		return c.pointer(n)
	case *exprast.VariableDeclaratorNode:
		return c.let(n)
	case *exprast.SequenceNode:
		return c.errorf(diag.Unsupported, c.rng(n), "A condition is one expression: join two with and, or name the first with let.")
	}
	return c.opaque(n)
}

func (c *checker) unary(n *exprast.UnaryNode) ast.Expr {
	switch n.Operator {
	case "not", "!":
		c.flip = !c.flip
		x := c.condition(n.Node)
		c.flip = !c.flip
		if x == nil {
			return nil
		}
		return ast.Not(c.rng(n), x)
	}
	x := c.value(n.Node)
	if x == nil {
		return nil
	}
	if x.Kind() == ast.KindComposite {
		return c.opaque(n)
	}
	if !x.Kind().IsNumber() {
		return c.errorf(diag.TypeMismatch, c.rng(n.Node), "%s is %s and has no sign; %q needs a number.", c.text(n.Node), an(x.Kind()), n.Operator)
	}
	if n.Operator == "+" {
		return x
	}
	if k, ok := x.(*ast.ConstExpr); ok {
		v := k.Value
		v.Int, v.Float = -v.Int, -v.Float
		return &ast.ConstExpr{At: ast.At{Rng: c.rng(n)}, Value: v}
	}
	return &ast.NegExpr{At: ast.At{Rng: c.rng(n)}, X: x}
}

func (c *checker) binary(n *exprast.BinaryNode) ast.Expr {
	switch n.Operator {
	case "and", "&&", "or", "||":
		return c.logic(n)
	case "in":
		return c.in(n)
	case "==", "!=", "<", "<=", ">", ">=":
		return c.compare(n)
	case "matches":
		return c.matches(n)
	case "contains", "startsWith", "endsWith":
		return c.textual(n)
	case "+", "-", "*", "/", "%":
		return c.arith(n)
	case "??":
		return c.coalesce(n)
	case "..":
		return c.errorf(diag.TypeMismatch, c.rng(n), "A range has a meaning only on the right of in, as in tcp.dstport in 1..1024.")
	}
	return c.opaque(n)
}

// logic checks a chain of one operator as a whole, so that a long one makes one flat node.
func (c *checker) logic(n *exprast.BinaryNode) ast.Expr {
	or := isOr(n.Operator)
	var parts []exprast.Node
	var collect func(exprast.Node)
	collect = func(x exprast.Node) {
		if b, ok := x.(*exprast.BinaryNode); ok && isLogic(b.Operator) && isOr(b.Operator) == or {
			collect(b.Left)
			collect(b.Right)
			return
		}
		parts = append(parts, x)
	}
	collect(n)
	xs := make([]ast.Expr, 0, len(parts))
	ok := true
	for _, p := range parts {
		x := c.condition(p)
		ok = ok && x != nil
		xs = append(xs, x)
	}
	if !ok {
		return nil
	}
	if or {
		return ast.Or(c.rng(n), xs...)
	}
	return ast.And(c.rng(n), xs...)
}

func isOr(op string) bool    { return op == "or" || op == "||" }
func isLogic(op string) bool { return isOr(op) || op == "and" || op == "&&" }

// markUsed takes the names of an expression that cannot be parsed as used, so that nothing is called
// unused because of a typing error.
func (c *checker) markUsed() { c.sym.useWords(c.src.Text) }

func eventMask(events []packet.Event) uint8 {
	var m uint8
	for _, e := range events {
		m |= 1 << e
	}
	return m
}
