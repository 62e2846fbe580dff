package ast

import "github.com/hashicorp/hcl/v2"

// A Variable is a number or a text that a user may set.
type Variable struct {
	Name, Description string
	Value             any    // int64, float64, string, bool, or []any of these
	From              string // "default", "--set", "environment" or the settings file's name
	Used              bool
	Shipped           bool
	Range             hcl.Range
}

// A Macro is a named boolean expression.
type Macro struct {
	Name, Description string
	Text              string
	Expr              Expr // nil where it has errors
	Used              bool
	Shipped           bool
	Range             hcl.Range
}
