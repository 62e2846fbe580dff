package window

import (
	"math"
	"math/bits"
	"slices"
)

// A spill remembers events of rows that were evicted, so that a key which comes back goes on where it was.
// It is a set-associative store: a bucket, which a hash chooses, has room for spillWays events of any keys. When
// a bucket is full, events that have left their windows give way first, then those of cells that need many
// events for an alert, then the oldest. So the single event of a slow scan is not lost among the many of a flood,
// as long as the store has room for about one event of each key of the flood.
//
// A bucket is spillWays words that say what the events are, as many times, and as many values:
//
//	fingerprint of the key (40 bits) | rank (3) | last of a Changes (1) | bank of cells (4) | cells (16)
type spill struct {
	memory   *Memory
	pieces   [][]uint64
	buckets  int
	until    int64 // when the last of its events leaves its window
	live     int   // pieces that have memory
	spans    []int64
	shortest int64   // of spans
	few      []int64 // longest span by the mask of up to fewCells cells
}

const (
	spillWays    = 8
	spillBucket  = 3 * spillWays // words
	spillPiece   = 10            // buckets of a piece, as a power of two
	spillCells   = 256           // cells whose events are remembered
	spillEvents  = 4             // newest events of each cell of a row that are remembered
	gatherMax    = 16            // events of a row that are remembered
	fewCells     = 6
	spillBank    = 16
	spillLast    = 20
	spillRank    = 21
	spillPrint   = 24
	spillMaxBits = 22 // buckets at most, so that they and the fingerprint are of different bits of a hash
)

// An event is one that was counted by one or more cells of a row.
type event struct {
	at    int64
	value uint64
	mask  uint16 // cells of the bank
	bank  uint8
	rank  uint8
	state uint8 // for Changes: stateLast or stateChange
	typed bool  // value is that of a Distinct, Series or Changes
}

const (
	stateLast   = 1 + iota // value is the last one seen
	stateChange            // a change whose older event is at this time
)

func spillBuckets(events int, cells []cell) int {
	if events <= 0 || !hasBlocks(cells) {
		return 0
	}
	return min((events-1)/spillWays+1, 1<<spillMaxBits)
}

func newSpill(m *Memory, events int, cells []cell) spill {
	s := spill{memory: m, buckets: spillBuckets(events, cells)}
	for i := range min(len(cells), spillCells) {
		s.spans = append(s.spans, cells[i].span)
	}
	if len(s.spans) == 0 {
		return s
	}
	s.shortest = slices.Min(s.spans)
	if n := len(s.spans); n <= fewCells {
		few := make([]int64, 1<<n)
		for mask := range few {
			few[mask] = s.spanOf(uint64(mask))
		}
		s.few = few
	}
	return s
}

func spillBound(events int, cells []cell) int64 {
	n := int64(spillBuckets(events, cells))
	if n == 0 {
		return 0
	}
	return n*spillBucket*8 + 24*((n-1)>>spillPiece+1)
}

func (s *spill) bytes() int64 {
	if s.live == 0 {
		return 0
	}
	n := int64(s.live) << spillPiece
	return min(n, int64(s.buckets))*spillBucket*8 + int64(len(s.pieces))*24
}

// alive tells whether it may hold events that are still in their windows.
func (s *spill) alive(clock int64) bool { return s.live > 0 && clock < s.until }

// free gives all memory back.
func (s *spill) free() {
	for _, p := range s.pieces {
		if p != nil {
			s.memory.give(p)
		}
	}
	s.pieces, s.live = nil, 0
}

// bucket returns the bucket of a hash; when it has no memory yet it is given some, or nil is returned.
func (s *spill) bucket(hash uint64, alloc bool) []uint64 {
	return s.bucketAt(int(bucketOf(hash, s.buckets)), alloc)
}

func (s *spill) bucketAt(b int, alloc bool) []uint64 {
	p := b >> spillPiece
	if s.pieces == nil {
		if !alloc {
			return nil
		}
		s.pieces = make([][]uint64, (s.buckets-1)>>spillPiece+1)
	}
	if s.pieces[p] == nil {
		if !alloc {
			return nil
		}
		s.pieces[p] = s.memory.take(min(1<<spillPiece, s.buckets-p<<spillPiece) * spillBucket)
		s.live++
	}
	o := (b - p<<spillPiece) * spillBucket
	return s.pieces[p][o : o+spillBucket : o+spillBucket]
}

// prefetch asks for the bucket of a hash.
func (s *spill) prefetch(hash uint64) {
	if s.live == 0 {
		return
	}
	if b := s.bucket(hash, false); b != nil {
		prefetch(&b[0])
		prefetch(&b[spillWays])
		prefetch(&b[2*spillWays])
	}
}

// left tells whether an event has left all its windows.
func (s *spill) left(word uint64, at, clock int64) bool {
	return at <= clock-s.shortest && at <= clock-s.spanOf(word)
}

// spanOf is the longest span of the cells of an event.
func (s *spill) spanOf(word uint64) int64 {
	if m := word & 0xffff; m < uint64(len(s.few)) {
		return s.few[m]
	}
	span := int64(0)
	bank := int(word >> spillBank & 0xf << 4)
	for m := word & 0xffff; m != 0; m &= m - 1 {
		span = max(span, s.spans[bank+bits.TrailingZeros64(m)])
	}
	return span
}

// spillFingerprint is 40 bits of a hash: neither the lowest, which a row does not keep, nor the highest, which
// choose the bucket.
func spillFingerprint(hash uint64) uint64 { return hash >> 1 & (1<<40 - 1) }

// put remembers an event of the key with the hash.
func (s *spill) put(hash uint64, e event, clock int64) {
	word := spillFingerprint(hash)<<spillPrint | uint64(e.rank)<<spillRank | uint64(e.bank)<<spillBank | uint64(e.mask)
	if e.state == stateLast {
		word |= 1 << spillLast
	}
	s.putWord(s.bucket(hash, true), word, e.at, e.value, clock)
}

func (s *spill) putWord(b []uint64, word uint64, at int64, value uint64, clock int64) {
	span := s.spanOf(word)
	if at <= clock-span {
		return
	}
	worst, worstRank, worstAt := -1, word>>spillRank&7, at
	for i := range spillWays {
		have := b[i]
		if have == 0 {
			worst = i
			break
		}
		t := int64(b[spillWays+i])
		if s.left(have, t, clock) {
			worst = i
			break
		}
		if rank := have >> spillRank & 7; rank < worstRank || rank == worstRank && t < worstAt {
			worst, worstRank, worstAt = i, rank, t
		}
	}
	if worst < 0 {
		return
	}
	b[worst], b[spillWays+worst], b[2*spillWays+worst] = word, uint64(at), value
	s.until = max(s.until, at+span)
}

// gather lists the newest events of a row, those that several cells counted once.
func (t *Table) gather(row []uint64, clock int64) []event {
	n := 0
	put := func(i int, c *cell, at int64, value uint64, typed bool, state uint8) {
		if at <= clock-c.span {
			return
		}
		mask, bank := uint16(1)<<(i&15), uint8(i>>4)
		for k := range t.scratch[:n] {
			e := &t.scratch[k]
			if e.at != at || e.bank != bank || e.mask&mask != 0 ||
				typed && e.typed && e.value != value ||
				state != 0 && e.state != 0 && e.state != state {
				continue
			}
			e.mask |= mask
			e.rank = max(e.rank, c.rank)
			e.state = max(e.state, state)
			if typed {
				e.typed, e.value = true, value
			}
			return
		}
		if n < gatherMax {
			t.scratch[n] = event{at, value, mask, bank, c.rank, state, typed}
			n++
		}
	}
	for i := range t.cells[:min(len(t.cells), spillCells)] {
		c := &t.cells[i]
		w := row[c.off : c.off+c.size]
		switch c.kind {
		case Count:
			t.newestTimes(w, func(at int64) { put(i, c, at, 0, false, 0) })
		case Changes:
			put(i, c, int64(w[changesTime]), w[changesValue], true, stateLast)
			t.newestTimes(w[changesRing:], func(at int64) { put(i, c, at, 0, false, stateChange) })
		case Distinct:
			t.newestValues(w, func(v uint64, at int64) { put(i, c, at, v, true, 0) })
		case Series:
			t.newestNumbers(c, w, func(x uint64, at int64) { put(i, c, at, x, true, 0) })
		case Quantile:
			t.newestSamples(w, func(x uint64, at int64) { put(i, c, at, x, true, 0) })
		}
	}
	return t.scratch[:n]
}

// newestTimes yields the newest times of a ring, newest first.
func (t *Table) newestTimes(w []uint64, yield func(at int64)) {
	n, head := int(w[0]&0xffff), int(w[0]>>16&0xffff)
	times := w[1:]
	if b := ref(w[0] >> 32); b != 0 {
		times = t.arena.block(b)
	}
	for i := n - 1; i >= max(0, n-spillEvents); i-- {
		k := head + i
		if k >= len(times) {
			k -= len(times)
		}
		yield(int64(times[k]))
	}
}

// newestValues yields the newest values of a Distinct, newest first.
func (t *Table) newestValues(w []uint64, yield func(v uint64, at int64)) {
	n := int(w[0] & 0xffff)
	b := ref(w[0] >> 32)
	switch {
	case b == 0:
		for i := n - 1; i >= 0; i-- {
			yield(w[1+2*i], int64(w[2+2*i]))
		}
	case b.order() <= linearMax:
		l := t.linear(b)
		for i := n - 1; i >= max(0, n-spillEvents); i-- {
			yield(l.values[i], int64(l.times[i]))
		}
	default:
		h := t.hashed(b)
		i := get(*h.head, headNewest)
		for range min(n, spillEvents) {
			yield(h.value(i), h.time(i))
			i = h.prev(i)
		}
	}
}

// newestNumbers yields the newest events of a Series that has no panes, newest first.
func (t *Table) newestNumbers(c *cell, w []uint64, yield func(x uint64, at int64)) {
	s := c.series(w)
	n, head := s.n(), s.head()
	pairs := []uint64(s.rest)
	if b := ref(w[0] >> 32); b != 0 {
		pairs = t.arena.block(b)
	}
	for i := n - 1; i >= max(0, n-spillEvents); i-- {
		k := 2 * (head + i) & (len(pairs) - 1)
		yield(pairs[k+1], int64(pairs[k]))
	}
}

// restore gives a new row the events that are remembered of its key, and forgets them.
func (t *Table) restore(r Row, hash uint64, clock int64) {
	b := t.spill.bucket(hash, false)
	if b == nil {
		return
	}
	print := spillFingerprint(hash)
	for i := range spillWays {
		word := b[i]
		if word>>spillPrint != print || word == 0 {
			continue
		}
		b[i] = 0
		at, value := int64(b[spillWays+i]), b[2*spillWays+i]
		bank := int(word >> spillBank & 0xf << 4)
		for m := word & 0xffff; m != 0; m &= m - 1 {
			c := &t.cells[bank+bits.TrailingZeros64(m)]
			w := t.row(r)[c.off : c.off+c.size]
			switch c.kind {
			case Count:
				t.push(r, c, w, at, clock)
			case Changes:
				switch {
				case word>>spillLast&1 == 0:
					t.push(r, c, w[changesRing:], at, clock)
				case at > clock-c.span:
					w[changesValue], w[changesTime] = value, uint64(at)
				}
			case Distinct:
				t.observe(r, c, w, value, at, clock)
			case Series:
				t.add(r, c, w, math.Float64frombits(value), at, clock)
			case Quantile:
				t.sample(r, c, w, value, at, clock)
			}
		}
	}
}
