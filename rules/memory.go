package rules

import (
	"fmt"
	"slices"

	exprast "github.com/expr-lang/expr/ast"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
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
		m.Learn = rb.durationValue(b, "learn", 0)
		rb.r.Memories = append(rb.r.Memories, m)
		if rb.aggregates(h, memoryAttrs, first, func(a *ast.Aggregate, _ *scope) { a.Memory = m }, func(a *ast.Aggregate) { m.Aggregates = append(m.Aggregates, a) }) == 0 {
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

// first checks the text of an attribute of a memory: first(x), or first(x, cond).
func (c *checker) first(n exprast.Node, a *ast.Aggregate) bool {
	var name string
	var args []exprast.Node
	at := c.rng(n)
	switch n := n.(type) {
	case *exprast.BuiltinNode: // expr-lang has a function of this name, of arrays
		name, args = n.Name, n.Arguments
	case *exprast.CallNode:
		if id, ok := n.Callee.(*exprast.IdentifierNode); ok {
			name, args = id.Value, n.Arguments
			at = c.src.Range(id.Location().From, id.Location().To)
		}
	}
	switch {
	case name == ast.FuncFirst.String():
	case name == "":
		c.errorf(diag.TypeMismatch, at, "A memory knows only whether a value is new: write first(x), as in first(ip.src). Arithmetic belongs into when.")
		return false
	default:
		hint := diag.DidYouMean(name, []string{ast.FuncFirst.String()})
		if _, ok := aggregateByName(name); ok {
			hint = fmt.Sprintf(" Write %s into a window block.", name)
		}
		c.errorf(diag.UnknownFunction, at, "A memory has no %q; it knows only whether a value is new: first(x).%s", name, hint)
		return false
	}
	if len(args) < 1 || len(args) > 2 {
		c.errorf(diag.BadArguments, at, "first takes a value, and a condition if you like, not %d arguments. Several values that count as one are a tuple: first([ip.src, dst.port]).", len(args))
		return false
	}
	arg := c.observed(args[0])
	ok := arg != nil
	if k, isConst := arg.(*ast.ConstExpr); ok && isConst {
		c.errorf(diag.BadValue, k.Rng, "A value that is the same for every packet is new once. Write what differs, as in first(ip.src).")
		ok = false
	}
	var cond ast.Expr
	if len(args) == 2 {
		switch second := c.value(args[1]); {
		case second == nil:
		case second.Kind() == packet.KindBool:
			cond = guard(second)
		default:
			c.errorf(diag.TypeMismatch, c.rng(args[1]), "%s is %s where a condition is needed. Several values that count as one are a tuple: first([%s, %s]).",
				c.text(args[1]), an(second.Kind()), c.text(args[0]), c.text(args[1]))
		}
		ok, c.dead = ok && cond != nil, ast.IsNever(cond)
	}
	if !ok {
		return false
	}
	a.Func, a.Arg, a.Cond = ast.FuncFirst, arg, cond
	if p := ast.Presence(arg); p != nil || cond != nil {
		a.Cond = ast.And(c.rng(n), p, cond)
	}
	if ast.IsBool(a.Cond, true) {
		a.Cond = nil
	}
	return true
}
