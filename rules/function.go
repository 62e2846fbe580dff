package rules

import "github.com/ruleids/ruleids/packet"

// FuncID identifies a function of the language.
type FuncID uint8

// The functions. Len counts bytes; Lower and Upper fold ASCII and Unicode letters as expr-lang does.
const (
	FnLen FuncID = iota
	FnLower
	FnUpper
	FnAbs
	FnMin
	FnMax
	FnEntropy
	FnRegisteredDomain
	FnIsPrivate
	FnHour
	FnBitAnd
)

// A Function is one row of the table of functions.
type Function struct {
	ID        FuncID
	Name      string
	Signature string // "entropy(s) number"
	Doc       string
}

// Result returns the kind of the function's value for arguments that were checked.
func (f *Function) Result(args []Expr) packet.Kind {
	switch f.ID {
	case FnLen, FnHour, FnBitAnd:
		return packet.KindInt
	case FnLower, FnUpper, FnRegisteredDomain:
		return packet.KindString
	case FnEntropy:
		return packet.KindFloat
	case FnIsPrivate:
		return packet.KindBool
	}
	for _, a := range args { // abs, min, max
		if a.Kind() == packet.KindFloat {
			return packet.KindFloat
		}
	}
	return packet.KindInt
}
