package rules

import (
	"slices"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// applyOverride joins an override to its rule: its attributes replace those of the rule, its blocks
// are added (an escalate block replaces the rule's), and actions = [] drops the actions that the rule had before. Overrides of one rule apply
// in the order of their files' names, and of their lines.
func (l *loader) applyOverride(b *block) *Override {
	o := &Override{Rule: b.name, Range: b.header()}
	attrs := slices.DeleteFunc(slices.Clone(ruleAttrs), func(s string) bool { return s == "on" })
	l.known(b, append(attrs, "actions"), ruleBlocks)
	d := l.rules[b.name]
	if d == nil {
		l.report(CodeUnknownRule, b.labelRange(), "There is no rule %q to override.%s", b.name, didYouMean(b.name, sortedKeys(l.rules)))
		return o
	}
	d.overridden = true
	if a := b.attrs["actions"]; a != nil {
		if t, ok := a.Expr.(*hclsyntax.TupleConsExpr); !ok || len(t.Exprs) > 0 {
			l.report(CodeBadValue, a.Expr.Range(), "actions can only be the empty list, which drops the actions of the rule; new ones are blocks.")
		} else {
			d.blocks = slices.DeleteFunc(d.blocks, func(h *hclsyntax.Block) bool { return slices.Contains(actionBlocks, h.Type) })
		}
	}
	for name, a := range b.attrs {
		if slices.Contains(attrs, name) {
			d.attrs[name] = a
		}
	}
	if has := func(h *hclsyntax.Block) bool { return h.Type == "escalate" }; slices.ContainsFunc(b.blocks, has) {
		d.blocks = slices.DeleteFunc(d.blocks, has) // a rule has one
	}
	for _, h := range b.blocks {
		if slices.Contains(ruleBlocks, h.Type) {
			d.blocks = append(d.blocks, h)
		}
	}
	return o
}
