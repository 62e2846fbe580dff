package domain

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/lists"
)

// A sample is a packet as these tests need one: its shape, and the values of its fields.
type sample struct {
	shape *Shape
	of    map[slot]int64
}

// holds says what a condition is for a sample. It is written apart from the code under test, and
// knows what randomCondition makes.
func (s sample) holds(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.ConstExpr:
		return e.Value.Int != 0
	case *ast.LayerExpr:
		return s.shape.has&e.Layers == e.Layers
	case *ast.FieldExpr:
		return s.of[slotOf(e.Field)] != 0
	case *ast.NotExpr:
		return !s.holds(e.X)
	case *ast.LogicExpr:
		if e.Or {
			return slices.ContainsFunc(e.Xs, s.holds)
		}
		return !slices.ContainsFunc(e.Xs, func(x ast.Expr) bool { return !s.holds(x) })
	case *ast.InExpr:
		return e.Set.HasInt(s.number(e.X))
	case *ast.CompareExpr:
		x, y := s.number(e.X), s.number(e.Y)
		return map[ast.Op]bool{ast.OpEq: x == y, ast.OpNe: x != y, ast.OpLt: x < y, ast.OpLe: x <= y, ast.OpGt: x > y, ast.OpGe: x >= y}[e.Op]
	}
	panic("not a condition of this test")
}

func (s sample) number(e ast.Expr) int64 {
	switch e := e.(type) {
	case *ast.ConstExpr:
		return e.Value.Int
	case *ast.FieldExpr:
		return s.of[slotOf(e.Field)]
	}
	panic("not a number of this test")
}

// The fields that random conditions read. Their values are few, so that random packets meet them.
var sampled = []string{"tcp.dstport", "dst.port", "udp.dstport", "tcp.flags", "tcp.flags.syn", "tcp.flags.ack", "tcp.len", "icmp.type", "ip.ttl", "ip.proto", "arp.opcode"}

func randomSample(r *rand.Rand) sample {
	shapes := []*Shape{TCPShape(r.Int64N(32), true), TCPShape(r.Int64N(32), false)}
	for _, c := range packet.PlainClasses() {
		if c.Event() == packet.EventPacket {
			shapes = append(shapes, ClassShape(c))
		}
	}
	s := sample{shapes[r.IntN(len(shapes))], map[slot]int64{}}
	for _, name := range sampled {
		f := packet.FieldByName(name)
		v, known := s.shape.field(f)
		if !known {
			v.Int = r.Int64N(6)
		}
		s.of[slotOf(f)] = v.Int
	}
	return s
}

func randomCondition(t *testing.T, r *rand.Rand, depth int) ast.Expr {
	if depth > 0 {
		switch r.IntN(4) {
		case 0:
			return not(randomCondition(t, r, depth-1))
		case 1, 2:
			xs := []ast.Expr{randomCondition(t, r, depth-1), randomCondition(t, r, depth-1)}
			return &ast.LogicExpr{Or: r.IntN(2) == 0, Xs: xs}
		}
	}
	f := field(t, sampled[r.IntN(len(sampled))])
	layer := &ast.LayerExpr{Layers: f.Field.Layer}
	switch {
	case r.IntN(20) == 0:
		return &ast.ConstExpr{Value: boolean(r.IntN(2) == 0)}
	case r.IntN(6) == 0:
		return layer
	case f.Field.Kind == packet.KindBool:
		return all(layer, f)
	case r.IntN(3) == 0:
		lo := r.Int64N(6)
		return all(layer, &ast.InExpr{X: f, Set: lists.NewIntSet([]lists.IntRange{{Lo: lo, Hi: lo + r.Int64N(3)}, {Lo: 5, Hi: 5}})})
	}
	op := []ast.Op{ast.OpEq, ast.OpNe, ast.OpLt, ast.OpLe, ast.OpGt, ast.OpGe}[r.IntN(6)]
	if r.IntN(2) == 0 {
		return all(layer, cmp(integer(r.Int64N(6)), op, f))
	}
	return all(layer, cmp(f, op, integer(r.Int64N(6))))
}

// What the checks conclude from a condition is true of every packet that meets it: the layers that it
// implies, the values that it leaves to each field, and what it is for a shape of packets.
func TestConclusionsHold(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	met := 0
	for range 2500 {
		e := randomCondition(t, r, 3)
		layers := Implied(e)
		for range 40 {
			s := randomSample(r)
			want := s.holds(e)
			if v, known := s.shape.value(e); known && (v.Int != 0) != want {
				t.Fatalf("%s is %v for a packet, and %v for its shape", ast.Format(e), want, v.Int != 0)
			}
			d := StateWhere(e, want, s.shape.has)
			if d.None {
				t.Fatalf("%s is %v for a packet, and called impossible", ast.Format(e), want)
			}
			for _, name := range sampled {
				f := packet.FieldByName(name)
				if s.shape.has&f.Layer != f.Layer {
					continue
				}
				v := s.of[slotOf(f)]
				if !(&lists.Set{Ints: d.field(f).ints}).HasInt(v) {
					t.Fatalf("%s is %v for a packet with %s = %d, which is called impossible", ast.Format(e), want, name, v)
				}
			}
			if want {
				met++
				if s.shape.has&layers != layers {
					t.Fatalf("%s holds for a packet without the layers %s, which it is said to imply", ast.Format(e), layers&^s.shape.has)
				}
			}
		}
	}
	if met < 15000 {
		t.Errorf("only %d packets met their condition: the test says little", met)
	}
}
