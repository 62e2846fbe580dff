package rules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/ruleids/ruleids/packet"
)

// A rewriter makes the text for the VM: what is checked here becomes a variable or a constant.
type rewriter struct {
	c      *checker
	base   int
	args   []Expr
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
func (rw *rewriter) child(n ast.Node) {
	c := rw.c
	switch n := n.(type) {
	case nil:
		return
	case *ast.PairNode:
		rw.child(n.Value)
		return
	case *ast.NilNode:
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
	case *ConstExpr:
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
	case *OpaqueExpr:
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
func (rw *rewriter) arg(e Expr) string {
	for i, a := range rw.args {
		if same(a, e) {
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
		case *ConstExpr:
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
func constText(v Value) string {
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

func isPredicate(n ast.Node) bool { _, ok := n.(*ast.PredicateNode); return ok }

// children are the nodes directly below one.
func children(n ast.Node) []ast.Node {
	switch n := n.(type) {
	case *ast.UnaryNode:
		return []ast.Node{n.Node}
	case *ast.BinaryNode:
		return []ast.Node{n.Left, n.Right}
	case *ast.ChainNode:
		return []ast.Node{n.Node}
	case *ast.MemberNode:
		if _, isName := n.Property.(*ast.StringNode); isName {
			return []ast.Node{n.Node}
		}
		return []ast.Node{n.Node, n.Property}
	case *ast.SliceNode:
		out := []ast.Node{n.Node}
		for _, b := range []ast.Node{n.From, n.To} {
			if b != nil {
				out = append(out, b)
			}
		}
		return out
	case *ast.BuiltinNode:
		return n.Arguments
	case *ast.CallNode:
		return n.Arguments
	case *ast.ConditionalNode:
		return []ast.Node{n.Cond, n.Exp1, n.Exp2}
	case *ast.SequenceNode:
		return n.Nodes
	case *ast.ArrayNode:
		return n.Nodes
	case *ast.MapNode:
		return n.Pairs
	case *ast.PairNode:
		return []ast.Node{n.Value}
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
