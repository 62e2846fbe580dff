package rules

import (
	"time"

	"github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
)

// GapExpr is gap(): the seconds since the packet before of the rule's key. It stands only in aggregates, and has no
// value where that packet has left the window, and where the packet at hand is older than it.
type GapExpr struct {
	At
	Span time.Duration // of the window
}

// Kind is that of seconds.
func (e *GapExpr) Kind() packet.Kind { return packet.KindFloat }

// gap checks a call of gap().
func (c *checker) gap(n *ast.CallNode, at hcl.Range) Expr {
	if len(n.Arguments) > 0 {
		return c.errorf(diag.BadArguments, at, "gap takes no arguments, not %d: it is the time since the packet before of the rule's key. Conditions belong to the aggregate, as in mean(gap(), tcp.len > 0).", len(n.Arguments))
	}
	if c.scope.span == 0 {
		return c.errorf(diag.MisplacedAggregate, at, "gap() has a meaning only in the aggregates of a window, as in every = \"median(gap())\". Name one there, and write the name here.")
	}
	return &GapExpr{At{c.rng(n)}, c.scope.span}
}
