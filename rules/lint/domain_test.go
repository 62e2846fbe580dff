package lint

import (
	"fmt"
	"math"
	"testing"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

func field(t *testing.T, name string) *rules.FieldExpr {
	t.Helper()
	f := packet.FieldByName(name)
	if f == nil {
		t.Fatalf("no field %q", name)
	}
	return &rules.FieldExpr{Field: f}
}

func integer(n int64) *rules.ConstExpr {
	return &rules.ConstExpr{Value: rules.Value{Kind: packet.KindInt, Int: n}}
}

func cmp(x rules.Expr, op rules.Op, y rules.Expr) rules.Expr {
	return &rules.CompareExpr{Op: op, X: x, Y: y}
}

func all(xs ...rules.Expr) rules.Expr { return &rules.LogicExpr{Xs: xs} }
func either(xs ...rules.Expr) rules.Expr {
	return &rules.LogicExpr{Or: true, Xs: xs}
}
func not(x rules.Expr) rules.Expr { return &rules.NotExpr{X: x} }

func TestNarrow(t *testing.T) {
	port := field(t, "tcp.dstport")
	tcp := &rules.LayerExpr{Layers: packet.LayerTCP}
	is := func(op rules.Op, n int64) rules.Expr { return all(tcp, cmp(port, op, integer(n))) }
	in := func(rs ...rules.IntRange) rules.Expr {
		return all(tcp, &rules.InExpr{X: port, Set: rules.NewIntSet(rs)})
	}
	tests := []struct {
		name string
		e    rules.Expr
		has  packet.Layer
		want string
	}{
		{"equal", is(rules.OpEq, 22), 0, "[{22 22}]"},
		{"mirrored", all(tcp, cmp(integer(1024), rules.OpGt, port)), 0, "[{0 1023}]"},
		{"at least", is(rules.OpGe, 1024), 0, "[{1024 65535}]"},
		{"at most", is(rules.OpLe, 7), 0, "[{0 7}]"},
		{"above", is(rules.OpGt, 65530), 0, "[{65531 65535}]"},
		{"unequal", is(rules.OpNe, 22), 0, "[{0 21} {23 65535}]"},
		{"between", all(is(rules.OpGe, 10), is(rules.OpLt, 20)), 0, "[{10 19}]"},
		{"contradiction", all(is(rules.OpGe, 20), is(rules.OpLt, 10)), 0, "none"},
		{"either", either(is(rules.OpEq, 22), is(rules.OpEq, 25)), 0, "[{22 22} {25 25}]"},
		{"either, one impossible", either(is(rules.OpEq, 22), all(is(rules.OpGe, 20), is(rules.OpLt, 10))), 0, "[{22 22}]"},
		{"either, one of another field", either(is(rules.OpEq, 22), cmp(field(t, "ip.ttl"), rules.OpEq, integer(1))), 0, "[{0 65535}]"},
		{"set", in(rules.IntRange{Lo: 22, Hi: 23}, rules.IntRange{Lo: 25, Hi: 25}), 0, "[{22 23} {25 25}]"},
		{"not in set, of any packet", not(in(rules.IntRange{Lo: 0, Hi: 65000})), 0, "[{0 65535}]"},
		{"not in set, of TCP", not(in(rules.IntRange{Lo: 0, Hi: 65000})), packet.LayerTCP, "[{65001 65535}]"},
		{"the other spelling of the slot", all(cmp(field(t, "dst.port"), rules.OpEq, integer(53))), 0, "[{53 53}]"},
		{"true", &rules.ConstExpr{Value: boolean(true)}, 0, "[{0 65535}]"},
		{"false", &rules.ConstExpr{Value: boolean(false)}, 0, "none"},
	}
	for _, tt := range tests {
		got := "none"
		if d := narrow(tt.e, true, tt.has); !d.none {
			got = fmt.Sprint(d.field(port.Field).ints)
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestNarrowStrings(t *testing.T) {
	action := field(t, "honeypot.action")
	word := func(s string) rules.Expr {
		return &rules.ConstExpr{Value: rules.Value{Kind: packet.KindString, Str: s}}
	}
	d := narrow(cmp(action, rules.OpNe, word("connect")), true, 0)
	if got := d.field(action.Field).most; got != 2 {
		t.Errorf("%v actions besides connect, want 2", got)
	}
	d = narrow(&rules.InExpr{X: action, Set: rules.NewStringSet([]string{"login", "nothing"})}, true, 0)
	if got := d.field(action.Field).most; got != 1 {
		t.Errorf("%v actions, want 1", got)
	}
	d = narrow(cmp(field(t, "dns.qry.name"), rules.OpNe, word("x")), true, 0)
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
		set := rules.NewAddrSet([]rules.AddrRange{{Lo: tt.lo, Hi: tt.hi}})
		if got := addrDomain(set.Addrs).most; got != tt.want {
			t.Errorf("%v-%v: %v, want %v", tt.lo, tt.hi, got, tt.want)
		}
	}
	if got := addrDomain(rules.NewAddrSet([]rules.AddrRange{{Lo: packet.Addr{Hi: 1}, Hi: packet.Addr{Hi: 2, Lo: 7}}}).Addrs).most; got < 1<<64 {
		t.Errorf("a range over 2^64 addresses counts %v", got)
	}
}

func TestNumbers(t *testing.T) {
	typ := field(t, "icmp.type")
	arith := func(op rules.Op, x, y rules.Expr) rules.Expr {
		return &rules.ArithExpr{Op: op, X: x, Y: y, K: packet.KindInt}
	}
	call := func(id rules.FuncID, args ...rules.Expr) rules.Expr {
		return &rules.CallExpr{Func: &rules.Function{ID: id}, Args: args}
	}
	tests := []struct {
		name string
		e    rules.Expr
		want interval
	}{
		{"field", typ, interval{0, 255}},
		{"sum", arith(rules.OpAdd, typ, integer(1)), interval{1, 256}},
		{"difference", arith(rules.OpSub, integer(10), typ), interval{-245, 10}},
		{"product", arith(rules.OpMul, typ, integer(-2)), interval{-510, 0}},
		{"remainder", arith(rules.OpMod, typ, integer(8)), interval{0, 7}},
		{"remainder of a negative", arith(rules.OpMod, &rules.NegExpr{X: typ}, integer(8)), interval{-7, 7}},
		{"remainder by zero", arith(rules.OpMod, typ, integer(0)), interval{0, 0}},
		{"may wrap", arith(rules.OpMul, field(t, "flow.bytes"), integer(8)), anyNumber},
		{"negative", &rules.NegExpr{X: typ}, interval{-255, 0}},
		{"abs", call(rules.FnAbs, arith(rules.OpSub, typ, integer(10))), interval{0, 245}},
		{"abs of a negative", call(rules.FnAbs, arith(rules.OpSub, integer(-10), typ)), interval{10, 265}},
		{"mask", call(rules.FnBitAnd, field(t, "tcp.flags"), integer(3)), interval{0, 3}},
		{"name", call(rules.FnLen, field(t, "dns.qry.name")), interval{0, packet.MaxName}},
		{"payload", call(rules.FnLen, field(t, "payload")), notNegative},
		{"least", call(rules.FnMin, typ, integer(-5)), interval{-5, 255}},
		{"rate", field(t, "flow.packet_rate"), notNegative},
		{"time", field(t, "frame.time_epoch"), anyNumber},
	}
	for _, tt := range tests {
		if got := numbers(tt.e, domains{}); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestValues(t *testing.T) {
	syn, typ, src := field(t, "tcp.flags.syn"), field(t, "icmp.type"), field(t, "ip.src")
	by := []rules.Key{{Text: "ip.src", Expr: src}, {Text: "dst.port", Expr: field(t, "dst.port")}}
	tests := []struct {
		name string
		e    rules.Expr
		by   []rules.Key
		want float64
	}{
		{"flag", syn, nil, 2},
		{"byte", typ, nil, 256},
		{"condition", cmp(field(t, "ip.ttl"), rules.OpGt, integer(9)), nil, 2},
		{"function of a byte", &rules.ArithExpr{Op: rules.OpMod, X: typ, Y: integer(16), K: packet.KindInt}, nil, 16},
		{"address", src, nil, math.Inf(1)},
		{"key", src, by, 1},
		{"key by its slot", field(t, "tcp.dstport"), by, 1},
		{"key and a byte", &rules.ArithExpr{Op: rules.OpAdd, X: field(t, "tcp.dstport"), Y: typ, K: packet.KindInt}, by, 256},
	}
	for _, tt := range tests {
		if got := values(tt.e, domains{}, tt.by); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestCompareIntervals(t *testing.T) {
	x := interval{0, 2}
	tests := []struct {
		op            rules.Op
		y             float64
		result, known bool
	}{
		{rules.OpGe, 3, false, true}, {rules.OpGe, 2, false, false}, {rules.OpGe, 0, true, true},
		{rules.OpGt, 2, false, true}, {rules.OpGt, 1, false, false}, {rules.OpGt, -1, true, true}, {rules.OpGt, 0, false, false},
		{rules.OpLt, 0, false, true}, {rules.OpLt, 1, false, false}, {rules.OpLt, 3, true, true},
		{rules.OpLe, -1, false, true}, {rules.OpLe, 0, false, false}, {rules.OpLe, 2, true, true},
		{rules.OpEq, 3, false, true}, {rules.OpEq, 2, false, false}, {rules.OpNe, 3, true, true}, {rules.OpNe, 1, false, false},
	}
	for _, tt := range tests {
		result, known := compareIntervals(tt.op, x, interval{tt.y, tt.y})
		if result != tt.result || known != tt.known {
			t.Errorf("%v %v %v: %v, %v; want %v, %v", x, tt.op, tt.y, result, known, tt.result, tt.known)
		}
	}
}
