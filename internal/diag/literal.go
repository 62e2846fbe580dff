package diag

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/apparentlymart/go-textseg/v15/textseg"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// A Literal is the text of a string of a file, with escapes undone, and the place of each of its
// characters in the file.
type Literal struct {
	Text  string
	Whole hcl.Range // the string, quotes included
	// first is the place of the first character where each character of the text is one byte and one
	// column of the file; otherwise pos has the place of every character, and of the end.
	first hcl.Pos
	pos   []hcl.Pos
}

// Range returns the range of the characters of the text from one, counted in runes from 0, up to the one
// before another.
func (s *Literal) Range(from, to int) hcl.Range {
	return hcl.Range{Filename: s.Whole.Filename, Start: s.Pos(from), End: s.Pos(max(from, to))}
}

// Pos returns the place of a character of the text, counted in runes from 0.
func (s *Literal) Pos(i int) hcl.Pos {
	if s.pos != nil {
		return s.pos[max(0, min(i, len(s.pos)-1))]
	}
	i = max(0, min(i, len(s.Text)))
	return hcl.Pos{Line: s.first.Line, Column: s.first.Column + i, Byte: s.first.Byte + i}
}

// Verbatim returns the literal of text that stands as it is in a file, at a range.
func Verbatim(text string, file []byte, whole hcl.Range) *Literal {
	s := &Literal{Text: text, Whole: whole, first: whole.Start}
	if IsPlain(text) {
		return s
	}
	offsets := make([]int, 0, len(text)+1)
	for i := range text {
		offsets = append(offsets, whole.Start.Byte+i)
	}
	s.pos = Positions(file, whole.Start, append(offsets, whole.Start.Byte+len(text)))
	return s
}

// IsPlain reports whether every character of a text is one byte and one column: ASCII without control
// characters.
func IsPlain(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] >= utf8.RuneSelf || text[i] < ' ' {
			return false
		}
	}
	return true
}

// ReadLiteral returns the literal of an expression that is a quoted string or a heredoc of a file. ok is
// false for a template with holes and for every other expression.
func ReadLiteral(file []byte, e hclsyntax.Expression) (s *Literal, ok bool) {
	for {
		p, paren := e.(*hclsyntax.ParenthesesExpr)
		if !paren {
			break
		}
		e = p.Expression
	}
	t, ok := e.(*hclsyntax.TemplateExpr)
	if !ok {
		return nil, false
	}
	var value strings.Builder
	for _, p := range t.Parts {
		lit, ok := p.(*hclsyntax.LiteralValueExpr)
		if !ok || lit.Val.Type() != cty.String || lit.Val.IsNull() {
			return nil, false
		}
		value.WriteString(lit.Val.AsString())
	}
	rng := t.SrcRange
	if rng.End.Byte > len(file) || rng.Start.Byte > rng.End.Byte {
		return nil, false
	}
	raw := file[rng.Start.Byte:rng.End.Byte]
	if len(raw) >= 2 && raw[0] == '"' && raw[len(raw)-1] == '"' {
		body := raw[1 : len(raw)-1]
		start := hcl.Pos{Line: rng.Start.Line, Column: rng.Start.Column + 1, Byte: rng.Start.Byte + 1}
		if v := value.String(); len(body) == len(v) && IsPlain(v) && string(body) == v {
			return &Literal{Text: v, Whole: rng, first: start}, true
		}
		text, offsets := decodeLiteral(body, start.Byte, true)
		if sameText(text, value.String()) {
			return &Literal{Text: text, Whole: rng, pos: Positions(file, start, offsets)}, true
		}
	}
	if bytes.HasPrefix(raw, []byte("<<")) {
		if text, offsets, ok := heredoc(raw, rng.Start.Byte, value.String()); ok {
			return &Literal{Text: text, Whole: rng, pos: Positions(file, rng.Start, offsets)}, true
		}
	}
	// A literal that is read in a way not foreseen here is placed as a whole.
	text := value.String()
	pos := make([]hcl.Pos, utf8.RuneCountInString(text)+1)
	for i := range pos {
		pos[i] = rng.Start
	}
	pos[len(pos)-1] = rng.End
	return &Literal{Text: text, Whole: rng, pos: pos}, true
}

// sameText compares a text with what HCL made of it: strings are normalized there (NFC).
func sameText(ours, theirs string) bool {
	return ours == theirs || cty.NormalizeString(ours) == theirs
}

// decodeLiteral undoes the escapes of a quoted literal, or of a heredoc line, which knows only $${
// and %%{. It returns the text and the offset in the file of each of its runes and of its end.
func decodeLiteral(raw []byte, base int, quoted bool) (string, []int) {
	var text []byte
	offsets := make([]int, 0, len(raw)+1)
	for i := 0; i < len(raw); {
		offsets = append(offsets, base+i)
		if (raw[i] == '$' || raw[i] == '%') && i+2 < len(raw) && raw[i+1] == raw[i] && raw[i+2] == '{' {
			text = append(text, raw[i])
			i += 2
			continue
		}
		if quoted && raw[i] == '\\' && i+1 < len(raw) {
			n := 0
			switch raw[i+1] {
			case 'n':
				text = append(text, '\n')
			case 'r':
				text = append(text, '\r')
			case 't':
				text = append(text, '\t')
			case 'u':
				n = 4
			case 'U':
				n = 8
			default:
				text = append(text, raw[i+1])
			}
			if n > 0 {
				var r rune
				end := min(i+2+n, len(raw))
				for _, c := range raw[i+2 : end] {
					r = r<<4 | rune(hexDigit(c))
				}
				text = utf8.AppendRune(text, r)
				i = end
				continue
			}
			i += 2
			continue
		}
		_, n := utf8.DecodeRune(raw[i:])
		text = append(text, raw[i:i+n]...)
		i += n
	}
	return string(text), append(offsets, base+len(raw))
}

func hexDigit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 0
}

// heredoc finds where each line of a heredoc's value stands: every line of the value is the end of
// the line of the file, after the indentation that <<- strips.
func heredoc(raw []byte, base int, value string) (string, []int, bool) {
	nl := bytes.IndexByte(raw, '\n')
	if nl < 0 {
		return "", nil, false
	}
	var text strings.Builder
	var offsets []int
	at := nl + 1
	for value != "" {
		line := value
		if i := strings.IndexByte(value, '\n'); i >= 0 {
			line = value[:i+1]
		}
		value = value[len(line):]
		rest := raw[at:]
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			rest = rest[:i+1]
		}
		decoded, offs := decodeLiteral(rest, base+at, false)
		cut := len(decoded) - len(line)
		if cut < 0 || !sameText(decoded[cut:], line) {
			return "", nil, false
		}
		text.WriteString(decoded[cut:])
		offsets = append(offsets, offs[utf8.RuneCountInString(decoded[:cut]):len(offs)-1]...)
		at += len(rest)
	}
	return text.String(), append(offsets, base+at), true
}

// Positions turns ascending byte offsets in a file into places; start is a place before all of them.
// Columns count characters as readers see them (grapheme clusters), as HCL does.
func Positions(file []byte, start hcl.Pos, offsets []int) []hcl.Pos {
	out := make([]hcl.Pos, len(offsets))
	p := start
	for i, off := range offsets {
		for p.Byte < off && p.Byte < len(file) {
			b := file[p.Byte]
			n := 1
			if b >= utf8.RuneSelf || b == '\r' || p.Byte+1 < len(file) && file[p.Byte+1] >= utf8.RuneSelf {
				if adv, _, err := textseg.ScanGraphemeClusters(file[p.Byte:], true); err == nil && adv > 0 {
					n = adv
				}
			}
			if p.Byte+n > off { // within a cluster
				break
			}
			if b == '\n' || b == '\r' && n == 2 {
				p.Line, p.Column = p.Line+1, 1
			} else {
				p.Column++
			}
			p.Byte += n
		}
		out[i] = hcl.Pos{Line: p.Line, Column: p.Column, Byte: off}
	}
	return out
}
