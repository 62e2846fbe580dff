package firewall

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An interval is a piece of a set of prefixes. The kernel's sets of intervals take no two that overlap, and prefixes in
// one set may lie within each other and end at different times. So the kernel is given pieces that do not overlap, each
// of which ends with the last of the prefixes that cover it.
type interval struct {
	from, last netip.Addr
	until      int64          // Unix seconds; 0 for never
	begin      []netip.Prefix // those that begin with the interval, the widest first
}

// intervals cuts prefixes of one family to pieces, sorted. Each prefix begins with exactly one of them.
func intervals(r roll) []interval {
	var out []interval
	var open []netip.Prefix // those that cover pos, the widest first
	var begin []netip.Prefix
	var pos netip.Addr
	emit := func(last netip.Addr) {
		x := interval{from: pos, last: last, until: r[open[0]], begin: begin}
		for _, p := range open[1:] {
			if u := r[p]; x.until != 0 && (u == 0 || u > x.until) {
				x.until = u
			}
		}
		out, begin = append(out, x), nil
	}
	// done closes what ends before an address; all for none.
	done := func(before netip.Addr) {
		for len(open) > 0 {
			last := lastOf(open[len(open)-1])
			if before.IsValid() && !last.Less(before) {
				return
			}
			if pos.IsValid() && !last.Less(pos) {
				emit(last)
				pos = last.Next() // not valid behind the last address of all
			}
			open = open[:len(open)-1]
		}
	}
	for _, p := range slices.SortedFunc(maps.Keys(r), comparePrefix) {
		done(p.Addr())
		if len(open) > 0 && pos.Less(p.Addr()) {
			emit(p.Addr().Prev())
		}
		pos, open, begin = p.Addr(), append(open, p), append(begin, p)
	}
	done(netip.Addr{})
	return out
}

// lastOf returns the last address of a prefix.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	a, _ := netip.AddrFromSlice(b)
	return a
}

// maxComment bounds a comment, in bytes: the kernel takes 256 with what is around it (NFT_USERDATA_MAXLEN).
const maxComment = 230

// comment says which prefixes begin with the interval, so that another process can list them:
// "/16 for good, /24 until 2026-11-20T12:00:00Z". What does not fit is left out; it takes seven prefixes that
// begin with the same address.
func (x interval) comment(r roll) string {
	var b strings.Builder
	for _, p := range x.begin {
		part := fmt.Sprintf("/%d for good", p.Bits())
		if u := r[p]; u != 0 {
			part = fmt.Sprintf("/%d until %s", p.Bits(), time.Unix(u, 0).UTC().Format(time.RFC3339))
		}
		if b.Len()+len(part)+2 > maxComment {
			break
		}
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString(part)
	}
	return b.String()
}

// parseComment adds the prefixes that a comment names to a roll; it is not ok for a comment of someone else.
func parseComment(r roll, from netip.Addr, comment string) (ok bool) {
	if comment == "" {
		return true // a piece with which nothing begins
	}
	for part := range strings.SplitSeq(comment, ", ") {
		length, end, _ := strings.Cut(part, " ")
		bits, err := strconv.Atoi(strings.TrimPrefix(length, "/"))
		p := netip.PrefixFrom(from, bits)
		if err != nil || !p.IsValid() || p.Masked() != p {
			return false
		}
		until := int64(0)
		if at, timed := strings.CutPrefix(end, "until "); timed {
			t, err := time.Parse(time.RFC3339, at)
			if err != nil {
				return false
			}
			until = t.Unix()
		} else if end != "for good" {
			return false
		}
		r[p] = until
	}
	return true
}
