package rules

import "github.com/ruleids/ruleids/packet"

// ColumnExpr is what a list with columns knows of an entry: list.feed[ip.dst].confidence. It has a value where the list
// has the key.
type ColumnExpr struct {
	At
	Key    Expr
	List   *List
	Column int // in List.Columns
}

// Kind is that of the column.
func (e *ColumnExpr) Kind() packet.Kind { return e.List.Columns[e.Column].kind }

// AnyExpr is contains, startsWith, endsWith or matches with any of several texts.
type AnyExpr struct {
	At
	Op       Op
	X        Expr
	Words    []string   // different ones; of a list in the order of their bytes
	Patterns []*Pattern // of matches, in the order of Words
	List     *List      // whose entries they are; nil where they were written out
}

// Kind is that of a condition.
func (e *AnyExpr) Kind() packet.Kind { return packet.KindBool }

// holds evaluates the condition for a constant.
func (e *AnyExpr) holds(s string) bool {
	for i, w := range e.Words {
		if e.Op == OpMatches && e.Patterns[i].matchString(s) || e.Op != OpMatches && textHolds(e.Op, s, w) {
			return true
		}
	}
	return false
}
