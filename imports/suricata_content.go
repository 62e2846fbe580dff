package imports

import (
	"bytes"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A match is a content or pcre with its modifiers. Numbers are -1, and relative ones nil, where it does not say.
type match struct {
	buffer           string
	negated, nocase  bool
	data             []byte
	offset, depth    int
	starts, ends     bool
	distance, within *int
	pattern          string // of a pcre: flags and all
	relative         bool   // pcre: from the end of the match before
}

// A buffer is a part of the traffic that Suricata looks into, as a field.
type buffer struct {
	field    string
	side     string // "request" or "response" where the field tells
	noun     string // of a list of its values
	suffix   bool   // its values are domain names
	lossless bool
}

// buffers are the sticky buffers that a field stands for, by their names now and before, and "" for the payload.
var buffers = map[string]buffer{
	"":                  {field: "payload"},
	"http.uri":          {field: "http.request.uri", side: "request"},
	"http.uri.raw":      {field: "http.request.uri", side: "request", lossless: true},
	"http.method":       {field: "http.request.method", side: "request", lossless: true},
	"http.host":         {field: "http.host", side: "request", noun: "http_hosts", suffix: true},
	"http.host.raw":     {field: "http.host", side: "request", lossless: true},
	"http.user_agent":   {field: "http.user_agent", side: "request", noun: "user_agents", lossless: true},
	"http.content_type": {field: "http.content_type", lossless: true},
	"http.stat_code":    {field: "http.response.code", side: "response", lossless: true},
	"dns.query":         {field: "dns.qry.name", side: "request", noun: "dns_names", suffix: true, lossless: true},
	"tls.sni":           {field: "tls.handshake.extensions_server_name", side: "request", noun: "tls_names", suffix: true, lossless: true},
	"ja3.hash":          {field: "tls.handshake.ja3", side: "request", noun: "ja3", lossless: true},
	"ja4.hash":          {field: "tls.handshake.ja4", side: "request", noun: "ja4", lossless: true},
}

// sticky are older names of buffers that what follows is looked for in.
var sticky = map[string]string{"dns_query": "dns.query", "tls_sni": "tls.sni", "ja3_hash": "ja3.hash", "pkt_data": "", "http_host": "http.host"}

// modifiers are older names that say where the content before them is looked for.
var modifiers = map[string]string{
	"http_uri": "http.uri", "http_raw_uri": "http.uri.raw", "http_method": "http.method", "http_host": "http.host", "http_raw_host": "http.host.raw",
	"http_user_agent": "http.user_agent", "http_stat_code": "http.stat_code", "http_content_type": "http.content_type",
}

// pcreBuffers are the flags of a pcre that say where it is looked for.
var pcreBuffers = map[rune]string{'U': "http.uri", 'I': "http.uri.raw", 'M': "http.method", 'W': "http.host", 'Z': "http.host.raw", 'V': "http.user_agent", 'S': "http.stat_code"}

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
		l.t.and("%s", l.b.field+" matches "+regexLiteral(strings.Join(l.chain, "")))
	}
	l.chain, l.plain = nil, ""
}

// regexLiteral writes a pattern.
func regexLiteral(p string) string {
	if strings.Contains(p, "`") {
		return bytesLiteral([]byte(p))
	}
	return "`" + p + "`"
}

// literal writes what is looked for, in lower case where case does not matter, and the value to look in.
func (l *looker) literal(m *match, value string) (string, string) {
	data := m.data
	if lower := bytes.ToLower(data); m.nocase && !bytes.Equal(lower, bytes.ToUpper(data)) {
		data, value = lower, "lower("+value+")"
	}
	if l.bytes {
		return bytesLiteral(data), value
	}
	return textLiteral(string(data)), value
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
		return value + " == " + textLiteral(string(m.data))
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

func (l *looker) pcre(m *match) {
	t := l.t
	if strings.Contains(m.pattern, "$") && l.bytes {
		t.lose("$ of a pcre is the end of the payload alone")
	}
	value := l.b.field
	cond := func() string {
		c := value + " matches " + regexLiteral(m.pattern)
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

// numeric translates N, !N, >N, <N, A-B and A<>B, where A<>B leaves out both ends.
func numeric(field, value string) (string, error) {
	value = strings.ReplaceAll(value, " ", "")
	number := func(s string) (int, bool) {
		n, err := strconv.Atoi(s)
		return n, err == nil && n >= 0
	}
	for _, op := range []string{"<=", ">=", "<", ">"} {
		if rest, ok := strings.CutPrefix(value, op); ok {
			if n, ok := number(rest); ok {
				return fmt.Sprintf("%s %s %d", field, op, n), nil
			}
		}
	}
	if a, b, ok := strings.Cut(value, "<>"); ok {
		lo, ok1 := number(a)
		hi, ok2 := number(b)
		if ok1 && ok2 {
			return fmt.Sprintf("%s > %d and %s < %d", field, lo, field, hi), nil
		}
	}
	if a, b, ok := strings.Cut(value, "-"); ok {
		lo, ok1 := number(a)
		hi, ok2 := number(b)
		if ok1 && ok2 && lo <= hi {
			return fmt.Sprintf("%s >= %d and %s <= %d", field, lo, field, hi), nil
		}
	}
	rest, negated := strings.CutPrefix(value, "!")
	if n, ok := number(strings.TrimPrefix(rest, "=")); ok {
		if negated {
			return fmt.Sprintf("%s != %d", field, n), nil
		}
		return fmt.Sprintf("%s == %d", field, n), nil
	}
	return "", fmt.Errorf("a number that cannot be read")
}
