package check

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/domain"
)

// checkCondition parses and checks one condition on packets outside of a rule file. Ranges in diagnostics and nodes are places in
// text, in a file without a name. The Expr is nil when the text has errors that leave it without meaning.
func checkCondition(text string) (ast.Expr, hcl.Diagnostics) {
	c, whole := checkerOf(text)
	e := c.Run(c.Whole)
	if e != nil {
		(&domain.Contradictor{Diags: &c.Diags}).Check(e, whole, nil)
	}
	return e, diag.Sort(c.Diags)
}

// checkValue is checkCondition for an expression of any scalar type.
func checkValue(text string) (ast.Expr, hcl.Diagnostics) {
	c, _ := checkerOf(text)
	return c.Run(c.Scalar), diag.Sort(c.Diags)
}

func checkerOf(text string) (*Checker, hcl.Range) {
	raw := []byte(text)
	whole := hcl.Range{Start: hcl.InitialPos, End: diag.Positions(raw, hcl.InitialPos, []int{len(raw)})[0]}
	p := Source{diag.Verbatim(text, raw, whole), ParseText(text)}
	return New(NewSymbols(), p, &Scope{Event: packet.EventPacket, Aggregates: map[string]*ast.Aggregate{}}), whole
}
