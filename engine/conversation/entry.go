package conversation

import (
	"unsafe"

	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/packet"
)

// A key is the two sides of a conversation, the lesser first, and what tells it from others with the same sides.
type key [6]uint64

// keyOf returns the key of a packet, and which side sent it: 0 for the first in the key.
func keyOf(p *packet.Packet) (key, int) {
	var ports [2]uint16
	if p.Layers&packet.LayerPorts != 0 {
		ports = [2]uint16{p.SrcPort, p.DstPort}
	}
	k, dir := keyBetween(p.Src, p.Dst, ports[0], ports[1], p.IPProto)
	k.within(p)
	return k, dir
}

func keyBetween(src, dst packet.Addr, srcPort, dstPort uint16, proto uint8) (k key, dir int) {
	if dst.Less(src) || dst == src && dstPort < srcPort {
		src, dst, srcPort, dstPort, dir = dst, src, dstPort, srcPort, 1
	}
	return key{src.Hi, src.Lo, dst.Hi, dst.Lo, uint64(srcPort)<<48 | uint64(dstPort)<<32 | uint64(proto)}, dir
}

// within adds the tunnel that a packet came in.
func (k *key) within(p *packet.Packet) {
	if p.Layers&packet.LayerTunnel != 0 {
		a, b := p.Outer.Src, p.Outer.Dst
		if b.Less(a) {
			a, b = b, a
		}
		k[5] = window.Hash(uint64(p.Outer.Tunnel), []uint64{a.Hi, a.Lo, b.Hi, b.Lo}) | 1
	}
}

// order is a number by which conversations have an order, the same in every process.
func (k *key) order() (h uint64) {
	for _, w := range k {
		h = (h ^ w) * 0x9e3779b97f4a7c15
		h ^= h >> 32
	}
	return h
}

func (k *key) addr(side int) packet.Addr { return packet.Addr{Hi: k[2*side], Lo: k[2*side+1]} }
func (k *key) port(side int) uint16      { return uint16(k[4] >> (48 - 16*side)) }
func (k *key) proto() uint8              { return uint8(k[4]) }

// A ref is the number of an entry, from 1; 0 is none.
type ref uint32

// An entry is a conversation. Arrays are by direction: of what the first side of the key sent, and the second. A packet that only
// goes on reads the first line of the cache, and so do the neighbors in the pool of one that moves.
type entry struct {
	check   uint64 // of its place
	flags   flags
	slot    uint16 // in a wheel
	state   state
	pool    poolID
	seen    int64     // clock of the last packet
	bytes   [2]uint64 // of IP packets
	packets [2]uint32 // see count
	next    [2]uint32 // the sequence number that comes next
	prev    ref       // in its pool
	succ    ref       // in its pool; of a free entry the next free one

	key   key
	first int64  // clock of the first packet
	tag   uint32 // the upper half of its hash
	gen   uint32 // changes when the entry is freed, or leaves a wheel

	rare
}

// What is rare in the life of a conversation.
type rare struct {
	base    [2]uint32 // the sequence number of the first byte
	again   uint32    // that after a SYN that came while the conversation was open
	heads   [2]uint16 // places of half-read heads plus one
	jump    [2]uint32 // the end of a segment far ahead
	holes   [2][2]span
	carried [2]uint16 // see count
	service packet.Service
	_       [3]byte
}

// carry is what packets are less by than they were, once for each carried.
const carry = 1 << 31

// count counts a packet of a direction.
func (e *entry) count(dir int, length uint32) {
	e.bytes[dir] += uint64(length)
	if e.packets[dir]++; e.packets[dir] == 0 {
		e.packets[dir] = carry
		e.carried[dir]++
	}
}

// sent returns the packets of a direction.
func (e *entry) sent(dir int) uint64 {
	return uint64(e.carried[dir])*carry + uint64(e.packets[dir])
}

// both reports whether there were packets of both directions.
func (e *entry) both() bool { return e.packets[0] > 0 && e.packets[1] > 0 }

// A span is sequence numbers that were passed over, from lo up to, not with, hi.
type span struct{ lo, hi uint32 }

const (
	chunkSize = 256 // entries
	entrySize = unsafe.Sizeof(entry{})
)

// A state is how far a conversation came.
type state uint8

const (
	flowOnly   state = iota // none: statistics of a flow are all there is
	pending                 // only the opener was seen, for less than AnswerWait
	waiting                 // what became of it cannot be told yet, and may never be
	unanswered              // nothing came from the other side for AnswerWait
	refused
	open // both sides take part
	closed
)

// over reports whether a conversation is only remembered, so that another can begin in its place.
func (e *entry) over() bool { return e.state != open && e.state != pending }

type flags uint32

const (
	openerIsSecond flags = 1 << iota // the second side of the key opened it
	synSeen                          // its first packet was a SYN
	synAckSeen                       // and was accepted
	whole                            // its handshake was seen whole
	unnumbered                       // made up packets without sequence numbers
	answered                         // the other side sent something
	reopening                        // again is set,
	reopenerSecond                   // by the second side of the key
	fin0                             // the first side sent FIN
	fin1
	known0 // base and next of what the first side sends are set
	known1
	told0 // the first bytes of what the first side sends were looked at
	told1
	quiet0 // no head is wanted of what the first side sends
	quiet1
	moved0 // next of what the first side sends is not base any more
	moved1
	head0 // a head of what the first side sends is kept: what says where is on another line of the cache
	head1
	datagrams // it is of UDP
	tunneled  // its key has a tunnel
)

// constant are the flags that an entry has for as long as its key.
const constant = datagrams | tunneled

func (e *entry) opener() int {
	if e.flags&openerIsSecond != 0 {
		return 1
	}
	return 0
}

func (e *entry) openedBy(dir int) {
	e.flags &^= openerIsSecond
	if dir == 1 {
		e.flags |= openerIsSecond
	}
}

func (t *Table) entry(r ref) *entry { return &t.chunks[(r-1)/chunkSize][(r-1)%chunkSize] }

// find returns the entry at a place, 0 for none.
func (t *Table) find(pl Place) ref {
	mask := uint64(len(t.index.Slots) - 1)
	tag := pl.hash >> 32
	for i := tag >> t.index.Shift; ; i++ {
		s := t.index.Slots[i&mask]
		if s == 0 {
			return 0
		}
		if s>>32 == tag && t.entry(ref(s)).check == pl.check {
			return ref(s)
		}
	}
}

// chunk takes memory for as many entries, or what goes with them, as come together.
func chunk[T entry | flow](t *Table) []T {
	var x T
	words := t.cfg.Memory.Take(int(chunkSize * unsafe.Sizeof(x) / 8))
	return unsafe.Slice((*T)(unsafe.Pointer(&words[0])), chunkSize)
}

// giveChunks gives memory back.
func giveChunks[T entry | flow](t *Table, chunks [][]T) {
	for _, c := range chunks {
		t.cfg.Memory.Give(unsafe.Slice((*uint64)(unsafe.Pointer(&c[0])), chunkSize*unsafe.Sizeof(c[0])/8))
	}
}

// Release gives the memory of the table back. It is not to be used any more.
func (t *Table) Release() {
	giveChunks(t, t.chunks)
	giveChunks(t, t.flows)
	t.index.Release()
	*t = Table{}
}

// newEntry makes an entry for a packet at a place, that is in no pool yet.
func (t *Table) newEntry(p *packet.Packet, pl Place) ref {
	r := t.free
	if r != 0 {
		t.free = t.entry(r).succ
		t.ask(t.free)
	} else {
		if t.made%chunkSize == 0 {
			t.chunks = append(t.chunks, chunk[entry](t))
			if t.cfg.Need&Flows != 0 {
				t.flows = append(t.flows, chunk[flow](t))
			}
		}
		t.made++
		r = ref(t.made)
	}
	e := t.entry(r)
	k, _ := keyOf(p)
	*e = entry{check: pl.check, key: k, tag: uint32(pl.hash >> 32), first: p.Clock, seen: p.Clock, gen: e.gen}
	if k.proto() == protoUDP {
		e.flags |= datagrams
	}
	if k[5] != 0 {
		e.flags |= tunneled
	}
	if t.flows != nil {
		*t.flow(r) = flow{}
	}
	t.index.Insert(pl.hash, uint32(r))
	return r
}

// restart makes an entry that of a new conversation between the same sides, in no pool. Its flows go on.
func (t *Table) restart(r ref) {
	t.leave(r)
	t.forget(r)
	e := t.entry(r)
	*e = entry{check: e.check, flags: e.flags & constant, key: e.key, tag: e.tag, first: e.seen, seen: e.seen, gen: e.gen}
}

// forget drops what is kept of an entry elsewhere.
func (t *Table) forget(r ref) {
	e := t.entry(r)
	if t.heads.oldest != 0 {
		for dir := range e.heads {
			t.dropHead(e, dir)
		}
	}
	if e.flags&tunneled != 0 {
		delete(t.outers, r)
	}
}

// drop frees an entry.
func (t *Table) drop(r ref) {
	t.leave(r)
	t.forget(r)
	e := t.entry(r)
	t.index.Remove(uint64(e.tag)<<32, uint32(r))
	e.gen++
	e.succ, t.free = t.free, r
}

// ask asks for all of an entry: to make it, to free it, to end it.
func (t *Table) ask(r ref) {
	if r != 0 {
		e := t.entry(r)
		window.Prefetch(&e.check)
		window.Prefetch(&e.key[0])
		window.Prefetch((*uint64)(unsafe.Pointer(&e.rare)))
	}
}
