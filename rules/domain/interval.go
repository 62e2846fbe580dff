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
	most := Bounds(x)
	r := lists.IntRange{Lo: math.MinInt64, Hi: math.MaxInt64}
	if most.Lo > math.MinInt64 {
		r.Lo = int64(most.Lo)
	}
	if most.Hi < math.MaxInt64 {
		r.Hi = int64(most.Hi)
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
