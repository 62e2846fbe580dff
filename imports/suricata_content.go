package imports

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// A looker translates what is looked for in one buffer, in order.
type looker struct {
	t     *translation
	b     buffer
	bytes bool
	end   int      // where the last match ends, where that is fixed; -1
	chain []string // a pattern in the making, of matches that follow each other
	plain string   // the condition that says the same while the chain has one part
	done  bool     // the chain ends with the buffer
}

// look translates the matches of one buffer.
func look(t *translation, b buffer, matches []match, sizes []string) {
	l := &looker{t: t, b: b, bytes: b.field == "payload", end: -1}
	for i := range matches {
		l.match(&matches[i])
	}
	l.flush()
	for _, s := range sizes {
		if c, err := numeric("len("+b.field+")", s); err == nil {
			t.and("%s", c)
		} else {
			t.reject("%v", err)
		}
	}
}

func (l *looker) flush() {
	switch len(l.chain) {
	case 0:
	case 1:
		l.t.and("%s", l.plain)
	default:
		l.t.and("%s", l.b.field+" matches "+exprPattern(strings.Join(l.chain, "")))
	}
	l.chain, l.plain = nil, ""
}

// literal writes what is looked for, in lower case where case does not matter, and the value to look in.
func (l *looker) literal(m *match, value string) (string, string) {
	data := m.data
	if lower := bytes.ToLower(data); m.nocase && !bytes.Equal(lower, bytes.ToUpper(data)) {
		data, value = lower, "lower("+value+")"
	}
	if l.bytes {
		return exprBytes(data), value
	}
	return exprText(string(data)), value
}

// part is a content as part of a pattern.
func (l *looker) part(m *match) string {
	var b strings.Builder
	for _, c := range m.data {
		if c < ' ' || c == '`' || c == 0x7f || c >= 0x80 && l.bytes {
			fmt.Fprintf(&b, `\x%02x`, c)
		} else if c >= 0x80 {
			b.WriteByte(c)
		} else {
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	p := b.String()
	if m.nocase {
		p = "(?i:" + p + ")"
	}
	if m.ends {
		p += `\z`
	}
	return p
}

func gap(lo, hi int) (string, bool) {
	switch {
	case lo > 1000 || hi > 1000: // RE2 repeats no more often
		return "", false
	case hi < 0 && lo == 0:
		return "(?s:.*?)", true
	case hi < 0:
		return fmt.Sprintf("(?s:.{%d,})", lo), true
	case hi == 0:
		return "", true
	default:
		return fmt.Sprintf("(?s:.{%d,%d})", lo, hi), true
	}
}

func (l *looker) match(m *match) {
	t := l.t
	if m.pattern == "" && !l.bytes && !utf8.Valid(m.data) {
		t.reject("content with bytes that are no text, in %s", l.b.field)
		return
	}
	if m.pattern != "" {
		l.pcre(m)
		return
	}
	n := len(m.data)
	offset, depth := max(m.offset, 0), m.depth
	if m.starts {
		offset, depth = 0, n
	}
	if m.distance != nil || m.within != nil {
		d, w := 0, -1
		if m.distance != nil {
			d = *m.distance
		}
		if m.within != nil {
			w = *m.within
		}
		if w >= 0 && w < n {
			t.reject("within that is shorter than its content")
			return
		}
		switch {
		case l.end >= 0 && l.end+d >= 0:
			offset, depth = l.end+d, w
		case len(l.chain) > 0 && d >= 0 && !m.negated && !l.done:
			hi := -1
			if w >= 0 {
				hi = d + w - n
			}
			if g, ok := gap(d, hi); ok {
				l.chain = append(l.chain, g, l.part(m))
				l.done = m.ends
				return
			}
			t.lose("distance or within above 1,000 ignored")
		case m.negated:
			t.lose("a negated content with a distance ignored")
			return
		default:
			t.lose("distance and within ignored")
		}
	}
	if m.negated {
		t.and("%s", "not ("+l.content(m, offset, depth)+")")
		return
	}
	l.flush()
	l.end, l.done = -1, m.ends
	cond := l.content(m, offset, depth)
	if depth == n {
		l.end = offset + n
		t.and("%s", cond)
		return
	}
	hi := -1
	if depth >= 0 {
		hi = offset + depth - n
	}
	l.plain = cond
	l.chain = []string{l.part(m)}
	if offset > 0 || hi >= 0 {
		g, ok := gap(offset, hi)
		if !ok {
			t.and("%s", cond)
			l.chain = []string{l.part(m)}
			return
		}
		l.chain = []string{"^" + g + l.part(m)}
	}
}

// content is the condition that a content stands in a part of the buffer: depth bytes from an offset, or all from there for -1.
func (l *looker) content(m *match, offset, depth int) string {
	n := len(m.data)
	value := l.b.field
	if l.b.field == "http.request.method" && depth < 0 && offset == 0 && !m.nocase && methods[string(m.data)] {
		return value + " == " + exprText(string(m.data))
	}
	if m.ends && m.starts {
		lit, v := l.literal(m, value)
		return v + " == " + lit
	}
	op := " contains "
	switch {
	case depth == n && offset == 0:
		op = " startsWith "
	case depth == n:
		value = fmt.Sprintf("%s[%d:%d]", value, offset, offset+n)
		op = " == "
	case depth >= 0:
		value = fmt.Sprintf("%s[%d:%d]", value, offset, offset+depth)
	case offset > 0:
		value = fmt.Sprintf("%s[%d:]", value, offset)
	}
	if m.ends && op == " contains " && depth < 0 {
		op = " endsWith "
	} else if m.ends {
		l.t.and("%s", fmt.Sprintf("len(%s) <= %d", l.b.field, offset+max(depth, n)))
	}
	lit, v := l.literal(m, value)
	return v + op + lit
}

var methods = map[string]bool{"GET": true, "POST": true, "PUT": true, "HEAD": true, "OPTIONS": true, "DELETE": true, "CONNECT": true, "PATCH": true, "TRACE": true}
