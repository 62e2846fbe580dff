package rules

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/parser/lexer"
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
)

// parserConfig makes expr-lang's parser read our functions and aggregates as plain calls where it has
// built-in ones of the same name: its count and sum, for example, take predicates over arrays.
func parserConfig() *conf.Config {
	c := conf.CreateNew()
	ours := &builtin.Function{}
	for _, f := range functions {
		c.Functions[f.Name] = ours
	}
	for f := FuncCount; f <= funcLast; f++ {
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

// A parsed is the tree of an expression with its source. Trees are kept by their text, and may be
// shared by expressions at several places.
type parsed struct {
	src  *diag.Literal
	tree *tree
}

type tree struct {
	node ast.Node
	err  *file.Error
	toks []lexer.Token // nil until it is needed
	text string
	// extents of the nodes, without parentheses; each is asked for again by every node above it. While
	// they are few they are in a list, which is searched from its end.
	few     []nodeExtent
	extents map[ast.Node]extent
}

type nodeExtent struct {
	node ast.Node
	extent
}

// maxText bounds the length of an expression, and with it how deep the parser recurses.
const maxText = 32 << 10

// parseText parses an expression. The node is nil when there is an error.
func parseText(text string) *tree {
	if len(text) > maxText {
		return &tree{text: text, err: &file.Error{Message: fmt.Sprintf("the expression is longer than %d bytes; split it into macros", maxText)}}
	}
	t, err := parser.ParseWithConfig(text, exprConfig)
	if err != nil && strings.Contains(text, "#") {
		if u, e := parser.ParseWithConfig(text, closureConfig); e == nil {
			t, err = u, nil
		}
	}
	if err == nil && t.Node != nil {
		return &tree{node: t.Node, text: text}
	}
	out := &tree{text: text}
	if !errors.As(err, &out.err) {
		out.err = &file.Error{Message: fmt.Sprint(err)}
	}
	return out
}

// tokens returns the tokens of the text.
func (t *tree) tokens() []lexer.Token {
	if t.toks == nil {
		t.toks, _ = lexer.Lex(file.NewSource(t.text))
	}
	return t.toks
}

// tokenAt returns the place in tokens of the one that starts at a rune offset, or -1.
func (t *tree) tokenAt(from int) int {
	i, ok := slices.BinarySearchFunc(t.tokens(), from, func(tok lexer.Token, from int) int { return tok.From - from })
	if !ok {
		return -1
	}
	return i
}

// closing returns the place of the bracket that closes the one at i, or -1.
func (t *tree) closing(i int) int {
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
func (t *tree) extentOf(n ast.Node) extent {
	return t.parenthesized(t.bareExtent(n))
}

func (t *tree) bareExtent(n ast.Node) extent {
	switch n.(type) {
	case *ast.IntegerNode, *ast.StringNode, *ast.IdentifierNode, *ast.BoolNode:
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
		t.extents = map[ast.Node]extent{n: x}
		for _, f := range t.few {
			t.extents[f.node] = f.extent
		}
		t.few = nil
	}
	return x
}

const maxFew = 24

func (t *tree) findExtent(n ast.Node) extent {
	loc := extent{n.Location().From, n.Location().To}
	switch n := n.(type) {
	case *ast.UnaryNode:
		x := t.extentOf(n.Node)
		if loc.from > x.from { // a not in b: the place is that of the operator
			return x
		}
		return loc.join(x)
	case *ast.BinaryNode:
		return t.extentOf(n.Left).join(t.extentOf(n.Right))
	case *ast.MemberNode:
		x := t.extentOf(n.Node)
		if t.opensIndex(loc.from) {
			return x.join(t.bracketed(loc))
		}
		return x.join(loc)
	case *ast.SliceNode:
		return t.extentOf(n.Node).join(t.bracketed(loc))
	case *ast.ChainNode:
		return t.extentOf(n.Node)
	case *ast.CallNode:
		return t.callExtent(loc, n.Arguments, n.Callee)
	case *ast.BuiltinNode:
		return t.callExtent(loc, n.Arguments, nil)
	case *ast.ArrayNode, *ast.MapNode:
		return t.bracketed(loc)
	case *ast.PredicateNode:
		return loc.join(t.extentOf(n.Node))
	case *ast.ConditionalNode:
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
	case *ast.VariableDeclaratorNode:
		if i := t.tokenAt(loc.from); i > 0 {
			loc.from = t.toks[i-1].From // let
		}
		return loc.join(t.extentOf(n.Expr))
	case *ast.SequenceNode:
		x := loc
		for _, s := range n.Nodes {
			x = x.join(t.extentOf(s))
		}
		return x
	}
	return loc
}

// callExtent is that of name(arguments); a piped argument stands before the name.
func (t *tree) callExtent(loc extent, args []ast.Node, callee ast.Node) extent {
	x := loc
	if i := t.tokenAt(loc.from); i >= 0 && i+1 < len(t.toks) {
		if j := t.closing(i + 1); j >= 0 {
			x.to = max(x.to, t.toks[j].To)
		}
	}
	if m, ok := callee.(*ast.MemberNode); ok {
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
func (t *tree) bracketed(open extent) extent {
	if i := t.tokenAt(open.from); i >= 0 {
		if j := t.closing(i); j >= 0 {
			open.to = t.toks[j].To
		}
	}
	return open
}

// parenthesized widens a stretch by the parentheses that enclose just it; those of a call do not.
func (t *tree) parenthesized(x extent) extent {
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
func (t *tree) opensIndex(i int) bool {
	if !strings.Contains(t.text, "[") {
		return false
	}
	if i < len(t.text) && diag.IsPlain(t.text) {
		return t.text[i] == '['
	}
	j := t.tokenAt(i)
	return j >= 0 && isBracket(t.toks[j], "[")
}

var (
	bareAddress = regexp.MustCompile(`(^|[^0-9A-Za-z_.'"/:])(\d+\.\d+\.\d+(?:\.\d+)?(?:/\d+)?|[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*[0-9A-Fa-f](?:/\d+)?)`)
	tokenWords  = regexp.MustCompile(`^unexpected token (\w+)(?:\("(.*)"\))?$`)
)

// syntaxError says in our words what expr-lang's parser found wrong, and where.
func syntaxError(src *diag.Literal, e *file.Error) *hcl.Diagnostic {
	runes := []rune(src.Text)
	from, to := e.From, e.To
	if strings.TrimSpace(src.Text) == "" {
		return diag.New(diag.Syntax, src.Whole, "The expression is empty. Write a condition, or leave the attribute out.")
	}
	for _, m := range bareAddress.FindAllStringSubmatchIndex(src.Text, -1) {
		a := len([]rune(src.Text[:m[4]]))
		b := a + len([]rune(src.Text[m[4]:m[5]]))
		if from >= a && from <= b {
			return diag.New(diag.Syntax, src.Range(a, b), "An address is written in quotes: '%s'.", src.Text[m[4]:m[5]])
		}
	}
	end := len(runes)
	for end > 0 && (runes[end-1] == ' ' || runes[end-1] == '\n' || runes[end-1] == '\t') {
		end--
	}
	atEnd := func(what string) *hcl.Diagnostic {
		return diag.New(diag.Syntax, src.Range(max(0, end-1), end), "%s", what)
	}
	msg := e.Message
	if m := tokenWords.FindStringSubmatch(msg); m != nil {
		kind, value := m[1], m[2]
		if from < len(runes) && to <= len(runes) && to > from && kind != "EOF" {
			value = string(runes[from:to])
		}
		switch {
		case kind == "EOF" && openBrackets(src.Text) > 0:
			return atEnd("A bracket is opened and not closed.")
		case kind == "EOF":
			return atEnd("The expression ends where a value is needed.")
		case value == "=" || value == "=>":
			msg = "An assignment has no meaning in a condition. Write == to compare."
		case value == "~" || value == "=~":
			msg = "Write matches to compare with a regular expression."
		case value == "#":
			msg = "A comment in a condition begins with //; outside of closures # has no other meaning."
		case kind == "Operator":
			msg = fmt.Sprintf("A value is needed before the operator %q.", value)
		case kind == "Bracket":
			msg = fmt.Sprintf("The bracket %q has no place here.", value)
		default:
			msg = fmt.Sprintf("%q has no place here: an operator such as and, or, == is needed before it.", value)
		}
	} else {
		switch {
		case strings.HasPrefix(msg, "literal not terminated"):
			// The place is the end; the quote that opens it is more useful.
			open := openQuote(runes)
			return diag.New(diag.Syntax, src.Range(open, len(runes)), "A text is opened and not closed.")
		case strings.HasPrefix(msg, "unrecognized character"):
			r := ' '
			if from >= 0 && from < len(runes) {
				r = runes[from]
			}
			msg = fmt.Sprintf("The character %q has no meaning in a condition.", string(r))
			if r == '~' {
				msg += " Write matches to compare with a regular expression."
			}
		case strings.HasPrefix(msg, "bad number syntax"):
			// The place is one character of the number.
			for from > 0 && isWord(runes[min(from, len(runes))-1]) {
				from--
			}
			for to < len(runes) && isWord(runes[to]) {
				to++
			}
			msg = fmt.Sprintf("%q is not a number. Texts and addresses are written in quotes.", string(runes[max(0, from):min(to, len(runes))]))
		case strings.HasPrefix(msg, "invalid") && strings.Contains(msg, "strconv."):
			// The parser is one token further when it finds out.
			toks, _ := lexer.Lex(file.NewSource(src.Text))
			for i := 1; i < len(toks); i++ { // none, where the text cannot be cut to words
				if toks[i].From >= from && toks[i-1].Kind == lexer.Number {
					from, to = toks[i-1].From, toks[i-1].To
					break
				}
			}
			if strings.HasSuffix(msg, "value out of range") {
				msg = "The number is too large."
			} else {
				msg = fmt.Sprintf("%q is not a number.", string(runes[max(0, from):min(to, len(runes))]))
			}
		case strings.HasPrefix(msg, "compilation failed: expression exceeds"):
			msg = "The expression is too long. Split it into macros."
		case msg != "":
			msg = strings.ToUpper(msg[:1]) + strings.TrimSuffix(msg[1:], ".") + "."
		}
	}
	if from >= end {
		from, to = max(0, end-1), end
	}
	return diag.New(diag.Syntax, src.Range(from, to), "%s", msg)
}

func isWord(r rune) bool {
	return r == '_' || r == '.' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

func openBrackets(text string) int {
	depth := 0
	toks, _ := lexer.Lex(file.NewSource(text))
	for _, t := range toks {
		if t.Kind == lexer.Bracket {
			if strings.Contains("([{", t.Value) {
				depth++
			} else {
				depth--
			}
		}
	}
	return depth
}

// openQuote returns the place of the quote that is not closed.
func openQuote(runes []rune) int {
	open := -1
	for i := 0; i < len(runes); i++ {
		switch r := runes[i]; {
		case open < 0 && (r == '\'' || r == '"' || r == '`'):
			open = i
		case open >= 0 && r == '\\' && runes[open] != '`':
			i++
		case open >= 0 && r == runes[open]:
			open = -1
		}
	}
	return max(open, 0)
}
