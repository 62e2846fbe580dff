package window

// A Distinct that may hold more values than its largest block keeps a sample when the block is full: the values
// whose hash begins with at least `level` zeros, each standing for 2^level values (Gibbons and Tirthapura,
// "Distributed streams algorithms for sliding windows", 2002). The largest block holds 21845 values, so that
// a sample has at least about 10900 and the estimate a standard error below 1%.
//
// When values leave and the sample gets small, a lower level is gathered beside it for one span, after which
// it holds every value of the window at that level and takes the sample's place.

// Words of a cell with a hashed block.
const (
	distinctLvl = 1 // the level, and from bit 8 the level that is gathered
	distinctAt  = 2 // when gathering began
	distinctIn  = 3 // values of the sample
)

// coarsen makes room in a full block: it gives up the level that is being gathered, or raises the level.
func (t *Table) coarsen(h *hashed, w []uint64, seed uint64) {
	level := w[distinctLvl] & 0xff
	if w[distinctLvl]>>8 == level {
		level++
	}
	kept := uint64(0)
	for i := h.oldest(); i != nilEntry; {
		next := h.next(i)
		if hash := remix(h.value(i), seed); hash>>(64-level) != 0 {
			h.remove(i, hash)
			w[0]--
		} else {
			kept++
		}
		i = next
	}
	w[distinctLvl] = level | level<<8
	w[distinctIn] = kept
}

// sampleValue estimates the number of values, and goes to a lower level when the sample has become small.
func (t *Table) sampleValue(h *hashed, c *cell, w []uint64, clock int64) int64 {
	level, gathered := w[distinctLvl]&0xff, w[distinctLvl]>>8
	if gathered < level && clock-int64(w[distinctAt]) >= c.span {
		level = gathered
		w[distinctLvl] = level | level<<8
		w[distinctIn] = w[0] & 0xffff
	}
	in := w[distinctIn]
	if room := uint64(h.n); gathered == level && level > 0 && in < room/4 {
		for gathered > 0 && in<<(level-gathered+1) <= room/2 {
			gathered--
		}
		w[distinctLvl] = level | gathered<<8
		w[distinctAt] = uint64(clock)
	}
	return int64(in << level)
}
