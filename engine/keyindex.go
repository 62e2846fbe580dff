package engine

import (
	"unsafe"

	"github.com/ruleids/ruleids/engine/window"
)

// A keyIndex gives every key of 128 bits a place: a small number that stays while the key is there and is given to
// another afterwards.
type keyIndex struct {
	seed  uint64
	keys  [][2]uint64 // by place
	slots []int32     // open addressing; a place + 1, or 0
	free  []int32     // places without a key
	n     int         // keys that are there
}

// keyIndexBytes is what one key takes: itself, its place among the free ones, and up to four slots, as an index is at
// least a quarter full before it grows.
const keyIndexBytes = 16 + 4 + 4*4

func (x *keyIndex) home(k [2]uint64) int { return int(window.Hash(x.seed, k[:]) >> 16) }

// find returns the place of a key, or -1.
func (x *keyIndex) find(k [2]uint64) int32 {
	if x.n == 0 {
		return -1
	}
	place, _ := x.search(k)
	return place
}

// ask asks for the slot of a key ahead.
func (x *keyIndex) ask(k [2]uint64) {
	if len(x.slots) > 0 {
		window.Prefetch((*uint64)(unsafe.Pointer(&x.slots[x.home(k)&(len(x.slots)-1)&^1])))
	}
}

func (x *keyIndex) search(k [2]uint64) (place int32, slot int) {
	mask := len(x.slots) - 1
	for slot = x.home(k) & mask; ; slot = (slot + 1) & mask {
		i := x.slots[slot] - 1
		if i < 0 || x.keys[i] == k {
			return i, slot
		}
	}
}

// add gives a key that is not there a place: the last one that became free, or the one behind all others.
func (x *keyIndex) add(k [2]uint64) int32 {
	if x.n++; 2*x.n > len(x.slots) {
		x.grow()
	}
	var place int32
	if last := len(x.free) - 1; last >= 0 {
		place, x.free = x.free[last], x.free[:last]
		x.keys[place] = k
	} else {
		place = int32(len(x.keys))
		x.keys = append(x.keys, k)
	}
	_, slot := x.search(k)
	x.slots[slot] = place + 1
	return place
}

// grow doubles the slots. Places without a key are in none.
func (x *keyIndex) grow() {
	old := x.slots
	x.slots = make([]int32, max(256, 2*len(old)))
	for _, p := range old {
		if p != 0 {
			_, slot := x.search(x.keys[p-1])
			x.slots[slot] = p
		}
	}
}

// remove takes the key of a place away.
func (x *keyIndex) remove(place int32) {
	_, slot := x.search(x.keys[place])
	// Keys behind the gap are moved to it, where they may stand there.
	mask := len(x.slots) - 1
	for j := (slot + 1) & mask; x.slots[j] != 0; j = (j + 1) & mask {
		from := x.home(x.keys[x.slots[j]-1]) & mask
		if (j-from)&mask >= (j-slot)&mask {
			x.slots[slot] = x.slots[j]
			slot = j
		}
	}
	x.slots[slot] = 0
	x.free = append(x.free, place)
	x.n--
}

// bytes is what the index takes.
func (x *keyIndex) bytes() int64 {
	return 16*int64(cap(x.keys)) + 4*int64(len(x.slots)) + 4*int64(cap(x.free))
}

// An agedQueue holds places in the order in which they were touched last.
type agedQueue struct {
	links          []link // by place
	oldest, newest int32  // -1 in an empty queue
}

// linkBytes is what one place of an agedQueue takes.
const linkBytes = 8

type link struct{ older, next int32 } // -1 at the ends

func newAgedQueue() agedQueue { return agedQueue{oldest: -1, newest: -1} }

// push puts a place that is not in the queue at its end.
func (q *agedQueue) push(place int32) {
	if int(place) >= len(q.links) {
		q.links = append(q.links, make([]link, int(place)+1-len(q.links))...)
	}
	q.links[place] = link{older: q.newest, next: -1}
	if q.newest >= 0 {
		q.links[q.newest].next = place
	} else {
		q.oldest = place
	}
	q.newest = place
}

// pull takes a place out of the queue.
func (q *agedQueue) pull(place int32) {
	l := q.links[place]
	if l.older >= 0 {
		q.links[l.older].next = l.next
	} else {
		q.oldest = l.next
	}
	if l.next >= 0 {
		q.links[l.next].older = l.older
	} else {
		q.newest = l.older
	}
}
