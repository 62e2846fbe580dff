package window

import (
	"math/bits"
	"unsafe"
)

// A ref names a block of an arena: the order of its size above, the number of its first unit plus one
// below. The zero ref names no block.
type ref uint32

const (
	unitOrder  = 3  // a unit, the smallest block, is 8 words: a cache line
	chunkMin   = 13 // words of a chunk, as a power of two: 64 KiB
	chunkMax   = 16 // 512 KiB: the largest block is a chunk
	refBits    = 27 // units that a ref can name: 8 GiB of them
	refMask    = 1<<refBits - 1
	arenaLimit = refMask << (unitOrder + 3) // bytes
)

func (r ref) order() uint { return uint(r >> refBits) }

// An arena hands out blocks of 2^order words by the buddy system: a free block merges with its free
// neighbour, so that memory that was cut small serves large blocks later. Links of the free lists live in
// the free blocks; the garbage collector sees flat words only. A block's words are not cleared.
//
// A chunk is the words of its units, and behind them a byte for each unit: the order of the free block that begins there, or 0.
type arena struct {
	memory *Memory
	chunks []*uint64 // the first word of each; made with room for limit at the first block, so that no growth between two packets allocates
	order  uint      // of a chunk
	limit  int       // chunks
	live   int       // chunks that have memory
	whole  int       // of these, wholly free
	used   int64     // words handed out
	free   [chunkMax + 1]uint32
}

func newArena(m *Memory, order uint, maxBytes int64) arena {
	return arena{memory: m, order: order, limit: arenaChunks(order, maxBytes)}
}

// arenaChunks is the number of chunks that maxBytes allows, at least one.
func arenaChunks(order uint, maxBytes int64) int {
	return int(max(1, min(maxBytes, arenaLimit)>>(order+3)))
}

// chunkBytes is the size of a chunk with its table of heads.
func chunkBytes(order uint) int64 { return 8<<order + 1<<(order-unitOrder) }

func (a *arena) bytes() int64 {
	return int64(a.live)*chunkBytes(a.order) + int64(cap(a.chunks))*8
}

// block returns the words of a block.
func (a *arena) block(r ref) []uint64 {
	u := uint(r&refMask) - 1
	per := a.order - unitOrder
	o := (u & (1<<per - 1)) << unitOrder
	return unsafe.Slice((*uint64)(unsafe.Add(unsafe.Pointer(a.chunks[u>>per]), o*8)), 1<<(r.order()&31))
}

// alloc returns a block of 2^order words, or none when the arena is full.
func (a *arena) alloc(order uint) ref {
	o := order
	for o <= a.order && a.free[o] == 0 {
		o++
	}
	if o > a.order {
		if !a.grow() {
			return 0
		}
		o = a.order
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

// fits tells whether alloc has a block of the order without growing.
func (a *arena) fits(order uint) bool {
	for ; order <= a.order; order++ {
		if a.free[order] != 0 {
			return true
		}
	}
	return false
}

// release takes a block back.
func (a *arena) release(r ref) {
	o := r.order()
	a.used -= 1 << o
	u := uint32(r&refMask) - 1
	per := a.order - unitOrder
	for o < a.order {
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
		u := a.free[a.order] - 1
		a.unlink(u, a.order)
		a.memory.give(a.words(a.chunks[u>>per]))
		a.chunks[u>>per] = nil
		a.live--
	}
}

// grow adds a chunk.
func (a *arena) grow() bool {
	if a.live == a.limit {
		return false
	}
	i := len(a.chunks)
	if a.live < i {
		for i = range a.chunks {
			if a.chunks[i] == nil {
				break
			}
		}
	} else {
		if a.chunks == nil {
			a.chunks = make([]*uint64, 0, a.limit)
		}
		a.chunks = append(a.chunks, nil)
	}
	a.chunks[i] = unsafe.SliceData(a.memory.take(a.chunkWords()))
	a.live++
	a.link(uint32(i)<<(a.order-unitOrder), a.order)
	return true
}

// chunkWords is the length of a chunk with its heads, which lie behind its units.
func (a *arena) chunkWords() int { return 1<<a.order + 1<<(a.order-unitOrder-3) }

// words returns all words of a chunk.
func (a *arena) words(c *uint64) []uint64 { return unsafe.Slice(c, a.chunkWords()) }

// at returns the link words of the free block at unit u and its place in the heads.
func (a *arena) at(u uint32) (links []uint64, head *uint8) {
	per := a.order - unitOrder
	c, i := unsafe.Pointer(a.chunks[u>>per]), uintptr(u&(1<<per-1))
	return unsafe.Slice((*uint64)(unsafe.Add(c, i<<unitOrder*8)), 2), (*uint8)(unsafe.Add(c, 8<<a.order+i))
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
	if o == a.order {
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
	if o == a.order {
		a.whole--
	}
}

// ceilOrder is the least order whose block holds n words, at least that of a unit.
func ceilOrder(n int) uint {
	return max(unitOrder, uint(bits.Len(uint(max(n, 1)-1))))
}
