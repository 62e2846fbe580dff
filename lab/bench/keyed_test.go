package main

import (
	"math/bits"

	"github.com/ruleids/ruleids/packet"
)

// hashAddr hashes an address. There is no secret in it: the hand-written detectors fear nobody.
func hashAddr(a packet.Addr) uint64 {
	hi, lo := bits.Mul64(a.Lo^0xa0761d6478bd642f, a.Hi^0xe7037ed1a0b428db)
	x := (hi ^ lo) * 0x9e3779b97f4a7c15
	return x ^ x>>32
}

// A keyed is an open-addressed table with its values in the slots, so that a lookup of a small value is one
// cache miss. Values move when it grows.
type keyed[T any] struct {
	slots []slot[T]
	n     int
}

type slot[T any] struct {
	key   packet.Addr // the zero address is no key
	value T
}

// touch reads what get will look at, so that the waits for several keys overlap.
func (k *keyed[T]) touch(hash uint64) uint64 {
	if len(k.slots) == 0 {
		return 0
	}
	return k.slots[hash&uint64(len(k.slots)-1)].key.Lo
}

// get returns the value of a key, a zero value at first.
func (k *keyed[T]) get(a packet.Addr, hash uint64) (value *T, known bool) {
	if 2*(k.n+1) > len(k.slots) {
		k.grow()
	}
	mask := uint64(len(k.slots) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		s := &k.slots[i]
		if s.key == a {
			return &s.value, true
		}
		if s.key == (packet.Addr{}) {
			s.key = a
			k.n++
			return &s.value, false
		}
	}
}

func (k *keyed[T]) grow() {
	old := k.slots
	k.slots = make([]slot[T], max(1024, 2*len(old)))
	mask := uint64(len(k.slots) - 1)
	for i := range old {
		if old[i].key == (packet.Addr{}) {
			continue
		}
		j := hashAddr(old[i].key) & mask
		for k.slots[j].key != (packet.Addr{}) {
			j = (j + 1) & mask
		}
		k.slots[j] = old[i]
	}
}

// A ring holds the newest times of a count that has to come to its length.
type ring struct {
	times   []int64
	n, head int
}

// push adds a time to a ring for a count of up to most, and reports whether it is full of times after cut.
func (r *ring) push(most int, at, cut int64) bool {
	if r.n < most {
		if r.n == len(r.times) {
			r.widen(most)
		}
		r.times[r.n] = at
		r.n++
	} else {
		r.times[r.head] = at
		if r.head++; r.head == most {
			r.head = 0
		}
	}
	return r.n == most && r.times[r.head] > cut
}

// widen makes room for more times; the ring has not come to its length yet.
func (r *ring) widen(most int) {
	times := make([]int64, min(max(8, 4*len(r.times)), most))
	copy(times, r.times)
	r.times = times
}
