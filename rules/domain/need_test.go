package domain

import (
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/internal/literals"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// runes reads each byte as the character of that number.
type runes struct{ rest string }

func (r *runes) ReadRune() (rune, int, error) {
	if r.rest == "" {
		return 0, 0, io.EOF
	}
	c := rune(r.rest[0])
	r.rest = r.rest[1:]
	return c, 1, nil
}

func needText(n *Need) string {
	if n == nil {
		return "none"
	}
	var parts []string
	for _, l := range n.Literals {
		s := fmt.Sprintf("%q", l.Text)
		if l.Fold {
			s += "i"
		}
		parts = append(parts, [...]string{"*%s*", "%s*", "*%s", "%s"}[l.At])
		parts[len(parts)-1] = fmt.Sprintf(parts[len(parts)-1], s)
	}
	s := strings.Join(parts, " ")
	if n.Exact {
		s += " exactly"
	}
	return s
}

func TestPatternNeeds(t *testing.T) {
	payload := &ast.FieldExpr{Field: packet.FieldByName("payload")}
	name := &ast.FieldExpr{Field: packet.FieldByName("dns.qry.name")}
	for _, c := range []struct {
		field   ast.Expr
		pattern string
		want    string
	}{
		{payload, `abc`, `*"abc"* exactly`},
		{payload, `abc|abd|xyz`, `*"abc"* *"abd"* *"xyz"* exactly`},
		{payload, `^GET `, `"GET "* exactly`},
		{payload, `evil$`, `*"evil" exactly`},
		{payload, `^(a|bc)$`, `"a" "bc" exactly`},
		{payload, `(^a|b)cd`, `*"acd"* *"bcd"*`},
		{payload, `ab.*cdefg`, `*"cdefg"*`},
		{payload, `[0-9]{4}`, `none`},
		{payload, `(abc)+`, `*"abc"*`},
		{payload, `(abc)*`, `none`},
		{payload, `a?bc`, `*"abc"* *"bc"* exactly`},
		{payload, `(?i)evil[.]exe`, `*"evil.exe"i*`},
		{payload, `\bevil\b`, `*"evil"*`},
		{payload, `\x90\x{90}`, `*"\x90\x90"* exactly`},
		{payload, `abc|.`, `none`},
		{payload, `abc|`, `none`},
		{payload, `(?m)^Host:`, `*"Host:"*`},
		{name, `(^|\.)evil\.example$`, `*"evil.example" *".evil.example"`},
		{name, `(?i)strasse|stra` + "\u00df" + `e`, `*"strasse"i* *"stra"i*`},
		{name, "a\ufffdb", `none`},
		{name, "b\u00fccher", "*\"b\u00fccher\"* exactly"},
	} {
		p, err := ast.NewPattern(c.pattern, ast.OnBytes(c.field))
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		if got := needText(NeedOf(&ast.MatchExpr{X: c.field, Pattern: p})); got != c.want {
			t.Errorf("%s needs %s, want %s", c.pattern, got, c.want)
		}
	}
}

// TestNeedIsNeeded: random expressions match no text that has none of the literals that they need; and exact ones match
// each that has one.
func TestNeedIsNeeded(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var expression func(depth int) string
	expression = func(depth int) string {
		if depth == 0 {
			return []string{"a", "b", "ab", "[ab]", ".", "\\x90", "B", "^", "$", "\\b", "", "[^a]"}[r.IntN(12)]
		}
		x, y := expression(depth-1), expression(depth-1)
		switch r.IntN(9) {
		case 0:
			return "(?:" + x + "|" + y + ")"
		case 1:
			return "(?:" + x + ")" + []string{"?", "*", "+", "{2}", "{1,2}"}[r.IntN(5)]
		case 2:
			return "(?i:" + x + ")"
		}
		return x + y
	}
	text := func() string {
		var b strings.Builder
		for range r.IntN(9) {
			b.WriteString([]string{"a", "b", "A", "B", "\x90", "\n", "c"}[r.IntN(7)])
		}
		return b.String()
	}
	field := packet.FieldByName("payload")
	matches, needs := 0, 0
	for range 3000 {
		p, err := ast.NewPattern(expression(4), true)
		if err != nil {
			continue
		}
		plain := regexp.MustCompile("(?s)" + p.String())
		for range 10 { // a byte is the character of that number
			if s := text(); p.MatchString(s) != plain.MatchReader(&runes{s}) {
				t.Fatalf("%s on %q: %v", p, s, p.MatchString(s))
			}
		}
		n := NeedOf(&ast.MatchExpr{X: &ast.FieldExpr{Field: field}, Pattern: p})
		if n == nil {
			continue
		}
		needs++
		var ls []literals.Literal
		for _, l := range n.Literals {
			ls = append(ls, l.Literal)
		}
		x := literals.New(ls)
		for range 40 {
			s := text()
			matched, has := p.MatchString(s), x.Has([]byte(s))
			if matched {
				matches++
			}
			if matched && !has || n.Exact && has && !matched {
				t.Fatalf("%s on %q: matches %v, has a literal %v of %s", p, s, matched, has, needText(n))
			}
		}
	}
	if needs < 500 || matches < 200 {
		t.Errorf("only %d needs and %d matches", needs, matches)
	}
}
