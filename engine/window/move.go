package window

import "math"

// A Move takes the state of a table over to another one, as Migrate does, but in steps: the row of a key when the key
// is asked for, and other rows whenever there is time. Meanwhile both tables are there. The one moved from is only
// read, so that there may be several Moves from it, and several to one table that fill different cells of it.
type Move struct {
	to, from *Table
	cells    []int
	row      Row      // those before it are moved
	moved    []uint64 // a bit for each row: it is moved, too
	bucket   int      // of what is remembered of evicted rows; those before it are moved
	cleared  []uint64 // a bit for each bucket: it is moved, too
	left     int      // rows to be moved
}

// NewMove prepares to move the state of a table to another. Cells are as for Migrate. Nobody may write to from after
// Begin.
func NewMove(to, from *Table, cells []int) *Move {
	return &Move{to: to, from: from, cells: cells, moved: make([]uint64, from.maxKeys>>6+1), cleared: make([]uint64, from.spill.buckets>>6+1)}
}

// Reserve makes memory ready that moves will take at once, so that it is not made while packets wait: for each table that
// state is moved to that of its first rows. The tables may have none of it yet. It may run beside everything but
// Begin.
func Reserve(m *Memory, moves []*Move) {
	pieces := map[int]int{}
	last := (*Table)(nil)
	for _, v := range moves {
		if v.to == last {
			continue
		}
		last = v.to
		pieces[last.stride<<rowChunk]++
		pieces[chunkWords]++
	}
	m.reserve(pieces)
}

// Begin begins to move.
func (m *Move) Begin() {
	m.from.seeOff()
	m.left = m.from.index.N
	if m.from.spill.live == 0 || m.to.spill.buckets != m.from.spill.buckets {
		m.bucket = m.from.spill.buckets
	}
}

// Key moves what is held of one key. It is to be called before the key's row is asked for.
func (m *Move) Key(key []uint64, hash uint64) {
	if r, ok := m.from.Find(key, hash); ok {
		m.take(r)
	} else if m.bucket < m.from.spill.buckets {
		m.takeBucket(int(bucketOf(hash, m.from.spill.buckets)))
	}
}

// idleRows is how many rows that need not be moved are looked at in the time that one takes that is.
const idleRows = 64

// Step moves some n rows, or looks at so many more that it takes as long, and reports whether nothing is left to be moved.
func (m *Move) Step(n int) (done bool) {
	looks := min(n, math.MaxInt/idleRows) * idleRows
	for ; looks > 0 && int(m.row) < m.from.used; m.row++ {
		looks--
		if m.from.row(m.row)[rowHash] != 0 && m.take(m.row) {
			looks -= idleRows - 1
		}
	}
	for ; looks > 0 && m.bucket < m.from.spill.buckets; m.bucket++ {
		looks--
		if m.takeBucket(m.bucket) {
			looks -= idleRows - 1
		}
	}
	return int(m.row) >= m.from.used && m.bucket >= m.from.spill.buckets
}

// Left returns the number of keys that are not moved yet.
func (m *Move) Left() int { return m.left }

// take moves a row that was not, and reports whether it did.
func (m *Move) take(r Row) bool {
	word, bit := r>>6, uint64(1)<<(r&63)
	if r < m.row || m.moved[word]&bit != 0 {
		return false
	}
	m.moved[word] |= bit
	m.left--
	m.to.copyRow(m.from, r, m.cells)
	return true
}

// takeBucket moves a bucket that was not, and reports whether it did.
func (m *Move) takeBucket(i int) bool {
	word, bit := i>>6, uint64(1)<<(i&63)
	if i < m.bucket || m.cleared[word]&bit != 0 {
		return false
	}
	m.cleared[word] |= bit
	m.to.migrateBucket(m.from, i, m.cells)
	return true
}
