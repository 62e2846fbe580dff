package ast

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Pattern is a regular expression (RE2) on text, or on bytes. On bytes a character is a byte, whatever it is: \x90 is
// the byte 0x90, a dot is any byte, and what UTF-8 writes in several bytes is these bytes; of letters only A to Z have
// another case.
type Pattern struct {
	text  string // as written; on bytes with the bytes that are meant
	bytes bool
	re    *regexp.Regexp // on bytes over their characters in Latin-1
	tree  *syntax.Regexp // simplified
	first *[256]bool     // the bytes that a text begins with which the pattern matches; nil where they are not known
}

// NewPattern compiles a regular expression.
func NewPattern(text string, bytes bool) (*Pattern, error) {
	p := &Pattern{text: text, bytes: bytes}
	source := text
	if bytes {
		source = latin1(nil, []byte(text))
		tree, err := syntax.Parse(source, syntax.Perl|syntax.DotNL)
		if err != nil {
			return nil, err
		}
		if tree, err = bytewise(tree); err != nil {
			return nil, err
		}
		source = tree.String()
	}
	var err error
	if p.re, err = regexp.Compile(source); err != nil {
		return nil, err
	}
	if p.tree, err = syntax.Parse(source, syntax.Perl); err != nil {
		return nil, err
	}
	p.tree = p.tree.Simplify()
	p.first = firstBytes(p.tree)
	return p, nil
}

// String returns the expression as written.
func (p *Pattern) String() string { return p.text }

// Anchored reports whether the first bytes of a text mostly tell that the pattern does not match it: it begins with ^, and
// not with ^.* after which anything may come.
func (p *Pattern) Anchored() bool {
	t := p.tree
	for t.Op == syntax.OpCapture {
		t = t.Sub[0]
	}
	if t.Op != syntax.OpConcat || len(t.Sub) < 2 || t.Sub[0].Op != syntax.OpBeginText {
		return t.Op == syntax.OpBeginText
	}
	next := t.Sub[1]
	for next.Op == syntax.OpCapture || next.Op == syntax.OpConcat {
		next = next.Sub[0]
	}
	switch next.Op {
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest:
		next = next.Sub[0]
		return next.Op != syntax.OpAnyChar && next.Op != syntax.OpAnyCharNotNL
	}
	return true
}

// firstBytes returns the bytes that a text begins with which an expression matches, where that begins with ^ and one character of some; or
// else nil. All bytes beyond ASCII are one.
func firstBytes(t *syntax.Regexp) *[256]bool {
	for t.Op == syntax.OpCapture {
		t = t.Sub[0]
	}
	if t.Op != syntax.OpConcat || len(t.Sub) < 2 || t.Sub[0].Op != syntax.OpBeginText {
		return nil
	}
	next := t.Sub[1]
	for next.Op == syntax.OpCapture || next.Op == syntax.OpConcat || next.Op == syntax.OpPlus {
		next = next.Sub[0]
	}
	first := new([256]bool)
	add := func(r rune) {
		if r < utf8.RuneSelf {
			first[r] = true
			return
		}
		for b := utf8.RuneSelf; b < len(first); b++ {
			first[b] = true
		}
	}
	switch next.Op {
	case syntax.OpLiteral:
		r := next.Rune[0]
		add(r)
		if next.Flags&syntax.FoldCase != 0 {
			for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
				add(f)
			}
		}
	case syntax.OpCharClass:
		for i := 0; i < len(next.Rune); i += 2 {
			for r := next.Rune[i]; r <= min(next.Rune[i+1], utf8.RuneSelf); r++ {
				add(r)
			}
			if next.Rune[i+1] >= utf8.RuneSelf {
				add(utf8.RuneSelf)
			}
		}
	default:
		return nil
	}
	return first
}

// OnBytes reports whether a character is a byte.
func (p *Pattern) OnBytes() bool { return p.bytes }

// Tree returns the expression as regexp/syntax has it, simplified; on bytes over their characters in Latin-1. The caller must not
// change it.
func (p *Pattern) Tree() *syntax.Regexp { return p.tree }

// Match reports whether the pattern matches somewhere in text. It may use room, which it returns, possibly grown.
func (p *Pattern) Match(text, room []byte) (bool, []byte) {
	if p.first != nil && (len(text) == 0 || !p.first[text[0]]) {
		return false, room
	}
	if p.bytes && slices.ContainsFunc(text, func(b byte) bool { return b >= utf8.RuneSelf }) {
		room = appendLatin1(room[:0], text)
		text = room
	}
	return p.re.Match(text), room
}

// MatchString is Match for a constant.
func (p *Pattern) MatchString(s string) bool {
	ok, _ := p.Match([]byte(s), nil)
	return ok
}

// appendLatin1 appends the character of Latin-1 for each byte, in UTF-8.
func appendLatin1(dst, text []byte) []byte {
	for _, b := range text {
		if b < utf8.RuneSelf {
			dst = append(dst, b)
		} else {
			dst = append(dst, 0xc0|b>>6, 0x80|b&0x3f)
		}
	}
	return dst
}

func latin1(dst, text []byte) string { return string(appendLatin1(dst, text)) }

// maxByte is the last character that is a byte.
const maxByte = 0xff

// bytewise makes an expression over characters one over bytes.
func bytewise(re *syntax.Regexp) (*syntax.Regexp, error) {
	switch re.Op {
	case syntax.OpLiteral:
		return literalBytes(re), nil
	case syntax.OpCharClass:
		class := *re
		class.Rune = nil
		for i := 0; i < len(re.Rune); i += 2 {
			if lo, hi := re.Rune[i], min(re.Rune[i+1], maxByte); lo <= hi {
				class.Rune = append(class.Rune, lo, hi)
			}
		}
		if len(class.Rune) == 0 && len(re.Rune) > 0 {
			return nil, fmt.Errorf("%s has no byte, since bytes are the characters up to \\xff", re)
		}
		return &class, nil
	}
	out := *re
	out.Sub = make([]*syntax.Regexp, len(re.Sub))
	for i, s := range re.Sub {
		var err error
		if out.Sub[i], err = bytewise(s); err != nil {
			return nil, err
		}
	}
	return &out, nil
}

// literalBytes is a literal with the bytes of characters that are none, in which only letters of ASCII fold.
func literalBytes(re *syntax.Regexp) *syntax.Regexp {
	out := &syntax.Regexp{Op: syntax.OpConcat, Flags: re.Flags &^ syntax.FoldCase}
	add := func(r rune, flags syntax.Flags) {
		if n := len(out.Sub); n > 0 && out.Sub[n-1].Flags == flags {
			out.Sub[n-1].Rune = append(out.Sub[n-1].Rune, r)
			return
		}
		out.Sub = append(out.Sub, &syntax.Regexp{Op: syntax.OpLiteral, Flags: flags, Rune: []rune{r}})
	}
	for _, r := range re.Rune {
		switch {
		case r < utf8.RuneSelf:
			add(r, re.Flags)
		case r <= maxByte:
			add(r, re.Flags&^syntax.FoldCase)
		default:
			for _, b := range []byte(string(r)) {
				add(rune(b), re.Flags&^syntax.FoldCase)
			}
		}
	}
	return out
}

// PatternProblem says what is wrong with an expression that does not compile.
func PatternProblem(text string, err error) string {
	msg := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
	hint := ""
	if strings.Contains(msg, "(?=") || strings.Contains(msg, "(?!") || strings.Contains(msg, "(?<") {
		hint = " RE2 has no look-around."
	}
	return fmt.Sprintf("%q is not a regular expression: %s.%s", text, msg, hint)
}
