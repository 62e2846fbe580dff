package domain

import (
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// FieldsOf returns the fields that e reads, each once.
func FieldsOf(e ast.Expr) map[*packet.Field]bool {
	fields := map[*packet.Field]bool{}
	ast.Walk(e, func(e ast.Expr) bool {
		if f, ok := e.(*ast.FieldExpr); ok {
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

// Keyed reports whether e has one value for all packets of a key, since it is made of nothing but
// fields that stand alone in `by`.
func Keyed(e ast.Expr, by []ast.Key) bool {
	fixed := map[slot]bool{}
	for _, k := range by {
		if f, ok := k.Expr.(*ast.FieldExpr); ok {
			fixed[slotOf(f.Field)] = true
		}
	}
	if ast.Has[*ast.GapExpr](e) { // gap() and moved() differ from packet to packet
		return false
	}
	for f := range FieldsOf(e) {
		if !fixed[slotOf(f)] {
			return false
		}
	}
	return true
}
