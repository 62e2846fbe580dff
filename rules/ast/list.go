package ast

import (
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/lists"
)

// ColumnExpr is what a list with columns knows of an entry: list.feed[ip.dst].confidence. It has a value where the list
// has the key.
type ColumnExpr struct {
	At
	Key    Expr
	List   *lists.List
	Column int // in List.Columns
}

// Kind is that of the column.
func (e *ColumnExpr) Kind() packet.Kind { return e.List.Columns[e.Column].Kind() }

// AnyExpr is contains, startsWith, endsWith or matches with any of several texts.
type AnyExpr struct {
	At
	Op       Op
	X        Expr
	Words    []string    // different ones; of a list in the order of their bytes
	Patterns []*Pattern  // of matches, in the order of Words
	List     *lists.List // whose entries they are; nil where they were written out
}

// Kind is that of a condition.
func (e *AnyExpr) Kind() packet.Kind { return packet.KindBool }

// Holds evaluates the condition for a constant.
func (e *AnyExpr) Holds(s string) bool {
	for i, w := range e.Words {
		if e.Op == OpMatches && e.Patterns[i].MatchString(s) || e.Op != OpMatches && TextHolds(e.Op, s, w) {
			return true
		}
	}
	return false
}

// ListedExpr is true when X is in a list that rules fill, as the events before this one filled it.
type ListedExpr struct {
	At
	X    Expr
	List *lists.List
}

// Kind is that of a condition.
func (e *ListedExpr) Kind() packet.Kind { return packet.KindBool }
