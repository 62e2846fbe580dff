package ruletest

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/printable"
)

// tolerance is how far an alert may be from the time that at names.
const tolerance = 10 * time.Millisecond

// maxListed bounds the alerts that are listed one by one in the problems of a test.
const maxListed = 10

// An outcome is what came of a test's packets.
type outcome struct {
	start   int64             // time of the first packet
	packets uint64            // how many there were
	alerts  []*alert.Alert    // in packet order
	matched map[string]uint64 // by rule: events that it looked at

	// explain says why a rule did not fire, in part of a sentence; nil where that is not known.
	explain func(rule string) string
}

// check holds an outcome against what the test expects and returns what is wrong, in the order of
// the alert blocks, with the alerts that nobody expects at the end.
func (t *Test) check(o *outcome) []string {
	var problems []string
	for _, e := range t.expects {
		problems = append(problems, e.check(o)...)
	}
	if t.othersOK {
		return problems
	}
	var others []*alert.Alert
	for _, a := range o.alerts {
		if !slices.ContainsFunc(t.expects, func(e *expectation) bool { return e.rule == a.Rule && e.hasKeyOf(a) }) {
			others = append(others, a)
		}
	}
	for i, a := range others {
		if i == maxListed {
			problems = append(problems, fmt.Sprintf("%d more unexpected alerts, of %s", len(others)-i, rulesOf(others[i:])))
			break
		}
		problems = append(problems, "unexpected alert "+o.describe(a))
	}
	return problems
}

// check returns what is wrong with the alerts of one block.
func (e *expectation) check(o *outcome) []string {
	var got, ofRule []*alert.Alert
	for _, a := range o.alerts {
		if a.Rule != e.rule {
			continue
		}
		ofRule = append(ofRule, a)
		if e.hasKeyOf(a) && (e.severity == 0 || e.severity == a.Severity) {
			got = append(got, a)
		}
	}
	var problems []string
	if len(got) < e.min || e.max >= 0 && len(got) > e.max {
		p := fmt.Sprintf("%s: want %s, got %d", e, e.want(), len(got))
		switch {
		case len(got) > 0:
			p += ": " + o.list(got)
		case len(ofRule) > 0:
			p += "; closest: " + o.list(e.closest(ofRule))
		default:
			p += fmt.Sprintf("; the rule matched %d of %d packets", o.matched[e.rule], o.packets)
			if o.explain != nil {
				if why := o.explain(e.rule); why != "" {
					p += "; " + why
				}
			}
		}
		problems = append(problems, p)
	}
	if e.hasAt && len(got) > 0 {
		at := time.Duration(got[0].Time - o.start)
		if at-e.at > tolerance || e.at-at > tolerance {
			problems = append(problems, fmt.Sprintf("%s: want the first alert at %v, got it at %v%s", e, e.at, at, inBrackets(packetText(got[0]))))
		}
	}
	return problems
}

// String names the block with its line, so that two blocks for one rule can be told apart.
func (e *expectation) String() string {
	return fmt.Sprintf("line %d: alert %q", e.ruleAt.Start.Line, e.rule)
}

// want says how many alerts there should be, of which key and severity.
func (e *expectation) want() string {
	var b strings.Builder
	switch {
	case e.exact:
		fmt.Fprintf(&b, "%d", e.min)
	case e.max < 0:
		fmt.Fprintf(&b, "at least %d", e.min)
	case e.min == 0:
		fmt.Fprintf(&b, "at most %d", e.max)
	default:
		fmt.Fprintf(&b, "%d to %d", e.min, e.max)
	}
	for i, k := range e.key {
		b.WriteString([]string{" with ", ", "}[min(i, 1)])
		b.WriteString(k.name + "=" + k.value)
	}
	if e.severity != 0 {
		b.WriteString(" of severity " + e.severity.String())
	}
	return b.String()
}

// closest returns the alerts, sorted so that those with the most of the wanted key come first.
func (e *expectation) closest(alerts []*alert.Alert) []*alert.Alert {
	rank := func(a *alert.Alert) int {
		n := 0
		for _, k := range e.key {
			if k.in(a) {
				n--
			}
		}
		return n
	}
	out := slices.Clone(alerts)
	slices.SortStableFunc(out, func(a, b *alert.Alert) int { return rank(a) - rank(b) })
	return out
}

// hasKeyOf reports whether the alert's key has every value that the block names.
func (e *expectation) hasKeyOf(a *alert.Alert) bool {
	for _, k := range e.key {
		if !k.in(a) {
			return false
		}
	}
	return true
}

func (k *keyValue) in(a *alert.Alert) bool {
	for _, v := range a.Key {
		if v.Name == k.name && sameValue(v.Value, k.value) {
			return true
		}
	}
	return false
}

// sameValue compares a value with its text; addresses and numbers by what they are, not how they
// are written.
func sameValue(v any, text string) bool {
	switch v := v.(type) {
	case int64:
		n, err := strconv.ParseFloat(text, 64)
		return err == nil && n == float64(v)
	case float64:
		n, err := strconv.ParseFloat(text, 64)
		return err == nil && (n == v || math.Abs(n-v) < 1e-9*math.Abs(v))
	case bool:
		return text == strconv.FormatBool(v)
	case string:
		if v == text {
			return true
		}
		if a, err := netip.ParseAddr(v); err == nil {
			b, err := netip.ParseAddr(text)
			return err == nil && a == b
		}
		if a, err := net.ParseMAC(v); err == nil {
			b, err := net.ParseMAC(text)
			return err == nil && a.String() == b.String()
		}
	}
	return false
}

// list describes alerts in one line, the first few of them.
func (o *outcome) list(alerts []*alert.Alert) string {
	const few = 3
	var parts []string
	for i, a := range alerts {
		if i == few {
			parts = append(parts, fmt.Sprintf("and %d more", len(alerts)-few))
			break
		}
		parts = append(parts, o.describeKey(a))
	}
	return strings.Join(parts, "; ")
}

// describe names an alert by rule, key and time.
func (o *outcome) describe(a *alert.Alert) string {
	return strconv.Quote(a.Rule) + ": " + o.describeKey(a)
}

func (o *outcome) describeKey(a *alert.Alert) string {
	var b strings.Builder
	for _, k := range a.Key {
		fmt.Fprintf(&b, "%s=%s ", k.Name, valueText(k.Value))
	}
	place := a.Severity.String()
	if p := packetText(a); p != "" {
		place = p + ", " + place
	}
	fmt.Fprintf(&b, "at %v%s", time.Duration(a.Time-o.start), inBrackets(place))
	return b.String()
}

// packetText names the packet that an alert came of; empty for one that came of another event.
func packetText(a *alert.Alert) string {
	if a.Number == 0 {
		return ""
	}
	return fmt.Sprintf("packet %d", a.Number)
}

// inBrackets returns text to stand behind other text; empty for none.
func inBrackets(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

// valueText writes a value so that nothing from a packet can be taken for something else.
func valueText(v any) string {
	if s, ok := v.(string); ok {
		return printable.Word(s)
	}
	return fmt.Sprint(v)
}

// rulesOf names the rules of alerts, each once, sorted.
func rulesOf(alerts []*alert.Alert) string {
	var names []string
	for _, a := range alerts {
		names = append(names, a.Rule)
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}
