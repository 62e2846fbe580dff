package imports

import (
	"fmt"
	"net/netip"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
)

// sigmaValue translates a value of a field, and how it is compared.
func sigmaValue(f sigmaField, op, value string, cased, insensitive bool) (string, error) {
	if f.text != "" {
		if _, err := netip.ParseAddr(value); err != nil && op != "cidr" {
			f = sigmaField{field: f.text, kind: "text"}
		}
	}
	switch f.kind {
	case "verdict":
		switch strings.ToLower(value) {
		case "accept", "accepted", "allow", "allowed", "forward", "pass", "permit", "permitted":
			return "", nil // what is lost by that, the source says
		}
		return "", fmt.Errorf("what a firewall keeps out")
	case "ip":
		if _, err := netip.ParsePrefix(value); err != nil {
			if _, err := netip.ParseAddr(value); err != nil || op != "" && op != "cidr" {
				return "", fmt.Errorf("an address with modifiers")
			}
		}
		return fmt.Sprintf("%s in ['%s']", f.field, value), nil
	case "type":
		n, ok := recordTypes[strings.ToUpper(value)]
		if !ok || op != "" {
			return "", fmt.Errorf("a DNS type that is not known")
		}
		return fmt.Sprintf("%s == %d", f.field, n), nil
	case "number":
		n, err := strconv.Atoi(value)
		sign := map[string]string{"": "==", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}[op]
		if err != nil || sign == "" {
			return "", fmt.Errorf("a number with modifiers")
		}
		return fmt.Sprintf("%s %s %d", f.field, sign, n), nil
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\uFFFD' }) {
		return "", fmt.Errorf("a value with control characters")
	}
	if op == "re" {
		if insensitive {
			value = "(?i)" + value
		}
		if _, err := syntax.Parse(value, syntax.Perl); err != nil {
			return "", fmt.Errorf("a regular expression that RE2 has not")
		}
		return f.field + " matches " + exprPattern(value), nil
	}
	start, end := op == "" || op == "startswith", op == "" || op == "endswith"
	if f.kind == "part" || f.kind == "extension" {
		start, end = false, false
	}
	if f.kind == "extension" {
		value = "." + strings.TrimPrefix(value, ".")
	}
	pieces := sigmaPieces(value, f.kind == "part")
	for len(pieces) > 0 && pieces[0] == wildAny {
		start, pieces = false, pieces[1:]
	}
	for len(pieces) > 0 && pieces[len(pieces)-1] == wildAny {
		end, pieces = false, pieces[:len(pieces)-1]
	}
	if len(pieces) == 0 {
		return "", fmt.Errorf("a value that anything is")
	}
	if len(pieces) > 1 || pieces[0] == wildOne {
		return sigmaPattern(f.field, pieces, start, end, cased), nil
	}
	field, text := f.field, pieces[0]
	if !cased && strings.ToLower(text) != strings.ToUpper(text) {
		if op == "" && methods[text] {
			return field + " == " + exprText(text), nil
		}
		field, text = "lower("+field+")", strings.ToLower(text)
	}
	verb := " contains "
	switch {
	case start && end:
		verb = " == "
	case start:
		verb = " startsWith "
	case end:
		verb = " endsWith "
	}
	return field + verb + exprText(text), nil
}

// Wildcards among the pieces of a value. No text is one of them: values with control characters are refused.
const (
	wildAny = "\x00*"
	wildOne = "\x00?"
)

// sigmaPieces splits a value at its wildcards, * and ?, unless a backslash is before them. In a part of a URI ? is what begins a query.
func sigmaPieces(value string, query bool) (pieces []string) {
	var piece strings.Builder
	flush := func() {
		if piece.Len() > 0 {
			pieces = append(pieces, piece.String())
			piece.Reset()
		}
	}
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '\\' && i+1 < len(value) && strings.IndexByte(`*?\`, value[i+1]) >= 0:
			i++
			piece.WriteByte(value[i])
		case c == '*':
			flush()
			pieces = append(pieces, wildAny)
		case c == '?' && !query:
			flush()
			pieces = append(pieces, wildOne)
		default:
			piece.WriteByte(c)
		}
	}
	flush()
	return pieces
}

// sigmaPattern writes a value with wildcards inside as a regular expression.
func sigmaPattern(field string, pieces []string, start, end, cased bool) string {
	var b strings.Builder
	b.WriteString(map[bool]string{false: "(?is)", true: "(?s)"}[cased])
	if start {
		b.WriteByte('^')
	}
	for _, p := range pieces {
		switch p {
		case wildAny:
			b.WriteString(".*")
		case wildOne:
			b.WriteByte('.')
		default:
			b.WriteString(regexp.QuoteMeta(p))
		}
	}
	if end {
		b.WriteByte('$')
	}
	return field + " matches " + exprPattern(b.String())
}
