package engine

import (
	"cmp"
	"encoding/binary"
	"slices"
	"sort"
	"unsafe"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/lists"
)

// An entry is a group that a packet may concern, with what is left of its filter once the way to
// the entry is known.
type entry struct {
	cond  int32
	group *group
}

// A branch is the entries for one kind of packet: some to try always, others found by a port, an
// address or a literal of the packet.
type branch struct {
	always   []entry
	likely   []*group // that all but surely concern its packets
	code     program  // of always
	indexed  bool     // there are others
	least    int      // bytes of a payload without which none of the entries holds
	tail     int      // place in always from which on no entry holds without tailNeed bytes of a payload
	tailNeed int
	dport    *portIndex
	sport    *portIndex
	dst, src *addrIndex
	forks    []*fork
	only     *fork // that it has and nothing else
	contents *contents
}

// A portIndex finds a branch by a port, in two steps of a byte each.
type portIndex struct {
	off      uintptr
	least    int              // bytes of a payload without which it leads to nothing
	pages    [256]*[256]int32 // index in branches
	branches []*branch        // the first is nil, for ports without any
}

// noBranches is the page of ports without any: a packet is led to nothing as it is to a branch, so that no test of whether there is one
// is foretold wrong.
var noBranches [256]int32

func (x *portIndex) find(p *packet.Packet) *branch {
	v := *(*uint16)(unsafe.Add(unsafe.Pointer(p), x.off))
	return x.branches[x.pages[v>>8][v&255]]
}

// An addrIndex finds a branch by an address: the address space is cut at every end of every range,
// and each piece has the branch of the ranges that cover it.
type addrIndex struct {
	off      uintptr
	starts   []packet.Addr  // of the pieces, ascending; the first is ::
	branches []*branch      // nil where no range covers the piece
	first    [1 << 12]int32 // for IPv4, by the upper twelve bits: the last piece that starts at or before it
}

func (x *addrIndex) find(p *packet.Packet) *branch {
	a := *(*packet.Addr)(unsafe.Add(unsafe.Pointer(p), x.off))
	lo, hi := 0, len(x.starts)
	if a.Is4() {
		k := uint32(a.Lo) >> 20
		lo = int(x.first[k])
		if k+1 < 1<<12 {
			hi = int(x.first[k+1]) + 1
		}
	}
	for lo+1 < hi { // starts[lo] <= a < starts[hi]
		m := int(uint(lo+hi) >> 1)
		if a.Less(x.starts[m]) {
			hi = m
		} else {
			lo = m
		}
	}
	return x.branches[lo]
}

// Entries with one guard are indexed from this number on; below, trying each is quicker.
const indexFrom = 3

// Guards wider than this are no guards.
const (
	maxGuardPorts  = 4096
	maxGuardRanges = 256
)

var (
	offDstPort = unsafe.Offsetof(packet.Packet{}.DstPort)
	offSrcPort = unsafe.Offsetof(packet.Packet{}.SrcPort)
	offDst     = unsafe.Offsetof(packet.Packet{}.Dst)
	offSrc     = unsafe.Offsetof(packet.Packet{}.Src)
	offPayload = unsafe.Offsetof(packet.Packet{}.Payload)
)

// branch builds the tree for a list of entries, which it keeps; equal lists have one.
func (b *builder) branch(key string, entries []entry) *branch {
	br := b.branches[key]
	if br == nil {
		br = b.newBranch(entries)
		b.branches[key] = br
	}
	return br
}

func (b *builder) newBranch(entries []entry) *branch {
	br := &branch{}
	for _, e := range entries {
		if b.likely(e.cond) {
			br.likely = append(br.likely, e.group)
		}
	}
	if b.tuning.NoDispatch {
		br.always = entries
		return br
	}
	br.least = b.leastPayload(entries)
	rest := entries
	var found, parted []entry
	br.forks, rest = b.gates(rest)
	parted, rest = b.parted(rest)
	if found, rest = b.guarded(rest, offDstPort, opRange16); found != nil {
		br.dport = b.portIndex(found, offDstPort)
	}
	if found, rest = b.guarded(rest, offDst, opAddr); found != nil {
		br.dst = b.addrIndex(found, offDst)
	}
	if found, rest = b.guarded(rest, offSrc, opAddr); found != nil {
		br.src = b.addrIndex(found, offSrc)
	}
	if found, rest = b.guarded(rest, offSrcPort, opRange16); found != nil {
		br.sport = b.portIndex(found, offSrcPort)
	}
	rest = append(rest, parted...)
	f, rest := b.fork(rest)
	if f != nil {
		br.forks = append(br.forks, f)
	}
	br.contents, rest = b.contents(rest)
	br.always, br.tail = b.byPayload(rest)
	br.tailNeed = b.leastPayload(br.always[br.tail:])
	return br
}

// likely reports whether a condition holds but for exceptions.
func (b *builder) likely(cond int32) bool {
	switch p := &b.preds[cond]; p.op {
	case opTrue, opNot:
		return true
	case opAnd:
		return !slices.ContainsFunc(p.kids, func(k int32) bool { return !b.likely(k) })
	}
	return false
}

// guarded splits entries into those with a narrow test of the field at an offset and the rest. It
// returns nil for the first where they are too few to be worth an index.
func (b *builder) guarded(entries []entry, off uintptr, kind op) (found, rest []entry) {
	guards := func(e entry) bool {
		if _, is := rarityOf(b.preds, e.cond); is { // fewer packets have its facts
			return false
		}
		return b.guard(e.cond, off, kind) != predTrue
	}
	n := 0
	for _, e := range entries {
		if guards(e) {
			n++
		}
	}
	if n < indexFrom {
		return nil, entries
	}
	found, rest = make([]entry, 0, n), make([]entry, 0, len(entries)-n)
	for _, e := range entries {
		if guards(e) {
			found = append(found, e)
		} else {
			rest = append(rest, e)
		}
	}
	return found, rest
}

// guard returns the conjunct of cond that tests the field at off narrowly, or predTrue.
func (b *builder) guard(cond int32, off uintptr, kind op) int32 {
	narrow := func(k int32) bool {
		p := &b.preds[k]
		if p.off != off {
			return false
		}
		switch {
		case kind == opRange16 && p.op == opRange16:
			return p.hi-p.lo < maxGuardPorts
		case kind == opRange16 && p.op == opBitmap:
			return p.lo <= maxGuardPorts
		case kind == opAddr && p.op == opAddr:
			return true
		case kind == opAddr && p.op == opAddrs:
			return p.addrs.Len() <= maxGuardRanges
		}
		return false
	}
	if p := &b.preds[cond]; p.op == opAnd {
		for _, k := range p.kids {
			if narrow(k) {
				return k
			}
		}
		return predTrue
	}
	if narrow(cond) {
		return cond
	}
	return predTrue
}

// without returns cond less one of its conjuncts.
func (b *builder) without(cond, conjunct int32) int32 {
	if cond == conjunct {
		return predTrue
	}
	kids := slices.DeleteFunc(slices.Clone(b.preds[cond].kids), func(k int32) bool { return k == conjunct })
	return b.and(kids)
}

// entriesKey identifies a list of entries.
func entriesKey(es []entry) string {
	key := make([]byte, 0, 4*len(es))
	for _, e := range es {
		key = binary.AppendUvarint(key, uint64(e.cond))
		key = binary.AppendUvarint(key, uint64(e.group.index))
	}
	return string(key)
}

// portIndex cuts the ports at every end of every guard: each piece has the branch of the entries whose
// guards cover it, so that guards of many ports cost no more than those of one.
func (b *builder) portIndex(entries []entry, off uintptr) *portIndex {
	key := indexKey{entriesKey(entries), off}
	x := b.portIndexes[key]
	if x == nil {
		x = b.newPortIndex(entries, off)
		b.portIndexes[key] = x
	}
	return x
}

func (b *builder) newPortIndex(entries []entry, off uintptr) *portIndex {
	type end struct{ port, which int } // the entry opens or, where it is open, closes; of none, -1, where a test of the port changes
	var ends []end
	left := make([]entry, len(entries))
	asks := make([]bool, len(entries)) // what is left asks for the port again
	for i, e := range entries {
		g := b.guard(e.cond, off, opRange16)
		left[i] = entry{cond: b.without(e.cond, g), group: e.group}
		if cuts := b.portCuts(left[i].cond, off, nil); len(cuts) > 0 && len(cuts) <= maxGuardPorts {
			asks[i] = true
			for _, port := range cuts {
				ends = append(ends, end{port, -1})
			}
		}
		if p := &b.preds[g]; p.op == opRange16 {
			ends = append(ends, end{int(p.lo), i}, end{int(p.hi) + 1, i})
		} else {
			p.bitmap.ranges(func(lo, hi uint16) { ends = append(ends, end{int(lo), i}, end{int(hi) + 1, i}) })
		}
	}
	slices.SortFunc(ends, func(x, y end) int { return cmp.Compare(x.port, y.port) })
	x := &portIndex{off: off, least: maxLeast, branches: []*branch{nil}}
	for i := range x.pages {
		x.pages[i] = &noBranches
	}
	var open []int // entries, ascending
	var es []entry
	made := map[string]int32{}
	for i := 0; i < len(ends); {
		port := ends[i].port
		for ; i < len(ends) && ends[i].port == port; i++ {
			if ends[i].which < 0 {
				continue
			}
			if at, found := slices.BinarySearch(open, ends[i].which); found {
				open = slices.Delete(open, at, at+1)
			} else {
				open = slices.Insert(open, at, ends[i].which)
			}
		}
		if len(open) == 0 {
			continue
		}
		es = es[:0]
		for _, w := range open {
			e := left[w]
			if asks[w] {
				if e.cond = b.atPort(e.cond, off, uint16(port)); e.cond == predFalse {
					continue
				}
			}
			es = append(es, e)
		}
		if len(es) == 0 {
			continue
		}
		key := entriesKey(es)
		br, ok := made[key]
		if !ok {
			br = int32(len(x.branches))
			next := b.branch(key, slices.Clone(es))
			x.branches, x.least = append(x.branches, next), min(x.least, next.least)
			made[key] = br
		}
		for next := ends[i].port; port < next; port++ { // what is open has an end to come
			x.set(uint16(port), br)
		}
	}
	return x
}

func (x *portIndex) set(port uint16, branch int32) {
	page := x.pages[port>>8]
	if page == &noBranches {
		page = new([256]int32)
		x.pages[port>>8] = page
	}
	page[port&255] = branch
}

func (b *builder) addrIndex(entries []entry, off uintptr) *addrIndex {
	key := indexKey{entriesKey(entries), off}
	x := b.addrIndexes[key]
	if x == nil {
		x = b.newAddrIndex(entries, off)
		b.addrIndexes[key] = x
	}
	return x
}

func (b *builder) newAddrIndex(entries []entry, off uintptr) *addrIndex {
	type end struct {
		at    packet.Addr
		which int
		open  bool
	}
	var ends []end
	left := make([]entry, len(entries))
	for i, e := range entries {
		g := b.guard(e.cond, off, opAddr)
		left[i] = entry{cond: b.without(e.cond, g), group: e.group}
		add := func(r lists.AddrRange) {
			ends = append(ends, end{r.Lo, i, true})
			if next := r.Hi.Next(); next != (packet.Addr{}) {
				ends = append(ends, end{next, i, false})
			}
		}
		if p := &b.preds[g]; p.op == opAddr {
			add(lists.AddrRange{Lo: p.addr, Hi: p.addr})
		} else {
			for r := range p.addrs.Ranges {
				add(r)
			}
		}
	}
	slices.SortFunc(ends, func(x, y end) int {
		switch {
		case x.at.Less(y.at):
			return -1
		case y.at.Less(x.at):
			return 1
		}
		return 0
	})
	x := &addrIndex{off: off, starts: []packet.Addr{{}}, branches: []*branch{nil}}
	covered := map[int]int{} // entry -> ranges of it that are open
	made := map[string]*branch{"": nil}
	for i := 0; i < len(ends); {
		at := ends[i].at
		for ; i < len(ends) && ends[i].at == at; i++ {
			if ends[i].open {
				covered[ends[i].which]++
			} else if covered[ends[i].which]--; covered[ends[i].which] == 0 {
				delete(covered, ends[i].which)
			}
		}
		which := make([]int, 0, len(covered))
		for w := range covered {
			which = append(which, w)
		}
		sort.Ints(which)
		es := make([]entry, len(which))
		for j, w := range which {
			es[j] = left[w]
		}
		key := entriesKey(es)
		br, ok := made[key]
		if !ok {
			br = b.branch(key, es)
			made[key] = br
		}
		if at == (packet.Addr{}) {
			x.branches[0] = br
			continue
		}
		x.starts, x.branches = append(x.starts, at), append(x.branches, br)
	}
	j := 0
	for k := range x.first {
		at := packet.AddrFrom4([4]byte{byte(k >> 4), byte(k << 4), 0, 0})
		for j+1 < len(x.starts) && !at.Less(x.starts[j+1]) {
			j++
		}
		x.first[k] = int32(j)
	}
	return x
}
