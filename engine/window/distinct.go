package window

import "math/bits"

// The state of a Distinct: each value that is in the window, once, with its newest time, in order of time.
//
//	word 0   number of values (16 bits), 16 unused, block (32 bits)
//	words 1… without a block: up to distinctInline pairs of value and time, oldest first
//	         with a block: the state of sampling, see sample.go
//
// A block up to linearMax holds the values and then their times in order; searching few words in a row beats
// hashing. A larger block is a hash table with a list by time, see hashed.go.
const (
	distinctWords  = 1 + 2*distinctInline
	distinctInline = 2
	linearMax      = 6 // order: 32 values
	hashedMin      = 8 // order: 85 values
)

func distinctMeta(n int, b ref) uint64 { return uint64(n) | uint64(b)<<32 }

// observe puts a value in its place. A value that is there already keeps its newest time.
func (t *Table) observe(r Row, c *cell, w []uint64, v uint64, at, clock int64) {
	cut := clock - c.span
	if at <= cut {
		return
	}
	w = w[:distinctWords]
	b := ref(w[0] >> 32)
	if b == 0 {
		if observeInline(w, v, at, cut) {
			return
		}
		if b = t.alloc(unitOrder, r, clock); b == 0 {
			t.saturations++
			replaceInline(w, v, at)
			return
		}
		l := t.linear(b)
		for i := range distinctInline {
			l.values[i], l.times[i] = w[1+2*i], w[2+2*i]
		}
		clear(w)
		w[0] = distinctMeta(distinctInline, b)
	}
	if b.order() <= linearMax {
		l := t.linear(b)
		n := int(w[0] & 0xffff)
		if i := l.find(n, v); i >= 0 {
			if at > int64(l.times[i]) {
				if i+1 < n {
					l.remove(n, i)
				}
				l.insert(n-1, v, at)
			}
			return
		}
		if n == len(l.values) {
			n -= l.expire(n, cut)
			w[0] = distinctMeta(n, b)
		}
		if n < len(l.values) {
			l.insert(n, v, at)
			w[0]++
			return
		}
		order := b.order() + 1
		if order > linearMax {
			order = hashedMin
		}
		grown := t.resizeDistinct(r, c, w, order, clock)
		if !grown {
			t.saturations++
			if at >= int64(l.times[0]) {
				l.remove(n, 0)
				l.insert(n-1, v, at)
			}
			return
		}
		if order <= linearMax {
			b = ref(w[0] >> 32)
			t.linear(b).insert(n, v, at)
			w[0]++
			return
		}
	}
	t.observeHashed(r, c, w, v, at, clock)
}

// observeInline is observe in a cell without a block; it reports whether there was room.
func observeInline(w []uint64, v uint64, at, cut int64) bool {
	n := int(w[0])
	for i := range n {
		if w[1+2*i] == v {
			if at > int64(w[2+2*i]) {
				w[2+2*i] = uint64(at)
				if i+1 < n && at > int64(w[4]) {
					w[1], w[2], w[3], w[4] = w[3], w[4], w[1], w[2]
				}
			}
			return true
		}
	}
	if n == distinctInline {
		n = expirePairs(w, cut)
	}
	if n == distinctInline {
		return false
	}
	if n == 1 && int64(w[2]) > at {
		w[3], w[4] = w[1], w[2]
		n = 0
	}
	w[1+2*n], w[2+2*n] = v, uint64(at)
	w[0]++
	return true
}

// replaceInline lets a new value take the place of the oldest, unless it is older still.
func replaceInline(w []uint64, v uint64, at int64) {
	switch {
	case at < int64(w[2]):
	case at < int64(w[4]):
		w[1], w[2] = v, uint64(at)
	default:
		w[1], w[2], w[3], w[4] = w[3], w[4], v, uint64(at)
	}
}

// expirePairs drops the values of a cell without a block up to cut and returns how many are left.
func expirePairs(w []uint64, cut int64) int {
	n := int(w[0])
	for n > 0 && int64(w[2]) <= cut {
		w[1], w[2] = w[3], w[4]
		n--
	}
	w[0] = uint64(n)
	return n
}

// distinctValue expires and counts.
func (t *Table) distinctValue(r Row, c *cell, w []uint64, clock int64) int64 {
	cut := clock - c.span
	w = w[:distinctWords]
	b := ref(w[0] >> 32)
	if b == 0 {
		return int64(expirePairs(w, cut))
	}
	if b.order() > linearMax {
		return t.hashedValue(r, c, w, clock)
	}
	l := t.linear(b)
	n := int(w[0] & 0xffff)
	if k := l.expire(n, cut); k > 0 {
		n -= k
		w[0] = distinctMeta(n, b)
		if n == 0 {
			t.arena.release(b)
			clear(w)
		}
	}
	return int64(n)
}

// A linear is a small block of values and times.
type linear struct{ values, times []uint64 }

func (t *Table) linear(b ref) linear {
	words := t.arena.block(b)
	n := len(words) / 2
	return linear{words[:n:n], words[n:]}
}

func (l linear) find(n int, v uint64) int {
	for i, x := range l.values[:n] {
		if x == v {
			return i
		}
	}
	return -1
}

// insert puts a value in order of time after n others.
func (l linear) insert(n int, v uint64, at int64) {
	i := n
	for i > 0 && int64(l.times[i-1]) > at {
		i--
	}
	copy(l.values[i+1:n+1], l.values[i:n])
	copy(l.times[i+1:n+1], l.times[i:n])
	l.values[i], l.times[i] = v, uint64(at)
}

// remove takes value i of n out.
func (l linear) remove(n, i int) {
	copy(l.values[i:n-1], l.values[i+1:n])
	copy(l.times[i:n-1], l.times[i+1:n])
}

// expire drops the values up to cut and returns their number.
func (l linear) expire(n int, cut int64) int {
	k := 0
	for k < n && int64(l.times[k]) <= cut {
		k++
	}
	if k > 0 {
		copy(l.values, l.values[k:n])
		copy(l.times, l.times[k:n])
	}
	return k
}

// resizeDistinct moves the values to a block of another order that has room for them; it reports whether
// there was one. The state of sampling stays.
func (t *Table) resizeDistinct(r Row, c *cell, w []uint64, order uint, clock int64) bool {
	old := ref(w[0] >> 32)
	b := t.alloc(order, r, clock)
	if b == 0 {
		return false
	}
	n := int(w[0] & 0xffff)
	seed := t.row(r)[rowHash]
	var from hashed
	var src linear
	i := uint64(0)
	if old.order() > linearMax {
		from = t.hashed(old)
		i = from.oldest()
	} else {
		src = t.linear(old)
	}
	var to hashed
	var dst linear
	if order > linearMax {
		to = t.hashed(b)
		to.init()
	} else {
		dst = t.linear(b)
	}
	for k := range n {
		var v, at uint64
		if old.order() > linearMax {
			v, at = from.value(i), uint64(from.time(i))
			i = from.next(i)
		} else {
			v, at = src.values[k], src.times[k]
		}
		if order > linearMax {
			to.insert(v, remix(v, seed), int64(at))
		} else {
			dst.values[k], dst.times[k] = v, at
		}
	}
	t.arena.release(old)
	w[0] = distinctMeta(n, b)
	return true
}

// bucketOf spreads a hash over n buckets.
func bucketOf(hash uint64, n int) uint64 {
	hi, _ := bits.Mul64(hash, uint64(n))
	return hi
}
