package ast

import (
	"slices"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/lists"
)

// Same reports whether two expressions are the same, wherever they stand. Fields that are held in one
// place, as the ports of TCP and of UDP, are the same: a packet has one of the layers only.
func Same(a, b Expr) bool {
	if a == b {
		return true
	}
	switch a := a.(type) {
	case *ConstExpr:
		b, ok := b.(*ConstExpr)
		return ok && a.Value == b.Value
	case *FieldExpr:
		b, ok := b.(*FieldExpr)
		return ok && samePlace(a.Field, b.Field)
	case *LayerExpr:
		b, ok := b.(*LayerExpr)
		return ok && a.Layers == b.Layers
	case *ThresholdExpr:
		_, ok := b.(*ThresholdExpr)
		return ok
	case *AggregateExpr:
		b, ok := b.(*AggregateExpr)
		return ok && a.Aggregate == b.Aggregate
	case *NotExpr:
		b, ok := b.(*NotExpr)
		return ok && Same(a.X, b.X)
	case *LogicExpr:
		b, ok := b.(*LogicExpr)
		return ok && a.Or == b.Or && slices.EqualFunc(a.Xs, b.Xs, Same)
	case *CompareExpr:
		b, ok := b.(*CompareExpr)
		return ok && a.Op == b.Op && Same(a.X, b.X) && Same(a.Y, b.Y)
	case *InExpr:
		b, ok := b.(*InExpr)
		return ok && a.List == b.List && sameSet(a.Set, b.Set) && Same(a.X, b.X)
	case *ListedExpr:
		b, ok := b.(*ListedExpr)
		return ok && a.List == b.List && Same(a.X, b.X)
	case *MatchExpr:
		b, ok := b.(*MatchExpr)
		return ok && a.Pattern.String() == b.Pattern.String() && a.Pattern.OnBytes() == b.Pattern.OnBytes() && Same(a.X, b.X)
	case *TextExpr:
		b, ok := b.(*TextExpr)
		return ok && a.Op == b.Op && Same(a.X, b.X) && Same(a.Y, b.Y)
	case *ArithExpr:
		b, ok := b.(*ArithExpr)
		return ok && a.Op == b.Op && Same(a.X, b.X) && Same(a.Y, b.Y)
	case *NegExpr:
		b, ok := b.(*NegExpr)
		return ok && Same(a.X, b.X)
	case *CondExpr:
		b, ok := b.(*CondExpr)
		return ok && Same(a.If, b.If) && Same(a.Then, b.Then) && Same(a.Else, b.Else)
	case *CallExpr:
		b, ok := b.(*CallExpr)
		return ok && a.Func == b.Func && slices.EqualFunc(a.Args, b.Args, Same)
	case *IndexExpr:
		b, ok := b.(*IndexExpr)
		return ok && a.I == b.I && Same(a.X, b.X)
	case *SliceExpr:
		b, ok := b.(*SliceExpr)
		return ok && a.From == b.From && a.To == b.To && Same(a.X, b.X)
	case *GapExpr:
		b, ok := b.(*GapExpr)
		return ok && a.Span == b.Span && a.Moved == b.Moved
	case *TupleExpr:
		b, ok := b.(*TupleExpr)
		return ok && slices.EqualFunc(a.Xs, b.Xs, Same)
	case *ColumnExpr:
		b, ok := b.(*ColumnExpr)
		return ok && a.List == b.List && a.Column == b.Column && Same(a.Key, b.Key)
	case *AnyExpr:
		b, ok := b.(*AnyExpr)
		return ok && a.Op == b.Op && a.List == b.List && slices.Equal(a.Words, b.Words) && Same(a.X, b.X)
	case *OpaqueExpr:
		b, ok := b.(*OpaqueExpr)
		return ok && a.Text == b.Text && slices.EqualFunc(a.Args, b.Args, Same)
	case *ClosureExpr:
		b, ok := b.(*ClosureExpr)
		return ok && a.Quantifier == b.Quantifier && a.Depth == b.Depth && a.Field == b.Field && a.Each == b.Each && (a.Field != nil || Same(a.Array, b.Array)) && Same(a.Body, b.Body) && (a.Value == nil) == (b.Value == nil) && (a.Value == nil || Same(a.Value, b.Value))
	case *ElementExpr:
		b, ok := b.(*ElementExpr)
		return ok && a.Depth == b.Depth && a.Index == b.Index && a.Field == b.Field
	case *HasExpr:
		b, ok := b.(*HasExpr)
		return ok && Same(a.X, b.X)
	}
	return false
}

func samePlace(a, b *packet.Field) bool {
	return a == b || a.Store == b.Store && a.Offset == b.Offset && a.Bit == b.Bit
}

func sameSet(a, b *lists.Set) bool {
	return a == b || a.Addrs == nil && b.Addrs == nil && a.Strs == nil && b.Strs == nil && a.Names == nil && b.Names == nil && slices.Equal(a.Ints, b.Ints)
}
