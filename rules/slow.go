package rules

import "github.com/ruleids/ruleids/packet"

// SlowPatterns returns the parts of a condition that read all of a payload by a regular expression which neither a literal
// nor its beginning keeps from most of them.
func SlowPatterns(e Expr) []Expr {
	var out []Expr
	Walk(e, func(x Expr) bool {
		switch x := x.(type) {
		case *MatchExpr:
			if onBytes(x.X) && slowPattern(x.Pattern) {
				out = append(out, x)
			}
		case *AnyExpr:
			for _, p := range x.Patterns {
				if onBytes(x.X) && slowPattern(p) {
					out = append(out, x)
					break
				}
			}
		}
		return true
	})
	return out
}

func slowPattern(p *Pattern) bool { return !p.Anchored() && len(p.Need()) == 0 }

// Narrow reports whether a condition that must hold lets few packets pass, by what is quickly told: a port, an address, a
// literal, a layer of few packets, a byte at a place.
func Narrow(e Expr) bool {
	if NeedOf(e) != nil {
		return true
	}
	switch e := e.(type) {
	case *LogicExpr:
		for _, x := range e.Xs {
			if Narrow(x) != e.Or {
				return !e.Or
			}
		}
		return e.Or
	case *LayerExpr:
		usual := packet.FieldByName("payload").Layer.Needs() | packet.LayerEth | packet.LayerEthType | packet.LayerTCP | packet.LayerUDP | packet.LayerPorts
		return e.Layers&^usual != 0
	case *FieldExpr:
		return e.Field.Store == packet.StoreFlag && e.Field.Bit != packet.FlagACK && e.Field.Bit != packet.FlagPSH
	case *CompareExpr:
		_, isConst := e.Y.(*ConstExpr)
		return isConst && e.Op == OpEq && narrowValue(e.X)
	case *InExpr:
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
func narrowValue(e Expr) bool {
	switch e := e.(type) {
	case *FieldExpr:
		switch e.Field.Kind {
		case packet.KindIP, packet.KindMAC, packet.KindString:
			return true
		case packet.KindInt:
			return e.Field.Store == packet.StoreU16
		}
	case *IndexExpr:
		return true
	case *CallExpr:
		return e.Func.ID == FnLen || e.Func.ID == FnLower || e.Func.ID == FnUpper || e.Func.ID == FnNetwork || e.Func.ID == FnRegisteredDomain
	}
	return false
}
