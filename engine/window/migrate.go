package window

import (
	"math"
	"math/bits"
)

// Migrate copies every live row of old, a table whose keys are as long and hashed with the same seed: cell i
// takes the state of old's cell from[i], which must have the same Kind and Span, or starts empty when from[i]
// is below 0. Exactness follows the Need of both: what old had already given up is not brought back. What old
// remembers of evicted rows is taken over when both tables have equal room for it. Old stays as it is.
func (t *Table) Migrate(old *Table, from []int) {
	old.seeOff()
	for r := range old.Rows {
		t.copyRow(old, r, from)
	}
	t.migrateSpill(old, from)
}

// copyRow copies one row of old.
func (t *Table) copyRow(old *Table, r Row, from []int) {
	src := old.row(r)
	clock := int64(src[rowSeen])
	t.seeOff()
	to, ok := t.Find(old.Key(r), src[rowHash])
	if !ok {
		to = t.insert(old.Key(r), src[rowHash], clock)
	}
	for i, k := range from {
		if k < 0 {
			continue
		}
		c, w := t.at(to, i)
		oc, ow := old.at(r, k)
		if c.kind != oc.kind || c.kind != Raw && c.span != oc.span {
			continue
		}
		if c.order == oc.order && c.parts == oc.parts && c.kind != Raw {
			t.cloneCell(to, c, w, old, ow, clock)
		} else {
			t.replayCell(to, c, w, old, oc, ow, clock)
		}
	}
}

// cloneCell copies the words and blocks of a cell that is laid out alike.
func (t *Table) cloneCell(r Row, c *cell, w []uint64, old *Table, ow []uint64, clock int64) {
	t.freeCell(c, w)
	copy(w, ow)
	ring := w
	if c.kind == Changes {
		ring = w[changesRing:]
	}
	b := ref(ring[0] >> 32)
	if b == 0 {
		return
	}
	ring[0] &= 1<<32 - 1
	n := ring[0]
	ring[0] = 0 // nothing to be found here while room is made
	clone := t.cloneBlock
	if c.kind == Series && n&seriesPanes != 0 {
		clone = c.clonePanes(t)
	}
	nb := clone(r, old, b, clock)
	if nb == 0 {
		clear(ring)
		t.saturations++
		return
	}
	ring[0] = n | uint64(nb)<<32
	if c.kind != Count && c.kind != Changes {
		return
	}
	if p := ref(ring[ringPane]); p != 0 {
		ring[ringPane] = 0
		np := c.clonePanes(t)(r, old, p, clock)
		if np == 0 {
			ring[ringTotal] = 0
			ring[ringOldest] = t.arena.block(nb)[n>>16&0xffff]
			t.saturations++
			return
		}
		ring[ringPane] = uint64(np)
	}
}

// clonePanes returns a cloneBlock for blocks of panes, which lie elsewhere in every block.
func (c *cell) clonePanes(t *Table) func(Row, *Table, ref, int64) ref {
	return func(r Row, old *Table, b ref, clock int64) ref {
		nb := t.alloc(b.order(), r, clock)
		if nb != 0 {
			from, to := old.arena.block(b), t.arena.block(nb)
			for p := range int64(panes) {
				i, k := c.place(b, p)*c.value, c.place(nb, p)*c.value
				copy(to[k:k+c.value], from[i:i+c.value])
			}
		}
		return nb
	}
}

func (t *Table) cloneBlock(r Row, old *Table, b ref, clock int64) ref {
	nb := t.alloc(b.order(), r, clock)
	if nb != 0 {
		copy(t.arena.block(nb), old.arena.block(b))
	}
	return nb
}

// replayCell puts the events of a cell into one with another capacity.
func (t *Table) replayCell(r Row, c *cell, w []uint64, old *Table, oc *cell, ow []uint64, clock int64) {
	switch c.kind {
	case Raw:
		copy(w, ow)
	case Count:
		t.replayRing(r, c, w, old, ow, clock)
	case Changes:
		w[changesValue], w[changesTime] = ow[changesValue], ow[changesTime]
		t.replayRing(r, c, w[changesRing:], old, ow[changesRing:], clock)
	case Distinct:
		n := int(ow[0] & 0xffff)
		switch b := ref(ow[0] >> 32); {
		case b == 0:
			for i := range n {
				t.observe(r, c, w, ow[1+2*i], int64(ow[2+2*i]), clock)
			}
		case b.order() <= linearMax:
			l := old.linear(b)
			for i := range n {
				t.observe(r, c, w, l.values[i], int64(l.times[i]), clock)
			}
		default:
			h := old.hashed(b)
			for i := h.oldest(); i != nilEntry; i = h.next(i) {
				t.observe(r, c, w, h.value(i), h.time(i), clock)
			}
		}
	case Series:
		s := oc.series(ow)
		if ow[0]&seriesPanes != 0 {
			t.replayPanes(r, c, w, old, oc, &s, clock)
			return
		}
		pairs := s.rest
		if b := ref(ow[0] >> 32); b != 0 {
			pairs = old.arena.block(b)
		}
		for i := range s.n() {
			k := 2 * (s.head() + i) & (len(pairs) - 1)
			t.add(r, c, w, math.Float64frombits(pairs[k+1]), int64(pairs[k]), clock)
		}
	}
}

// replayPanes copies the panes of a series of other parts. What old did not keep is not to be had: the series
// then starts empty.
func (t *Table) replayPanes(r Row, c *cell, w []uint64, old *Table, oc *cell, os *series, clock int64) {
	if c.parts&^oc.parts&(Events|Squares|Extremes) != 0 {
		return
	}
	b := t.alloc(c.pane, r, clock)
	if b == 0 {
		t.saturations++
		return
	}
	clear(t.arena.block(b))
	s := c.series(w)
	w[0] = ringMeta(0, 0, b) | seriesPanes
	s.rest[seriesFirst], s.rest[seriesCount] = os.rest[seriesFirst], os.rest[seriesCount]
	first := int64(os.rest[seriesFirst])
	for p := first; p < first+panes; p++ {
		// Old keeps more than c, or c would be a clone, and what keeps more than a sum counts events.
		from, to := old.pane(oc, os, p), t.pane(c, &s, p)
		if from[0] == 0 {
			continue
		}
		if c.events {
			to[0] = from[0]
		} else {
			s.rest[seriesNewest] = uint64(p)
		}
		from, to = from[1:], to[c.value-c.totals:]
		to[0] = from[0]
		i, k := 1, 1
		if oc.parts&Squares != 0 {
			if c.parts&Squares != 0 {
				to[k] = from[i]
				k++
			}
			i++
		}
		if c.parts&Extremes != 0 {
			copy(to[k:k+2], from[i:i+2])
		}
	}
	t.addUpPanes(c, &s)
}

func (t *Table) replayRing(r Row, c *cell, w []uint64, old *Table, ow []uint64, clock int64) {
	n, head := int(ow[0]&0xffff), int(ow[0]>>16&0xffff)
	times := ow[1:]
	b := ref(ow[0] >> 32)
	if b != 0 {
		times = old.arena.block(b)
	}
	for i := range n {
		t.push(r, c, w, int64(times[(head+i)%len(times)]), clock)
	}
	if b == 0 || ow[ringPane] == 0 || ow[ringTotal] == 0 || w[0]>>32 == 0 {
		return
	}
	from := ref(ow[ringPane])
	counts := old.arena.block(from)
	for p := int64(ow[ringFirst]); p < int64(ow[ringFirst])+panes; p++ {
		if k := counts[c.place(from, p)]; k > 0 {
			t.pushPane(r, c, w, p<<c.width, k, clock)
		}
	}
}

// migrateSpill takes over the events of evicted rows, with the cells' new numbers.
func (t *Table) migrateSpill(old *Table, from []int) {
	if old.spill.live == 0 || t.spill.buckets != old.spill.buckets {
		return
	}
	for i := range old.spill.buckets {
		t.migrateBucket(old, i, from)
	}
}

// migrateBucket takes over one bucket of them.
func (t *Table) migrateBucket(old *Table, i int, from []int) {
	b := old.spill.bucketAt(i, false)
	if b == nil {
		return
	}
	for k := range spillWays {
		if b[k] == 0 {
			continue
		}
		at, value := int64(b[spillWays+k]), b[2*spillWays+k]
		for bank := 0; bank<<4 < min(len(from), spillCells); bank++ {
			word := t.renumber(b[k], bank, old, from)
			if word&0xffff != 0 {
				t.spill.putWord(t.spill.bucketAt(i, true), word, at, value, at)
			}
		}
	}
}

// renumber returns what an event of old is for the cells of one bank.
func (t *Table) renumber(word uint64, bank int, old *Table, from []int) uint64 {
	oldBank := int(word >> spillBank & 0xf)
	mask, top := uint64(0), uint8(0)
	for m := word & 0xffff; m != 0; m &= m - 1 {
		k := oldBank<<4 + bits.TrailingZeros64(m)
		for i := bank << 4; i < min(len(from), (bank+1)<<4); i++ {
			if from[i] == k && t.cells[i].kind == old.cells[k].kind && t.cells[i].span == old.cells[k].span {
				mask |= 1 << (i & 15)
				top = max(top, t.cells[i].rank)
			}
		}
	}
	return word>>spillPrint<<spillPrint | uint64(top)<<spillRank | word&(1<<spillLast) | uint64(bank)<<spillBank | mask
}
