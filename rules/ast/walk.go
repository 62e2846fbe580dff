package ast

import "fmt"

// Has reports whether e, or something below it as Walk goes, is a node of a type.
func Has[N Expr](e Expr) (found bool) {
	Walk(e, func(x Expr) bool {
		_, ok := x.(N)
		found = found || ok
		return !found
	})
	return found
}

// Walk calls visit for e and, while visit returns true, for what is below it, in the order of the
// text. The argument and the condition of an aggregate are not below it: they are about other packets.
// A nil expression has nothing. Walk panics on a node that it does not know.
func Walk(e Expr, visit func(Expr) bool) {
	if e == nil || !visit(e) {
		return
	}
	each := func(xs ...Expr) {
		for _, x := range xs {
			Walk(x, visit)
		}
	}
	switch e := e.(type) {
	case *ConstExpr, *FieldExpr, *LayerExpr, *ThresholdExpr, *AggregateExpr, *ElementExpr, *GapExpr, *AbsentExpr:
	case *NotExpr:
		each(e.X)
	case *LogicExpr:
		each(e.Xs...)
	case *CompareExpr:
		each(e.X, e.Y)
	case *InExpr:
		each(e.X)
	case *ListedExpr:
		each(e.X)
	case *MatchExpr:
		each(e.X)
	case *TextExpr:
		each(e.X, e.Y)
	case *ArithExpr:
		each(e.X, e.Y)
	case *NegExpr:
		each(e.X)
	case *CondExpr:
		each(e.If, e.Then, e.Else)
	case *CallExpr:
		each(e.Args...)
	case *IndexExpr:
		each(e.X)
	case *SliceExpr:
		each(e.X)
	case *TupleExpr:
		each(e.Xs...)
	case *ColumnExpr:
		each(e.Key)
	case *AnyExpr:
		each(e.X)
	case *OpaqueExpr:
		each(e.Args...)
	case *ClosureExpr:
		if e.Array != nil {
			each(e.Array)
		}
		each(e.Body, e.Value)
	case *HasExpr:
		each(e.X)
	default:
		panic(fmt.Sprintf("rules: unknown expression %T", e))
	}
}
