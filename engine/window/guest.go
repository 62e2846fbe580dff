package window

// A flood of forged sources has a new key in every packet, and hardly one comes back. A table that is full does not give
// each a row, for which another row would have to go: the key is a guest in the one row that is kept for it, its event is
// counted there and compared with what rules wait for, and then remembered as those of evicted rows are. A key that is
// remembered gets a row when it comes back. So a row is for keys seen twice, which are what rules wait for, and a
// new key touches one place in memory where it would touch five (as a doorkeeper in front of a cache does: Einziger,
// Friedman and Manes, "TinyLFU", 2017).

// hosts reports whether the table can have guests: all that a row holds after an event must be what is remembered of it.
func (t *Table) hosts() bool {
	return t.spill.buckets > 0 && !t.raw && !t.keep && len(t.cells) <= spillCells && t.maxKeys > 2*evictBatch
}

// full reports whether a new key has no row to take, and looks whether one has expired.
func (t *Table) full(clock int64) bool {
	return t.limit < t.maxKeys && t.index.N >= t.limit && t.reap(clock, 1) == 0
}

// host makes the row of guests that of a key.
func (t *Table) host(key []uint64, hash uint64, clock int64) Row {
	if t.guest == 0 {
		t.guest = t.newRow() + 1
		t.row(t.guest - 1)[rowHash] = 0 // no live row
	}
	t.begin(t.guest-1, key, clock)
	t.guests = hash | 1
	return t.guest - 1
}

// seeOff remembers the events of the guest, if there is one.
func (t *Table) seeOff() {
	if t.guests == 0 {
		return
	}
	row := t.row(t.guest - 1)
	clock := int64(row[rowSeen])
	for _, e := range t.gather(row, clock) {
		t.spill.put(t.guests, e, clock)
	}
	for i := range t.cells {
		c := &t.cells[i]
		t.freeCell(c, row[c.off:c.off+c.size])
	}
	t.guests = 0
	t.evictions++
}

// remembers reports whether there are events of a key.
func (s *spill) remembers(hash uint64) bool {
	if s.live == 0 {
		return false
	}
	b := s.bucket(hash, false)
	if b == nil {
		return false
	}
	print := spillFingerprint(hash)
	for _, word := range b[:spillWays] {
		if word>>spillPrint == print && word != 0 {
			return true
		}
	}
	return false
}
