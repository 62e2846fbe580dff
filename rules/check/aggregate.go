package check

import (
	"fmt"
	"slices"

	exprast "github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// AggregateByName returns the aggregate with a name of the language.
func AggregateByName(name string) (ast.Func, bool) {
	for _, f := range ast.WindowFuncs() {
		if f.String() == name {
			return f, true
		}
	}
	return 0, false
}

// aggregateCall returns count(cond), sum(x) or sum(x, cond) as a call where expr-lang takes it for its own function of arrays, as
// it does where something inside speaks of elements: sum(count(dns.resp.ttl, # < 60)).
func aggregateCall(b *exprast.BuiltinNode) (*exprast.CallNode, bool) {
	if b.Name != ast.FuncSum.String() && (b.Name != ast.FuncCount.String() || len(b.Arguments) > 1) {
		return nil, false
	}
	args := slices.Clone(b.Arguments)
	for i, a := range args {
		if p, ok := a.(*exprast.PredicateNode); ok {
			if speaksOfElements(p.Node) {
				return nil, false
			}
			args[i] = p.Node
		}
	}
	name := &exprast.IdentifierNode{Value: b.Name}
	name.SetLocation(b.Location())
	call := &exprast.CallNode{Callee: name, Arguments: args}
	call.SetLocation(b.Location())
	return call, true
}

// speaksOfElements reports whether a condition is on the elements of the array beside it, not of others within it.
func speaksOfElements(n exprast.Node) bool {
	switch n.(type) {
	case *exprast.PointerNode:
		return true
	case *exprast.PredicateNode:
		return false
	}
	return slices.ContainsFunc(children(n), speaksOfElements)
}

// Aggregate checks the text of an attribute of a window: an aggregate and its arguments.
func (c *Checker) Aggregate(n exprast.Node, a *ast.Aggregate) bool {
	call, ok := n.(*exprast.CallNode)
	if b, isBuiltin := n.(*exprast.BuiltinNode); isBuiltin {
		call, ok = aggregateCall(b)
	}
	if ok {
		_, ok = call.Callee.(*exprast.IdentifierNode)
	}
	if !ok {
		if b, isBuiltin := n.(*exprast.BuiltinNode); isBuiltin && b.Name == ast.FuncFirst.String() {
			c.Errorf(diag.TypeMismatch, c.Range(n), "A window does not know what came before it. Write %s into a memory block, as in memory \"5d\" { fresh = %q }.", c.Text(n), c.Text(n))
			return false
		}
		hint := ""
		if id, isName := n.(*exprast.IdentifierNode); isName {
			if _, isFunc := AggregateByName(id.Value); isFunc {
				hint = fmt.Sprintf(" Write %s().", id.Value)
			}
		}
		c.Errorf(diag.TypeMismatch, c.Range(n), "An aggregate is needed, as in count() or distinct(tcp.dstport). Arithmetic on aggregates belongs into when.%s", hint)
		return false
	}
	callee := call.Callee.(*exprast.IdentifierNode)
	at := c.Src.Range(callee.Location().From, callee.Location().To)
	fn, ok := AggregateByName(callee.Value)
	if !ok {
		names := make([]string, 0, len(ast.WindowFuncs()))
		for _, f := range ast.WindowFuncs() {
			names = append(names, f.String())
		}
		code, what := diag.UnknownFunction, "There is no aggregate %q.%s"
		if ast.FunctionByName(callee.Value) != nil {
			code, what = diag.TypeMismatch, "%q is a function of one packet; a window needs an aggregate, as in max(x).%s"
		}
		c.Errorf(code, at, what, callee.Value, diag.DidYouMean(callee.Value, names))
		return false
	}
	args := call.Arguments
	quantile := 0.0
	switch fn {
	case ast.FuncMedian:
		quantile = 50
	case ast.FuncPercentile:
		if len(args) < 2 || len(args) > 3 {
			c.Errorf(diag.BadArguments, at, "percentile takes a value, a percentage, and a condition if you like, not %d arguments: percentile(ip.len, 95).", len(args))
			return false
		}
		p := c.Value(args[1])
		k, isConst := p.(*ast.ConstExpr)
		if p == nil {
			return false
		}
		if !isConst || !k.Value.Kind.IsNumber() || k.Value.Number() < 0 || k.Value.Number() > 100 {
			c.Errorf(diag.BadArguments, c.Range(args[1]), "The percentage is a constant from 0 to 100, as in percentile(ip.len, 95).")
			return false
		}
		quantile = k.Value.Number()
		args = append([]exprast.Node{args[0]}, args[2:]...)
	}
	lo, hi := 1, 2
	switch fn {
	case ast.FuncCount:
		lo, hi = 0, 1
	case ast.FuncRate:
		lo, hi = 0, 0
	}
	if len(args) < lo || len(args) > hi {
		c.Errorf(diag.BadArguments, at, "%s takes %s, not %d arguments.", fn, [...]string{"no arguments", "a condition or nothing", "a value, and a condition if you like"}[hi], len(args))
		return false
	}
	ok = true
	var arg, cond ast.Expr
	if fn == ast.FuncCount {
		if len(args) == 1 {
			cond = c.condition(args[0])
			ok, c.Dead = cond != nil, ast.IsNever(cond)
		}
	} else if fn != ast.FuncRate {
		if fn.TakesTuples() {
			arg = c.Observed(args[0])
		} else {
			arg = c.Scalar(args[0])
		}
		ok = arg != nil
		if arg != nil && fn != ast.FuncDistinct && fn != ast.FuncChanges && !arg.Kind().IsNumber() {
			c.Errorf(diag.TypeMismatch, c.Range(args[0]), "%s is %s; %s needs a number.", c.Text(args[0]), An(arg.Kind()), fn)
			ok = false
		}
		if len(args) == 2 {
			switch second := c.Value(args[1]); {
			case second == nil:
			case second.Kind() == packet.KindBool:
				cond = Guard(second)
			case fn.TakesTuples():
				c.Errorf(diag.TypeMismatch, c.Range(args[1]), "%s is %s where a condition is needed. Several values that count as one are a tuple: %s([%s, %s]).",
					c.Text(args[1]), An(second.Kind()), fn, c.Text(args[0]), c.Text(args[1]))
			default:
				cond = c.condition(args[1]) // says what is wrong
			}
			ok, c.Dead = ok && cond != nil, ast.IsNever(cond)
		}
	}
	if !ok {
		return false
	}
	a.Func, a.Arg, a.Cond, a.Quantile = fn, arg, present(c.Range(n), arg, cond), quantile
	return true
}

// present returns a condition of an aggregate with that its argument is there, as an event that lacks it takes no part; nil where
// every event counts. Both may be nil.
func present(rng hcl.Range, arg, cond ast.Expr) ast.Expr {
	if arg != nil {
		if p := ast.Presence(arg); p != nil || cond != nil {
			cond = ast.And(rng, p, cond)
		}
	}
	if ast.IsBool(cond, true) {
		return nil
	}
	return cond
}

// gap checks a call of gap() or moved().
func (c *Checker) gap(n *exprast.CallNode, at hcl.Range, name string) ast.Expr {
	e := &ast.GapExpr{At: ast.At{Rng: c.Range(n)}, Span: c.Scope.Span, Moved: name == "moved"}
	is := "the time since the packet before of the rule's key"
	if e.Moved {
		is = "how far ip.src is from that of the packet before of the rule's key"
	}
	if len(n.Arguments) > 0 {
		return c.Errorf(diag.BadArguments, at, "%s takes no arguments, not %d: it is %s. Conditions belong to the aggregate, as in mean(%s(), tcp.len > 0).", name, len(n.Arguments), is, name)
	}
	if c.Scope.Span == 0 {
		return c.Errorf(diag.MisplacedAggregate, at, "%s() has a meaning only in the aggregates of a window, as in every = \"median(%s())\". Name one there, and write the name here.", name, name)
	}
	return e
}

// Observed checks the value of an aggregate that may be a tuple. A tuple of one value is that value.
func (c *Checker) Observed(n exprast.Node) ast.Expr {
	array, ok := n.(*exprast.ArrayNode)
	if !ok {
		return c.Scalar(n)
	}
	if len(array.Nodes) == 0 {
		return c.Errorf(diag.BadArguments, c.Range(n), "The tuple is empty. Write the values that count as one, as in [ip.dst, dst.port].")
	}
	t := &ast.TupleExpr{At: ast.At{Rng: c.Range(n)}}
	seen := map[string]bool{}
	good := true
	for _, x := range array.Nodes {
		e := c.Scalar(x)
		if e == nil {
			good = false
			continue
		}
		if _, isConst := e.(*ast.ConstExpr); isConst {
			c.Errorf(diag.BadValue, c.Range(x), "A value that is the same for every packet tells none from another. Leave it out.")
			good = false
		} else if text := ast.Format(e); seen[text] {
			c.Errorf(diag.DuplicateName, c.Range(x), "The value %q stands twice in the tuple.", c.Text(x))
			good = false
		} else {
			seen[text] = true
		}
		t.Xs = append(t.Xs, e)
	}
	switch {
	case !good:
		return nil
	case len(t.Xs) == 1:
		return t.Xs[0]
	}
	return t
}

// First checks the text of an attribute of a memory: first(x), or first(x, cond).
func (c *Checker) First(n exprast.Node, a *ast.Aggregate) bool {
	var name string
	var args []exprast.Node
	at := c.Range(n)
	switch n := n.(type) {
	case *exprast.BuiltinNode: // expr-lang has a function of this name, of arrays
		name, args = n.Name, n.Arguments
	case *exprast.CallNode:
		if id, ok := n.Callee.(*exprast.IdentifierNode); ok {
			name, args = id.Value, n.Arguments
			at = c.Src.Range(id.Location().From, id.Location().To)
		}
	}
	switch {
	case name == ast.FuncFirst.String():
	case name == "":
		c.Errorf(diag.TypeMismatch, at, "A memory knows only whether a value is new: write first(x), as in first(ip.src). Arithmetic belongs into when.")
		return false
	default:
		hint := diag.DidYouMean(name, []string{ast.FuncFirst.String()})
		if _, ok := AggregateByName(name); ok {
			hint = fmt.Sprintf(" Write %s into a window block.", name)
		}
		c.Errorf(diag.UnknownFunction, at, "A memory has no %q; it knows only whether a value is new: first(x).%s", name, hint)
		return false
	}
	if len(args) < 1 || len(args) > 2 {
		c.Errorf(diag.BadArguments, at, "first takes a value, and a condition if you like, not %d arguments. Several values that count as one are a tuple: first([ip.src, dst.port]).", len(args))
		return false
	}
	arg := c.Observed(args[0])
	ok := arg != nil
	if k, isConst := arg.(*ast.ConstExpr); ok && isConst {
		c.Errorf(diag.BadValue, k.Rng, "A value that is the same for every packet is new once. Write what differs, as in first(ip.src).")
		ok = false
	}
	var cond ast.Expr
	if len(args) == 2 {
		switch second := c.Value(args[1]); {
		case second == nil:
		case second.Kind() == packet.KindBool:
			cond = Guard(second)
		default:
			c.Errorf(diag.TypeMismatch, c.Range(args[1]), "%s is %s where a condition is needed. Several values that count as one are a tuple: first([%s, %s]).",
				c.Text(args[1]), An(second.Kind()), c.Text(args[0]), c.Text(args[1]))
		}
		ok, c.Dead = ok && cond != nil, ast.IsNever(cond)
	}
	if !ok {
		return false
	}
	a.Func, a.Arg, a.Cond = ast.FuncFirst, arg, present(c.Range(n), arg, cond)
	return true
}
