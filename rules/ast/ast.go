// Package ast has the tree of a checked expression: its nodes, the functions and aggregates of the language, and what is done with
// a tree by itself: walked, compared, written, asked for what it needs to have a value.
package ast

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/lists"
)

// An Expr is a checked, typed expression. Checking makes explicit what the language leaves to the
// reader: a comparison on fields that a packet may lack is And{LayerExpr, Compare}, macros and
// variables are replaced by what they stand for, constant parts are folded.
//
// The nodes are ConstExpr, FieldExpr, LayerExpr, ThresholdExpr, AggregateExpr, NotExpr, LogicExpr,
// CompareExpr, InExpr, ListedExpr, MatchExpr, TextExpr, ArithExpr, NegExpr, CondExpr, CallExpr, IndexExpr,
// SliceExpr, TupleExpr, GapExpr, ColumnExpr, AnyExpr, OpaqueExpr, ClosureExpr, ElementExpr, HasExpr and AbsentExpr. They do not change after Load and may be shared between rules.
type Expr interface {
	Kind() packet.Kind
	Range() hcl.Range // the characters in the rule file
}

// At is the range of a node and gives it its Range method.
type At struct{ Rng hcl.Range }

// Range returns the characters in the rule file that the node was made from.
func (a At) Range() hcl.Range { return a.Rng }

// A Value is a constant. Which member holds it is told by Kind: Int for booleans (0, 1), integers
// and MAC addresses; Float; Str for strings and bytes; Addr.
type Value struct {
	Kind  packet.Kind
	Int   int64
	Float float64
	Str   string
	Addr  packet.Addr
}

// ConstExpr is a constant.
type ConstExpr struct {
	At
	Value Value
	never bool // a condition that cannot hold, as was found while it was checked
}

// FieldExpr is the value of a field. It stands only where the field's layer is known to be there.
type FieldExpr struct {
	At
	Field *packet.Field
}

// LayerExpr is true when the packet has all of the layers.
type LayerExpr struct {
	At
	Layers packet.Layer
}

// ThresholdExpr is the rule's threshold, scaled by reputation: KindInt when the number is whole,
// else KindFloat.
type ThresholdExpr struct {
	At
	Value float64 // before scaling
}

// AggregateExpr is the value of an aggregate; only in When and in messages. First is a boolean; count, distinct and
// changes are integers, as are sum, min and max of integers; the rest are floats.
type AggregateExpr struct {
	At
	Aggregate *Aggregate
}

// NotExpr is the negation of a boolean.
type NotExpr struct {
	At
	X Expr
}

// LogicExpr is a conjunction, or with Or a disjunction, of two or more booleans. Evaluation stops at
// the first that decides.
type LogicExpr struct {
	At
	Or bool
	Xs []Expr
}

// Op is an operator of CompareExpr, TextExpr, AnyExpr or ArithExpr.
type Op uint8

// The operators.
const (
	OpEq Op = iota
	OpNe
	OpLt
	OpLe
	OpGt
	OpGe
	OpContains
	OpStartsWith
	OpEndsWith
	OpAdd
	OpSub
	OpMul
	OpDiv
	OpMod
	OpMatches
)

// String returns the operator as written in a rule.
func (o Op) String() string {
	return [...]string{"==", "!=", "<", "<=", ">", ">=", "contains", "startsWith", "endsWith", "+", "-", "*", "/", "%", "matches"}[o]
}

// Mirror returns the comparison that y and x have where x and y have this one: > for <.
func (o Op) Mirror() Op {
	switch o {
	case OpLt:
		return OpGt
	case OpLe:
		return OpGe
	case OpGt:
		return OpLt
	case OpGe:
		return OpLe
	}
	return o
}

// Negate returns the comparison that holds where this one, of two values that are there, does not.
func (o Op) Negate() Op {
	return [...]Op{OpEq: OpNe, OpNe: OpEq, OpLt: OpGe, OpLe: OpGt, OpGt: OpLe, OpGe: OpLt}[o]
}

// CompareExpr compares two values of one kind, or an integer with a float. Ordering is defined for
// numbers and strings; addresses, MACs and booleans have only == and !=.
type CompareExpr struct {
	At
	Op   Op
	X, Y Expr
}

// InExpr is true when X is a member of the set: a list, a literal array, or a range.
type InExpr struct {
	At
	X    Expr
	Set  *lists.Set
	List *lists.List // where the set is a list's; nil for a literal
}

// MatchExpr is true when the pattern matches somewhere in X.
type MatchExpr struct {
	At
	X       Expr
	Pattern *Pattern
}

// TextExpr is contains, startsWith or endsWith on strings and bytes.
type TextExpr struct {
	At
	Op   Op
	X, Y Expr
}

// ArithExpr is + - * / %. Division is always of floats, as in expr-lang; % is of integers, and its
// result for a divisor of 0 is 0. Integers wrap at 64 bits. + joins strings.
type ArithExpr struct {
	At
	Op   Op
	X, Y Expr
	K    packet.Kind
}

// NegExpr is the negative of a number.
type NegExpr struct {
	At
	X Expr
}

// CondExpr is If ? Then : Else.
type CondExpr struct {
	At
	If, Then, Else Expr
}

// CallExpr is one of the functions of Functions.
type CallExpr struct {
	At
	Func *Function
	Args []Expr
}

// IndexExpr is one byte of a string or of bytes as an integer. It stands only where Presence has made
// sure that there is one. The index is a constant, not negative.
type IndexExpr struct {
	At
	X Expr
	I int
}

// SliceExpr is X[From:To] of a string or bytes, cut to what is there. To is -1 for the end.
type SliceExpr struct {
	At
	X        Expr
	From, To int
}

// OpaqueExpr is an operation that only the expr VM can evaluate. It has no value where that fails. Text
// is expr-lang source in which VMName(i) is argument i. An array or a map, which only a ClosureExpr and
// other OpaqueExprs use, has a Kind that no field has; Elem is then the kind of its elements, which may
// be such a one too.
type OpaqueExpr struct {
	At
	Text   string
	Source string // what the author wrote
	K      packet.Kind
	Elem   packet.Kind
	Args   []Expr
}

// Quantifier is what a ClosureExpr asks of the elements of an array.
type Quantifier uint8

// The quantifiers.
const (
	Any   Quantifier = iota // the body holds for one at least
	All                     // for all
	Count                   // the number of those for which it holds
	Find                    // the value of the first for which it holds, or no value
)

// ClosureExpr looks at the elements of an array that the packet decides on, or at the values of a field that may have
// several. It has no value where the array has none. With Each a FieldExpr of the field in Body is the value at hand, and
// Body is looked at once, without one, where the packet lacks the field.
type ClosureExpr struct {
	At
	Quantifier Quantifier
	Array      *OpaqueExpr   // nil with Field
	Field      *packet.Field // nil with Array
	Each       bool
	Body       Expr
	Value      Expr // of Find: what the element gives; nil for others
	Depth      int  // closures around this one
}

// ElementExpr is the element that the closure of a depth looks at, or with Index its place. It stands
// only in the Body and the Value of a ClosureExpr.
type ElementExpr struct {
	At
	K     packet.Kind
	Depth int
	Index bool
	Field *packet.Field // of a closure over the values of a field; nil for others and for Index
}

// HasExpr is true when X, an OpaqueExpr, a GapExpr, a call that asks, or a ClosureExpr with Find, has a value. It stands only where
// the arguments of X have one.
type HasExpr struct {
	At
	X Expr
}

// AbsentExpr never has a value.
type AbsentExpr struct {
	At
	K packet.Kind
}

func (e *ConstExpr) Kind() packet.Kind   { return e.Value.Kind }
func (e *FieldExpr) Kind() packet.Kind   { return e.Field.Kind }
func (e *LayerExpr) Kind() packet.Kind   { return packet.KindBool }
func (e *NotExpr) Kind() packet.Kind     { return packet.KindBool }
func (e *LogicExpr) Kind() packet.Kind   { return packet.KindBool }
func (e *CompareExpr) Kind() packet.Kind { return packet.KindBool }
func (e *InExpr) Kind() packet.Kind      { return packet.KindBool }
func (e *MatchExpr) Kind() packet.Kind   { return packet.KindBool }
func (e *TextExpr) Kind() packet.Kind    { return packet.KindBool }
func (e *ArithExpr) Kind() packet.Kind   { return e.K }
func (e *NegExpr) Kind() packet.Kind     { return e.X.Kind() }
func (e *CallExpr) Kind() packet.Kind    { return e.Func.Result(e.Args) }
func (e *IndexExpr) Kind() packet.Kind   { return packet.KindInt }
func (e *SliceExpr) Kind() packet.Kind   { return e.X.Kind() }
func (e *OpaqueExpr) Kind() packet.Kind  { return e.K }
func (e *ElementExpr) Kind() packet.Kind { return e.K }
func (e *HasExpr) Kind() packet.Kind     { return packet.KindBool }
func (e *AbsentExpr) Kind() packet.Kind  { return e.K }

// Kind is that of the answer, which for Find is that of the value.
func (e *ClosureExpr) Kind() packet.Kind {
	switch e.Quantifier {
	case Count:
		return packet.KindInt
	case Find:
		return e.Value.Kind()
	}
	return packet.KindBool
}

// Kind is that of a whole or of a fractional number.
func (e *ThresholdExpr) Kind() packet.Kind {
	if e.Value == float64(int64(e.Value)) {
		return packet.KindInt
	}
	return packet.KindFloat
}

// Kind is that of the aggregate's value.
func (e *AggregateExpr) Kind() packet.Kind {
	switch a := e.Aggregate; a.Func {
	case FuncFirst:
		return packet.KindBool
	case FuncCount, FuncDistinct, FuncChanges:
		return packet.KindInt
	case FuncSum, FuncMin, FuncMax:
		return a.Arg.Kind()
	}
	return packet.KindFloat
}

// Kind is that of the branches; a float where one is an integer and the other a float.
func (e *CondExpr) Kind() packet.Kind {
	if e.Then.Kind() == packet.KindFloat || e.Else.Kind() == packet.KindFloat {
		return packet.KindFloat
	}
	return e.Then.Kind()
}
