package window

// The three prefetches of a key are called for all keys of a batch, one after the other, before Row is called for
// any: the misses of several keys then overlap. They change nothing.

// PrefetchIndex asks for the index's place of a hash.
func (t *Table) PrefetchIndex(hash uint64) {
	t.index.Prefetch(hash)
}

// A Hint is where the row of a key all but surely is, as far as one is there yet: the zero Hint says that none is.
type Hint uint32

// PrefetchRow asks for cells of the row of a hash, n of them from the first on; where there is none, for what is remembered
// of the key, and for the rows that a new one may take the place of.
func (t *Table) PrefetchRow(hash uint64, first, n int) Hint {
	if r := t.index.Likely(hash); r != 0 {
		t.prefetchCells(Row(r)-1, first, n)
		return Hint(r)
	}
	t.spill.prefetch(hash)
	cells := 0 // of rows that have not expired, as most, nothing else is looked at
	if t.crowded() {
		cells = len(t.cells)
	}
	for range t.handEach() {
		t.prefetchCells(t.behind(t.ahead[0]), 0, cells)
		t.ahead[0]++
	}
	return 0
}

// PrefetchBlocks asks for the blocks of these cells that the next event of a row will go to; where there is no row, for what is
// needed to free the rows that PrefetchRow asked for.
func (t *Table) PrefetchBlocks(hash uint64, hint Hint, first, n int, clock int64) {
	if hint != 0 {
		t.prefetchBlocks(t.row(Row(hint)-1), t.cells[first:first+n], clock)
		return
	}
	crowded := t.crowded()
	if crowded && t.limit < t.maxKeys && t.spill.remembers(hash) < guestEvents {
		return // a guest, for which no row goes
	}
	for range t.handEach() {
		r := t.behind(t.ahead[1])
		row := t.row(r)
		t.ahead[1]++
		if h := row[rowHash]; h != 0 && (crowded || t.expired(row, clock)) {
			t.PrefetchIndex(h)
			if crowded {
				t.spill.prefetch(h)
			} else {
				t.prefetchCells(r, 0, len(t.cells))
			}
		}
	}
}

// handEach is the number of rows that the hand moves on with a new row.
func (t *Table) handEach() int {
	switch {
	case t.used <= reapEach || t.keep:
		return 0
	case t.crowded():
		return 1
	}
	return reapEach
}

// behind returns the row that the hand comes to after n others.
func (t *Table) behind(n int) Row {
	if r := t.hand + n; r < t.used {
		return Row(r)
	}
	return Row(n % t.used)
}

func (t *Table) prefetchCells(r Row, first, n int) {
	o := int(r&(1<<rowChunk-1)) * t.stride
	row := t.rows[r>>rowChunk][o : o+t.stride]
	head := &row[rowKey+t.keyWords-1]
	if n == 0 {
		prefetchWords(&row[0], head)
		return
	}
	from, last := 0, &t.cells[first+n-1]
	if first > 0 { // what is between is others'
		prefetchWords(&row[0], head)
		from = t.cells[first].off
	}
	prefetchWords(&row[from], &row[last.off+last.size-1])
}

func (t *Table) prefetchBlocks(row []uint64, cells []cell, clock int64) {
	for i := range cells {
		c := &cells[i]
		w := row[c.off : c.off+c.size]
		b := ref(w[0] >> 32)
		if b == 0 {
			continue
		}
		var at int
		switch c.kind {
		case Count:
			at = int(w[0]>>16&0xffff) + int(w[0]&0xffff)
		case Distinct: // the head, or the first values, and the times of the last ones
			if block := t.arena.block(b); b.order() <= linearMax {
				prefetch(&block[0])
				at = len(block)/2 + int(w[0]&0xffff) - 1
			}
		case Series:
			at = 2 * (int(w[0]>>16&0x7fff) + int(w[0]&0xffff))
			if w[0]&seriesPanes != 0 {
				at = c.place(b, c.paneOf(clock)) * c.value
				if first := int64(w[1+c.totals+seriesFirst]); first<<c.width <= clock-c.span {
					prefetch(&t.arena.block(b)[c.place(b, first)*c.value])
				}
			}
		default:
			continue
		}
		block := t.arena.block(b)
		prefetch(&block[at&(len(block)-1)])
	}
}

// PrefetchFrame asks for the first bytes of a frame, which hold its headers.
func PrefetchFrame(data []byte) {
	const line = 8 * lineWords
	if len(data) > line {
		prefetchByte(&data[0])
		prefetchByte(&data[line])
	}
}

// Prefetch asks for a word to be brought into the cache, and does not wait for it.
func Prefetch(p *uint64) { prefetch(p) }
