package window

import "math/bits"

// A hashed block is a hash table of values with a list in order of time, all in flat words: one of head, then
// for each entry its value, its time, and one word of links. An entry's links serve as a bucket as well.
//
//	head   first free entry | oldest | newest                              16 bits each
//	links  previous in time | next | next in bucket | first of this bucket
type hashed struct {
	head  *uint64
	words []uint64 // three for each entry: value, time, links
	n     int      // entries
}

const nilEntry = 0xffff

// Places of the 16-bit fields in the head and in the links.
const (
	headFree   = 0
	headOldest = 16
	headNewest = 32

	linkPrev   = 0
	linkNext   = 16
	linkChain  = 32
	linkBucket = 48
)

// hashedCap is the number of entries of a block.
func hashedCap(order uint) int { return (1<<order - 1) / 3 }

func (t *Table) hashed(b ref) hashed {
	words := t.arena.block(b)
	n := hashedCap(b.order())
	return hashed{&words[0], words[1 : 1+3*n], n}
}

func get(word uint64, shift uint) uint64 { return word >> shift & 0xffff }

func set(word *uint64, shift uint, v uint64) { *word = *word&^(0xffff<<shift) | v<<shift }

func (h *hashed) value(i uint64) uint64 { return h.words[3*i] }
func (h *hashed) time(i uint64) int64   { return int64(h.words[3*i+1]) }
func (h *hashed) link(i uint64) *uint64 { return &h.words[3*i+2] }
func (h *hashed) oldest() uint64        { return get(*h.head, headOldest) }
func (h *hashed) next(i uint64) uint64  { return get(*h.link(i), linkNext) }
func (h *hashed) prev(i uint64) uint64  { return get(*h.link(i), linkPrev) }

// bucket returns the word with the first entry of a hash's bucket.
func (h *hashed) bucket(hash uint64) *uint64 { return h.link(bucketOf(hash, h.n)) }

// init empties the table; free entries are listed by their next link.
func (h *hashed) init() {
	*h.head = 0 | nilEntry<<headOldest | nilEntry<<headNewest
	for i := range uint64(h.n) {
		next := i + 1
		if next == uint64(h.n) {
			next = nilEntry
		}
		*h.link(i) = nilEntry<<linkPrev | next<<linkNext | nilEntry<<linkChain | nilEntry<<linkBucket
	}
}

func (h *hashed) find(v, hash uint64) uint64 {
	i := get(*h.bucket(hash), linkBucket)
	for i != nilEntry && h.value(i) != v {
		i = get(*h.link(i), linkChain)
	}
	return i
}

// insert adds a value that is not there; there must be a free entry.
func (h *hashed) insert(v, hash uint64, at int64) {
	i := get(*h.head, headFree)
	set(h.head, headFree, h.next(i))
	h.words[3*i] = v
	bucket := h.bucket(hash)
	chain := get(*bucket, linkBucket)
	set(bucket, linkBucket, i)
	set(h.link(i), linkChain, chain)
	h.place(i, at)
}

// place puts an entry that is in no list into the one by time.
func (h *hashed) place(i uint64, at int64) {
	h.words[3*i+1] = uint64(at)
	prev, next := get(*h.head, headNewest), uint64(nilEntry)
	for prev != nilEntry && h.time(prev) > at {
		next, prev = prev, h.prev(prev)
	}
	l := h.link(i)
	*l = *l&^(1<<32-1) | prev<<linkPrev | next<<linkNext
	if prev == nilEntry {
		set(h.head, headOldest, i)
	} else {
		set(h.link(prev), linkNext, i)
	}
	if next == nilEntry {
		set(h.head, headNewest, i)
	} else {
		set(h.link(next), linkPrev, i)
	}
}

// unplace takes an entry out of the list by time.
func (h *hashed) unplace(i uint64) {
	prev, next := h.prev(i), h.next(i)
	if prev == nilEntry {
		set(h.head, headOldest, next)
	} else {
		set(h.link(prev), linkNext, next)
	}
	if next == nilEntry {
		set(h.head, headNewest, prev)
	} else {
		set(h.link(next), linkPrev, prev)
	}
}

// remove frees an entry.
func (h *hashed) remove(i, hash uint64) {
	h.unplace(i)
	after := get(*h.link(i), linkChain)
	p, shift := h.bucket(hash), uint(linkBucket)
	for get(*p, shift) != i {
		p, shift = h.link(get(*p, shift)), linkChain
	}
	set(p, shift, after)
	set(h.link(i), linkNext, get(*h.head, headFree))
	set(h.head, headFree, i)
}

// removeHashed takes entry i out of a cell.
func (t *Table) removeHashed(h *hashed, w []uint64, i, seed uint64) {
	hash := remix(h.value(i), seed)
	h.remove(i, hash)
	w[0]--
	if w[distinctLvl] == 0 || uint64(bits.LeadingZeros64(hash)) >= w[distinctLvl]&0xff {
		w[distinctIn]--
	}
}

// expireHashed drops the values up to cut.
func (t *Table) expireHashed(h *hashed, w []uint64, cut int64, seed uint64) {
	for {
		i := h.oldest()
		if i == nilEntry || h.time(i) > cut {
			return
		}
		t.removeHashed(h, w, i, seed)
	}
}

// observeHashed is observe in a hashed block.
func (t *Table) observeHashed(r Row, c *cell, w []uint64, v uint64, at, clock int64) {
	b := ref(w[0] >> 32)
	h := t.hashed(b)
	seed := t.row(r)[rowHash]
	hash := remix(v, seed)
	if i := h.find(v, hash); i != nilEntry {
		if at > h.time(i) {
			h.unplace(i)
			h.place(i, at)
		}
		return
	}
	level := uint64(bits.LeadingZeros64(hash))
	if level < w[distinctLvl]>>8 {
		return
	}
	if int(w[0]&0xffff) == h.n {
		t.expireHashed(&h, w, clock-c.span, seed)
	}
	if int(w[0]&0xffff) == h.n {
		if b.order() < c.order {
			if t.resizeDistinct(r, c, w, b.order()+1, clock) {
				h = t.hashed(ref(w[0] >> 32))
			} else {
				t.saturations++
			}
		}
		for int(w[0]&0xffff) == h.n {
			if c.fuzzy {
				t.coarsen(&h, w, seed)
				continue
			}
			i := h.oldest()
			if at < h.time(i) {
				return
			}
			t.removeHashed(&h, w, i, seed)
		}
		if level < w[distinctLvl]>>8 {
			return
		}
	}
	h.insert(v, hash, at)
	w[0]++
	if level >= w[distinctLvl]&0xff {
		w[distinctIn]++
	}
}

// hashedValue expires, counts, and moves few values to a smaller block.
func (t *Table) hashedValue(r Row, c *cell, w []uint64, clock int64) int64 {
	b := ref(w[0] >> 32)
	h := t.hashed(b)
	t.expireHashed(&h, w, clock-c.span, t.row(r)[rowHash])
	n := int(w[0] & 0xffff)
	if n == 0 {
		t.arena.release(b)
		clear(w)
		return 0
	}
	if w[distinctLvl] != 0 {
		return t.sampleValue(&h, c, w, clock)
	}
	if n <= h.n/8 {
		order := b.order() - 2
		if order < hashedMin {
			order = linearMax
		}
		if t.arena.fits(order) {
			t.resizeDistinct(r, c, w, order, clock)
		}
	}
	return int64(n)
}
