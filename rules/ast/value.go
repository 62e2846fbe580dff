package ast

import (
	"strings"

	"github.com/ruleids/ruleids/packet"
)

// MapASCII changes the case of the letters from first to last.
func MapASCII(s string, first, last byte) string {
	b := []byte(s)
	for i, x := range b {
		if first <= x && x <= last {
			b[i] = x ^ 0x20
		}
	}
	return string(b)
}

// Compare compares constants of kinds that may be compared.
func Compare(op Op, a, b Value) bool {
	cmp := 0
	switch {
	case a.Kind.IsText():
		cmp = strings.Compare(a.Str, b.Str)
	case a.Kind == packet.KindIP:
		if a.Addr != b.Addr {
			cmp = 1
		}
	case a.Kind == packet.KindFloat || b.Kind == packet.KindFloat:
		x, y := a.Number(), b.Number()
		switch {
		case x < y:
			cmp = -1
		case x > y:
			cmp = 1
		case x != y: // not a number
			return op == OpNe
		}
	case a.Int < b.Int:
		cmp = -1
	case a.Int > b.Int:
		cmp = 1
	}
	switch op {
	case OpEq:
		return cmp == 0
	case OpNe:
		return cmp != 0
	case OpLt:
		return cmp < 0
	case OpLe:
		return cmp <= 0
	case OpGt:
		return cmp > 0
	}
	return cmp >= 0
}

// Number returns an integer or a float as a float.
func (v Value) Number() float64 {
	if v.Kind == packet.KindFloat {
		return v.Float
	}
	return float64(v.Int)
}

// TextHolds reports whether s contains, begins or ends with a part, as op says.
func TextHolds(op Op, s, part string) bool {
	switch op {
	case OpContains:
		return strings.Contains(s, part)
	case OpStartsWith:
		return strings.HasPrefix(s, part)
	}
	return strings.HasSuffix(s, part)
}

// OnBytes reports whether a value is made of bytes, as payload and its parts are, and not of text.
func OnBytes(e Expr) bool {
	switch e := e.(type) {
	case *FieldExpr:
		return e.Field.Kind == packet.KindBytes
	case *ConstExpr:
		return e.Value.Kind == packet.KindBytes
	case *SliceExpr:
		return OnBytes(e.X)
	case *CondExpr:
		return OnBytes(e.Then) || OnBytes(e.Else)
	case *CallExpr:
		return (e.Func.ID == FnLower || e.Func.ID == FnUpper) && OnBytes(e.Args[0])
	}
	return false
}
