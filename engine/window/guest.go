package window

// A flood of forged sources has a new key in every packet, and what comes back does so with little. A table that is full does
// not give each a row, for which another row would have to go: the key is a guest in the one row that is kept for it, with
// what is remembered of it; its event is counted there and compared with what rules wait for, and all is remembered
// again as it is of evicted rows. A guest that has come further than a single event brings stays: its row becomes one
// like others, and another is kept for guests. So rows are for what rules wait for, and a key of a flood touches one place
// in memory where it would touch five (as a doorkeeper in front of a cache does: Einziger, Friedman and Manes,
// "TinyLFU", 2017).

// guestEvents is how many events may be remembered of a guest: one of more has a row at once.
const guestEvents = spillEvents - 1

// hosts reports whether the table can have guests: all that a row holds after an event must be what is remembered of it.
func (t *Table) hosts() bool {
	return t.spill.buckets > 0 && !t.raw && !t.keep && len(t.cells) <= spillCells && t.maxKeys > 2*evictBatch
}

// full reports whether a new key has no row to take, and looks whether one has expired.
func (t *Table) full(clock int64) bool {
	return t.limit < t.maxKeys && t.index.N >= t.limit && t.reap(clock, 1) == 0
}

// host makes the row of guests that of a key, of which so many events are remembered.
func (t *Table) host(key []uint64, hash uint64, clock int64, events int) Row {
	if t.guest == 0 {
		t.guest = t.newRow() + 1
		t.row(t.guest - 1)[rowHash] = 0 // no live row
	}
	r := t.guest - 1
	t.begin(r, key, clock)
	t.guests, t.returned = hash|1, events > 0
	if events > 0 {
		t.restore(r, hash, clock)
	}
	return r
}

// seeOff remembers the events of the guest, if there is one, or has it stay.
func (t *Table) seeOff() {
	if t.guests == 0 {
		return
	}
	hash := t.guests
	t.guests = 0
	row := t.row(t.guest - 1)
	clock := int64(row[rowSeen])
	if t.stays(row) {
		if t.index.N >= t.limit {
			t.evict(clock)
		}
		row[rowHash] = hash
		t.index.Insert(hash, uint32(t.guest))
		t.guest = 0
		return
	}
	for _, e := range t.gather(row, clock) {
		t.spill.put(hash, e, clock)
	}
	for i := range t.cells {
		c := &t.cells[i]
		t.freeCell(c, row[c.off:c.off+c.size])
	}
	t.evictions++
}

// stays reports whether the guest in a row is to have it: it came back and is near what rules wait for, or has come further
// than a single event brings, or holds more than its row has room for. Not one with a hash table of values,
// whose places go by the hash of a live row; of such much is remembered, so that it has a row when it comes back.
func (t *Table) stays(row []uint64) bool {
	blocks := false
	for i := range t.cells {
		c := &t.cells[i]
		w := row[c.off]
		if c.kind == Changes {
			w = row[c.off+changesRing]
		}
		b := ref(w >> 32)
		if b != 0 && c.kind == Distinct && b.order() >= hashedMin {
			return false
		}
		blocks = blocks || b != 0
	}
	if blocks {
		return true
	}
	p := t.progress(row)
	return p > t.single || t.returned && p >= evictNear
}

// remembers returns how many events of a key there are.
func (s *spill) remembers(hash uint64) (events int) {
	if s.live == 0 {
		return 0
	}
	b := s.bucket(hash, false)
	if b == nil {
		return 0
	}
	print := spillFingerprint(hash)
	for _, word := range b[:spillWays] {
		if word>>spillPrint == print && word != 0 {
			events++
		}
	}
	return events
}
