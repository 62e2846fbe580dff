package rules

import (
	"fmt"

	exprast "github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// aggregateByName returns the aggregate with a name of the language.
func aggregateByName(name string) (ast.Func, bool) {
	for _, f := range ast.WindowFuncs() {
		if f.String() == name {
			return f, true
		}
	}
	return 0, false
}

// aggregate checks the text of an attribute of a window: an aggregate and its arguments.
func (c *checker) aggregate(n exprast.Node, a *ast.Aggregate) bool {
	call, ok := n.(*exprast.CallNode)
	if ok {
		_, ok = call.Callee.(*exprast.IdentifierNode)
	}
	if !ok {
		if b, isBuiltin := n.(*exprast.BuiltinNode); isBuiltin && b.Name == ast.FuncFirst.String() {
			c.errorf(diag.TypeMismatch, c.rng(n), "A window does not know what came before it. Write %s into a memory block, as in memory \"5d\" { fresh = %q }.", c.text(n), c.text(n))
			return false
		}
		hint := ""
		if id, isName := n.(*exprast.IdentifierNode); isName {
			if _, isFunc := aggregateByName(id.Value); isFunc {
				hint = fmt.Sprintf(" Write %s().", id.Value)
			}
		}
		c.errorf(diag.TypeMismatch, c.rng(n), "An aggregate is needed, as in count() or distinct(tcp.dstport). Arithmetic on aggregates belongs into when.%s", hint)
		return false
	}
	callee := call.Callee.(*exprast.IdentifierNode)
	at := c.src.Range(callee.Location().From, callee.Location().To)
	fn, ok := aggregateByName(callee.Value)
	if !ok {
		names := make([]string, 0, len(ast.WindowFuncs()))
		for _, f := range ast.WindowFuncs() {
			names = append(names, f.String())
		}
		code, what := diag.UnknownFunction, "There is no aggregate %q.%s"
		if ast.FunctionByName(callee.Value) != nil {
			code, what = diag.TypeMismatch, "%q is a function of one packet; a window needs an aggregate, as in max(x).%s"
		}
		c.errorf(code, at, what, callee.Value, diag.DidYouMean(callee.Value, names))
		return false
	}
	args := call.Arguments
	quantile := 0.0
	switch fn {
	case ast.FuncMedian:
		quantile = 0.5
	case ast.FuncPercentile:
		if len(args) < 2 || len(args) > 3 {
			c.errorf(diag.BadArguments, at, "percentile takes a value, a percentage, and a condition if you like, not %d arguments: percentile(ip.len, 95).", len(args))
			return false
		}
		p := c.value(args[1])
		k, isConst := p.(*ast.ConstExpr)
		if p == nil {
			return false
		}
		if !isConst || !k.Value.Kind.IsNumber() || k.Value.Number() < 0 || k.Value.Number() > 100 {
			c.errorf(diag.BadArguments, c.rng(args[1]), "The percentage is a constant from 0 to 100, as in percentile(ip.len, 95).")
			return false
		}
		quantile = k.Value.Number() / 100
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
		c.errorf(diag.BadArguments, at, "%s takes %s, not %d arguments.", fn, [...]string{"no arguments", "a condition or nothing", "a value, and a condition if you like"}[hi], len(args))
		return false
	}
	ok = true
	var arg, cond ast.Expr
	if fn == ast.FuncCount {
		if len(args) == 1 {
			cond = c.condition(args[0])
			ok, c.dead = cond != nil, ast.IsNever(cond)
		}
	} else if fn != ast.FuncRate {
		if fn.TakesTuples() {
			arg = c.observed(args[0])
		} else {
			arg = c.scalar(args[0])
		}
		ok = arg != nil
		if arg != nil && fn != ast.FuncDistinct && fn != ast.FuncChanges && !arg.Kind().IsNumber() {
			c.errorf(diag.TypeMismatch, c.rng(args[0]), "%s is %s; %s needs a number.", c.text(args[0]), an(arg.Kind()), fn)
			ok = false
		}
		if len(args) == 2 {
			switch second := c.value(args[1]); {
			case second == nil:
			case second.Kind() == packet.KindBool:
				cond = guard(second)
			case fn.TakesTuples():
				c.errorf(diag.TypeMismatch, c.rng(args[1]), "%s is %s where a condition is needed. Several values that count as one are a tuple: %s([%s, %s]).",
					c.text(args[1]), an(second.Kind()), fn, c.text(args[0]), c.text(args[1]))
			default:
				cond = c.condition(args[1]) // says what is wrong
			}
			ok, c.dead = ok && cond != nil, ast.IsNever(cond)
		}
	}
	if !ok {
		return false
	}
	a.Func, a.Arg, a.Cond, a.Quantile = fn, arg, cond, quantile
	if arg != nil {
		// A packet that lacks the value takes no part.
		if p := ast.Presence(arg); p != nil || cond != nil {
			a.Cond = ast.And(c.rng(n), p, cond)
		}
	}
	if ast.IsBool(a.Cond, true) {
		a.Cond = nil
	}
	return true
}

// gap checks a call of gap() or moved().
func (c *checker) gap(n *exprast.CallNode, at hcl.Range, name string) ast.Expr {
	e := &ast.GapExpr{At: ast.At{Rng: c.rng(n)}, Span: c.scope.span, Moved: name == "moved"}
	is := "the time since the packet before of the rule's key"
	if e.Moved {
		is = "how far ip.src is from that of the packet before of the rule's key"
	}
	if len(n.Arguments) > 0 {
		return c.errorf(diag.BadArguments, at, "%s takes no arguments, not %d: it is %s. Conditions belong to the aggregate, as in mean(%s(), tcp.len > 0).", name, len(n.Arguments), is, name)
	}
	if c.scope.span == 0 {
		return c.errorf(diag.MisplacedAggregate, at, "%s() has a meaning only in the aggregates of a window, as in every = \"median(%s())\". Name one there, and write the name here.", name, name)
	}
	return e
}

// observed checks the value of an aggregate that may be a tuple. A tuple of one value is that value.
func (c *checker) observed(n exprast.Node) ast.Expr {
	array, ok := n.(*exprast.ArrayNode)
	if !ok {
		return c.scalar(n)
	}
	if len(array.Nodes) == 0 {
		return c.errorf(diag.BadArguments, c.rng(n), "The tuple is empty. Write the values that count as one, as in [ip.dst, dst.port].")
	}
	t := &ast.TupleExpr{At: ast.At{Rng: c.rng(n)}}
	seen := map[string]bool{}
	good := true
	for _, x := range array.Nodes {
		e := c.scalar(x)
		if e == nil {
			good = false
			continue
		}
		if _, isConst := e.(*ast.ConstExpr); isConst {
			c.errorf(diag.BadValue, c.rng(x), "A value that is the same for every packet tells none from another. Leave it out.")
			good = false
		} else if text := ast.Format(e); seen[text] {
			c.errorf(diag.DuplicateName, c.rng(x), "The value %q stands twice in the tuple.", c.text(x))
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
