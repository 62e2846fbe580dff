// Package query is what people write to find alerts: words, and terms such as rule:port_scan or src:203.0.113.0/24.
package query

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
)

// A Field is what a term is about.
type Field string

// The fields. Text is for words without a field.
const (
	Rule     Field = "rule"
	Severity Field = "severity"
	Category Field = "category"
	Agent    Field = "agent"
	Src      Field = "src"
	Dst      Field = "dst"
	IP       Field = "ip" // source or destination
	SrcPort  Field = "sport"
	DstPort  Field = "dport"
	Port     Field = "port" // of source or destination
	Proto    Field = "proto"
	Attack   Field = "attack"
	Text     Field = "text"
	since          = "since"
	until          = "until"
)

// names are the fields and what they are called besides.
var names = map[string]Field{
	"rule": Rule, "severity": Severity, "sev": Severity, "category": Category, "agent": Agent, "src": Src, "src_ip": Src, "dst": Dst, "dest_ip": Dst, "dst_ip": Dst, "ip": IP,
	"sport": SrcPort, "src_port": SrcPort, "dport": DstPort, "dest_port": DstPort, "dst_port": DstPort, "port": Port, "proto": Proto, "attack": Attack, "text": Text,
}

// Names returns what may stand before a colon, sorted.
func Names() []string {
	out := slices.AppendSeq([]string{since, until}, maps.Keys(names))
	slices.Sort(out)
	return out
}

// A Term holds of an alert where one of its values does; with Not, where none does. Which of the lists is used follows from
// Field.
type Term struct {
	Field    Field
	Not      bool
	Words    []string         // rule, category, agent, proto, attack and text
	Prefixes []netip.Prefix   // src, dst, ip
	Numbers  []uint16         // ports
	Levels   []scale.Severity // severity
}

// A Query holds of an alert where all its terms do and its time is in [Since, Until). Zero times are no bounds.
type Query struct {
	Terms        []Term
	Since, Until time.Time
}

const (
	maxTerms  = 32
	maxValues = 64
	maxLength = 4096
)

// Parse reads a query. now is what "since:2h" counts from.
func Parse(text string, now time.Time) (*Query, error) {
	if len(text) > maxLength {
		return nil, fmt.Errorf("the query has %d characters; at most %d are read", len(text), maxLength)
	}
	q := &Query{}
	for _, w := range words(text) {
		if err := q.add(w, now); err != nil {
			return nil, err
		}
		if len(q.Terms) > maxTerms {
			return nil, fmt.Errorf("the query has over %d terms", maxTerms)
		}
	}
	return q, nil
}

// A word is a part of a query without spaces, or with those in quotation marks; at is where its first colon is that stands
// outside of those.
type word struct {
	text   string
	at     int
	quoted bool // it begins with a quotation mark
}

func words(text string) []word {
	var out []word
	var b strings.Builder
	w, quoted, any := word{at: -1}, false, false
	flush := func() {
		if any {
			w.text = b.String()
			out = append(out, w)
		}
		b.Reset()
		w, any = word{at: -1}, false
	}
	for _, c := range text {
		switch {
		case c == '"':
			if !any {
				w.quoted = true
			}
			quoted, any = !quoted, true
		case !quoted && (c == ' ' || c == '\t' || c == '\n' || c == '\r'):
			flush()
		default:
			if c == ':' && !quoted && w.at < 0 && !w.quoted {
				w.at = b.Len()
			}
			b.WriteRune(c)
			any = true
		}
	}
	flush()
	return out
}

func (q *Query) add(w word, now time.Time) error {
	text, at, not := w.text, w.at, false
	if !w.quoted && len(text) > 1 && text[0] == '-' {
		text, at, not = text[1:], at-1, true
	}
	if at > 0 {
		name, value := strings.ToLower(text[:at]), text[at+1:]
		switch name {
		case since, until:
			t, err := ParseTime(value, now)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if name == since {
				q.Since = later(q.Since, t)
			} else if q.Until.IsZero() || t.Before(q.Until) {
				q.Until = t
			}
			return nil
		}
		if field, ok := names[name]; ok {
			return q.AddTerm(field, value, not)
		}
		if _, err := netip.ParseAddr(text); err != nil && !strings.Contains(text, "::") {
			return fmt.Errorf("there is no field %q; there are %s. Text with a colon goes into quotation marks", name, strings.Join(Names(), ", "))
		}
	}
	if p, ok := parsePrefix(text); ok && !w.quoted {
		q.Terms = append(q.Terms, Term{Field: IP, Not: not, Prefixes: []netip.Prefix{p}})
		return nil
	}
	if text == "" {
		return nil
	}
	q.Terms = append(q.Terms, Term{Field: Text, Not: not, Words: []string{text}})
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// AddTerm adds a term whose values are separated by commas. A severity with "+" behind it stands for it and those above.
func (q *Query) AddTerm(field Field, values string, not bool) error {
	t := Term{Field: field, Not: not}
	for v := range strings.SplitSeq(values, ",") {
		if v = strings.TrimSpace(v); v == "" {
			continue
		}
		switch field {
		case Src, Dst, IP:
			p, ok := parsePrefix(v)
			if !ok {
				return fmt.Errorf("%s: %q is not an address or a network", field, v)
			}
			t.Prefixes = append(t.Prefixes, p)
		case SrcPort, DstPort, Port:
			n, err := strconv.ParseUint(v, 10, 16)
			if err != nil {
				return fmt.Errorf("%s: %q is not a port", field, v)
			}
			t.Numbers = append(t.Numbers, uint16(n))
		case Severity:
			word, above := strings.CutSuffix(v, "+")
			s, err := scale.ParseSeverity(strings.ToLower(word))
			if err != nil {
				return fmt.Errorf("severity: %w", err)
			}
			for _, x := range scale.Severities() {
				if x == s || above && x > s {
					t.Levels = append(t.Levels, x)
				}
			}
		default:
			t.Words = append(t.Words, v)
		}
	}
	switch n := len(t.Words) + len(t.Prefixes) + len(t.Numbers) + len(t.Levels); {
	case n == 0:
		return nil
	case n > maxValues:
		return fmt.Errorf("%s has over %d values", field, maxValues)
	}
	q.Terms = append(q.Terms, t)
	return nil
}

func parsePrefix(s string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(s); err == nil {
		a = a.Unmap().WithZone("")
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(s)
	if err != nil || p.Addr().Is4In6() {
		return p, false
	}
	return p.Masked(), true
}

// ParseTime reads a time: RFC 3339, a date, seconds since 1970, or a duration before now as "2h" or "7d"; "now".
func ParseTime(s string, now time.Time) (time.Time, error) {
	if s == "now" {
		return now, nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700", "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return inRange(t, s)
		}
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil && n >= 0 && n < 1<<33 {
		return time.UnixMicro(int64(n * 1e6)).UTC(), nil
	}
	if d, err := setting.ParseDuration(strings.TrimPrefix(s, "-")); err == nil {
		return inRange(now.Add(-d), s)
	}
	return time.Time{}, fmt.Errorf("%q is not a time: write 2026-11-29T12:00:00Z, 2026-11-29, seconds since 1970, or a duration before now as 2h or 7d", s)
}

// inRange holds a time between 1970 and 2200, which is what ids of alerts can tell.
func inRange(t time.Time, s string) (time.Time, error) {
	if t = t.UTC(); t.Year() > 2199 {
		return t, fmt.Errorf("%q is after 2199", s)
	}
	if t.Unix() < 0 {
		t = time.Unix(0, 0).UTC()
	}
	return t, nil
}
