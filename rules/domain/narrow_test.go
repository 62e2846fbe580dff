package domain

import (
	"fmt"
	"math"
	"testing"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/lists"
)

func field(t *testing.T, name string) *ast.FieldExpr {
	t.Helper()
	f := packet.FieldByName(name)
	if f == nil {
		t.Fatalf("no field %q", name)
	}
	return &ast.FieldExpr{Field: f}
}

func integer(n int64) *ast.ConstExpr {
	return &ast.ConstExpr{Value: ast.Value{Kind: packet.KindInt, Int: n}}
}

func cmp(x ast.Expr, op ast.Op, y ast.Expr) ast.Expr {
	return &ast.CompareExpr{Op: op, X: x, Y: y}
}

func all(xs ...ast.Expr) ast.Expr { return &ast.LogicExpr{Xs: xs} }
func either(xs ...ast.Expr) ast.Expr {
	return &ast.LogicExpr{Or: true, Xs: xs}
}
func not(x ast.Expr) ast.Expr { return &ast.NotExpr{X: x} }

func TestNarrow(t *testing.T) {
	port := field(t, "tcp.dstport")
	tcp := &ast.LayerExpr{Layers: packet.LayerTCP}
	is := func(op ast.Op, n int64) ast.Expr { return all(tcp, cmp(port, op, integer(n))) }
	in := func(rs ...lists.IntRange) ast.Expr {
		return all(tcp, &ast.InExpr{X: port, Set: lists.NewIntSet(rs)})
	}
	tests := []struct {
		name string
		e    ast.Expr
		has  packet.Layer
		want string
	}{
		{"equal", is(ast.OpEq, 22), 0, "[{22 22}]"},
		{"mirrored", all(tcp, cmp(integer(1024), ast.OpGt, port)), 0, "[{0 1023}]"},
		{"at least", is(ast.OpGe, 1024), 0, "[{1024 65535}]"},
		{"at most", is(ast.OpLe, 7), 0, "[{0 7}]"},
		{"above", is(ast.OpGt, 65530), 0, "[{65531 65535}]"},
		{"unequal", is(ast.OpNe, 22), 0, "[{0 21} {23 65535}]"},
		{"between", all(is(ast.OpGe, 10), is(ast.OpLt, 20)), 0, "[{10 19}]"},
		{"contradiction", all(is(ast.OpGe, 20), is(ast.OpLt, 10)), 0, "none"},
		{"either", either(is(ast.OpEq, 22), is(ast.OpEq, 25)), 0, "[{22 22} {25 25}]"},
		{"either, one impossible", either(is(ast.OpEq, 22), all(is(ast.OpGe, 20), is(ast.OpLt, 10))), 0, "[{22 22}]"},
		{"either, one of another field", either(is(ast.OpEq, 22), cmp(field(t, "ip.ttl"), ast.OpEq, integer(1))), 0, "[{0 65535}]"},
		{"set", in(lists.IntRange{Lo: 22, Hi: 23}, lists.IntRange{Lo: 25, Hi: 25}), 0, "[{22 23} {25 25}]"},
		{"not in set, of any packet", not(in(lists.IntRange{Lo: 0, Hi: 65000})), 0, "[{0 65535}]"},
		{"not in set, of TCP", not(in(lists.IntRange{Lo: 0, Hi: 65000})), packet.LayerTCP, "[{65001 65535}]"},
		{"the other spelling of the slot", all(cmp(field(t, "dst.port"), ast.OpEq, integer(53))), 0, "[{53 53}]"},
		{"true", &ast.ConstExpr{Value: boolean(true)}, 0, "[{0 65535}]"},
		{"false", &ast.ConstExpr{Value: boolean(false)}, 0, "none"},
	}
	for _, tt := range tests {
		got := "none"
		if d := StateWhere(tt.e, true, tt.has); !d.None {
			got = fmt.Sprint(d.field(port.Field).ints)
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestNarrowStrings(t *testing.T) {
	action := field(t, "honeypot.action")
	word := func(s string) ast.Expr {
		return &ast.ConstExpr{Value: ast.Value{Kind: packet.KindString, Str: s}}
	}
	d := StateWhere(cmp(action, ast.OpNe, word("connect")), true, 0)
	if got := d.field(action.Field).most; got != 2 {
		t.Errorf("%v actions besides connect, want 2", got)
	}
	d = StateWhere(&ast.InExpr{X: action, Set: lists.NewStringSet([]string{"login", "nothing"})}, true, 0)
	if got := d.field(action.Field).most; got != 1 {
		t.Errorf("%v actions, want 1", got)
	}
	d = StateWhere(cmp(field(t, "dns.qry.name"), ast.OpNe, word("x")), true, 0)
	if got := d.field(field(t, "dns.qry.name").Field).most; !math.IsInf(got, 1) {
		t.Errorf("%v names besides one, want no bound", got)
	}
}

// A bound on the number of addresses must never be too small.
func TestAddrDomain(t *testing.T) {
	tests := []struct {
		lo, hi packet.Addr
		want   float64
	}{
		{packet.Addr{Lo: 0xffff_0a00_0001}, packet.Addr{Lo: 0xffff_0a00_0001}, 1},
		{packet.Addr{Lo: 0xffff_0a00_0000}, packet.Addr{Lo: 0xffff_0aff_ffff}, 1 << 24},
		{packet.Addr{Hi: 1, Lo: 1 << 63}, packet.Addr{Hi: 1, Lo: 1<<63 + 5}, 6},
		{packet.Addr{Hi: 1}, packet.Addr{Hi: 1, Lo: math.MaxUint64}, 1 << 64},
	}
	for _, tt := range tests {
		set := lists.NewAddrSet([]lists.AddrRange{{Lo: tt.lo, Hi: tt.hi}})
		if got := addrValues(set.Addrs).most; got != tt.want {
			t.Errorf("%v-%v: %v, want %v", tt.lo, tt.hi, got, tt.want)
		}
	}
	if got := addrValues(lists.NewAddrSet([]lists.AddrRange{{Lo: packet.Addr{Hi: 1}, Hi: packet.Addr{Hi: 2, Lo: 7}}}).Addrs).most; got < 1<<64 {
		t.Errorf("a range over 2^64 addresses counts %v", got)
	}
}

func TestNumbers(t *testing.T) {
	typ := field(t, "icmp.type")
	arith := func(op ast.Op, x, y ast.Expr) ast.Expr {
		return &ast.ArithExpr{Op: op, X: x, Y: y, K: packet.KindInt}
	}
	call := func(id ast.FuncID, args ...ast.Expr) ast.Expr {
		return &ast.CallExpr{Func: &ast.Function{ID: id}, Args: args}
	}
	tests := []struct {
		name string
		e    ast.Expr
		want Interval
	}{
		{"field", typ, Interval{0, 255}},
		{"sum", arith(ast.OpAdd, typ, integer(1)), Interval{1, 256}},
		{"difference", arith(ast.OpSub, integer(10), typ), Interval{-245, 10}},
		{"product", arith(ast.OpMul, typ, integer(-2)), Interval{-510, 0}},
		{"remainder", arith(ast.OpMod, typ, integer(8)), Interval{0, 7}},
		{"remainder of a negative", arith(ast.OpMod, &ast.NegExpr{X: typ}, integer(8)), Interval{-7, 7}},
		{"remainder by zero", arith(ast.OpMod, typ, integer(0)), Interval{0, 0}},
		{"may wrap", arith(ast.OpMul, field(t, "flow.bytes"), integer(8)), AnyNumber},
		{"negative", &ast.NegExpr{X: typ}, Interval{-255, 0}},
		{"abs", call(ast.FnAbs, arith(ast.OpSub, typ, integer(10))), Interval{0, 245}},
		{"abs of a negative", call(ast.FnAbs, arith(ast.OpSub, integer(-10), typ)), Interval{10, 265}},
		{"mask", call(ast.FnBitAnd, field(t, "tcp.flags"), integer(3)), Interval{0, 3}},
		{"name", call(ast.FnLen, field(t, "dns.qry.name")), Interval{0, packet.MaxName}},
		{"payload", call(ast.FnLen, field(t, "payload")), NotNegative},
		{"least", call(ast.FnMin, typ, integer(-5)), Interval{-5, 255}},
		{"rate", field(t, "flow.packet_rate"), NotNegative},
		{"time", field(t, "frame.time_epoch"), AnyNumber},
	}
	for _, tt := range tests {
		if got := Numbers(tt.e, State{}); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestValues(t *testing.T) {
	syn, typ, src := field(t, "tcp.flags.syn"), field(t, "icmp.type"), field(t, "ip.src")
	by := []ast.Key{{Text: "ip.src", Expr: src}, {Text: "dst.port", Expr: field(t, "dst.port")}}
	tests := []struct {
		name string
		e    ast.Expr
		by   []ast.Key
		want float64
	}{
		{"flag", syn, nil, 2},
		{"byte", typ, nil, 256},
		{"condition", cmp(field(t, "ip.ttl"), ast.OpGt, integer(9)), nil, 2},
		{"function of a byte", &ast.ArithExpr{Op: ast.OpMod, X: typ, Y: integer(16), K: packet.KindInt}, nil, 16},
		{"address", src, nil, math.Inf(1)},
		{"key", src, by, 1},
		{"key by its slot", field(t, "tcp.dstport"), by, 1},
		{"key and a byte", &ast.ArithExpr{Op: ast.OpAdd, X: field(t, "tcp.dstport"), Y: typ, K: packet.KindInt}, by, 256},
	}
	for _, tt := range tests {
		if got := MostValues(tt.e, State{}, tt.by); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestCompareIntervals(t *testing.T) {
	x := Interval{0, 2}
	tests := []struct {
		op            ast.Op
		y             float64
		result, known bool
	}{
		{ast.OpGe, 3, false, true}, {ast.OpGe, 2, false, false}, {ast.OpGe, 0, true, true},
		{ast.OpGt, 2, false, true}, {ast.OpGt, 1, false, false}, {ast.OpGt, -1, true, true}, {ast.OpGt, 0, false, false},
		{ast.OpLt, 0, false, true}, {ast.OpLt, 1, false, false}, {ast.OpLt, 3, true, true},
		{ast.OpLe, -1, false, true}, {ast.OpLe, 0, false, false}, {ast.OpLe, 2, true, true},
		{ast.OpEq, 3, false, true}, {ast.OpEq, 2, false, false}, {ast.OpNe, 3, true, true}, {ast.OpNe, 1, false, false},
	}
	for _, tt := range tests {
		result, known := CompareIntervals(tt.op, x, Interval{tt.y, tt.y})
		if result != tt.result || known != tt.known {
			t.Errorf("%v %v %v: %v, %v; want %v, %v", x, tt.op, tt.y, result, known, tt.result, tt.known)
		}
	}
}
