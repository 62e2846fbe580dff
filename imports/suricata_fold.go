package imports

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ruleids/ruleids/internal/lazyregexp"
)

var domainName = lazyregexp.New(`^[a-z0-9_-]+(\.[a-z0-9_-]+)*$`)

// foldable makes the constant of a rule of the only content that a buffer is asked for, where that is a whole name or its end.
func foldable(t *translation, b buffer, m match, sizes []string, dot bool) bool {
	if m.pattern != "" || m.negated || m.distance != nil || m.within != nil || m.offset > 0 {
		return false
	}
	text := string(m.data)
	n := len(text)
	whole := m.starts && m.ends || m.depth == n && m.ends
	for _, s := range sizes {
		if strings.TrimSpace(s) != strconv.Itoa(n) {
			return false
		}
		whole = true
	}
	lower := strings.ToLower(text)
	if strings.HasPrefix(b.noun, "ja") {
		if len(text) < 32 {
			return false
		}
		whole = true
		lower = text
		if b.noun == "ja3" {
			lower = strings.ToLower(text)
		}
	}
	if b.suffix && m.ends && !whole && !m.starts && m.depth < 0 {
		name := strings.TrimPrefix(lower, ".")
		if !domainName.MatchString(name) {
			return false
		}
		switch {
		case dot:
		case name != lower:
			t.lose("the name itself counts too, not those below it alone")
		default:
			t.lose("whole labels of a name alone")
		}
		if b.field == "http.host" {
			t.lose("a port that the Host header names is part of it")
		}
		t.fold = &constant{kind: "domain", value: b.field, noun: b.noun, entries: []string{name}, text: b.field + " in " + array([]string{name}, exprText)}
		t.fold.text = fmt.Sprintf("lower(%s) == %s or lower(%s) endsWith %s", b.field, exprText(name), b.field, exprText("."+name))
		return true
	}
	if !whole || strings.TrimSpace(lower) != lower || lower == "" || lower[0] == '#' || strings.ContainsFunc(lower, func(r rune) bool { return r < ' ' || r >= 0x7f }) {
		return false
	}
	value := b.field
	if m.nocase || b.suffix {
		value = "lower(" + b.field + ")"
	} else {
		lower = text
	}
	if b.suffix && !m.nocase && b.field == "dns.qry.name" {
		t.lose("case does not matter")
	}
	if b.field == "http.host" {
		t.lose("a port that the Host header names is part of it")
	}
	t.fold = &constant{kind: "string", value: value, noun: b.noun + "_whole", entries: []string{lower}, text: value + " == " + exprText(lower)}
	if strings.HasPrefix(b.noun, "ja") {
		t.fold.noun = b.noun
	}
	return true
}
