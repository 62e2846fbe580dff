package engine

import (
	"slices"
	"unsafe"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/domain"
	"github.com/ruleids/ruleids/rules/lists"
)

// op is what a predicate does.
type op uint8

const (
	opFalse op = iota
	opTrue
	opLayers   // packet has all layers of lo
	opBits     // uint16 at off has a bit of lo
	opRange8   // uint8 at off within [lo, hi]; booleans are 0 and 1
	opRange16  // uint16 at off within [lo, hi]
	opRange32  // uint32 at off within [lo, hi]
	opRange64  // uint64 at off within [lo, hi]
	opBitmap   // uint16 at off has its bit in bitmap
	opAddr     // address at off equals addr
	opSameAddr // addresses at off and at lo are equal
	opSame16   // uint16s at off and at lo are equal
	opAddrs    // address at off is in addrs
	opWord     // the bytes at off are least or more, of which those from at on are lo under the mask hi
	opByte     // the bytes at off have one at at, within [lo, hi]
	opFunc     // fn says
	opAnd      // all of kids
	opOr       // one of kids
	opNot      // not kids[0]
	opMemo     // kids[0], evaluated at most once a packet
	opTest     // in programs: a predicate
	opPayload  // in programs: the payload has lo bytes or more
	opRare     // in programs: the packet has a layer of lo, a bit of hi in its fragmentWord, or what at says
	opEvent    // in programs: not a test but what follows them
)

// A predicate is one node of the plan's conditions. Leaves read the packet at a fixed offset;
// conditions that no leaf expresses are closures in fn. Predicates are numbered; equal ones have one
// number in a plan.
type predicate struct {
	op     op
	cost   uint16 // rough nanoseconds, for the order within and/or
	slot   int32  // opMemo: place in scope.memo
	at     uint16 // opWord, opByte: place among the bytes
	least  uint16 // opWord: how many they are at least
	off    uintptr
	lo, hi uint64
	kids   []int32
	code   program // of what is made of leaves; nil for other predicates
	addrs  *lists.AddrSet
	bitmap *bitmap
	addr   packet.Addr
	fn     func(*scope) bool
	need   *domain.Need  // of opFunc and opWord: literals without which it does not hold; nil where none are known
	field  *packet.Field // of leaves that read one field
	text   string        // canonical; what sharing compares
	source string        // of leaves that show cannot write: the expression
}

// A step is a leaf, or the negation of one, as programs keep it: small, and beside its neighbours.
type step struct {
	op     op
	negate bool
	at     uint16
	least  uint16
	off    uintptr
	lo, hi uint64
	addrs  *lists.AddrSet
	bitmap *bitmap
}

// fuse compiles what is made of several leaves, so that it is evaluated without a call for each.
//
//	and(layers, range, not(and(bits, addrs)))  ->  layers, range, not bits or else not addrs
func fuse(preds []predicate) {
	for i := range preds {
		if p := &preds[i]; len(p.kids) > 0 && plain(preds, int32(i)) {
			p.code = appendTests(preds, nil, int32(i), false)
		}
	}
}

// plain reports whether predicate i is made of leaves alone.
func plain(preds []predicate, i int32) bool {
	switch p := &preds[i]; p.op {
	case opAnd, opOr, opNot:
		return !slices.ContainsFunc(p.kids, func(k int32) bool { return !plain(preds, k) })
	}
	_, ok := leaf(preds, i)
	return ok
}

// leaf returns predicate i as a test of what one look at the packet tells, or reports that it is more.
func leaf(preds []predicate, i int32) (step, bool) {
	switch p := &preds[i]; p.op {
	case opLayers, opBits, opRange8, opRange16, opRange32, opBitmap, opSame16, opSameAddr, opAddrs, opWord, opByte:
		return step{op: p.op, at: p.at, least: p.least, off: p.off, lo: p.lo, hi: p.hi, addrs: p.addrs, bitmap: p.bitmap}, true
	}
	return step{}, false
}

// A scope is what one worker needs to evaluate expressions: the packet at hand and scratch space.
type scope struct {
	p     *packet.Packet
	preds []predicate
	gen   uint64   // changes with every packet, and with the values
	memo  []uint64 // gen<<1 | value

	values   []float64 // aggregates of the rule whose when or message is evaluated
	text     []byte    // scratch of string functions
	tuple    []uint64  // scratch of tuples
	room     []byte    // scratch for a text in other characters
	lists    []*listTable
	places   *geoCache // nil until somebody asks
	gap      int64     // nanoseconds since the packet before of the key; -1 where there is none
	moved    float64   // kilometres from where that packet came from; negative where that is not known
	numbers  []int32   // scratch: literals that were found
	seed     uint64
	failures uint64 // of expressions of the expr VM

	results []result // by opaque
	elems   []elem   // by depth of closures
	step    uint64   // changes with every element

	// Of fields with several values, by packet.Many: where the closure around stands; nil where there is none.
	many   [packet.NumMany]*packet.Cursor
	firsts [packet.NumMany]packet.Cursor // at the first value
	spare  []*packet.Cursor              // that no closure uses
	kept   []*packet.Cursor              // by depth of closures: at what was found last

	rep     Reputation       // nil where none is asked
	turn    uint64           // changes with every packet
	answers []answer         // by inquiry
	recents *[recents]recent // by hash
}

// begin makes the scope ready for a packet.
func (s *scope) begin(p *packet.Packet) {
	s.p = p
	s.gen++
	s.turn++
}

// test evaluates predicate i for the packet at hand.
func (s *scope) test(i int32) bool {
	n := &s.preds[i]
	switch n.op {
	case opTrue:
		return true
	case opFalse:
		return false
	case opLayers:
		return s.p.Layers&packet.Layer(n.lo) == packet.Layer(n.lo)
	case opBits:
		return *(*uint16)(unsafe.Add(unsafe.Pointer(s.p), n.off))&uint16(n.lo) != 0
	case opRange8:
		v := uint64(*(*uint8)(unsafe.Add(unsafe.Pointer(s.p), n.off)))
		return v-n.lo <= n.hi-n.lo
	case opRange16:
		v := uint64(*(*uint16)(unsafe.Add(unsafe.Pointer(s.p), n.off)))
		return v-n.lo <= n.hi-n.lo
	case opRange32:
		v := uint64(*(*uint32)(unsafe.Add(unsafe.Pointer(s.p), n.off)))
		return v-n.lo <= n.hi-n.lo
	case opRange64:
		v := *(*uint64)(unsafe.Add(unsafe.Pointer(s.p), n.off))
		return v-n.lo <= n.hi-n.lo
	case opBitmap:
		return n.bitmap.has(*(*uint16)(unsafe.Add(unsafe.Pointer(s.p), n.off)))
	case opAddr:
		return *(*packet.Addr)(unsafe.Add(unsafe.Pointer(s.p), n.off)) == n.addr
	case opSameAddr:
		return *(*packet.Addr)(unsafe.Add(unsafe.Pointer(s.p), n.off)) == *(*packet.Addr)(unsafe.Add(unsafe.Pointer(s.p), uintptr(n.lo)))
	case opSame16:
		return *(*uint16)(unsafe.Add(unsafe.Pointer(s.p), n.off)) == *(*uint16)(unsafe.Add(unsafe.Pointer(s.p), uintptr(n.lo)))
	case opAddrs:
		return n.addrs.Has(*(*packet.Addr)(unsafe.Add(unsafe.Pointer(s.p), n.off)))
	case opWord:
		return hasWord(*(*[]byte)(unsafe.Add(unsafe.Pointer(s.p), n.off)), n.at, n.least, n.lo, n.hi)
	case opByte:
		return hasByte(*(*[]byte)(unsafe.Add(unsafe.Pointer(s.p), n.off)), n.at, n.lo, n.hi)
	case opFunc:
		return n.fn(s)
	case opAnd:
		if n.code != nil {
			return s.holds(n.code)
		}
		for _, k := range n.kids {
			if !s.test(k) {
				return false
			}
		}
		return true
	case opOr:
		if n.code != nil {
			return s.holds(n.code)
		}
		for _, k := range n.kids {
			if s.test(k) {
				return true
			}
		}
		return false
	case opNot:
		if n.code != nil {
			return s.holds(n.code)
		}
		return !s.test(n.kids[0])
	case opMemo:
		if m := s.memo[n.slot]; m>>1 == s.gen {
			return m&1 != 0
		}
		v := s.test(n.kids[0])
		s.memo[n.slot] = s.gen << 1
		if v {
			s.memo[n.slot] |= 1
		}
		return v
	}
	panic("engine: unknown predicate")
}
