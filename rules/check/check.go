package check

import (
	"fmt"
	"time"

	exprast "github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// Scope says what an expression may use besides the symbols.
type Scope struct {
	Event      packet.Event
	AnyEvent   bool                      // a macro: the events in which it makes sense are worked out
	Aggregates map[string]*ast.Aggregate // nil for one with an error of its own
	NoAggs     string                    // why aggregates cannot be used here; empty where they can
	Threshold  *float64                  // nil for a rule without one
	Span       time.Duration             // of the window whose aggregate is checked; 0 elsewhere
	NoThresh   string                    // why threshold cannot be used here; empty where it can
	NoFields   string                    // why fields cannot be used here; empty where they can
	// Inline makes a value of an aggregate that stands in an expression; nil where aggregates have blocks of their own.
	Inline func(*Checker, *exprast.CallNode) ast.Expr
}

// A Checker turns one parsed expression into typed nodes. Methods that return an Expr return nil after
// they have reported an error, and check what else there is to check first.
type Checker struct {
	Src   *diag.Literal
	Scope *Scope
	Diags hcl.Diagnostics
	Dead  bool // a condition as a whole can never hold
	Never bool // a macro was used that never holds, as was reported with it
	Given bool // a variable was used that has another value than its default

	sym    *Symbols
	tree   *Tree
	events uint8           // bit per kind of event: those that have all the names used so far
	vars   int             // variables replaced so far
	errors int             // errors reported so far
	flip   bool            // under an odd number of nots
	doubts hcl.Diagnostics // what can never hold: an error where the whole condition cannot, else a warning

	locals     map[string]ast.Expr       // by let
	pointers   []pointer                 // of the closures around, the innermost last
	depth      int                       // closures around over arrays that the packet decides on
	unrolled   int                       // bodies of closures checked so far
	composites map[exprast.Node]ast.Expr // arrays and maps checked so far, where names mean what they mean here
}

// New returns a checker of one expression, in which the names of sym and what sc allows may stand.
func New(sym *Symbols, p Source, sc *Scope) *Checker {
	return &Checker{sym: sym, Src: p.Src, tree: p.Tree, Scope: sc, events: eventMask(packet.Events())}
}

// Run applies one of the checks to the whole expression, or reports that it cannot be parsed.
func (c *Checker) Run(check func(exprast.Node) ast.Expr) ast.Expr {
	if c.tree.err != nil {
		c.Diags = append(c.Diags, syntaxError(c.Src, c.tree.err))
		c.markUsed()
		return nil
	}
	e := check(c.tree.node)
	for _, d := range c.doubts {
		if !c.Dead {
			d.Severity = hcl.DiagWarning
		}
	}
	c.Diags = append(c.Diags, c.doubts...)
	c.doubts = nil
	return e
}

// doubt reports a comparison that cannot hold. Whether that is an error is known when all of the
// condition is checked: what one side of an or cannot do leaves the other.
func (c *Checker) doubt(rng hcl.Range, format string, args ...any) {
	if c.flip {
		c.Diags = append(c.Diags, diag.New(diag.AlwaysTrue, rng, format+" Negated, it always holds.", args...))
		return
	}
	c.doubts = append(c.doubts, diag.New(diag.NeverTrue, rng, format, args...))
}

// always reports a comparison that holds for all values.
func (c *Checker) always(rng hcl.Range, format string, args ...any) {
	c.Diags = append(c.Diags, diag.New(diag.AlwaysTrue, rng, format, args...))
}

// Range is where a node stands, with the parentheses around it.
func (c *Checker) Range(n exprast.Node) hcl.Range {
	x := c.tree.extentOf(n)
	return c.Src.Range(x.from, x.to)
}

// Token is the range of the node without parentheses around it.
func (c *Checker) Token(n exprast.Node) hcl.Range {
	x := c.tree.bareExtent(n)
	return c.Src.Range(x.from, x.to)
}

// Text is what the author wrote for a node.
func (c *Checker) Text(n exprast.Node) string {
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

// Errorf reports an error; it returns nil, for a node that has none.
func (c *Checker) Errorf(code string, rng hcl.Range, format string, args ...any) ast.Expr {
	c.errors++
	c.Diags = append(c.Diags, diag.New(code, rng, format, args...))
	return nil
}

// An is the kind with its article.
func An(k packet.Kind) string {
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
func (c *Checker) condition(n exprast.Node) ast.Expr {
	e := c.Value(n)
	if e == nil {
		return nil
	}
	if e.Kind() != packet.KindBool {
		hint := "Compare it with something."
		b, _ := n.(*exprast.BuiltinNode)
		switch {
		case b != nil && b.Name == ast.FuncFirst.String(): // of expr-lang, the first of an array
			hint = fmt.Sprintf("Whether a value is new is asked in a memory block, as in memory \"5d\" { fresh = \"%s\" }, and its name stands in when.", c.Text(n))
		case e.Kind().IsNumber() && c.Scope.NoAggs == "" && isAggregate(e):
			hint = fmt.Sprintf("Compare it, as in %s >= threshold.", c.Text(n))
		case e.Kind().IsNumber():
			hint = fmt.Sprintf("Compare it, as in %s > 0.", c.Text(n))
		case e.Kind() == packet.KindIP:
			hint = fmt.Sprintf("Compare it, as in %s in ['10.0.0.0/8'].", c.Text(n))
		}
		return c.Errorf(diag.TypeMismatch, c.Range(n), "%s is %s where a condition is needed. %s", c.Text(n), An(e.Kind()), hint)
	}
	return Guard(e)
}

func isAggregate(e ast.Expr) bool { _, ok := e.(*ast.AggregateExpr); return ok }

// Guard makes a boolean that may lack a value one that is false then.
func Guard(e ast.Expr) ast.Expr {
	switch e.(type) {
	case *ast.FieldExpr, *ast.CallExpr, *ast.OpaqueExpr, *ast.AbsentExpr, *ast.ClosureExpr:
		return ast.Present(e, e)
	}
	return e
}

// Scalar checks a node that must have a value of a kind that fields have.
func (c *Checker) Scalar(n exprast.Node) ast.Expr {
	e := c.Value(n)
	if e != nil && e.Kind() == ast.KindComposite {
		return c.Errorf(diag.TypeMismatch, c.Range(n), "%s is an array or a map where a single value is needed; tuples, as [ip.dst, dst.port], are for distinct, changes and first. A key has each value in quotes of its own.", c.Text(n))
	}
	return e
}

// Value checks any node.
func (c *Checker) Value(n exprast.Node) ast.Expr {
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

func (c *Checker) node(n exprast.Node) ast.Expr {
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
		return &ast.ConstExpr{At: ast.At{Rng: c.Token(n)}, Value: ast.Value{Kind: packet.KindInt, Int: int64(n.Value)}}
	case *exprast.FloatNode:
		return &ast.ConstExpr{At: ast.At{Rng: c.Token(n)}, Value: ast.Value{Kind: packet.KindFloat, Float: n.Value}}
	case *exprast.BoolNode:
		return ast.Bool(c.Token(n), n.Value)
	case *exprast.StringNode:
		return &ast.ConstExpr{At: ast.At{Rng: c.Token(n)}, Value: ast.Value{Kind: packet.KindString, Str: n.Value}}
	case *exprast.BytesNode:
		return &ast.ConstExpr{At: ast.At{Rng: c.Token(n)}, Value: ast.Value{Kind: packet.KindBytes, Str: string(n.Value)}}
	case *exprast.NilNode:
		return c.Errorf(diag.TypeMismatch, c.Token(n), "There is no nil: a comparison on a field that the packet lacks is false. Test for a layer by its name, as in not tcp.")
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
		return c.Errorf(diag.Unsupported, c.Range(n), "A condition is one expression: join two with and, or name the first with let.")
	}
	return c.opaque(n)
}

func (c *Checker) unary(n *exprast.UnaryNode) ast.Expr {
	switch n.Operator {
	case "not", "!":
		c.flip = !c.flip
		x := c.condition(n.Node)
		c.flip = !c.flip
		if x == nil {
			return nil
		}
		return ast.Not(c.Range(n), x)
	}
	x := c.Value(n.Node)
	if x == nil {
		return nil
	}
	if x.Kind() == ast.KindComposite {
		return c.opaque(n)
	}
	if !x.Kind().IsNumber() {
		return c.Errorf(diag.TypeMismatch, c.Range(n.Node), "%s is %s and has no sign; %q needs a number.", c.Text(n.Node), An(x.Kind()), n.Operator)
	}
	if n.Operator == "+" {
		return x
	}
	if k, ok := x.(*ast.ConstExpr); ok {
		v := k.Value
		v.Int, v.Float = -v.Int, -v.Float
		return &ast.ConstExpr{At: ast.At{Rng: c.Range(n)}, Value: v}
	}
	return &ast.NegExpr{At: ast.At{Rng: c.Range(n)}, X: x}
}

func (c *Checker) binary(n *exprast.BinaryNode) ast.Expr {
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
		return c.Errorf(diag.TypeMismatch, c.Range(n), "A range has a meaning only on the right of in, as in tcp.dstport in 1..1024.")
	}
	return c.opaque(n)
}

// logic checks a chain of one operator as a whole, so that a long one makes one flat node.
func (c *Checker) logic(n *exprast.BinaryNode) ast.Expr {
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
		return ast.Or(c.Range(n), xs...)
	}
	return ast.And(c.Range(n), xs...)
}

func isOr(op string) bool    { return op == "or" || op == "||" }
func isLogic(op string) bool { return isOr(op) || op == "and" || op == "&&" }

// markUsed takes the names of an expression that cannot be parsed as used, so that nothing is called
// unused because of a typing error.
func (c *Checker) markUsed() { c.sym.UseWords(c.Src.Text) }

func eventMask(events []packet.Event) uint8 {
	var m uint8
	for _, e := range events {
		m |= 1 << e
	}
	return m
}

// Forgive makes warnings of what never holds: where a site's value of a variable is the reason it is to stop no rule set.
func Forgive(diags hcl.Diagnostics) {
	for _, d := range diags {
		if diag.CodeOf(d) == diag.NeverTrue {
			d.Severity = hcl.DiagWarning
		}
	}
}
