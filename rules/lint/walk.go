package lint

import (
	"reflect"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// walk calls visit for e and for every expression within it. A nil expression has none.
func walk(e rules.Expr, visit func(rules.Expr)) {
	if e == nil || reflect.ValueOf(e).IsNil() {
		return
	}
	visit(e)
	for _, x := range parts(e) {
		walk(x, visit)
	}
}

// parts returns the expressions that e is directly made of. An aggregate is a leaf: what it is over
// are other packets.
func parts(e rules.Expr) []rules.Expr {
	switch e := e.(type) {
	case *rules.NotExpr:
		return []rules.Expr{e.X}
	case *rules.LogicExpr:
		return e.Xs
	case *rules.CompareExpr:
		return []rules.Expr{e.X, e.Y}
	case *rules.InExpr:
		return []rules.Expr{e.X}
	case *rules.MatchExpr:
		return []rules.Expr{e.X}
	case *rules.TextExpr:
		return []rules.Expr{e.X, e.Y}
	case *rules.ArithExpr:
		return []rules.Expr{e.X, e.Y}
	case *rules.NegExpr:
		return []rules.Expr{e.X}
	case *rules.CondExpr:
		return []rules.Expr{e.If, e.Then, e.Else}
	case *rules.CallExpr:
		return e.Args
	case *rules.IndexExpr:
		return []rules.Expr{e.X}
	case *rules.SliceExpr:
		return []rules.Expr{e.X}
	}
	return nil
}

// fieldsOf returns the fields that e reads, each once.
func fieldsOf(e rules.Expr) map[*packet.Field]bool {
	fields := map[*packet.Field]bool{}
	walk(e, func(e rules.Expr) {
		switch e := e.(type) {
		case *rules.FieldExpr:
			fields[e.Field] = true
		case *rules.OpaqueExpr:
			for _, f := range e.Fields {
				fields[f] = true
			}
		}
	})
	return fields
}

// A slot is where a packet holds a value. Fields with one slot, as dst.port and tcp.dstport, have the
// same value wherever a packet has both.
type slot struct {
	store  packet.Store
	offset uintptr
	bit    uint16
}

func slotOf(f *packet.Field) slot { return slot{f.Store, f.Offset, f.Bit} }

// keyed reports whether e has one value for all packets of a key, since it is made of nothing but
// fields that stand alone in `by`.
func keyed(e rules.Expr, by []rules.Key) bool {
	fixed := map[slot]bool{}
	for _, k := range by {
		if f, ok := k.Expr.(*rules.FieldExpr); ok {
			fixed[slotOf(f.Field)] = true
		}
	}
	for f := range fieldsOf(e) {
		if !fixed[slotOf(f)] {
			return false
		}
	}
	return true
}
