package window

// An index finds rows by hash: open addressing with linear probing. A slot holds the upper half of a
// hash, whose first bits are also the slot's home, over the row's number plus one; so most look-ups that
// fail never leave the index, and neither growing nor deleting looks at a row.
type index struct {
	memory *Memory
	slots  []uint64
	shift  uint // of the upper half of a hash to its home
	n      int
}

const indexMin = 6 // slots at first, as a power of two

func newIndex(m *Memory) index {
	return index{memory: m, slots: make([]uint64, 1<<indexMin), shift: 32 - indexMin}
}

// indexSlots is the number of slots for n rows: at most half of them are full.
func indexSlots(n int) int64 {
	s := int64(1) << indexMin
	for s < 2*int64(n) {
		s *= 2
	}
	return s
}

func (x *index) home(slot uint64) uint64 { return slot >> 32 >> x.shift }

// likely returns the row that has the upper half of a hash, all but surely the one with the hash.
func (x *index) likely(hash uint64) (Row, bool) {
	mask := uint64(len(x.slots) - 1)
	tag := hash >> 32
	for i := tag >> x.shift; ; i++ {
		s := x.slots[i&mask]
		if s == 0 {
			return 0, false
		}
		if s>>32 == tag {
			return Row(s) - 1, true
		}
	}
}

// insert adds a row that is not in the index.
func (x *index) insert(hash uint64, r Row) {
	if 2*(x.n+1) > len(x.slots) {
		x.grow()
	}
	x.n++
	x.put(hash&^(1<<32-1) | uint64(r) + 1)
}

func (x *index) put(slot uint64) {
	mask := uint64(len(x.slots) - 1)
	i := x.home(slot)
	for x.slots[i&mask] != 0 {
		i++
	}
	x.slots[i&mask] = slot
}

func (x *index) grow() {
	old := x.slots
	x.slots = x.memory.take(2 * len(old))
	x.shift--
	for _, s := range old {
		if s != 0 {
			x.put(s)
		}
	}
	if len(old) > 1<<indexMin {
		x.memory.give(old)
	}
}

// remove takes a row out and moves the ones behind it up, so that no tombstones gather.
func (x *index) remove(hash uint64, r Row) {
	mask := uint64(len(x.slots) - 1)
	slot := hash&^(1<<32-1) | uint64(r) + 1
	i := x.home(slot)
	for x.slots[i&mask] != slot {
		i++
	}
	i &= mask
	for j := i + 1; ; j++ {
		s := x.slots[j&mask]
		if s == 0 {
			break
		}
		if (j-x.home(s))&mask >= (j-i)&mask {
			x.slots[i] = s
			i = j & mask
		}
	}
	x.slots[i] = 0
	x.n--
}
