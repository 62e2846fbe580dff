package imports

import (
	"fmt"
	"regexp/syntax"
	"strings"
)

// readPCRE reads /pattern/flags into a match.
func readPCRE(value string, m *match) error {
	text, negated := unquote(value)
	m.negated = negated
	end := strings.LastIndexByte(text, '/')
	if !strings.HasPrefix(text, "/") || end == 0 {
		return fmt.Errorf("pcre without slashes")
	}
	pattern, flags := text[1:end], "-s"
	on := ""
	for _, f := range text[end+1:] {
		switch f {
		case 'i', 'm':
			on += string(f)
		case 's':
			on, flags = on+"s", ""
		case 'R':
			m.relative = true
		case 'A':
			pattern = "^(?:" + pattern + ")"
		case 'G', 'E', 'B', 'O':
		default:
			b, ok := pcreBuffers[f]
			if !ok {
				return fmt.Errorf("pcre flag %c", f)
			}
			m.buffer = b
		}
	}
	if strings.ContainsFunc(pattern, func(r rune) bool { return r < ' ' || r >= 0x7f }) {
		return fmt.Errorf("pcre with bytes beyond ASCII")
	}
	if _, err := syntax.Parse(pattern, syntax.Perl); err != nil {
		return fmt.Errorf("pcre that RE2 has not")
	}
	m.pattern = "(?" + on + flags + ":" + pattern + ")"
	return nil
}

func (l *looker) pcre(m *match) {
	t := l.t
	if strings.Contains(m.pattern, "$") && l.bytes {
		t.lose("$ of a pcre is the end of the payload alone")
	}
	value := l.b.field
	cond := func() string {
		c := value + " matches " + exprPattern(m.pattern)
		if m.negated {
			c = "not (" + c + ")"
		}
		return c
	}
	if !m.relative {
		if m.negated {
			t.and("%s", cond())
			return
		}
		l.flush()
		l.end, l.done, l.plain, l.chain = -1, false, cond(), []string{m.pattern}
		return
	}
	switch {
	case l.end >= 0:
		value = fmt.Sprintf("%s[%d:]", value, l.end)
		t.and("%s", cond())
		if !m.negated {
			l.end = -1
		}
	case len(l.chain) > 0 && !m.negated:
		// A pattern that begins with ^ begins where the match before ends.
		head, body, _ := strings.Cut(m.pattern, ":")
		if rest, ok := strings.CutPrefix(body, "^"); ok && !strings.ContainsAny(rest, "^") && !strings.Contains(topLevel(rest), "|") {
			l.chain = append(l.chain, head+":"+rest)
		} else if !strings.Contains(body, "^") {
			l.chain = append(l.chain, "(?s:.*?)", m.pattern)
		} else {
			l.flush()
			t.lose("a relative pcre looked for anywhere")
			m.pattern = head + ":" + strings.TrimPrefix(body, "^")
			t.and("%s", cond())
		}
	case m.negated:
		t.lose("a negated relative pcre ignored")
	default:
		t.lose("a relative pcre looked for anywhere")
		m.pattern = strings.Replace(m.pattern, ":^", ":", 1)
		t.and("%s", cond())
	}
}

// topLevel is a pattern without what stands in brackets.
func topLevel(p string) string {
	var b strings.Builder
	depth := 0
	for i := 0; i < len(p); i++ {
		switch p[i] {
		case '\\':
			i++
			continue
		case '(', '[':
			depth++
		case ')', ']':
			depth--
		default:
			if depth <= 0 {
				b.WriteByte(p[i])
			}
		}
	}
	return strings.TrimSuffix(b.String(), ")")
}
