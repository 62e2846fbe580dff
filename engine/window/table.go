package window

import "slices"

// Words of a row before its key.
const (
	rowSeen = iota // the newest clock of its events; in a free row the next free row plus one
	rowHash        // its hash with the lowest bit set; 0 in a free row
	rowKey
)

const (
	rowChunk       = 8 // rows of a chunk, as a power of two
	defaultMaxKeys = 1 << 16
	maxSpan        = 1 << 62 // keeps clock-Span from overflowing for every clock that is not negative
)

// A Table is the state of a set of windows for many keys. It is not safe for concurrent use.
type Table struct {
	cells    []cell
	keyWords int
	stride   int // words of a row
	maxKeys  int
	life     int64
	keep     bool
	raw      bool    // there are Raw cells
	single   float64 // progress of a row with one event

	memory   *Memory
	index    Index
	rows     [][]uint64 // chunks of rows
	used     int        // rows ever used
	freeRow  Row        // plus one; 0 for none
	hand     int        // the row that eviction and expiry look at next
	arena    arena
	spill    spill
	starving int     // requests for blocks until eviction for one is tried again
	starved  float64 // for rows of no more progress than this
	scratch  [gatherMax]event
	numbers  [quantileExact]float64
	ahead    [2]int // rows behind the hand that PrefetchRow and PrefetchBlocks have come to
	limit    int    // live rows from which on a new one takes the place of another
	guest    Row    // plus one: the row that guests use; 0 before the first
	guests   uint64 // hash of the guest in it with the lowest bit set; 0 for none
	returned bool   // something was remembered of the guest

	evictions, saturations uint64
}

// A cell is a Cell made ready.
type cell struct {
	kind   Kind
	parts  Parts
	off    int // of its first word in a row
	size   int // in words
	span   int64
	width  uint    // of a pane, see paneWidth
	order  uint    // of its largest block of events
	pane   uint    // order of its block of panes
	value  int     // words of a pane
	totals int     // of these, words of totals
	events bool    // Series: panes count events
	scale  float64 // progress of one event, or of one unit of a sum when bySum
	bySum  bool
	fuzzy  bool // Distinct: becomes a sample when it is full
	rank   uint8
}

// New makes an empty table.
func New(c Config) *Table {
	c = c.withDefaults()
	t := &Table{
		keyWords: c.KeyWords,
		maxKeys:  c.MaxKeys,
		life:     c.Life,
		keep:     c.Keep,
		memory:   c.Memory,
		index:    NewIndex(c.Memory),
	}
	t.cells, t.stride = layout(c)
	for i := range t.cells {
		t.raw = t.raw || t.cells[i].kind == Raw
		if !t.cells[i].bySum {
			t.single = max(t.single, t.cells[i].scale)
		}
	}
	t.arena = newArena(c.Memory, largestOrder(t.cells), c.MaxBytes)
	t.spill = newSpill(c.Memory, c.Spill, t.cells)
	t.limit = t.maxKeys
	if t.hosts() {
		t.limit--
	}
	return t
}

// row returns the words of a row.
func (t *Table) row(r Row) []uint64 {
	o := int(r&(1<<rowChunk-1)) * t.stride
	return t.rows[r>>rowChunk][o : o+t.stride : o+t.stride]
}

// at returns a cell and its words in a row.
func (t *Table) at(r Row, i int) (*cell, []uint64) {
	c := &t.cells[i]
	o := int(r&(1<<rowChunk-1))*t.stride + c.off
	return c, t.rows[r>>rowChunk][o : o+c.size : o+c.size]
}

// Find returns the row of a key, if it has one.
func (t *Table) Find(key []uint64, hash uint64) (Row, bool) {
	mask := uint64(len(t.index.Slots) - 1)
	tag := hash >> 32
search:
	for i := tag >> t.index.Shift; ; i++ {
		s := t.index.Slots[i&mask]
		if s == 0 {
			return 0, false
		}
		if s>>32 != tag {
			continue
		}
		r := Row(s) - 1
		row := t.row(r)[rowKey:]
		for j, w := range key {
			if row[j] != w {
				continue search
			}
		}
		return r, true
	}
}

// is reports whether a row is that of a key.
func (t *Table) is(r Row, key []uint64, hash uint64) bool {
	row := t.row(r)
	return row[rowHash] == hash|1 && slices.Equal(row[rowKey:rowKey+len(key)], key)
}

// Row returns the row of a key, a new one if it has none, and marks it seen at clock. A new row may take
// the place of another, which is evicted. The key is copied; it has Config.KeyWords words, and hash is its
// Hash.
//
// In a table that is full, a key of which little is remembered may be a guest: its row is good until Row is called again.
func (t *Table) Row(key []uint64, hash uint64, clock int64) Row { return t.RowAt(0, key, hash, clock) }

// RowAt is Row with a hint of PrefetchRow, which may have come true or not.
func (t *Table) RowAt(hint Hint, key []uint64, hash uint64, clock int64) Row {
	t.seeOff()
	r, ok := Row(hint)-1, hint != 0
	if !ok || !t.is(r, key, hash) {
		r, ok = t.Find(key, hash)
	}
	if !ok {
		if t.full(clock) {
			if n := t.spill.remembers(hash); n <= guestEvents {
				return t.host(key, hash, clock, n)
			}
		}
		return t.insert(key, hash, clock)
	}
	row := t.row(r)
	seen := int64(row[rowSeen])
	if clock <= seen {
		return r
	}
	row[rowSeen] = uint64(clock)
	if t.raw && !t.keep && seen <= clock-t.life {
		t.clearRaw(row) // the row had expired, whether or not the hand came by
	}
	return r
}

func (t *Table) clearRaw(row []uint64) {
	for i := range t.cells {
		if c := &t.cells[i]; c.kind == Raw {
			clear(row[c.off : c.off+c.size])
		}
	}
}

func (t *Table) insert(key []uint64, hash uint64, clock int64) Row {
	switch {
	case t.index.N >= t.limit:
		t.evict(clock)
	case !t.crowded() && !t.keep:
		t.reap(clock, reapEach)
	}
	r := t.newRow()
	row := t.begin(r, key, clock)
	row[rowHash] = hash | 1
	t.index.Insert(hash, uint32(r)+1)
	if t.spill.alive(clock) {
		t.restore(r, hash, clock)
	}
	return r
}

// begin makes a row that of a key without events.
func (t *Table) begin(r Row, key []uint64, clock int64) []uint64 {
	row := t.row(r)
	clear(row)
	row[rowSeen] = uint64(clock)
	copy(row[rowKey:rowKey+t.keyWords], key)
	for i := range t.cells {
		if c := &t.cells[i]; c.kind == Changes {
			row[c.off+changesTime] = 1 << 63 // math.MinInt64, which is in no window
		}
	}
	return row
}

// crowded reports whether new rows have to take the places of others, now or once those that were evicted
// last have been taken.
func (t *Table) crowded() bool { return t.index.N+evictBatch > t.limit }

// newRow takes a free row or one that was never used.
func (t *Table) newRow() Row {
	if t.freeRow != 0 {
		r := t.freeRow - 1
		t.freeRow = Row(t.row(r)[rowSeen])
		return r
	}
	if t.used>>rowChunk == len(t.rows) {
		t.rows = append(t.rows, t.memory.take(t.stride<<rowChunk))
	}
	t.used++
	return Row(t.used - 1)
}

// drop frees a row and its blocks.
func (t *Table) drop(r Row) {
	row := t.row(r)
	for i := range t.cells {
		c := &t.cells[i]
		t.freeCell(c, row[c.off:c.off+c.size])
	}
	t.index.Remove(row[rowHash], uint32(r)+1)
	row[rowSeen], row[rowHash] = uint64(t.freeRow), 0
	t.freeRow = r + 1
}

// freeCell frees the blocks of a cell; its words are left as they are.
func (t *Table) freeCell(c *cell, w []uint64) {
	switch c.kind {
	case Count:
		t.freeRing(w)
	case Changes:
		t.freeRing(w[changesRing:])
	case Distinct, Series, Quantile:
		if b := ref(w[0] >> 32); b != 0 {
			t.arena.release(b)
		}
	}
}

// Hit counts an event at time at in a Count and returns its Value; an event at or before clock-Span is not
// counted.
func (t *Table) Hit(r Row, cell int, at, clock int64) int64 {
	c, w := t.at(r, cell)
	t.push(r, c, w, min(at, clock), clock)
	return t.ringValue(c, w, clock)
}

// Push is Hit without the Value, for whoever does not ask for it each time.
func (t *Table) Push(r Row, cell int, at, clock int64) {
	c, w := t.at(r, cell)
	t.push(r, c, w, min(at, clock), clock)
}

// Put is Observe without the Value.
func (t *Table) Put(r Row, cell int, value uint64, at, clock int64) {
	c, w := t.at(r, cell)
	if c.kind == Changes {
		t.change(r, c, w, value, min(at, clock), clock)
		return
	}
	t.observe(r, c, w, value, min(at, clock), clock)
}

// Observe puts the value of an event at time at in a Distinct or a Changes and returns its Value; an event at or
// before clock-Span is left out.
func (t *Table) Observe(r Row, cell int, value uint64, at, clock int64) int64 {
	c, w := t.at(r, cell)
	if c.kind == Changes {
		t.change(r, c, w, value, min(at, clock), clock)
		return t.ringValue(c, w[changesRing:], clock)
	}
	t.observe(r, c, w, value, min(at, clock), clock)
	return t.distinctValue(r, c, w, clock)
}

// Add puts a number of an event at time at in a Series and returns its Sum; an event at or before clock-Span and a
// number that is not finite are left out.
func (t *Table) Add(r Row, cell int, x float64, at, clock int64) float64 {
	c, w := t.at(r, cell)
	at = min(at, clock)
	if sum, ok := t.addToSum(c, w, x, at, clock-c.span); ok {
		return sum
	}
	t.add(r, c, w, x, at, clock)
	return t.sum(c, w, clock)
}

// Value returns what a Count, Distinct or Changes holds at clock. Events that have left the window are
// forgotten, so a later call with an earlier clock does not see them.
func (t *Table) Value(r Row, cell int, clock int64) int64 {
	c, w := t.at(r, cell)
	switch c.kind {
	case Count:
		return t.ringValue(c, w, clock)
	case Changes:
		return t.ringValue(c, w[changesRing:], clock)
	case Distinct:
		return t.distinctValue(r, c, w, clock)
	}
	return 0
}

// Sums returns what a Series holds at clock.
func (t *Table) Sums(r Row, cell int, clock int64) Sums {
	c, w := t.at(r, cell)
	return t.sums(c, w, clock)
}

// Sum returns Sums.Sum of a Series.
func (t *Table) Sum(r Row, cell int, clock int64) float64 {
	c, w := t.at(r, cell)
	return t.sum(c, w, clock)
}

// Words returns the words of a Raw cell, which are 0 in a new row. They may be written until the next call
// of Row or Sweep.
func (t *Table) Words(r Row, cell int) []uint64 {
	_, w := t.at(r, cell)
	return w
}

// Key returns the key of a row; it must not be written.
func (t *Table) Key(r Row) []uint64 {
	return t.row(r)[rowKey : rowKey+t.keyWords : rowKey+t.keyWords]
}

// Rows calls yield for every live row, in the order of their numbers, until it returns false. Rows must not
// be added in between.
func (t *Table) Rows(yield func(Row) bool) {
	for r := range Row(t.used) {
		if t.row(r)[rowHash] != 0 && !yield(r) {
			return
		}
	}
}

// Release gives the table's memory back for other tables. The table must not be used any more.
func (t *Table) Release() {
	for _, r := range t.rows {
		t.memory.give(r)
	}
	t.arena.discard()
	t.index.Release()
	t.spill.free()
	*t = Table{}
}

// Stats returns numbers about the table.
func (t *Table) Stats() Stats {
	return Stats{
		Keys:        t.index.N,
		Bytes:       t.bytes(),
		Evictions:   t.evictions,
		Saturations: t.saturations,
	}
}

func (t *Table) bytes() int64 {
	return int64(len(t.rows))*int64(t.stride)<<(rowChunk+3) + int64(cap(t.rows))*24 +
		int64(len(t.index.Slots))*8 + t.arena.bytes() + t.spill.bytes()
}
