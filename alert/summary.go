package alert

import (
	"cmp"
	"strconv"

	"github.com/ruleids/ruleids/internal/printable"
)

// AppendSummary appends the alert as one short line for people, without its time and severity, which
// what carries the line has already, as syslog does:
//
//	port_scan: One source tries many destination ports. 198.51.100.7 -> 192.0.2.10:1014  ports=15/15  [quarantine 198.51.100.7 10m, notify ops]
//
// The line holds no control character, whatever was in the packet; text with spaces or marks in it is
// quoted as in Go, and long text is cut.
func (a *Alert) AppendSummary(dst []byte) []byte {
	l := line{b: printable.Append(dst, a.Rule)}
	l.b = append(l.b, ": "...)
	description := cmp.Or(a.Description, a.Message)
	if description != "" {
		l.b = append(printable.Append(l.b, description), ' ')
	}
	l.b = append(a.appendEndpoints(l.b, " -> "), "  "...)
	a.appendFacts(&l)
	a.appendResponses(&l)
	return trimRight(l.b, len(dst))
}

// AppendValue appends the value alone, in full: numbers as in the JSON, text as package printable makes it safe.
func (n Named) AppendValue(dst []byte) []byte {
	switch x := n.Value.(type) {
	case int64:
		return strconv.AppendInt(dst, x, 10)
	case float64:
		return strconv.AppendFloat(dst, x, 'g', -1, 64)
	case bool:
		return strconv.AppendBool(dst, x)
	case string:
		return printable.Append(dst, x)
	}
	return dst
}
