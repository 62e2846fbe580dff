package domain

import (
	"iter"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/lists"
)

// A Shape is what is known of a packet: layers that it has, layers that it lacks, and the values of
// some fields. A condition is true, false or unknown for a shape; where it is false, it is false for
// every packet of that shape.
type Shape struct {
	has, lacks packet.Layer
	tcpFlags   int64  // with LayerTCP
	bare       bool   // no payload: tcp.len is 0 and payload is empty
	Proto      int64  // ip.proto with LayerIP; -1 is not known
	Apart      bool   // a packet of no established connection
	Fate       string // conn.state of an event of a conversation; empty is not known
}

// FlagValues is the number of values of tcp.flags: twelve bits.
const FlagValues = 1 << 12

// ClassShape is what the class of an event tells of it. Of ARP it is a packet for IPv4.
func ClassShape(c packet.Class) *Shape {
	has, may := c.Layers()
	s := &Shape{has: has, lacks: ^(has | may | packet.LayerFlow), Proto: -1}
	switch c {
	case packet.ClassTCP:
		s.Proto = 6
	case packet.ClassUDP:
		s.Proto = 17
	case packet.ClassICMP:
		s.Proto = 1
	case packet.ClassICMPv6:
		s.Proto = 58
	case packet.ClassARP:
		s.has |= packet.LayerARPIPv4
	}
	return s
}

// TCPShape is a TCP segment with flags; bare when it carries no data.
func TCPShape(flags int64, bare bool) *Shape {
	s := ClassShape(packet.ClassTCP)
	s.tcpFlags, s.bare = flags, bare
	if bare {
		s.lacks |= packet.LayerDNS | packet.LayerDNSQuery | packet.LayerDNSResponse
	}
	return s
}

// ShapesOf yields shapes that cover every event of a kind.
func ShapesOf(e packet.Event) iter.Seq[*Shape] {
	return func(yield func(*Shape) bool) {
		for _, c := range packet.PlainClasses() {
			if c.Event() == e && !yield(ClassShape(c)) {
				return
			}
		}
		if e != packet.EventPacket {
			return
		}
		for flags := range int64(FlagValues) {
			if !yield(TCPShape(flags, true)) || !yield(TCPShape(flags, false)) {
				return
			}
		}
	}
}

// value returns the value of e, and whether it is known.
func (s *Shape) value(e ast.Expr) (ast.Value, bool) {
	switch e := e.(type) {
	case *ast.ConstExpr:
		return e.Value, true
	case *ast.LayerExpr:
		if e.Layers&s.lacks != 0 {
			return boolean(false), true
		}
		return boolean(true), e.Layers&s.has == e.Layers
	case *ast.FieldExpr:
		return s.field(e.Field)
	case *ast.NotExpr:
		v, ok := s.value(e.X)
		return boolean(v.Int == 0), ok
	case *ast.LogicExpr:
		return s.logic(e)
	case *ast.CondExpr:
		v, ok := s.value(e.If)
		switch {
		case !ok:
			return ast.Value{}, false
		case v.Int != 0:
			return s.value(e.Then)
		}
		return s.value(e.Else)
	case *ast.CompareExpr:
		x, ok1 := s.value(e.X)
		y, ok2 := s.value(e.Y)
		if !ok1 || !ok2 {
			return ast.Value{}, false
		}
		return compare(e.Op, x, y)
	case *ast.InExpr:
		x, ok := s.value(e.X)
		if !ok || e.Set == nil {
			return ast.Value{}, false
		}
		return member(x, e.Set)
	case *ast.MatchExpr:
		x, ok := s.value(e.X)
		if !ok || !x.Kind.IsText() {
			return ast.Value{}, false
		}
		matches, _ := e.Pattern.Match([]byte(x.Str), nil)
		return boolean(matches), true
	case *ast.TextExpr:
		return s.text(e)
	case *ast.CallExpr:
		return s.call(e)
	case *ast.SliceExpr:
		x, ok := s.value(e.X)
		if !ok || x.Str != "" {
			return ast.Value{}, false
		}
		return x, true // a slice of nothing
	}
	return ast.Value{}, false
}

// Is reports whether e certainly has a truth value.
func (s *Shape) Is(e ast.Expr, want bool) bool {
	v, ok := s.value(e)
	return ok && (v.Int != 0) == want
}

func (s *Shape) field(f *packet.Field) (ast.Value, bool) {
	if s.has&packet.LayerTCP != 0 {
		switch {
		case f.Store == packet.StoreFlag:
			return boolean(s.tcpFlags&int64(f.Bit) != 0), true
		case f.Name == "tcp.flags":
			return ast.Value{Kind: packet.KindInt, Int: s.tcpFlags}, true
		case f.Name == "tcp.len" && s.bare:
			return ast.Value{Kind: packet.KindInt}, true
		case f.Name == "payload" && s.bare:
			return ast.Value{Kind: packet.KindBytes}, true
		}
	}
	switch {
	case f.Name == "conn.established" && (s.Apart || s.has&packet.LayerUDP != 0), f.Name == "conn.retransmission" && s.has&packet.LayerUDP != 0:
		return boolean(false), true
	case f.Name == "conn.state" && s.Fate != "":
		return ast.Value{Kind: packet.KindString, Str: s.Fate}, true
	}
	if f.Name == "ip.proto" && s.has&packet.LayerIP != 0 && s.Proto >= 0 {
		return ast.Value{Kind: packet.KindInt, Int: s.Proto}, true
	}
	return ast.Value{}, false
}

// logic is decided by one operand that decides, even where others before it are unknown.
func (s *Shape) logic(e *ast.LogicExpr) (ast.Value, bool) {
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

func (s *Shape) text(e *ast.TextExpr) (ast.Value, bool) {
	x, ok1 := s.value(e.X)
	y, ok2 := s.value(e.Y)
	if !ok1 || !ok2 || !x.Kind.IsText() || !y.Kind.IsText() {
		return ast.Value{}, false
	}
	return boolean(ast.TextHolds(e.Op, x.Str, y.Str)), true
}

func (s *Shape) call(e *ast.CallExpr) (ast.Value, bool) {
	args := make([]ast.Value, len(e.Args))
	for i, a := range e.Args {
		v, ok := s.value(a)
		if !ok {
			return ast.Value{}, false
		}
		args[i] = v
	}
	switch {
	case e.Func.ID == ast.FnLen && len(args) == 1 && args[0].Kind.IsText():
		return ast.Value{Kind: packet.KindInt, Int: int64(len(args[0].Str))}, true
	case e.Func.ID == ast.FnBitAnd && len(args) == 2:
		return ast.Value{Kind: packet.KindInt, Int: args[0].Int & args[1].Int}, true
	}
	return ast.Value{}, false
}

func boolean(b bool) ast.Value {
	v := ast.Value{Kind: packet.KindBool}
	if b {
		v.Int = 1
	}
	return v
}

// compare returns x op y; it is unknown for kinds that have no order here.
func compare(op ast.Op, x, y ast.Value) (ast.Value, bool) {
	for _, k := range []packet.Kind{x.Kind, y.Kind} {
		if k == packet.KindIP || k == packet.KindFloat || k.IsText() != x.Kind.IsText() {
			return ast.Value{}, false
		}
	}
	return boolean(ast.Compare(op, x, y)), true
}

func member(x ast.Value, set *lists.Set) (ast.Value, bool) {
	switch x.Kind {
	case packet.KindInt, packet.KindMAC:
		return boolean(set.HasInt(x.Int)), true
	case packet.KindString, packet.KindBytes:
		return boolean(set.HasString([]byte(x.Str))), true
	}
	return ast.Value{}, false
}
