package check

import (
	"slices"
	"strconv"
	"strings"

	exprast "github.com/expr-lang/expr/ast"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// A rewriter makes the text for the VM: what is checked here becomes a variable or a constant.
type rewriter struct {
	c      *Checker
	base   int
	args   []ast.Expr
	edits  []edit
	shifts []shift
}

type edit struct {
	extent
	text string
}

// A shift says which place of the source a place of the text comes from.
type shift struct {
	at   int
	from extent // a replaced stretch as a whole, or where one that was copied begins
	copy bool
}

// child replaces what is below a node of the VM.
func (rw *rewriter) child(n exprast.Node) {
	c := rw.c
	switch n := n.(type) {
	case nil:
		return
	case *exprast.PairNode:
		rw.child(n.Value)
		return
	case *exprast.NilNode:
		return
	}
	e, known := c.composites[n]
	if !known {
		e = c.collection(n)
	}
	if e == nil {
		return
	}
	x := c.tree.extentOf(n)
	switch e := e.(type) {
	case *ast.ConstExpr:
		rw.edits = append(rw.edits, edit{x, constText(e.Value)})
	case *arrayExpr:
		text, ok := rw.arrayText(e)
		if !ok {
			c.unknownElements(n)
			return
		}
		rw.edits = append(rw.edits, edit{x, text})
	case *streamExpr:
		c.unknownElements(n)
	case *ast.OpaqueExpr:
		if len(e.Args) == 0 { // a map that is written out
			rw.edits = append(rw.edits, edit{x, "(" + e.Text + ")"})
			return
		}
		rw.edits = append(rw.edits, edit{x, rw.arg(e)})
	default:
		rw.edits = append(rw.edits, edit{x, rw.arg(e)})
	}
}

// arg returns the variable for an argument.
func (rw *rewriter) arg(e ast.Expr) string {
	for i, a := range rw.args {
		if ast.Same(a, e) {
			return VMName(i)
		}
	}
	rw.args = append(rw.args, e)
	return VMName(len(rw.args) - 1)
}

// arrayText writes an array for the VM.
func (rw *rewriter) arrayText(e *arrayExpr) (string, bool) {
	parts := make([]string, len(e.elems))
	for i, x := range e.elems {
		switch v := x.value.(type) {
		case *ast.ConstExpr:
			parts[i] = constText(v.Value)
		case *arrayExpr:
			text, ok := rw.arrayText(v)
			if !ok {
				return "", false
			}
			parts[i] = text
		case *streamExpr:
			return "", false
		default:
			parts[i] = rw.arg(v)
		}
		if x.when != nil {
			return "", false
		}
	}
	return "[" + strings.Join(parts, ", ") + "]", true
}

// constText writes a constant as expr-lang source.
func constText(v ast.Value) string {
	switch v.Kind {
	case packet.KindString, packet.KindBytes:
		return strconv.Quote(v.Str)
	case packet.KindIP:
		return strconv.Quote(v.Addr.String())
	case packet.KindMAC:
		return strconv.Quote(packet.MAC(v.Int).String())
	case packet.KindFloat:
		if s := strconv.FormatFloat(v.Float, 'f', -1, 64); strings.Contains(s, ".") {
			return s
		} else {
			return s + ".0"
		}
	case packet.KindBool:
		return strconv.FormatBool(v.Int != 0)
	}
	return strconv.FormatInt(v.Int, 10)
}

func isPredicate(n exprast.Node) bool { _, ok := n.(*exprast.PredicateNode); return ok }

// children are the nodes directly below one.
func children(n exprast.Node) []exprast.Node {
	switch n := n.(type) {
	case *exprast.UnaryNode:
		return []exprast.Node{n.Node}
	case *exprast.BinaryNode:
		return []exprast.Node{n.Left, n.Right}
	case *exprast.ChainNode:
		return []exprast.Node{n.Node}
	case *exprast.MemberNode:
		if _, isName := n.Property.(*exprast.StringNode); isName {
			return []exprast.Node{n.Node}
		}
		return []exprast.Node{n.Node, n.Property}
	case *exprast.SliceNode:
		out := []exprast.Node{n.Node}
		for _, b := range []exprast.Node{n.From, n.To} {
			if b != nil {
				out = append(out, b)
			}
		}
		return out
	case *exprast.BuiltinNode:
		return n.Arguments
	case *exprast.CallNode:
		return n.Arguments
	case *exprast.ConditionalNode:
		return []exprast.Node{n.Cond, n.Exp1, n.Exp2}
	case *exprast.SequenceNode:
		return n.Nodes
	case *exprast.ArrayNode:
		return n.Nodes
	case *exprast.MapNode:
		return n.Pairs
	case *exprast.PairNode:
		return []exprast.Node{n.Value}
	}
	return nil
}

func (rw *rewriter) rewrite(x extent) string {
	slices.SortFunc(rw.edits, func(a, b edit) int { return a.from - b.from })
	var b strings.Builder
	at, n := x.from, 0
	put := func(s string, from extent, copied bool) {
		rw.shifts = append(rw.shifts, shift{n, from, copied})
		b.WriteString(s)
		n += len([]rune(s))
	}
	for _, e := range rw.edits {
		put(runeSlice(rw.c.tree.text, at, e.from), extent{at, e.from}, true)
		put(e.text, e.extent, false)
		at = e.to
	}
	put(runeSlice(rw.c.tree.text, at, x.to), extent{at, x.to}, true)
	return b.String()
}

// original returns the stretch of the source that a stretch of the text comes from.
func (rw *rewriter) original(from, to int) (int, int) {
	a := rw.place(from)
	b := rw.place(max(from, to-1))
	return a.from, max(a.to, b.to)
}

func (rw *rewriter) place(at int) extent {
	for i := len(rw.shifts) - 1; i >= 0; i-- {
		s := rw.shifts[i]
		if s.at > at {
			continue
		}
		if !s.copy {
			return s.from
		}
		p := min(s.from.from+at-s.at, s.from.to)
		return extent{p, p + 1}
	}
	return extent{rw.base, rw.base + 1}
}
