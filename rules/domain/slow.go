package domain

import (
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// SlowPatterns returns the parts of a condition that read all of a payload by a regular expression which neither a literal
// nor its beginning keeps from most of them.
func SlowPatterns(e ast.Expr) []ast.Expr {
	var out []ast.Expr
	ast.Walk(e, func(x ast.Expr) bool {
		switch x := x.(type) {
		case *ast.MatchExpr:
			if ast.OnBytes(x.X) && slowPattern(x.Pattern) {
				out = append(out, x)
			}
		case *ast.AnyExpr:
			for _, p := range x.Patterns {
				if ast.OnBytes(x.X) && slowPattern(p) {
					out = append(out, x)
					break
				}
			}
		}
		return true
	})
	return out
}

func slowPattern(p *ast.Pattern) bool { return !p.Anchored() && len(NeedOfPattern(p)) == 0 }

// Narrow reports whether a condition that must hold lets few packets pass, by what is quickly told: a port, an address, a
// literal, a layer of few packets, a byte at a place.
func Narrow(e ast.Expr) bool {
	if NeedOf(e) != nil {
		return true
	}
	switch e := e.(type) {
	case *ast.LogicExpr:
		for _, x := range e.Xs {
			if Narrow(x) != e.Or {
				return !e.Or
			}
		}
		return e.Or
	case *ast.LayerExpr:
		usual := packet.FieldByName("payload").Layer.Needs() | packet.LayerEth | packet.LayerEthType | packet.LayerTCP | packet.LayerUDP | packet.LayerPorts
		return e.Layers&^usual != 0
	case *ast.FieldExpr:
		return e.Field.Store == packet.StoreFlag && e.Field.Bit != packet.FlagACK && e.Field.Bit != packet.FlagPSH
	case *ast.CompareExpr:
		_, isConst := e.Y.(*ast.ConstExpr)
		return isConst && e.Op == ast.OpEq && narrowValue(e.X)
	case *ast.InExpr:
		if e.Set.Addrs != nil {
			for r := range e.Set.Addrs.Ranges {
				if r.Size() > 256 {
					return false
				}
			}
		}
		return narrowValue(e.X)
	}
	return false
}

// narrowValue reports whether few packets have one value of some.
func narrowValue(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.FieldExpr:
		switch e.Field.Kind {
		case packet.KindIP, packet.KindMAC, packet.KindString:
			return true
		case packet.KindInt:
			return e.Field.Store == packet.StoreU16
		}
	case *ast.IndexExpr:
		return true
	case *ast.CallExpr:
		return e.Func.ID == ast.FnLen || e.Func.ID == ast.FnLower || e.Func.ID == ast.FnUpper || e.Func.ID == ast.FnNetwork || e.Func.ID == ast.FnRegisteredDomain
	}
	return false
}
