package engine

import (
	"math"
	"strconv"
	"strings"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// A placeholder is an expression whose value an alert shows.
type placeholder struct {
	name string
	kind packet.Kind
	num  intFunc
	flt  floatFunc
	addr addrFunc
	str  bytesFunc
	time bool // it is a time in seconds since 1970, which microseconds are a part of
}

func (b *builder) placeholder(name string, e ast.Expr) placeholder {
	n := placeholder{name: name, kind: e.Kind()}
	switch n.kind {
	case packet.KindIP:
		n.addr = b.addrFunc(e)
	case packet.KindString, packet.KindBytes:
		n.str = b.bytesFunc(e)
	case packet.KindFloat:
		n.flt = b.floatFunc(e)
		f, ok := e.(*ast.FieldExpr)
		n.time = ok && f.Field.Store == packet.StoreTime
	default:
		if n.kind != packet.KindBool && ast.Has[*ast.AggregateExpr](e) {
			n.flt = b.floatFunc(e) // the least of nothing is no integer
		} else {
			n.num = b.intFunc(e)
		}
	}
	return n
}

// value returns what an alert shows: int64, float64, string or bool.
func (n *placeholder) value(s *scope) any {
	switch {
	case n.addr != nil:
		return n.addr(s).String()
	case n.str != nil:
		return string(n.str(s))
	case n.time:
		return math.Round(n.flt(s)*1e6) / 1e6
	case n.kind == packet.KindFloat:
		return round(n.flt(s))
	case n.kind == packet.KindMAC:
		return packet.MAC(n.num(s)).String()
	case n.kind == packet.KindBool:
		return n.num(s) != 0
	case n.flt != nil:
		if v := n.flt(s); v == math.Trunc(v) {
			return int64(v)
		}
		return math.NaN()
	}
	return n.num(s)
}

// round returns v to twelve digits. Sums of fractions depend in the last of theirs on when events that had
// left a window were taken away, which no reader of an alert should see.
func round(v float64) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 12, 64), 64)
	if err != nil {
		return v
	}
	return r
}

// text returns the value as messages show it.
func (n *placeholder) text(s *scope) string {
	switch {
	case n.addr != nil:
		return n.addr(s).String()
	case n.str != nil:
		return string(n.str(s))
	case n.time:
		return strconv.FormatFloat(n.flt(s), 'f', 6, 64)
	}
	switch v := n.value(s).(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		if math.IsNaN(v) { // the least of nothing
			return "-"
		}
		return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case string: // a MAC address
		return v
	}
	return ""
}

// A segment is a part of a message: a text, or an expression, which may read what a packet lacks.
type segment struct {
	literal string
	present int32
	placeholder
	filled bool
	each   []*packet.Field // with several values, all of which are shown
	per    int32           // what a choice of values of these must fulfil to be shown
}

type template struct{ parts []segment }

// render fills a message in; what the packet lacks, and an aggregate without a value, is shown as "-".
func (t *template) render(s *scope) string {
	var out strings.Builder
	for i := range t.parts {
		switch h := &t.parts[i]; {
		case !h.filled:
			out.WriteString(h.literal)
		case !s.test(h.present):
			out.WriteByte('-')
		case h.each != nil:
			h.join(&out, s)
		default:
			out.WriteString(h.text(s))
		}
	}
	return out.String()
}
