package format

import (
	"strings"
	"unicode"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/parser/lexer"
)

// A line of a condition: its text without indentation, and how many brackets are open before it.
type line struct {
	text  string
	depth int
}

// layout returns the lines of an expression in canonical layout; ok is false where it is not a valid
// expression, or where the layout would change what it means.
func layout(text string) (lines []line, ok bool) {
	if _, err := parse(text); err != nil {
		return nil, false
	}
	lines, ok = layoutTokens(text)
	if !ok {
		return nil, false
	}
	out := join(lines)
	if out == text {
		return lines, true
	}
	if !sameTree(text, out) {
		return nil, false
	}
	again, ok := layoutTokens(out)
	return lines, ok && join(again) == out
}

// In the language count and sum are aggregates, with other arguments than the functions of expr-lang that have their names, which
// take closures; and there is no if. Parsers share the configurations, which they only read.
var plainConfig, closureConfig = parserConfig("count", "sum"), parserConfig()

// parserConfig is for expressions in which some names are those of plain functions.
func parserConfig(plain ...string) *conf.Config {
	config := conf.CreateNew()
	config.DisableIfOperator = true
	for _, name := range plain {
		config.Functions[name] = &builtin.Function{Name: name}
	}
	return config
}

// parse parses an expression.
func parse(text string) (*parser.Tree, error) {
	tree, err := parser.ParseWithConfig(text, plainConfig)
	if err != nil && strings.Contains(text, "#") {
		return parser.ParseWithConfig(text, closureConfig)
	}
	return tree, err
}

func join(lines []line) string {
	var b strings.Builder
	for i, l := range lines {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(l.text)
	}
	return b.String()
}

// An element is a token or a comment.
type element struct {
	kind    lexer.Kind // "" for a comment
	text    string     // as it is to be written
	newline int        // newlines before it
}

const (
	lineComment  = "//"
	blockComment = "/*"
)

// elements returns the tokens and comments of an expression. The lexer of expr-lang drops comments;
// they are found in what lies between two tokens.
func elements(text string) ([]element, bool) {
	runes := []rune(text)
	tokens, err := lexer.Lex(file.NewSource(text))
	if err != nil {
		return nil, false
	}
	var out []element
	at := 0
	for _, t := range tokens {
		from, to := t.From, t.To
		if t.Kind == lexer.EOF {
			from, to = len(runes), len(runes)
		}
		if from < at || to > len(runes) {
			return nil, false
		}
		comments, newlines, ok := between(string(runes[at:from]))
		if !ok {
			return nil, false
		}
		out = append(out, comments...)
		if t.Kind == lexer.EOF {
			break
		}
		raw := string(runes[from:to])
		kind := t.Kind
		if last := len(out) - 1; from == at && last >= 0 && out[last].text == "#" && kind == lexer.Identifier { // #index
			out[last].text += raw
			at = to
			continue
		}
		switch kind {
		case lexer.Operator:
			raw = operator(raw)
			if raw == "#" { // the element of a closure
				kind = lexer.Identifier
			}
		case lexer.String:
			raw = stringText(raw)
		}
		out = append(out, element{kind, raw, newlines})
		at = to
	}
	return out, true
}

// between returns the comments in a gap between tokens, and the newlines after the last of them.
func between(gap string) (comments []element, newlines int, ok bool) {
	for gap != "" {
		switch {
		case gap[0] == '\n':
			newlines++
			gap = gap[1:]
		case strings.HasPrefix(gap, lineComment):
			text, _, _ := strings.Cut(gap, "\n")
			comments = append(comments, element{text: strings.TrimRightFunc(text, unicode.IsSpace), newline: newlines})
			newlines, gap = 0, gap[len(text):]
		case strings.HasPrefix(gap, blockComment):
			end := strings.Index(gap, "*/")
			if end < 0 {
				return nil, 0, false
			}
			comments = append(comments, element{text: gap[:end+2], newline: newlines})
			newlines, gap = 0, gap[end+2:]
		case strings.ContainsRune(" \t\r", rune(gap[0])):
			gap = gap[1:]
		default:
			return nil, 0, false
		}
	}
	return comments, newlines, true
}

// operator returns the spelling of an operator that the language prefers: words, as Wireshark's
// filters and expr-lang both have them.
func operator(op string) string {
	switch op {
	case "&&":
		return "and"
	case "||":
		return "or"
	case "!":
		return "not"
	}
	return op
}

// stringText returns a string literal in single quotes, so that it needs no escape within an HCL
// string. A literal that holds a single quote keeps its quotes.
func stringText(raw string) string {
	if raw[0] != '"' || strings.ContainsRune(raw, '\'') {
		return raw
	}
	return "'" + strings.ReplaceAll(raw[1:len(raw)-1], `\"`, `"`) + "'"
}

// sameTree reports whether two expressions parse to the same tree, places apart and with the
// spellings of and, or, not taken as equal.
func sameTree(a, b string) bool {
	if a == b {
		_, err := parse(a)
		return err == nil
	}
	x, err := parse(a)
	if err != nil {
		return false
	}
	y, err := parse(b)
	if err != nil {
		return false
	}
	ast.Walk(&x.Node, spelling{})
	ast.Walk(&y.Node, spelling{})
	return ast.Dump(x.Node) == ast.Dump(y.Node)
}

type spelling struct{}

// Visit implements ast.Visitor.
func (spelling) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.BinaryNode:
		n.Operator = operator(n.Operator)
	case *ast.UnaryNode:
		n.Operator = operator(n.Operator)
	}
}
