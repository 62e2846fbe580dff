package domain

import (
	"math"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/lists"
)

// IntsWhere returns the integers x for which `x op v` holds, sorted.
func IntsWhere(op ast.Op, v int64) []lists.IntRange {
	switch op {
	case ast.OpEq:
		return []lists.IntRange{{Lo: v, Hi: v}}
	case ast.OpNe:
		return IntsWithout([]lists.IntRange{{Lo: v, Hi: v}})
	case ast.OpLt:
		return lists.NewIntSet([]lists.IntRange{{Lo: math.MinInt64, Hi: max(v, math.MinInt64+1) - 1}}).Ints
	case ast.OpLe:
		return []lists.IntRange{{Lo: math.MinInt64, Hi: v}}
	case ast.OpGt:
		return []lists.IntRange{{Lo: min(v, math.MaxInt64-1) + 1, Hi: math.MaxInt64}}
	}
	return []lists.IntRange{{Lo: v, Hi: math.MaxInt64}}
}

// allInts are the values that an integer can have.
func allInts(x ast.Expr) []lists.IntRange {
	if f, ok := x.(*ast.FieldExpr); ok && f.Field.Name == "ip.version" {
		return []lists.IntRange{{Lo: 4, Hi: 4}, {Lo: 6, Hi: 6}}
	}
	lo, hi := Bounds(x)
	r := lists.IntRange{Lo: math.MinInt64, Hi: math.MaxInt64}
	if lo > math.MinInt64 {
		r.Lo = int64(lo)
	}
	if hi < math.MaxInt64 {
		r.Hi = int64(hi)
	}
	return []lists.IntRange{r}
}

// IntersectInts returns what two sorted sets have in common, sorted.
func IntersectInts(a, b []lists.IntRange) []lists.IntRange {
	var out []lists.IntRange
	for i, j := 0, 0; i < len(a) && j < len(b); {
		r := lists.IntRange{Lo: max(a[i].Lo, b[j].Lo), Hi: min(a[i].Hi, b[j].Hi)}
		if r.Lo <= r.Hi {
			out = append(out, r)
		}
		if a[i].Hi < b[j].Hi {
			i++
		} else {
			j++
		}
	}
	return out
}

// IntsWithout returns the integers that are not in a sorted set, sorted.
func IntsWithout(rs []lists.IntRange) []lists.IntRange {
	out := make([]lists.IntRange, 0, len(rs)+1)
	from := int64(math.MinInt64)
	for _, r := range rs {
		if r.Lo > from {
			out = append(out, lists.IntRange{Lo: from, Hi: r.Lo - 1})
		}
		if r.Hi == math.MaxInt64 {
			return out
		}
		from = r.Hi + 1
	}
	return append(out, lists.IntRange{Lo: from, Hi: math.MaxInt64})
}

var allAddrs = lists.AddrRange{Lo: packet.Addr{}, Hi: packet.Addr{Hi: math.MaxUint64, Lo: math.MaxUint64}}

// v4Addrs is where IPv4 addresses are held.
var v4Addrs = lists.AddrRange{Lo: packet.Addr{Lo: 0xffff_0000_0000}, Hi: packet.Addr{Lo: 0xffff_ffff_ffff}}

func intersectAddrs(as, bs []lists.AddrRange) []lists.AddrRange {
	var out []lists.AddrRange
	for _, a := range as {
		for _, b := range bs {
			r := a
			if r.Lo.Less(b.Lo) {
				r.Lo = b.Lo
			}
			if b.Hi.Less(r.Hi) {
				r.Hi = b.Hi
			}
			if !r.Hi.Less(r.Lo) {
				out = append(out, r)
			}
		}
	}
	return out
}

// addrsWithout is the complement of a set of ranges.
func addrsWithout(rs []lists.AddrRange) []lists.AddrRange {
	out := []lists.AddrRange{allAddrs}
	for _, r := range rs {
		var next []lists.AddrRange
		for _, a := range out {
			if r.Hi.Less(a.Lo) || a.Hi.Less(r.Lo) {
				next = append(next, a)
				continue
			}
			if a.Lo.Less(r.Lo) {
				next = append(next, lists.AddrRange{Lo: a.Lo, Hi: before(r.Lo)})
			}
			if r.Hi.Less(a.Hi) {
				next = append(next, lists.AddrRange{Lo: r.Hi.Next(), Hi: a.Hi})
			}
		}
		out = next
	}
	return out
}

// before is the address before one that is not the first.
func before(a packet.Addr) packet.Addr {
	if a.Lo == 0 {
		return packet.Addr{Hi: a.Hi - 1, Lo: math.MaxUint64}
	}
	return packet.Addr{Hi: a.Hi, Lo: a.Lo - 1}
}

// Bounds returns the least and the greatest value that a number can have.
func Bounds(e ast.Expr) (lo, hi float64) {
	lo, hi = math.Inf(-1), math.Inf(1)
	switch e := e.(type) {
	case *ast.ConstExpr:
		if e.Value.Kind.IsNumber() {
			v := e.Value.Number()
			return v, v
		}
	case *ast.FieldExpr:
		switch {
		case e.Field.Name == "ip.version":
			return 4, 6
		case e.Field.Name == "model.score":
			return 0, 1
		case e.Field.Kind == packet.KindInt:
			return 0, float64(e.Field.Max)
		case e.Field.Kind == packet.KindFloat && e.Field.Layer&(packet.LayerFlow|packet.LayerConnection|packet.AssetLayers) != 0:
			return 0, hi
		}
	case *ast.AggregateExpr:
		switch e.Aggregate.Func {
		case ast.FuncCount, ast.FuncDistinct, ast.FuncChanges, ast.FuncRate, ast.FuncStddev, ast.FuncCV:
			return 0, hi
		}
	case *ast.CallExpr:
		switch e.Func.ID {
		case ast.FnLen:
			if f, ok := e.Args[0].(*ast.FieldExpr); ok && f.Field.Store == packet.StoreName {
				return 0, packet.MaxName
			}
			return 0, hi
		case ast.FnEntropy:
			return 0, 8
		case ast.FnHour:
			return 0, 23
		case ast.FnWeekday:
			return 0, 6
		case ast.FnAbs:
			return 0, hi
		case ast.FnASN:
			return 1, math.MaxUint32
		case ast.FnLog2:
			if _, most := Bounds(e.Args[0]); most > 0 {
				return lo, math.Log2(most)
			}
		}
	case *ast.IndexExpr:
		return 0, 255
	case *ast.GapExpr:
		return 0, hi
	case *ast.ClosureExpr:
		if e.Quantifier == ast.Count {
			return 0, hi
		}
	case *ast.ElementExpr:
		if e.Index {
			return 0, hi
		}
	}
	return lo, hi
}
