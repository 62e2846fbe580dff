package lint

import (
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// fieldsOf returns the fields that e reads, each once.
func fieldsOf(e rules.Expr) map[*packet.Field]bool {
	fields := map[*packet.Field]bool{}
	rules.Walk(e, func(e rules.Expr) bool {
		if f, ok := e.(*rules.FieldExpr); ok {
			fields[f.Field] = true
		}
		return true
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
	if gaps(e) {
		return false
	}
	for f := range fieldsOf(e) {
		if !fixed[slotOf(f)] {
			return false
		}
	}
	return true
}

// gaps reports whether e reads gap() or moved(), which differ from packet to packet.
func gaps(e rules.Expr) (found bool) {
	rules.Walk(e, func(e rules.Expr) bool {
		_, ok := e.(*rules.GapExpr)
		found = found || ok
		return !found
	})
	return found
}
