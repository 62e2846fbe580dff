package check

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	exprast "github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/parser/lexer"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/rules/ast"
)

// parserConfig makes expr-lang's parser read our functions and aggregates as plain calls where it has
// built-in ones of the same name: its count and sum, for example, take predicates over arrays.
func parserConfig() *conf.Config {
	c := conf.CreateNew()
	ours := &builtin.Function{}
	for _, f := range ast.Functions() {
		c.Functions[f.Name] = ours
	}
	for _, f := range ast.WindowFuncs() {
		c.Functions[f.String()] = ours
	}
	return c
}

// exprConfig and closureConfig are shared by all parsers, which only read them. With closureConfig count
// and sum are expr-lang's, whose predicates may speak of elements.
var (
	exprConfig    = parserConfig()
	closureConfig = closuresConfig()
)

func closuresConfig() *conf.Config {
	c := parserConfig()
	delete(c.Functions, "count")
	delete(c.Functions, "sum")
	return c
}

// A Source is the tree of an expression with its source. Trees are kept by their text, and may be
// shared by expressions at several places.
type Source struct {
	Src  *diag.Literal
	Tree *Tree
}

// A Tree is an expression as expr-lang parses it, with the places of its nodes.
type Tree struct {
	node exprast.Node
	err  *file.Error
	toks []lexer.Token // nil until it is needed
	text string
	// extents of the nodes, without parentheses; each is asked for again by every node above it. While
	// they are few they are in a list, which is searched from its end.
	few     []nodeExtent
	extents map[exprast.Node]extent
}

type nodeExtent struct {
	node exprast.Node
	extent
}

// maxText bounds the length of an expression, and with it how deep the parser recurses.
const maxText = 32 << 10

// ParseText parses an expression. The node is nil when there is an error.
func ParseText(text string) *Tree {
	if len(text) > maxText {
		return &Tree{text: text, err: &file.Error{Message: fmt.Sprintf("the expression is longer than %d bytes; split it into macros", maxText)}}
	}
	t, err := parser.ParseWithConfig(text, exprConfig)
	if err != nil && strings.Contains(text, "#") {
		if u, e := parser.ParseWithConfig(text, closureConfig); e == nil {
			t, err = u, nil
		}
	}
	if err == nil && t.Node != nil {
		return &Tree{node: t.Node, text: text}
	}
	out := &Tree{text: text}
	if !errors.As(err, &out.err) {
		out.err = &file.Error{Message: fmt.Sprint(err)}
	}
	return out
}

// tokens returns the tokens of the text.
func (t *Tree) tokens() []lexer.Token {
	if t.toks == nil {
		t.toks, _ = lexer.Lex(file.NewSource(t.text))
	}
	return t.toks
}

// tokenAt returns the place in tokens of the one that starts at a rune offset, or -1.
func (t *Tree) tokenAt(from int) int {
	i, ok := slices.BinarySearchFunc(t.tokens(), from, func(tok lexer.Token, from int) int { return tok.From - from })
	if !ok {
		return -1
	}
	return i
}

// closing returns the place of the bracket that closes the one at i, or -1.
func (t *Tree) closing(i int) int {
	depth := 0
	for ; i >= 0 && i < len(t.toks); i++ {
		if t.toks[i].Kind != lexer.Bracket {
			continue
		}
		if strings.Contains("([{", t.toks[i].Value) {
			depth++
		} else if depth--; depth == 0 {
			return i
		}
	}
	return -1
}

// An extent is a stretch of a text, in runes.
type extent struct{ from, to int }

func (a extent) join(b extent) extent { return extent{min(a.from, b.from), max(a.to, b.to)} }

// extentOf returns the stretch of text that a node was made from, with the parentheses around it.
// expr-lang keeps one token for each node: the operator's, for a binary one.
func (t *Tree) extentOf(n exprast.Node) extent {
	return t.parenthesized(t.bareExtent(n))
}

func (t *Tree) bareExtent(n exprast.Node) extent {
	switch n.(type) {
	case *exprast.IntegerNode, *exprast.StringNode, *exprast.IdentifierNode, *exprast.BoolNode:
		return extent{n.Location().From, n.Location().To}
	}
	if t.extents == nil {
		for i := len(t.few) - 1; i >= 0; i-- {
			if t.few[i].node == n {
				return t.few[i].extent
			}
		}
	} else if x, ok := t.extents[n]; ok {
		return x
	}
	x := t.findExtent(n)
	switch {
	case t.extents != nil:
		t.extents[n] = x
	case len(t.few) < maxFew:
		t.few = append(t.few, nodeExtent{n, x})
	default:
		t.extents = map[exprast.Node]extent{n: x}
		for _, f := range t.few {
			t.extents[f.node] = f.extent
		}
		t.few = nil
	}
	return x
}

const maxFew = 24

func (t *Tree) findExtent(n exprast.Node) extent {
	loc := extent{n.Location().From, n.Location().To}
	switch n := n.(type) {
	case *exprast.UnaryNode:
		x := t.extentOf(n.Node)
		if loc.from > x.from { // a not in b: the place is that of the operator
			return x
		}
		return loc.join(x)
	case *exprast.BinaryNode:
		return t.extentOf(n.Left).join(t.extentOf(n.Right))
	case *exprast.MemberNode:
		x := t.extentOf(n.Node)
		if t.opensIndex(loc.from) {
			return x.join(t.bracketed(loc))
		}
		return x.join(loc)
	case *exprast.SliceNode:
		return t.extentOf(n.Node).join(t.bracketed(loc))
	case *exprast.ChainNode:
		return t.extentOf(n.Node)
	case *exprast.CallNode:
		return t.callExtent(loc, n.Arguments, n.Callee)
	case *exprast.BuiltinNode:
		return t.callExtent(loc, n.Arguments, nil)
	case *exprast.ArrayNode, *exprast.MapNode:
		return t.bracketed(loc)
	case *exprast.PredicateNode:
		return loc.join(t.extentOf(n.Node))
	case *exprast.ConditionalNode:
		x := t.extentOf(n.Cond).join(t.extentOf(n.Exp1)).join(t.extentOf(n.Exp2))
		if !n.Ternary { // if … { … } else { … }
			if i := t.tokenAt(x.from); i > 0 {
				x.from = t.toks[i-1].From
			}
			for _, tok := range t.tokens() {
				if tok.From >= x.to && isBracket(tok, "}") {
					x.to = tok.To
				}
				if tok.From >= x.to {
					break
				}
			}
		}
		return x
	case *exprast.VariableDeclaratorNode:
		if i := t.tokenAt(loc.from); i > 0 {
			loc.from = t.toks[i-1].From // let
		}
		return loc.join(t.extentOf(n.Expr))
	case *exprast.SequenceNode:
		x := loc
		for _, s := range n.Nodes {
			x = x.join(t.extentOf(s))
		}
		return x
	}
	return loc
}

// callExtent is that of name(arguments); a piped argument stands before the name.
func (t *Tree) callExtent(loc extent, args []exprast.Node, callee exprast.Node) extent {
	x := loc
	if i := t.tokenAt(loc.from); i >= 0 && i+1 < len(t.toks) {
		if j := t.closing(i + 1); j >= 0 {
			x.to = max(x.to, t.toks[j].To)
		}
	}
	if m, ok := callee.(*exprast.MemberNode); ok {
		x = x.join(t.extentOf(m.Node))
	}
	for _, a := range args {
		if a.Location().From < x.from {
			x = x.join(t.extentOf(a))
		}
	}
	return x
}

// bracketed returns the stretch from an opening bracket to the closing one.
func (t *Tree) bracketed(open extent) extent {
	if i := t.tokenAt(open.from); i >= 0 {
		if j := t.closing(i); j >= 0 {
			open.to = t.toks[j].To
		}
	}
	return open
}

// parenthesized widens a stretch by the parentheses that enclose just it; those of a call do not.
func (t *Tree) parenthesized(x extent) extent {
	if !strings.Contains(t.text, "(") {
		return x
	}
	for {
		i := t.tokenAt(x.from)
		if i < 1 || !isBracket(t.toks[i-1], "(") {
			return x
		}
		if i > 1 && (t.toks[i-2].Kind == lexer.Identifier || isBracket(t.toks[i-2], ")") || isBracket(t.toks[i-2], "]")) {
			return x
		}
		j := t.closing(i - 1)
		if j < 1 || t.toks[j-1].To != x.to {
			return x
		}
		x = extent{t.toks[i-1].From, t.toks[j].To}
	}
}

func isBracket(t lexer.Token, s string) bool { return t.Kind == lexer.Bracket && t.Value == s }

// opensIndex reports whether the character at a rune offset is an opening bracket.
func (t *Tree) opensIndex(i int) bool {
	if !strings.Contains(t.text, "[") {
		return false
	}
	if i < len(t.text) && diag.IsPlain(t.text) {
		return t.text[i] == '['
	}
	j := t.tokenAt(i)
	return j >= 0 && isBracket(t.toks[j], "[")
}
