package ast

import (
	"slices"

	"github.com/ruleids/ruleids/packet"
)

// Of some fields a packet has several values. A comparison of such a field holds when it holds for one of them; where it
// reads several such fields, for one choice of a value of each. The checker says so: it puts a ClosureExpr with Each
// around the comparison, in which the field is the value at hand. Where no such closure is around, as in `by` and in the
// target of an action, the field is its first value.
//
//	dns.a in list.bad       ->  each(dns.a, dns.a in list.bad)
//	dns.a not in list.bad   ->  not each(dns.a, dns.a in list.bad)
//	dns.a != '10.0.0.1'     ->  each(dns.a, dns.a != '10.0.0.1')

// some makes a condition on values of fields hold when it holds for some of them.
func some(e Expr) Expr {
	for _, f := range Several(e) {
		e = &ClosureExpr{At: At{e.Range()}, Quantifier: Any, Field: f, Each: true, Body: e}
	}
	return e
}

// Several returns the fields in an expression of which a packet may have several values, and for which no closure around
// them says which one is meant; sorted by ID.
func Several(e Expr) []*packet.Field {
	var found []*packet.Field
	var collect func(e Expr, bound []*packet.Field)
	collect = func(e Expr, bound []*packet.Field) {
		Walk(e, func(x Expr) bool {
			switch x := x.(type) {
			case *FieldExpr:
				if x.Field.Many() && !slices.Contains(bound, x.Field) && !slices.Contains(found, x.Field) {
					found = append(found, x.Field)
				}
			case *ClosureExpr:
				if x.Each {
					collect(x.Body, append(bound[:len(bound):len(bound)], x.Field))
					return false
				}
			}
			return true
		})
	}
	collect(e, nil)
	slices.SortFunc(found, func(a, b *packet.Field) int { return a.ID - b.ID })
	return found
}

// ValuePresence returns a condition that is true for the values at hand with which e has one, in packets for which
// Presence holds; nil where it always has.
func ValuePresence(e Expr) Expr {
	var p presence
	p.add(e)
	if len(p.rest) == 0 {
		return nil
	}
	return And(e.Range(), p.rest...)
}
