package rules

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/internal/diag"
)

// applyOverride joins an override to its rule: its attributes replace those of the rule, its blocks
// are added (an escalate or evidence block or a sequence replaces the rule's, a level that of the same severity, a memory those that ask under its names), and actions = [] drops the actions that the rule had before. Overrides of one rule apply
// in the order of their files' names, and of their lines.
func (l *loader) applyOverride(b *block) *Override {
	o := &Override{Rule: b.name, Range: b.header()}
	attrs := slices.DeleteFunc(slices.Clone(ruleAttrs), func(s string) bool { return s == "on" })
	l.known(b, append(attrs, "actions"), ruleBlocks)
	d := l.rules[b.name]
	if d == nil {
		l.report(diag.UnknownRule, b.labelRange(), "There is no rule %q to override.%s", b.name, l.sym.Hint("rule", b.name, slices.Sorted(maps.Keys(l.rules))))
		return o
	}
	d.override()
	if a := b.attrs["actions"]; a != nil {
		if t, ok := a.Expr.(*hclsyntax.TupleConsExpr); !ok || len(t.Exprs) > 0 {
			l.report(diag.BadValue, a.Expr.Range(), "actions can only be the empty list, which drops the actions of the rule; new ones are blocks.")
		} else {
			l.drop(d, func(h *hclsyntax.Block) bool { return slices.Contains(actionBlocks, h.Type) })
		}
	}
	for name, a := range b.attrs {
		if slices.Contains(attrs, name) {
			if old := d.attrs[name]; old != nil && name != "description" {
				l.replaced(d, old.Expr.Range())
			}
			d.attrs[name] = a
		}
	}
	if own := memoryNames(b.blocks); len(own) > 0 {
		l.dropMemories(d, own)
	}
	if own := levelNames(b.blocks); len(own) > 0 {
		l.drop(d, func(h *hclsyntax.Block) bool { return h.Type == "level" && len(h.Labels) == 1 && own[h.Labels[0]] })
	}
	for _, kind := range []string{"escalate", "sequence", "evidence"} { // a rule has one of each
		if b.has(kind) {
			l.drop(d, func(h *hclsyntax.Block) bool { return h.Type == kind })
		}
	}
	for _, h := range b.blocks {
		if slices.Contains(ruleBlocks, h.Type) {
			d.blocks = append(d.blocks, h)
		}
	}
	return o
}

// drop takes blocks away from a rule.
func (l *loader) drop(d *ruleDecl, which func(*hclsyntax.Block) bool) {
	for _, h := range d.blocks {
		if which(h) {
			l.replaced(d, h.Range())
		}
	}
	d.blocks = slices.DeleteFunc(d.blocks, which)
}

// replaced takes the names in a part of a rule that an override replaces as used: they are when the
// override goes, and belong to whoever wrote the rule.
func (l *loader) replaced(d *ruleDecl, rng hcl.Range) {
	if src := d.file.bytes; rng.Filename == d.file.name && rng.CanSliceBytes(src) {
		l.view(d.file.name).UseWords(string(rng.SliceBytes(src)))
	}
}
