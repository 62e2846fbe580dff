package ast

import (
	"time"

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
