package engine

import (
	"math"

	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/rules"
)

// lastText is the canonical text of the cell with the time of the packet before.
const lastText = "last"

// keepLast gives a group the cell with the time of the packet before of a key, for a window of a span.
func (g *group) keepLast(span int64, have map[string]int) {
	at, ok := have[lastText]
	if !ok {
		at = len(g.cells)
		have[lastText] = at
		g.cells = append(g.cells, cell{text: lastText, cond: predTrue, state: window.Cell{Kind: window.Raw, Words: 1}})
	}
	g.last = at
	g.cells[at].state.Span = max(g.cells[at].state.Span, span)
}

// gap returns the nanoseconds since the packet before of a key, and makes the one at hand that. It is -1 where there
// was none, and for a packet that is older: time never runs backwards.
func gap(last []uint64, now int64) int64 {
	const never = 1 << 63 // the time MinInt64 is that of no packet: the word is 0 then
	before, at := int64(last[0]^never), now
	if last[0] != 0 && at < before {
		return -1
	}
	known := last[0] != 0
	last[0] = uint64(at) ^ never
	if !known {
		return -1
	}
	if d := at - before; d >= 0 {
		return d
	}
	return math.MaxInt64 // 292 years and more
}

// hasGap reports whether an expression reads gap().
func hasGap(e rules.Expr) bool {
	found := false
	rules.Walk(e, func(x rules.Expr) bool {
		_, ok := x.(*rules.GapExpr)
		found = found || ok
		return !found
	})
	return found
}
