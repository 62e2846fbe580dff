package rules

import (
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
)

// GapExpr is what lies between the packet before of the rule's key and the one at hand: gap(), the seconds, or moved(), the
// kilometres between where their sources are. It stands only in aggregates, and has no value where that packet has left the
// window, and where the packet at hand is older than it; moved() has none either where one of the places is not known.
type GapExpr struct {
	At
	Span  time.Duration // of the window
	Moved bool
}

// FarthestMove is no less than moved(): half of the earth's circumference, in kilometres.
const FarthestMove = 20016

// Name is that of the function.
func (e *GapExpr) Name() string {
	if e.Moved {
		return "moved"
	}
	return "gap"
}

// Kind is that of seconds and of kilometres.
func (e *GapExpr) Kind() packet.Kind { return packet.KindFloat }

// gap checks a call of gap() or moved().
func (c *checker) gap(n *ast.CallNode, at hcl.Range, name string) Expr {
	e := &GapExpr{At{c.rng(n)}, c.scope.span, name == "moved"}
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
