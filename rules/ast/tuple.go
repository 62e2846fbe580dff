package ast

import "github.com/ruleids/ruleids/packet"

// TupleExpr is several values that count as one: [ip.dst, dst.port]. It stands only as the value of an aggregate
// that asks no more than whether values are the same, and has two parts at least.
type TupleExpr struct {
	At
	Xs []Expr
}

// Kind is one that no field has.
func (e *TupleExpr) Kind() packet.Kind { return KindComposite }

// TakesTuples reports whether an aggregate asks of values no more than whether they are the same.
func (f Func) TakesTuples() bool { return f == FuncDistinct || f == FuncChanges }

// KindComposite is the kind of an expression that is no scalar: an array or a map that only the VM
// knows. It never leaves the checker.
const KindComposite packet.Kind = 255
