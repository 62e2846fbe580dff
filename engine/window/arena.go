package window

import (
	"math/bits"
	"slices"
	"unsafe"
)

// A ref names a block of an arena: the order of its size above, the number of its first unit plus one
// below. The zero ref names no block.
type ref uint32

const (
	unitOrder  = 3  // a unit, the smallest block, is 8 words: a cache line
	chunkOrder = 13 // words of a chunk, as a power of two: 64 KiB
	blockMax   = 16 // words of the largest block: 512 KiB
	refBits    = 27 // units that a ref can name: 8 GiB of them
	refMask    = 1<<refBits - 1
	arenaLimit = refMask << (unitOrder + 3) // bytes

	chunkWords = 1<<chunkOrder + 1<<(chunkOrder-unitOrder-3) // with its heads, which lie behind its units
	chunkBytes = 8 * chunkWords
)

func (r ref) order() uint { return uint(r >> refBits) }

// An arena hands out blocks of 2^order words by the buddy system: a free block merges with its free
// neighbour, so that memory that was cut small serves large blocks later. Links of the free lists live in
// the free blocks; the garbage collector sees flat words only. A block's words are not cleared.
//
// Memory is taken in chunks. A chunk is the words of its units, and behind them a byte for each unit: the order of the free
// block that begins there, or 0. A block that is larger than a chunk takes the places of several, and has memory of its
// own, which goes when it does: few tables ever need one, and chunks of that size would be memory that is mostly not used.
type arena struct {
	memory *Memory
	chunks []*uint64 // the first word of each; made at the first block, so that no growth between two packets allocates
	spans  []uint8   // by chunk: how many places the block there takes, 1 for a chunk, 0 for none; places behind the first have inner
	limit  int       // chunks
	live   int       // chunks that have memory; a block that is larger counts as so many
	large  int       // of these, in such blocks
	whole  int       // of these, wholly free
	used   int64     // words handed out
	free   [chunkOrder + 1]uint32
}

// inner is what arena.spans has for a place in a larger block.
const inner = 0xff

func newArena(m *Memory, largest uint, maxBytes int64) arena {
	return arena{memory: m, limit: arenaChunks(largest, maxBytes)}
}

// arenaChunks is the number of chunks that maxBytes allows, enough for one block of the largest order.
func arenaChunks(largest uint, maxBytes int64) int {
	return int(max(1<<(max(largest, chunkOrder)-chunkOrder), min(maxBytes, arenaLimit)>>(chunkOrder+3)))
}

func (a *arena) bytes() int64 {
	return int64(a.live-a.large)*chunkBytes + int64(a.large)<<(chunkOrder+3) + int64(len(a.chunks))*9
}

// block returns the words of a block.
func (a *arena) block(r ref) []uint64 {
	const per = chunkOrder - unitOrder
	u := uint(r&refMask) - 1
	o := (u & (1<<per - 1)) << unitOrder
	return unsafe.Slice((*uint64)(unsafe.Add(unsafe.Pointer(a.chunks[u>>per]), o*8)), 1<<(r.order()&31))
}

// alloc returns a block of 2^order words, or none when the arena is full.
func (a *arena) alloc(order uint) ref {
	if order > chunkOrder {
		return a.allocLarge(order)
	}
	o := order
	for o <= chunkOrder && a.free[o] == 0 {
		o++
	}
	if o > chunkOrder {
		if !a.grow() {
			return 0
		}
		o = chunkOrder
	}
	u := a.free[o] - 1
	a.unlink(u, o)
	for o > order {
		o--
		a.link(u+1<<(o-unitOrder), o)
	}
	a.used += 1 << order
	return ref(order<<refBits) | ref(u+1)
}

// allocLarge is alloc of a block that is larger than a chunk. Chunks that are free make room for it.
func (a *arena) allocLarge(order uint) ref {
	n := 1 << (order - chunkOrder)
	for a.live+n > a.limit && a.whole > 0 {
		a.shed()
	}
	if a.live+n > a.limit {
		return 0
	}
	a.begin()
	i := a.gap(n)
	for i < 0 && a.whole > 0 {
		a.shed()
		i = a.gap(n)
	}
	if i < 0 {
		return 0
	}
	a.chunks[i] = unsafe.SliceData(a.memory.take(1 << order))
	for k := range n {
		a.spans[i+k] = inner
	}
	a.spans[i] = uint8(n)
	a.live += n
	a.large += n
	a.used += 1 << order
	return ref(order<<refBits) | ref(i<<(chunkOrder-unitOrder)+1)
}

// gap returns the first of n places beside each other that are free, or -1. Larger blocks are at the end, so that they stay
// beside each other.
func (a *arena) gap(n int) int {
	free := 0
	for i := len(a.spans) - 1; i >= 0; i-- {
		if free++; a.spans[i] != 0 {
			free = 0
		}
		if free == n {
			return i
		}
	}
	return -1
}

// fits tells whether alloc has a block of the order without growing.
func (a *arena) fits(order uint) bool {
	for ; order <= chunkOrder; order++ {
		if a.free[order] != 0 {
			return true
		}
	}
	return false
}

// release takes a block back.
func (a *arena) release(r ref) {
	const per = chunkOrder - unitOrder
	o := r.order()
	a.used -= 1 << o
	u := uint32(r&refMask) - 1
	if o > chunkOrder {
		n := a.drop(int(u >> per))
		a.large -= n
		return
	}
	for o < chunkOrder {
		buddy := u ^ 1<<(o-unitOrder)
		if _, head := a.at(buddy); *head != uint8(o) {
			break
		}
		a.unlink(buddy, o)
		u &^= 1 << (o - unitOrder)
		o++
	}
	a.link(u, o)
	// As many chunks stay in reserve as are in use, and one, so that a load that swings does not allocate
	// over and over.
	for a.whole > 1+a.live-a.whole {
		a.shed()
	}
}

// shed gives a free chunk back.
func (a *arena) shed() {
	u := a.free[chunkOrder] - 1
	a.unlink(u, chunkOrder)
	a.drop(int(u >> (chunkOrder - unitOrder)))
}

// drop gives the memory at a place back, and returns how many places it took.
func (a *arena) drop(i int) int {
	n := int(a.spans[i])
	a.memory.give(a.words(i))
	a.chunks[i] = nil
	clear(a.spans[i : i+n])
	a.live -= n
	return n
}

// begin makes the places of chunks.
func (a *arena) begin() {
	if a.chunks == nil {
		a.chunks, a.spans = make([]*uint64, a.limit), make([]uint8, a.limit)
	}
}

// grow adds a chunk.
func (a *arena) grow() bool {
	if a.live == a.limit {
		return false
	}
	a.begin()
	i := slices.Index(a.spans, 0)
	a.chunks[i], a.spans[i] = unsafe.SliceData(a.memory.take(chunkWords)), 1
	a.live++
	a.link(uint32(i)<<(chunkOrder-unitOrder), chunkOrder)
	return true
}

// words returns all words of the chunk, or of the larger block, at a place.
func (a *arena) words(i int) []uint64 {
	if n := int(a.spans[i]); n > 1 {
		return unsafe.Slice(a.chunks[i], n<<chunkOrder)
	}
	return unsafe.Slice(a.chunks[i], chunkWords)
}

// discard gives all memory back. The arena must not be used any more.
func (a *arena) discard() {
	for i, n := range a.spans {
		if n != 0 && n != inner {
			a.memory.give(a.words(i))
		}
	}
}

// at returns the link words of the free block at unit u and its place in the heads.
func (a *arena) at(u uint32) (links []uint64, head *uint8) {
	const per = chunkOrder - unitOrder
	c, i := unsafe.Pointer(a.chunks[u>>per]), uintptr(u&(1<<per-1))
	return unsafe.Slice((*uint64)(unsafe.Add(c, i<<unitOrder*8)), 2), (*uint8)(unsafe.Add(c, 8<<chunkOrder+i))
}

// link puts the free block at unit u first in the list of its order.
func (a *arena) link(u uint32, o uint) {
	l, head := a.at(u)
	*head = uint8(o)
	next := a.free[o]
	l[0], l[1] = uint64(next), 0
	if next != 0 {
		n, _ := a.at(next - 1)
		n[1] = uint64(u + 1)
	}
	a.free[o] = u + 1
	if o == chunkOrder {
		a.whole++
	}
}

// unlink takes the free block at unit u out of the list of its order.
func (a *arena) unlink(u uint32, o uint) {
	l, head := a.at(u)
	*head = 0
	next, prev := uint32(l[0]), uint32(l[1])
	if next != 0 {
		n, _ := a.at(next - 1)
		n[1] = uint64(prev)
	}
	if prev != 0 {
		p, _ := a.at(prev - 1)
		p[0] = uint64(next)
	} else {
		a.free[o] = next
	}
	if o == chunkOrder {
		a.whole--
	}
}

// ceilOrder is the least order whose block holds n words, at least that of a unit.
func ceilOrder(n int) uint {
	return max(unitOrder, uint(bits.Len(uint(max(n, 1)-1))))
}
