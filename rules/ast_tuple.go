package rules

import (
	"github.com/expr-lang/expr/ast"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
)

// TupleExpr is several values that count as one: [ip.dst, dst.port]. It stands only as the value of an aggregate
// that asks no more than whether values are the same, and has two parts at least.
type TupleExpr struct {
	At
	Xs []Expr
}

// Kind is one that no field has.
func (e *TupleExpr) Kind() packet.Kind { return kindComposite }

// takesTuples reports whether an aggregate asks of values no more than whether they are the same.
func (f Func) takesTuples() bool { return f == FuncDistinct || f == FuncChanges }

// observed checks the value of an aggregate that may be a tuple. A tuple of one value is that value.
func (c *checker) observed(n ast.Node) Expr {
	array, ok := n.(*ast.ArrayNode)
	if !ok {
		return c.scalar(n)
	}
	if len(array.Nodes) == 0 {
		return c.errorf(diag.BadArguments, c.rng(n), "The tuple is empty. Write the values that count as one, as in [ip.dst, dst.port].")
	}
	t := &TupleExpr{At: At{c.rng(n)}}
	seen := map[string]bool{}
	good := true
	for _, x := range array.Nodes {
		e := c.scalar(x)
		if e == nil {
			good = false
			continue
		}
		if _, isConst := e.(*ConstExpr); isConst {
			c.errorf(diag.BadValue, c.rng(x), "A value that is the same for every packet tells none from another. Leave it out.")
			good = false
		} else if text := Format(e); seen[text] {
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
