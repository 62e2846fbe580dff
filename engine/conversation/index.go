package conversation

import "github.com/ruleids/ruleids/engine/window"

// An index finds entries by the upper half of their hash: open addressing with linear probing. A slot holds that half,
// whose first bits are its home, over the number of the entry.
type index struct {
	memory *window.Memory
	slots  []uint64
	shift  uint // of the upper half of a hash to its home
	n      int
}

const indexMin = 8 // slots at first, as a power of two

func newIndex(m *window.Memory) index {
	return index{memory: m, slots: m.Take(1 << indexMin), shift: 32 - indexMin}
}

// indexSlots is the number of slots for n entries: at most half of them are full.
func indexSlots(n int) int64 {
	s := int64(1) << indexMin
	for s < 2*int64(n) {
		s *= 2
	}
	return s
}

func (x *index) home(slot uint64) uint64 { return slot >> 32 >> x.shift }

// likely returns the entry that has the upper half of a hash, all but surely the one with the hash; 0 for none.
func (x *index) likely(hash uint64) ref {
	mask := uint64(len(x.slots) - 1)
	tag := hash >> 32
	for i := tag >> x.shift; ; i++ {
		s := x.slots[i&mask]
		if s == 0 || s>>32 == tag {
			return ref(s)
		}
	}
}

func (x *index) insert(tag uint64, r ref) {
	if 2*(x.n+1) > len(x.slots) {
		old := x.slots
		x.slots = x.memory.Take(2 * len(old))
		x.shift--
		for _, s := range old {
			if s != 0 {
				x.put(s)
			}
		}
		x.memory.Give(old)
	}
	x.n++
	x.put(tag<<32 | uint64(r))
}

func (x *index) put(slot uint64) {
	mask := uint64(len(x.slots) - 1)
	i := x.home(slot)
	for x.slots[i&mask] != 0 {
		i++
	}
	x.slots[i&mask] = slot
}

// remove takes an entry out and moves the ones behind it up, so that no tombstones gather.
func (x *index) remove(tag uint64, r ref) {
	mask := uint64(len(x.slots) - 1)
	slot := tag<<32 | uint64(r)
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
