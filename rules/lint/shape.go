package lint

import (
	"bytes"
	"iter"
	"strings"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// A shape is what is known of a packet: layers that it has, layers that it lacks, and the values of
// some fields. A condition is true, false or unknown for a shape; where it is false, it is false for
// every packet of that shape.
type shape struct {
	has, lacks packet.Layer
	tcpFlags   int64  // with LayerTCP
	bare       bool   // no payload: tcp.len is 0 and payload is empty
	proto      int64  // ip.proto with LayerIP; -1 is not known
	apart      bool   // a packet of no established connection
	fate       string // conn.state of an event of a conversation; empty is not known
}

// flagValues is the number of values of tcp.flags: twelve bits.
const flagValues = 1 << 12

// classShape is what the class of an event tells of it. Of ARP it is a packet for IPv4.
func classShape(c packet.Class) *shape {
	has, may := c.Layers()
	s := &shape{has: has, lacks: ^(has | may | packet.LayerFlow), proto: -1}
	switch c {
	case packet.ClassTCP:
		s.proto = 6
	case packet.ClassUDP:
		s.proto = 17
	case packet.ClassICMP:
		s.proto = 1
	case packet.ClassICMPv6:
		s.proto = 58
	case packet.ClassARP:
		s.has |= packet.LayerARPIPv4
	}
	return s
}

// tcpShape is a TCP segment with flags; bare when it carries no data.
func tcpShape(flags int64, bare bool) *shape {
	s := classShape(packet.ClassTCP)
	s.tcpFlags, s.bare = flags, bare
	if bare {
		s.lacks |= packet.LayerDNS | packet.LayerDNSQuery | packet.LayerDNSResponse
	}
	return s
}

// shapesOf yields shapes that cover every event of a kind.
func shapesOf(e packet.Event) iter.Seq[*shape] {
	return func(yield func(*shape) bool) {
		for _, c := range packet.PlainClasses() {
			if c.Event() == e && !yield(classShape(c)) {
				return
			}
		}
		if e != packet.EventPacket {
			return
		}
		for flags := range int64(flagValues) {
			if !yield(tcpShape(flags, true)) || !yield(tcpShape(flags, false)) {
				return
			}
		}
	}
}

// value returns the value of e, and whether it is known.
func (s *shape) value(e rules.Expr) (rules.Value, bool) {
	switch e := e.(type) {
	case *rules.ConstExpr:
		return e.Value, true
	case *rules.LayerExpr:
		if e.Layers&s.lacks != 0 {
			return boolean(false), true
		}
		return boolean(true), e.Layers&s.has == e.Layers
	case *rules.FieldExpr:
		return s.field(e.Field)
	case *rules.NotExpr:
		v, ok := s.value(e.X)
		return boolean(v.Int == 0), ok
	case *rules.LogicExpr:
		return s.logic(e)
	case *rules.CondExpr:
		v, ok := s.value(e.If)
		switch {
		case !ok:
			return rules.Value{}, false
		case v.Int != 0:
			return s.value(e.Then)
		}
		return s.value(e.Else)
	case *rules.CompareExpr:
		x, ok1 := s.value(e.X)
		y, ok2 := s.value(e.Y)
		if !ok1 || !ok2 {
			return rules.Value{}, false
		}
		return compare(e.Op, x, y)
	case *rules.InExpr:
		x, ok := s.value(e.X)
		if !ok || e.Set == nil {
			return rules.Value{}, false
		}
		return member(x, e.Set)
	case *rules.MatchExpr:
		x, ok := s.value(e.X)
		if !ok || !text(x) {
			return rules.Value{}, false
		}
		matches, _ := e.Pattern.Match([]byte(x.Str), nil)
		return boolean(matches), true
	case *rules.TextExpr:
		return s.text(e)
	case *rules.CallExpr:
		return s.call(e)
	case *rules.SliceExpr:
		x, ok := s.value(e.X)
		if !ok || x.Str != "" {
			return rules.Value{}, false
		}
		return x, true // a slice of nothing
	}
	return rules.Value{}, false
}

// is reports whether e certainly has a truth value.
func (s *shape) is(e rules.Expr, want bool) bool {
	v, ok := s.value(e)
	return ok && (v.Int != 0) == want
}

func (s *shape) field(f *packet.Field) (rules.Value, bool) {
	if s.has&packet.LayerTCP != 0 {
		switch {
		case f.Store == packet.StoreFlag:
			return boolean(s.tcpFlags&int64(f.Bit) != 0), true
		case f.Name == "tcp.flags":
			return rules.Value{Kind: packet.KindInt, Int: s.tcpFlags}, true
		case f.Name == "tcp.len" && s.bare:
			return rules.Value{Kind: packet.KindInt}, true
		case f.Name == "payload" && s.bare:
			return rules.Value{Kind: packet.KindBytes}, true
		}
	}
	switch {
	case f.Name == "conn.established" && (s.apart || s.has&packet.LayerUDP != 0), f.Name == "conn.retransmission" && s.has&packet.LayerUDP != 0:
		return boolean(false), true
	case f.Name == "conn.state" && s.fate != "":
		return rules.Value{Kind: packet.KindString, Str: s.fate}, true
	}
	if f.Name == "ip.proto" && s.has&packet.LayerIP != 0 && s.proto >= 0 {
		return rules.Value{Kind: packet.KindInt, Int: s.proto}, true
	}
	return rules.Value{}, false
}

// logic is decided by one operand that decides, even where others before it are unknown.
func (s *shape) logic(e *rules.LogicExpr) (rules.Value, bool) {
	known := true
	for _, x := range e.Xs {
		v, ok := s.value(x)
		switch {
		case !ok:
			known = false
		case (v.Int != 0) == e.Or:
			return v, true
		}
	}
	return boolean(!e.Or), known
}

func (s *shape) text(e *rules.TextExpr) (rules.Value, bool) {
	x, ok1 := s.value(e.X)
	y, ok2 := s.value(e.Y)
	if !ok1 || !ok2 || !text(x) || !text(y) {
		return rules.Value{}, false
	}
	switch e.Op {
	case rules.OpContains:
		return boolean(strings.Contains(x.Str, y.Str)), true
	case rules.OpStartsWith:
		return boolean(strings.HasPrefix(x.Str, y.Str)), true
	case rules.OpEndsWith:
		return boolean(strings.HasSuffix(x.Str, y.Str)), true
	}
	return rules.Value{}, false
}

func (s *shape) call(e *rules.CallExpr) (rules.Value, bool) {
	args := make([]rules.Value, len(e.Args))
	for i, a := range e.Args {
		v, ok := s.value(a)
		if !ok {
			return rules.Value{}, false
		}
		args[i] = v
	}
	switch {
	case e.Func.ID == rules.FnLen && len(args) == 1 && text(args[0]):
		return rules.Value{Kind: packet.KindInt, Int: int64(len(args[0].Str))}, true
	case e.Func.ID == rules.FnBitAnd && len(args) == 2:
		return rules.Value{Kind: packet.KindInt, Int: args[0].Int & args[1].Int}, true
	}
	return rules.Value{}, false
}

func boolean(b bool) rules.Value {
	v := rules.Value{Kind: packet.KindBool}
	if b {
		v.Int = 1
	}
	return v
}

func text(v rules.Value) bool { return v.Kind == packet.KindString || v.Kind == packet.KindBytes }

// compare returns x op y; it is unknown for kinds that have no order here.
func compare(op rules.Op, x, y rules.Value) (rules.Value, bool) {
	var c int
	switch {
	case text(x) && text(y):
		c = bytes.Compare([]byte(x.Str), []byte(y.Str))
	case x.Kind == packet.KindIP || y.Kind == packet.KindIP || text(x) || text(y):
		return rules.Value{}, false
	case x.Kind == packet.KindFloat || y.Kind == packet.KindFloat:
		return rules.Value{}, false
	case x.Int < y.Int:
		c = -1
	case x.Int > y.Int:
		c = 1
	}
	switch op {
	case rules.OpEq:
		return boolean(c == 0), true
	case rules.OpNe:
		return boolean(c != 0), true
	case rules.OpLt:
		return boolean(c < 0), true
	case rules.OpLe:
		return boolean(c <= 0), true
	case rules.OpGt:
		return boolean(c > 0), true
	case rules.OpGe:
		return boolean(c >= 0), true
	}
	return rules.Value{}, false
}

func member(x rules.Value, set *rules.Set) (rules.Value, bool) {
	switch x.Kind {
	case packet.KindInt, packet.KindMAC:
		return boolean(set.HasInt(x.Int)), true
	case packet.KindString, packet.KindBytes:
		return boolean(set.HasString([]byte(x.Str))), true
	}
	return rules.Value{}, false
}
