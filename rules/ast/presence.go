package ast

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/packet"
)

// Presence returns a condition that is true for the packets in which e has a value: they have the
// layers of its fields, and the bytes that it indexes. It is nil where e always has one; a condition
// (every boolean but a field, a call and what only the VM can evaluate) always has.
func Presence(e Expr) Expr {
	var p presence
	p.add(e)
	var layers Expr
	if p.layers != 0 {
		layers = &LayerExpr{At{e.Range()}, p.layers}
	}
	if len(p.rest) == 0 {
		return layers
	}
	return And(e.Range(), layers, some(And(e.Range(), p.rest...)))
}

type presence struct {
	layers packet.Layer
	rest   []Expr
}

func (p *presence) add(e Expr) {
	switch e := e.(type) {
	case *FieldExpr:
		p.layers |= e.Field.Layer &^ packet.LayerFrame
	case *ArithExpr:
		p.add(e.X)
		p.add(e.Y)
	case *NegExpr:
		p.add(e.X)
	case *CallExpr:
		for _, a := range e.Args {
			p.add(a)
		}
		if e.Func.Asks() {
			p.rest = append(p.rest, &HasExpr{e.At, e})
		}
	case *SliceExpr:
		p.add(e.X)
	case *GapExpr:
		p.rest = append(p.rest, &HasExpr{e.At, e})
	case *TupleExpr:
		for _, x := range e.Xs {
			p.add(x)
		}
	case *IndexExpr:
		p.add(e.X)
		length := &CallExpr{e.At, functions[FnLen], []Expr{e.X}}
		p.rest = append(p.rest, &CompareExpr{e.At, OpGt, length, &ConstExpr{At: e.At, Value: Value{Kind: packet.KindInt, Int: int64(e.I)}}})
	case *CondExpr:
		a, b := Presence(e.Then), Presence(e.Else)
		if a == nil && b == nil {
			return
		}
		if a == nil {
			a = Bool(e.Then.Range(), true)
		}
		if b == nil {
			b = Bool(e.Else.Range(), true)
		}
		p.rest = append(p.rest, &CondExpr{e.At, e.If, a, b})
	case *ColumnExpr:
		p.add(e.Key)
		p.rest = append(p.rest, &InExpr{e.At, e.Key, e.List.Set, e.List})
	case *OpaqueExpr:
		for _, a := range e.Args {
			p.add(a)
		}
		p.rest = append(p.rest, &HasExpr{e.At, e})
	case *ClosureExpr:
		if e.Quantifier == Find {
			p.source(e)
			p.rest = append(p.rest, &HasExpr{e.At, e})
		} else if e.Quantifier == Count {
			p.source(e)
		}
	case *AbsentExpr:
		p.rest = append(p.rest, Bool(e.Rng, false))
	}
}

// source adds what a closure goes over.
func (p *presence) source(e *ClosureExpr) {
	if e.Field != nil {
		p.layers |= e.Field.Layer
	} else {
		p.add(e.Array)
	}
}

// Present returns leaf, false where one of the values that it is made from is missing; of fields with several it holds
// when it holds for some.
func Present(leaf Expr, operands ...Expr) Expr {
	var p presence
	for _, o := range operands {
		p.add(o)
	}
	var layers Expr
	if p.layers != 0 {
		layers = &LayerExpr{At{leaf.Range()}, p.layers}
	}
	if len(Several(leaf)) > 0 {
		return And(leaf.Range(), layers, some(And(leaf.Range(), append(p.rest, leaf)...)))
	}
	xs := make([]Expr, 0, 2+len(p.rest))
	if layers != nil {
		xs = append(xs, layers)
	}
	return And(leaf.Range(), append(append(xs, p.rest...), leaf)...)
}

// Bool is a constant condition.
func Bool(rng hcl.Range, b bool) *ConstExpr {
	v := Value{Kind: packet.KindBool}
	if b {
		v.Int = 1
	}
	return &ConstExpr{At: At{rng}, Value: v}
}

// Never is a condition that was found never to hold.
func Never(rng hcl.Range) *ConstExpr {
	k := Bool(rng, false)
	k.never = true
	return k
}

// IsNever reports whether a condition was found never to hold.
func IsNever(e Expr) bool {
	k, ok := e.(*ConstExpr)
	return ok && k.never
}

// IsBool reports whether e is the constant.
func IsBool(e Expr, b bool) bool {
	k, ok := e.(*ConstExpr)
	return ok && k.Value.Kind == packet.KindBool && (k.Value.Int != 0) == b
}

// And joins conditions with and; nil ones count as true.
func And(rng hcl.Range, xs ...Expr) Expr { return joined(rng, false, xs) }

// Or joins conditions with or.
func Or(rng hcl.Range, xs ...Expr) Expr { return joined(rng, true, xs) }

func joined(rng hcl.Range, or bool, xs []Expr) Expr {
	out := make([]Expr, 0, len(xs))
	never := true // what is left out can never hold
	for _, x := range xs {
		if x == nil || IsBool(x, !or) {
			never = never && IsNever(x)
			continue
		}
		if IsBool(x, or) {
			k := Bool(rng, or)
			k.never = !or && IsNever(x)
			return k
		}
		out = append(out, x)
	}
	switch len(out) {
	case 0:
		k := Bool(rng, !or)
		k.never = or && never && len(xs) > 0
		return k
	case 1:
		return out[0]
	}
	return &LogicExpr{At{rng}, or, out}
}

// Not is the negation of a condition, without two that undo each other.
func Not(rng hcl.Range, x Expr) Expr {
	switch x := x.(type) {
	case *ConstExpr:
		return Bool(rng, x.Value.Int == 0)
	case *NotExpr:
		return x.X
	}
	return &NotExpr{At{rng}, x}
}
