package rules

import (
	"math"

	"github.com/ruleids/ruleids/packet"
)

// IntsWhere returns the integers x for which `x op v` holds, sorted.
func IntsWhere(op Op, v int64) []IntRange {
	switch op {
	case OpEq:
		return []IntRange{{v, v}}
	case OpNe:
		return IntsWithout([]IntRange{{v, v}})
	case OpLt:
		return NewIntSet([]IntRange{{math.MinInt64, max(v, math.MinInt64+1) - 1}}).Ints
	case OpLe:
		return []IntRange{{math.MinInt64, v}}
	case OpGt:
		return []IntRange{{min(v, math.MaxInt64-1) + 1, math.MaxInt64}}
	}
	return []IntRange{{v, math.MaxInt64}}
}

// allInts are the values that an integer can have.
func allInts(x Expr) []IntRange {
	if f, ok := x.(*FieldExpr); ok && f.Field.Name == "ip.version" {
		return []IntRange{{4, 4}, {6, 6}}
	}
	lo, hi := bounds(x)
	r := IntRange{math.MinInt64, math.MaxInt64}
	if lo > math.MinInt64 {
		r.Lo = int64(lo)
	}
	if hi < math.MaxInt64 {
		r.Hi = int64(hi)
	}
	return []IntRange{r}
}

// IntersectInts returns what two sorted sets have in common, sorted.
func IntersectInts(a, b []IntRange) []IntRange {
	var out []IntRange
	for i, j := 0, 0; i < len(a) && j < len(b); {
		r := IntRange{max(a[i].Lo, b[j].Lo), min(a[i].Hi, b[j].Hi)}
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
func IntsWithout(rs []IntRange) []IntRange {
	out := make([]IntRange, 0, len(rs)+1)
	from := int64(math.MinInt64)
	for _, r := range rs {
		if r.Lo > from {
			out = append(out, IntRange{from, r.Lo - 1})
		}
		if r.Hi == math.MaxInt64 {
			return out
		}
		from = r.Hi + 1
	}
	return append(out, IntRange{from, math.MaxInt64})
}

var allAddrs = AddrRange{packet.Addr{}, packet.Addr{Hi: math.MaxUint64, Lo: math.MaxUint64}}

// v4Addrs is where IPv4 addresses are held.
var v4Addrs = AddrRange{packet.Addr{Lo: 0xffff_0000_0000}, packet.Addr{Lo: 0xffff_ffff_ffff}}

func intersectAddrs(as, bs []AddrRange) []AddrRange {
	var out []AddrRange
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
func addrsWithout(rs []AddrRange) []AddrRange {
	out := []AddrRange{allAddrs}
	for _, r := range rs {
		var next []AddrRange
		for _, a := range out {
			if r.Hi.Less(a.Lo) || a.Hi.Less(r.Lo) {
				next = append(next, a)
				continue
			}
			if a.Lo.Less(r.Lo) {
				next = append(next, AddrRange{a.Lo, before(r.Lo)})
			}
			if r.Hi.Less(a.Hi) {
				next = append(next, AddrRange{r.Hi.Next(), a.Hi})
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
