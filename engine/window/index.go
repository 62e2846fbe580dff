package window

// An Index finds what is numbered from 1, as rows and conversations, by hash: open addressing with linear probing. A
// slot holds the upper half of a hash, whose first bits are also the slot's home, over the number; so most lookups
// that fail never leave the index, and neither growing nor deleting looks at what is found.
type Index struct {
	memory *Memory
	Slots  []uint64 // as many as a power of two; 0 is empty
	Shift  uint     // of the upper half of a hash to its home
	N      int      // full slots
}

const indexMin = 6 // slots at first, as a power of two

// NewIndex returns an index that takes what it grows by from a memory.
func NewIndex(m *Memory) Index {
	return Index{memory: m, Slots: make([]uint64, 1<<indexMin), Shift: 32 - indexMin}
}

// IndexSlots is the number of slots for n numbers: at most half of them are full.
func IndexSlots(n int) int64 {
	s := int64(1) << indexMin
	for s < 2*int64(n) {
		s *= 2
	}
	return s
}

// Release gives the memory back. The index must not be used any more.
func (x *Index) Release() {
	if len(x.Slots) > 1<<indexMin {
		x.memory.give(x.Slots)
	}
	x.Slots = nil
}

// Prefetch asks for the place of a hash.
func (x *Index) Prefetch(hash uint64) { prefetch(&x.Slots[hash>>32>>x.Shift]) }

func (x *Index) home(slot uint64) uint64 { return slot >> 32 >> x.Shift }

// Likely returns the number that has the upper half of a hash, all but surely the one with the hash; 0 for none.
func (x *Index) Likely(hash uint64) uint32 {
	mask := uint64(len(x.Slots) - 1)
	tag := hash >> 32
	for i := tag >> x.Shift; ; i++ {
		s := x.Slots[i&mask]
		if s == 0 || s>>32 == tag {
			return uint32(s)
		}
	}
}

// Insert adds a number that is not in the index.
func (x *Index) Insert(hash uint64, n uint32) {
	if 2*(x.N+1) > len(x.Slots) {
		x.grow()
	}
	x.N++
	x.put(hash&^(1<<32-1) | uint64(n))
}

func (x *Index) put(slot uint64) {
	mask := uint64(len(x.Slots) - 1)
	i := x.home(slot)
	for x.Slots[i&mask] != 0 {
		i++
	}
	x.Slots[i&mask] = slot
}

func (x *Index) grow() {
	old := x.Slots
	x.Slots = x.memory.take(2 * len(old))
	x.Shift--
	for _, s := range old {
		if s != 0 {
			x.put(s)
		}
	}
	if len(old) > 1<<indexMin {
		x.memory.give(old)
	}
}

// Remove takes a number out and moves the ones behind it up, so that no tombstones gather.
func (x *Index) Remove(hash uint64, n uint32) {
	mask := uint64(len(x.Slots) - 1)
	slot := hash&^(1<<32-1) | uint64(n)
	i := x.home(slot)
	for x.Slots[i&mask] != slot {
		i++
	}
	i &= mask
	for j := i + 1; ; j++ {
		s := x.Slots[j&mask]
		if s == 0 {
			break
		}
		if (j-x.home(s))&mask >= (j-i)&mask {
			x.Slots[i] = s
			i = j & mask
		}
	}
	x.Slots[i] = 0
	x.N--
}
