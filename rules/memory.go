package rules

import (
	"slices"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/check"
)

// memoryAttrs are the attributes of a memory block that are no aggregates.
var memoryAttrs = []string{"learn", "max_keys"}

// windowAttrs are those of a window block.
var windowAttrs = []string{"max_keys"}

// memories reads the memory blocks.
func (rb *ruleBuilder) memories(first map[string]hcl.Range) {
	for _, h := range rb.d.blocks {
		if h.Type != "memory" {
			continue
		}
		b := &block{kind: "memory", file: rb.d.file, hcl: h, attrs: h.Body.Attributes, blocks: h.Body.Blocks}
		m := &ast.Memory{Range: h.DefRange(), Span: rb.span(h, "memory", "5d")}
		m.MaxKeys = rb.maxKeys(b)
		unclear := time.Duration(0)
		if _, written := b.attrs["learn"]; written {
			unclear = m.Span // what cannot be read is no memory that does not learn
		}
		m.Learn = rb.durationValue(b, "learn", unclear)
		rb.r.Memories = append(rb.r.Memories, m)
		if rb.aggregates(h, memoryAttrs, first, func(a *ast.Aggregate, _ *check.Scope) { a.Memory = m }, func(a *ast.Aggregate) { m.Aggregates = append(m.Aggregates, a) }) == 0 {
			rb.report(diag.MissingAttribute, h.DefRange(), "The memory asks nothing. Add what is to be new, as in fresh = \"first(ip.src)\".")
		}
	}
}

// memoryNames are the names of what the memory blocks among some ask.
func memoryNames(blocks []*hclsyntax.Block) map[string]bool {
	names := map[string]bool{}
	for _, h := range blocks {
		if h.Type == "memory" {
			for name := range h.Body.Attributes {
				if !slices.Contains(memoryAttrs, name) {
					names[name] = true
				}
			}
		}
	}
	return names
}

// dropMemories takes away the memories of a rule that ask something under one of the names: those of an override take
// their places.
func (l *loader) dropMemories(d *ruleDecl, names map[string]bool) {
	l.drop(d, func(h *hclsyntax.Block) bool {
		for name := range memoryNames([]*hclsyntax.Block{h}) {
			if names[name] {
				return true
			}
		}
		return false
	})
}
