package rules

import (
	"fmt"

	"github.com/expr-lang/expr/ast"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
)

// aggregateByName returns the aggregate with a name of the language.
func aggregateByName(name string) (Func, bool) {
	for f := FuncCount; f <= funcLast; f++ {
		if f.String() == name {
			return f, true
		}
	}
	return 0, false
}

// aggregate checks the text of an attribute of a window: an aggregate and its arguments.
func (c *checker) aggregate(n ast.Node, a *Aggregate) bool {
	call, ok := n.(*ast.CallNode)
	if ok {
		_, ok = call.Callee.(*ast.IdentifierNode)
	}
	if !ok {
		if b, isBuiltin := n.(*ast.BuiltinNode); isBuiltin && b.Name == FuncFirst.String() {
			c.errorf(diag.TypeMismatch, c.rng(n), "A window does not know what came before it. Write %s into a memory block, as in memory \"5d\" { fresh = %q }.", c.text(n), c.text(n))
			return false
		}
		hint := ""
		if id, isName := n.(*ast.IdentifierNode); isName {
			if _, isFunc := aggregateByName(id.Value); isFunc {
				hint = fmt.Sprintf(" Write %s().", id.Value)
			}
		}
		c.errorf(diag.TypeMismatch, c.rng(n), "An aggregate is needed, as in count() or distinct(tcp.dstport). Arithmetic on aggregates belongs into when.%s", hint)
		return false
	}
	callee := call.Callee.(*ast.IdentifierNode)
	at := c.src.Range(callee.Location().From, callee.Location().To)
	fn, ok := aggregateByName(callee.Value)
	if !ok {
		names := make([]string, 0, funcLast+1)
		for f := FuncCount; f <= funcLast; f++ {
			names = append(names, f.String())
		}
		code, what := diag.UnknownFunction, "There is no aggregate %q.%s"
		if functionByName(callee.Value) != nil {
			code, what = diag.TypeMismatch, "%q is a function of one packet; a window needs an aggregate, as in max(x).%s"
		}
		c.errorf(code, at, what, callee.Value, diag.DidYouMean(callee.Value, names))
		return false
	}
	args := call.Arguments
	quantile := 0.0
	switch fn {
	case FuncMedian:
		quantile = 0.5
	case FuncPercentile:
		if len(args) < 2 || len(args) > 3 {
			c.errorf(diag.BadArguments, at, "percentile takes a value, a percentage, and a condition if you like, not %d arguments: percentile(ip.len, 95).", len(args))
			return false
		}
		p := c.value(args[1])
		k, isConst := p.(*ConstExpr)
		if p == nil {
			return false
		}
		if !isConst || !isNumber(k.Value.Kind) || number(k.Value) < 0 || number(k.Value) > 100 {
			c.errorf(diag.BadArguments, c.rng(args[1]), "The percentage is a constant from 0 to 100, as in percentile(ip.len, 95).")
			return false
		}
		quantile = number(k.Value) / 100
		args = append([]ast.Node{args[0]}, args[2:]...)
	}
	lo, hi := 1, 2
	switch fn {
	case FuncCount:
		lo, hi = 0, 1
	case FuncRate:
		lo, hi = 0, 0
	}
	if len(args) < lo || len(args) > hi {
		c.errorf(diag.BadArguments, at, "%s takes %s, not %d arguments.", fn, [...]string{"no arguments", "a condition or nothing", "a value, and a condition if you like"}[hi], len(args))
		return false
	}
	ok = true
	var arg, cond Expr
	if fn == FuncCount {
		if len(args) == 1 {
			cond = c.condition(args[0])
			ok, c.dead = cond != nil, isNever(cond)
		}
	} else if fn != FuncRate {
		if fn.takesTuples() {
			arg = c.observed(args[0])
		} else {
			arg = c.scalar(args[0])
		}
		ok = arg != nil
		if arg != nil && fn != FuncDistinct && fn != FuncChanges && !isNumber(arg.Kind()) {
			c.errorf(diag.TypeMismatch, c.rng(args[0]), "%s is %s; %s needs a number.", c.text(args[0]), an(arg.Kind()), fn)
			ok = false
		}
		if len(args) == 2 {
			switch second := c.value(args[1]); {
			case second == nil:
			case second.Kind() == packet.KindBool:
				cond = guard(second)
			case fn.takesTuples():
				c.errorf(diag.TypeMismatch, c.rng(args[1]), "%s is %s where a condition is needed. Several values that count as one are a tuple: %s([%s, %s]).",
					c.text(args[1]), an(second.Kind()), fn, c.text(args[0]), c.text(args[1]))
			default:
				cond = c.condition(args[1]) // says what is wrong
			}
			ok, c.dead = ok && cond != nil, isNever(cond)
		}
	}
	if !ok {
		return false
	}
	a.Func, a.Arg, a.Cond, a.Quantile = fn, arg, cond, quantile
	if arg != nil {
		// A packet that lacks the value takes no part.
		if p := Presence(arg); p != nil || cond != nil {
			a.Cond = conjunction(c.rng(n), p, cond)
		}
	}
	if isConstBool(a.Cond, true) {
		a.Cond = nil
	}
	return true
}
