package check

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"
	"github.com/hashicorp/hcl/v2"

	"github.com/ruleids/ruleids/internal/diag"
)

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

// isWord reports whether a letter can be in a name.
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
