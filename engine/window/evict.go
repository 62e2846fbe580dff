package window

const (
	evictBatch  = 4   // rows that are evicted at once
	evictSample = 4   // rows that are looked at for each of them,
	evictMore   = 8   // when one of them is evictNear or further,
	evictMost   = 64  // rows that are looked at when all of them are evictFar or further
	evictNear   = 0.1 // progress
	evictFar    = 0.5
	blockSample = 64 // rows that are looked at to free a block
	reapEach    = 2  // rows that are looked at for expiry with each new row, while there is room
	starvation  = 64 // requests of rows no further that are refused at once when that was in vain
)

// next moves the hand on; the row may be a free one.
func (t *Table) next() Row {
	if t.hand >= t.used {
		t.hand = 0
	}
	t.hand++
	t.ahead = [2]int{}
	return Row(t.hand - 1)
}

func (t *Table) expired(row []uint64, clock int64) bool {
	return int64(row[rowSeen]) <= clock-t.life
}

// reap frees those of the next n rows that have expired.
func (t *Table) reap(clock int64, n int) int {
	freed := 0
	for range min(n, t.used) {
		r := t.next()
		if row := t.row(r); row[rowHash] != 0 && t.expired(row, clock) {
			t.drop(r)
			freed++
		}
	}
	return freed
}

// Sweep frees up to max rows that have expired at clock; it looks at 16 rows for each. Call it now and then
// when few events come, as only new rows free old ones otherwise.
func (t *Table) Sweep(clock int64, max int) {
	if !t.keep {
		for i := min(16*max, t.used); i > 0 && max > 0; i-- {
			max -= t.reap(clock, 1)
		}
	}
	if !t.spill.alive(clock) {
		t.spill.free()
	}
}

// A candidate is a row that may be evicted.
type candidate struct {
	row      Row
	progress float64
	seen     int64
}

// before orders candidates: the furthest from what its rules wait for first, the one not seen for longest
// among equals.
func (a candidate) before(b candidate) bool {
	return a.progress < b.progress || a.progress == b.progress && a.seen < b.seen
}

// evict makes room: it looks at the rows that the hand comes to and frees those that have expired, or else
// removes the first few in the order of candidates. Several at once, because most of the time goes into
// waiting for memory that is not in the cache, and the places of several rows can be waited for together.
func (t *Table) evict(clock int64) {
	var victims [evictBatch]candidate
	n, expired := 0, 0
	batch := min(max(t.index.N/evictMore, 1), evictBatch)
	for i := 0; i < t.used && (i < batch*evictSample || // once around, so that no row is looked at twice
		n > 0 && victims[n-1].progress >= evictNear && i < batch*evictMore ||
		n > 0 && victims[0].progress >= evictFar && i < evictMost); i++ {
		r := t.next()
		row := t.row(r)
		if row[rowHash] == 0 {
			continue
		}
		if t.expired(row, clock) {
			t.drop(r)
			expired++
			continue
		}
		c := candidate{r, t.weigh(r, row, clock), int64(row[rowSeen])}
		if n == batch && !c.before(victims[n-1]) {
			continue
		}
		k := min(n, batch-1)
		n = k + 1
		for ; k > 0 && c.before(victims[k-1]); k-- {
			victims[k] = victims[k-1]
		}
		victims[k] = c
		if n == batch && victims[n-1].progress == victims[0].progress && victims[0].progress <= t.single {
			break // a flood: there are none with less, and the hand comes to the oldest first
		}
	}
	if expired > 0 {
		if t.keep { // they were to stay
			t.evictions += uint64(expired)
		}
		return
	}
	// Rows that are some way on are evicted one at a time, so only when it must be.
	for n > 1 && victims[n-1].progress > victims[0].progress && victims[n-1].progress >= evictFar/2 {
		n--
	}
	for _, v := range victims[:n] {
		hash := t.row(v.row)[rowHash]
		t.PrefetchIndex(hash)
		t.spill.prefetch(hash)
	}
	for _, v := range victims[:n] {
		t.evictRow(v.row, clock)
	}
}

// evictRow removes a row and remembers its newest events.
func (t *Table) evictRow(r Row, clock int64) {
	if t.spill.buckets > 0 {
		row := t.row(r)
		for _, e := range t.gather(row, clock) {
			t.spill.put(row[rowHash], e, clock)
		}
	}
	t.drop(r)
	t.evictions++
}

// progress tells how near a row is to what rules wait for, 1 being there, without looking at the time.
func (t *Table) progress(row []uint64) float64 {
	most := 0.0
	for i := range t.cells {
		c := &t.cells[i]
		w := row[c.off : c.off+c.size]
		if c.kind != Raw {
			most = max(most, c.scale*t.amount(c, w))
		}
	}
	return most
}

// weigh is the progress of a row at clock.
func (t *Table) weigh(r Row, row []uint64, clock int64) float64 {
	most := 0.0
	for i := range t.cells {
		c := &t.cells[i]
		w := row[c.off : c.off+c.size]
		switch c.kind {
		case Count:
			if w[0]>>32 == 0 { // the usual row is small, and only read
				n, cut := 0, clock-c.span
				for _, at := range w[1 : 1+w[0]] {
					if int64(at) > cut {
						n++
					}
				}
				most = max(most, c.scale*float64(n))
				continue
			}
			t.ringValue(c, w, clock)
		case Changes:
			t.ringValue(c, w[changesRing:], clock)
		case Distinct:
			t.distinctValue(r, c, w, clock)
		case Series:
			s := c.series(w)
			t.expireSeries(c, &s, clock)
		case Quantile:
			t.expireQuantile(r, c, w, clock)
		case Raw:
			continue
		}
		most = max(most, c.scale*t.amount(c, w))
	}
	return most
}

// amount is what a cell holds, without looking at the time.
func (t *Table) amount(c *cell, w []uint64) float64 {
	switch c.kind {
	case Count:
		return ringAmount(w)
	case Changes:
		return ringAmount(w[changesRing:])
	case Distinct:
		if w[0]>>32 != 0 && w[distinctLvl] != 0 {
			return float64(w[distinctIn] << (w[distinctLvl] & 0xff))
		}
	case Series:
		s := c.series(w)
		switch {
		case c.bySum:
			return s.total()
		case w[0]&seriesPanes != 0 && !c.events:
			return panes // at least as many, or they would not be in panes
		case w[0]&seriesPanes != 0:
			return float64(s.rest[seriesCount])
		}
	case Quantile:
		if w[0]&quantilePanes != 0 {
			return float64(w[quantileCount])
		}
	}
	return float64(w[0] & 0xffff)
}

func ringAmount(w []uint64) float64 {
	n := w[0] & 0xffff
	if w[0]>>32 != 0 {
		n += w[ringTotal]
	}
	return float64(n)
}

// holdsBlocks tells whether a row has blocks.
func (t *Table) holdsBlocks(row []uint64) bool {
	for i := range t.cells {
		c := &t.cells[i]
		switch c.kind {
		case Raw:
		case Changes:
			if row[c.off+changesRing]>>32 != 0 {
				return true
			}
		default:
			if row[c.off]>>32 != 0 {
				return true
			}
		}
	}
	return false
}

// alloc returns a block for row r. When the arena is full it evicts rows that hold blocks and have less
// progress than r; without any it returns 0.
func (t *Table) alloc(order uint, r Row, clock int64) ref {
	if b := t.arena.alloc(order); b != 0 {
		return b
	}
	mine := t.progress(t.row(r))
	if t.starving > 0 && mine <= t.starved {
		t.starving--
		return 0
	}
	for range blockSample {
		v := t.next()
		row := t.row(v)
		if v == r || row[rowHash] == 0 || !t.holdsBlocks(row) {
			continue
		}
		if t.expired(row, clock) {
			t.drop(v)
		} else if p := t.weigh(v, row, clock); p < mine && t.holdsBlocks(row) {
			t.evictRow(v, clock)
		}
		if b := t.arena.alloc(order); b != 0 {
			return b
		}
	}
	t.starving, t.starved = starvation, mine
	return 0
}
