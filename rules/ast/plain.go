package ast

import "github.com/ruleids/ruleids/packet"

// Plain writes a condition as Format does, without the guards that go without saying: layers that the rest of the
// condition asks for itself, and parentheses around and in and.
//
//	ip and (tcp and tcp.flags.syn) and not (tcp and tcp.flags.ack)  ->  tcp.flags.syn and not tcp.flags.ack
func Plain(e Expr) string { return Format(plain(e)) }

func plain(e Expr) Expr {
	switch e := e.(type) {
	case *NotExpr:
		return &NotExpr{e.At, plain(e.X)}
	case *LogicExpr:
		var xs []Expr
		for _, x := range e.Xs {
			x = plain(x)
			if l, ok := x.(*LogicExpr); ok && l.Or == e.Or {
				xs = append(xs, l.Xs...)
			} else {
				xs = append(xs, x)
			}
		}
		if !e.Or {
			xs = unguarded(xs)
		}
		if len(xs) == 1 {
			return xs[0]
		}
		return &LogicExpr{e.At, e.Or, xs}
	case *ClosureExpr:
		if e.Each {
			out := *e
			out.Body = plain(e.Body)
			return &out
		}
	}
	return e
}

// unguarded leaves out of a conjunction the layers that another part has too.
func unguarded(xs []Expr) []Expr {
	out := make([]Expr, 0, len(xs))
	for i, x := range xs {
		l, ok := x.(*LayerExpr)
		if !ok {
			out = append(out, x)
			continue
		}
		var other packet.Layer
		for j, y := range xs {
			if g, isLayer := y.(*LayerExpr); j != i && !(isLayer && g.Layers == l.Layers && j > i) {
				other |= asked(y)
			}
		}
		if l.Layers&^other != 0 {
			out = append(out, x)
		}
	}
	return out
}

// asked returns the layers without which a condition does not hold.
func asked(e Expr) packet.Layer {
	var all packet.Layer
	switch e := e.(type) {
	case *LayerExpr:
		all = e.Layers
	case *NotExpr, *ConstExpr, *CondExpr:
		return 0
	case *LogicExpr:
		for i, x := range e.Xs {
			switch a := asked(x); {
			case !e.Or:
				all |= a
			case i == 0:
				all = a
			default:
				all &= a
			}
		}
	case *ClosureExpr:
		if e.Each {
			all = asked(e.Body)
		}
		if e.Field != nil {
			all |= e.Field.Layer
		}
	case *FieldExpr, *CompareExpr, *InExpr, *ListedExpr, *MatchExpr, *TextExpr, *AnyExpr, *CallExpr:
		Walk(e, func(x Expr) bool {
			switch x := x.(type) {
			case *FieldExpr:
				all |= x.Field.Layer
			case *CondExpr, *OpaqueExpr, *ClosureExpr:
				return false
			}
			return true
		})
	}
	if all&(packet.LayerTCP|packet.LayerUDP|packet.LayerICMP|packet.LayerICMPv6|packet.LayerPorts) != 0 {
		all |= packet.LayerIP
	}
	return all
}
