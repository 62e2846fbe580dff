package imports

import (
	"fmt"
	"strings"
)

// exprText writes a text as a literal of expr-lang.
func exprText(text string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for i, r := range text {
		switch {
		case r == '\uFFFD':
			exprEscape(&b, text[i])
		case r < 0x80:
			exprByte(&b, byte(r))
		case r < 0xa0: // controls
			exprEscape(&b, byte(r))
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('\'')
	return b.String()
}

// array writes an array of texts, each as write does.
func array(texts []string, write func(string) string) string {
	out := make([]string, len(texts))
	for i, t := range texts {
		out[i] = write(t)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// exprBytes writes bytes as a literal that is compared with a payload: each byte beyond ASCII is an escape.
func exprBytes(data []byte) string {
	var b strings.Builder
	b.WriteByte('\'')
	for _, c := range data {
		exprByte(&b, c)
	}
	b.WriteByte('\'')
	return b.String()
}

// exprByte writes a byte within quotes.
func exprByte(b *strings.Builder, c byte) {
	switch {
	case c == '\'' || c == '\\':
		b.WriteByte('\\')
		b.WriteByte(c)
	case c < ' ' || c >= 0x7f:
		exprEscape(b, c)
	default:
		b.WriteByte(c)
	}
}

func exprEscape(b *strings.Builder, c byte) { fmt.Fprintf(b, `\x%02x`, c) }

// exprPattern writes a regular expression as a literal of expr-lang.
func exprPattern(p string) string {
	if strings.Contains(p, "`") {
		return exprText(p)
	}
	return "`" + p + "`"
}

// hclText writes a text as HCL does.
func hclText(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04x`, r)
		case (r == '$' || r == '%') && strings.HasPrefix(text[i+1:], "{"):
			b.WriteRune(r)
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
