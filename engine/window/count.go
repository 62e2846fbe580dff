package window

// A ring of event times, oldest first: the state of a Count, and of a Changes beside its last value.
//
//	word 0   number of times (16 bits), place of the oldest (16 bits), block (32 bits)
//	words 1… without a block: the times themselves, up to ringInline
//	         with a block: the block of panes, the events in the panes, and the first pane if there are
//	         panes, else the oldest time, so that the block's far end is left alone until that leaves
//
// The block holds the newest times. When it is at its largest and full, the oldest move to panes.
const (
	ringWords  = 1 + ringInline
	ringInline = 3

	ringPane   = 1
	ringTotal  = 2
	ringFirst  = 3
	ringOldest = 3
)

func ringMeta(n, head int, b ref) uint64 {
	return uint64(n) | uint64(head)<<16 | uint64(b)<<32
}

// push puts a time in its place.
func (t *Table) push(r Row, c *cell, w []uint64, at, clock int64) {
	cut := clock - c.span
	if at <= cut {
		return
	}
	w = w[:ringWords]
	b := ref(w[0] >> 32)
	if b == 0 {
		if pushInline(w, at, cut) {
			return
		}
		if b = t.alloc(unitOrder, r, clock); b == 0 {
			t.saturations++
			replaceOldest(w, at)
			return
		}
		copy(t.arena.block(b), w[1:])
		w[0] = ringMeta(ringInline, 0, b)
		w[ringPane], w[ringTotal], w[ringOldest] = 0, 0, w[1]
	}
	ring := t.arena.block(b)
	n, head := int(w[0]&0xffff), int(w[0]>>16&0xffff)
	if n == len(ring) {
		if !t.makeRoom(r, c, w, at, clock) {
			return
		}
		b = ref(w[0] >> 32)
		ring = t.arena.block(b)
		n, head = int(w[0]&0xffff), int(w[0]>>16&0xffff)
	}
	mask := len(ring) - 1
	i := head + n
	for ; i > head; i-- {
		v := ring[(i-1)&mask]
		if int64(v) <= at {
			break
		}
		ring[i&mask] = v
	}
	ring[i&mask] = uint64(at)
	w[0] = ringMeta(n+1, head, b)
	if i == head && w[ringPane] == 0 {
		w[ringOldest] = uint64(at)
	}
}

// pushInline is push in a cell without a block; it reports whether there was room.
func pushInline(w []uint64, at, cut int64) bool {
	n := int(w[0])
	if n == ringInline {
		n = expireInline(w, cut)
	}
	if n == ringInline {
		return false
	}
	for ; n > 0 && int64(w[n]) > at; n-- {
		w[n+1] = w[n]
	}
	w[n+1] = uint64(at)
	w[0]++
	return true
}

// replaceOldest lets a time take the place of the oldest, unless it is older still.
func replaceOldest(w []uint64, at int64) {
	if at < int64(w[1]) {
		return
	}
	i := 1
	for ; i < ringInline && int64(w[i+1]) <= at; i++ {
		w[i] = w[i+1]
	}
	w[i] = uint64(at)
}

// makeRoom makes room for a time in a ring that is full: by expiry, by a larger block, or by moving the oldest
// time to the panes. It reports false when the new time is itself the oldest, and has gone there.
func (t *Table) makeRoom(r Row, c *cell, w []uint64, at, clock int64) bool {
	b := ref(w[0] >> 32)
	ring := t.arena.block(b)
	n, head := int(w[0]&0xffff), int(w[0]>>16&0xffff)
	k := expireRing(ring, n, head, clock-c.span)
	if k == 0 {
		if b.order() < c.order {
			if grown := t.moveRing(ring, n, head, b.order()+1, r, clock); grown != 0 {
				t.arena.release(b)
				w[0] = ringMeta(n, 0, grown)
				return true
			}
			t.saturations++
		}
		oldest := int64(ring[head])
		if at < oldest {
			t.pushPane(r, c, w, at, 1, clock)
			return false
		}
		t.pushPane(r, c, w, oldest, 1, clock)
		k = 1
	}
	head = (head + k) & (len(ring) - 1)
	w[0] = ringMeta(n-k, head, b)
	if w[ringPane] == 0 {
		w[ringOldest] = ring[head]
	}
	return true
}

// moveRing copies a ring to a new block of the order; without room it returns 0.
func (t *Table) moveRing(ring []uint64, n, head int, order uint, r Row, clock int64) ref {
	b := t.alloc(order, r, clock)
	if b == 0 {
		return 0
	}
	to := t.arena.block(b)
	first := ring[head:min(head+n, len(ring))]
	copy(to, first)
	copy(to[len(first):], ring[:n-len(first)])
	return b
}

// expireInline drops the times up to cut from a ring without a block and returns how many are left.
func expireInline(w []uint64, cut int64) int {
	n := int(w[0])
	k := 0
	for k < n && int64(w[1+k]) <= cut {
		k++
	}
	if k > 0 {
		n -= k
		copy(w[1:1+n], w[1+k:])
		w[0] = uint64(n)
	}
	return n
}

// expireRing counts the times up to cut at the head of a ring.
func expireRing(ring []uint64, n, head int, cut int64) int {
	k := 0
	for k < n && int64(ring[(head+k)&(len(ring)-1)]) <= cut {
		k++
	}
	return k
}

// ringValue expires and counts.
func (t *Table) ringValue(c *cell, w []uint64, clock int64) int64 {
	cut := clock - c.span
	w = w[:ringWords]
	b := ref(w[0] >> 32)
	if b == 0 {
		return int64(expireInline(w, cut))
	}
	n, head := int(w[0]&0xffff), int(w[0]>>16&0xffff)
	if w[ringPane] != 0 {
		t.expireCounts(c, w, clock)
	} else if int64(w[ringOldest]) > cut {
		return int64(n)
	}
	ring := t.arena.block(b)
	if n > 0 && int64(ring[head]) > cut {
		return int64(n) + int64(w[ringTotal])
	}
	k := expireRing(ring, n, head, cut)
	n, head = n-k, (head+k)&(len(ring)-1)
	w[0] = ringMeta(n, head, b)
	total := w[ringTotal]
	switch {
	case n == 0 && total == 0:
		t.freeRing(w)
		clear(w)
	case n <= len(ring)/8 && total == 0:
		t.shrinkRing(w, ring, n, head)
	case w[ringPane] == 0:
		w[ringOldest] = ring[head]
	}
	return int64(n) + int64(total)
}

// shrinkRing moves few times out of a large block: into the row, or to a block of a quarter.
func (t *Table) shrinkRing(w, ring []uint64, n, head int) {
	var small ref
	var inline [ringInline]uint64
	to := inline[:]
	if n > ringInline {
		order := ref(w[0]>>32).order() - 2
		if !t.arena.fits(order) {
			if w[ringPane] == 0 {
				w[ringOldest] = ring[head]
			}
			return
		}
		small = t.arena.alloc(order)
		to = t.arena.block(small)
	}
	for i := range n {
		to[i] = ring[(head+i)&(len(ring)-1)]
	}
	t.freeRing(w)
	w[0] = ringMeta(n, 0, small)
	copy(w[1:], inline[:])
	if small != 0 {
		w[ringOldest] = to[0]
	}
}

// freeRing frees the blocks of a ring.
func (t *Table) freeRing(w []uint64) {
	b := ref(w[0] >> 32)
	if b == 0 {
		return
	}
	t.arena.release(b)
	if p := ref(w[ringPane]); p != 0 {
		t.arena.release(p)
	}
}

// pushPane counts k events that are older than all of a full ring.
func (t *Table) pushPane(r Row, c *cell, w []uint64, at int64, k uint64, clock int64) {
	if w[ringPane] == 0 {
		p := t.alloc(c.pane, r, clock)
		if p == 0 {
			t.saturations++
			return
		}
		clear(t.arena.block(p))
		w[ringPane], w[ringTotal] = uint64(p), 0
		w[ringFirst] = uint64(c.firstPane(clock))
	} else {
		t.expireCounts(c, w, clock)
	}
	p := c.paneOf(at)
	if p >= int64(w[ringFirst]) {
		b := ref(w[ringPane])
		t.arena.block(b)[c.place(b, p)] += k
		w[ringTotal] += k
	}
}

// expireCounts drops the panes that have left the window.
func (t *Table) expireCounts(c *cell, w []uint64, clock int64) {
	from := int64(w[ringFirst])
	if from<<c.width > clock-c.span {
		return
	}
	to := c.firstPane(clock)
	if w[ringTotal] > 0 {
		b := ref(w[ringPane])
		counts := t.arena.block(b)
		for p := from; p < min(to, from+panes); p++ {
			at := c.place(b, p)
			w[ringTotal] -= counts[at]
			counts[at] = 0
		}
	}
	w[ringFirst] = uint64(to)
}
