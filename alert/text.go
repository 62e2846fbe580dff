package alert

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ruleids/ruleids/internal/ansi"
	"github.com/ruleids/ruleids/internal/printable"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
)

// Text writes alerts for people, one line each where it fits, in columns. It writes the date only in the line
// where it changes. The zero value is ready; it must not be used by two goroutines at once.
type Text struct {
	Color bool // with the terminal's colours, by severity
	Width int  // of the terminal, in columns: wider lines are folded; 0 for none

	day   int64 // of the line before, in days since 1970
	begun bool
}

// Append appends the line of an alert, newline included.
func (t *Text) Append(dst []byte, a *Alert) []byte {
	const nanosecondsADay = 24 * 60 * 60 * 1e9
	day := a.Time / nanosecondsADay
	if a.Time%nanosecondsADay < 0 {
		day--
	}
	date := !t.begun || day != t.day
	t.begun, t.day = true, day
	from := len(dst)
	dst = a.appendLine(dst, t.Color, date)
	if t.Width > 0 {
		dst = append(dst[:from], ansi.Fold(string(dst[from:]), t.Width, severityAt)...)
	}
	return append(dst, '\n')
}

// AppendText appends the alert as one line for people, without a newline and with its date:
//
//	2026-11-20 12:00:01.400  HIGH      port_scan           198.51.100.7 → 192.0.2.10:1014        One source tries many destination ports.  ports=15/15  [quarantine 198.51.100.7 10m, notify ops]
//
// Times are UTC. After the flow and the description come what the key has besides the two
// addresses, the aggregates (with the threshold where there is one aggregate), what reputation said,
// how many times the rule would have fired in its cooldown, whose hosts the addresses are, the actions, and the file with the evidence. The line holds no control character, whatever was in the
// packet; text with spaces or marks in it is quoted as in Go, and long text is cut.
func (a *Alert) AppendText(dst []byte, color bool) []byte {
	return a.appendLine(dst, color, true)
}

// Widths of the columns, in characters; a cell that is longer pushes the rest of its line.
const (
	severityAt    = 25 // where it begins: after date and time
	severityWidth = 8  // CRITICAL
	ruleWidth     = 18 // flow_small_packets
	flowWidth     = 35 // an IPv4 flow, if not one of the very longest addresses
	maxText       = 96 // a value from the wire; DNS names go to 254
)

// A line is a line of text being written, with its colours.
type line struct {
	b     []byte
	color bool
}

func (l *line) paint(style ansi.Style) {
	if l.color {
		l.b = append(l.b, style...)
	}
}

// cell writes text in a colour and pads it to a width.
func (l *line) cell(text string, style ansi.Style, width int) {
	l.paint(style)
	before := len(l.b)
	l.b = printable.Append(l.b, text)
	n := utf8.RuneCount(l.b[before:])
	l.paint(ansi.Reset)
	l.pad(n, width)
}

func (l *line) pad(n, width int) {
	for ; n < width; n++ {
		l.b = append(l.b, ' ')
	}
	l.b = append(l.b, "  "...)
}

func (a *Alert) appendLine(dst []byte, color, date bool) []byte {
	l := line{b: dst, color: color}
	at := time.Unix(0, a.Time).UTC()
	l.paint(ansi.Dim)
	if date {
		l.b = at.AppendFormat(l.b, "2006-01-02 ")
	} else {
		l.b = append(l.b, "           "...)
	}
	l.b = at.AppendFormat(l.b, "15:04:05.000")
	l.paint(ansi.Reset)
	l.b = append(l.b, "  "...)

	style := ansi.Yellow
	switch a.Severity {
	case scale.SeverityCritical:
		style = ansi.WhiteOnRed
	case scale.SeverityHigh:
		style = ansi.BoldRed
	case scale.SeverityLow:
		style = ansi.Cyan
	}
	l.cell(strings.ToUpper(a.Severity.String()), style, severityWidth)
	l.cell(a.Rule, ansi.Bold, ruleWidth)
	before := len(l.b)
	l.b = a.appendEndpoints(l.b, " → ")
	l.pad(utf8.RuneCount(l.b[before:]), flowWidth)

	description := cmp.Or(a.Description, a.Message)
	if description != "" {
		l.b = append(printable.Append(l.b, description), "  "...)
	}
	a.appendFacts(&l)
	a.appendResponses(&l)
	a.appendTraces(&l)
	return trimRight(l.b, len(dst))
}

// trimRight cuts spaces from the end, but not below from.
func trimRight(b []byte, from int) []byte {
	for len(b) > from && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return b
}

// appendEndpoints appends "source → destination", with the arrow given. The port of the source says little and is left
// to the JSON; TCP is not named, being the rule.
func (a *Alert) appendEndpoints(b []byte, arrow string) []byte {
	if !a.hasAddresses() {
		if a.Layers&packet.LayerARP != 0 {
			return append(b, "arp"...)
		}
		return append(b, '-')
	}
	b = a.Src.Netip().AppendTo(b)
	if !a.hasDestination() {
		return b
	}
	b = append(b, arrow...)
	if a.Layers&packet.LayerPorts == 0 {
		b = a.Dst.Netip().AppendTo(b)
		if p := a.Protocol(); p != "" {
			b = append(append(b, ' '), strings.ToLower(p)...)
		}
		return b
	}
	if v6 := !a.Dst.Is4(); v6 {
		b = append(a.Dst.Netip().AppendTo(append(b, '[')), ']')
	} else {
		b = a.Dst.Netip().AppendTo(b)
	}
	b = append(b, ':')
	b = strconv.AppendUint(b, uint64(a.DstPort), 10)
	if a.Layers&packet.LayerUDP != 0 {
		b = append(b, "/udp"...)
	}
	return b
}

// appendFacts appends key, aggregates, reputation and suppressed.
func (a *Alert) appendFacts(l *line) {
	before := len(l.b)
	shown := []string{}
	if a.hasAddresses() {
		shown = append(shown, a.Src.String())
	}
	if a.hasDestination() {
		shown = append(shown, a.Dst.String())
	}
	for _, k := range a.Key {
		if s, ok := k.Value.(string); ok && slices.Contains(shown, s) || k.Name == "dst.port" || k.Name == "tcp.dstport" || k.Name == "udp.dstport" {
			continue
		}
		l.b = append(printable.Append(l.b, k.Name), '=')
		l.b = append(appendValue(l.b, k.Value), ' ')
	}
	for _, v := range a.Values {
		l.b = append(printable.Append(l.b, v.Name), '=')
		l.b = appendValue(l.b, v.Value)
		if a.Threshold != nil && len(a.Values) == 1 {
			l.b = appendNumber(append(l.b, '/'), *a.Threshold)
		}
		l.b = append(l.b, ' ')
	}
	if a.Threshold != nil && len(a.Values) > 1 {
		l.b = append(appendNumber(append(l.b, "threshold="...), *a.Threshold), ' ')
	}
	if len(l.b) > before {
		l.b = append(l.b, ' ')
	}
	if s := a.Sample; s != nil {
		l.b = append(printable.Append(l.b, s.Odd), "  "...)
	}
	if r := a.Reputation; r != nil {
		l.b = append(printable.Append(l.b, r.Source), ": "...)
		l.b = append(appendValue(l.b, r.Indicator), " is "...)
		l.b = append(l.b, r.Tier.String()...)
		if r.Engines != 0 {
			l.b = fmt.Appendf(l.b, " (%d/%d)", r.Malicious, r.Engines)
		}
		l.b = append(l.b, "  "...)
	}
	if a.Suppressed > 0 {
		l.b = append(l.b, '+')
		l.b = strconv.AppendUint(l.b, a.Suppressed, 10)
		l.b = append(l.b, " suppressed  "...)
	}
	if words := a.Assets.String(); words != "" {
		l.b = append(printable.Append(l.b, words), "  "...)
	}
	if a.Agent != "" {
		l.b = append(appendValue(append(l.b, '@'), a.Agent), "  "...)
	}
}

// appendResponses appends the actions in brackets, with a word where they are not carried out.
func (a *Alert) appendResponses(l *line) {
	if len(a.Actions) == 0 && !a.Shadow {
		return
	}
	if a.Shadow {
		l.paint(ansi.Magenta)
		l.b = append(l.b, "[shadow"...)
		if len(a.Actions) > 0 {
			l.b = append(l.b, ", would "...)
		}
	} else {
		l.paint(ansi.Dim)
		l.b = append(l.b, '[')
	}
	for i, c := range a.Actions {
		if i > 0 {
			l.b = append(l.b, ", "...)
		}
		l.b = printable.Append(l.b, c.Kind)
		if c.Target.IsValid() {
			l.b = c.Target.AppendTo(append(l.b, ' '))
		}
		if c.Seconds > 0 {
			l.b = append(append(l.b, ' '), spanText(c.Seconds)...)
		}
		for _, to := range c.To {
			l.b = appendValue(append(l.b, ' '), to)
		}
	}
	l.b = append(l.b, ']')
	l.paint(ansi.Reset)
}

// appendTraces appends where the packets of the alert are, and how to find them.
func (a *Alert) appendTraces(l *line) {
	if a.Evidence != "" {
		l.b = printable.AppendWord(append(l.b, "  evidence="...), a.Evidence)
	}
	if a.Filter != "" {
		l.b = append(printable.Append(append(l.b, "  filter: "...), a.Filter), ' ')
	}
}

// spanText writes a time as a rule does: 10m, 1h30m, 90ms.
func spanText(seconds float64) string {
	if seconds >= math.MaxInt64/1e9 {
		return "forever"
	}
	s := time.Duration(seconds * 1e9).String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

// appendValue appends a value; text that could be taken for another part of the line is quoted.
func appendValue(b []byte, v any) []byte {
	switch x := v.(type) {
	case int64:
		return strconv.AppendInt(b, x, 10)
	case float64:
		return appendNumber(b, x)
	case bool:
		return strconv.AppendBool(b, x)
	case string:
		clipped := printable.Clip(x, maxText)
		if clipped == x {
			return printable.AppendWord(b, x)
		}
		return append(printable.AppendWord(b, strings.TrimSuffix(clipped, "…")), "…"...)
	}
	return append(b, '?')
}

// appendNumber appends a number in six digits, whole numbers in full, and "-" for an aggregate that has no value.
func appendNumber(b []byte, x float64) []byte {
	if math.IsNaN(x) {
		return append(b, '-')
	}
	if isWhole(x) && math.Abs(x) < 1e15 {
		return strconv.AppendFloat(b, x, 'f', -1, 64)
	}
	return strconv.AppendFloat(b, x, 'g', 6, 64)
}
