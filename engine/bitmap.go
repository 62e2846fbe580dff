package engine

// A bitmap is a set of the numbers below 65,536.
type bitmap [1024]uint64

func (m *bitmap) add(lo, hi uint64) {
	for v := lo; v <= hi; v++ {
		m[v>>6] |= 1 << (v & 63)
	}
}

func (m *bitmap) has(v uint16) bool { return m[v>>6]>>(v&63)&1 != 0 }

// ranges calls yield for each maximal run of members, in ascending order.
func (m *bitmap) ranges(yield func(lo, hi uint16)) {
	start := -1
	for i, w := range m {
		if w == 0 && start < 0 || w == ^uint64(0) && start >= 0 {
			continue
		}
		for v := i << 6; v < (i+1)<<6; v++ {
			if m.has(uint16(v)) {
				if start < 0 {
					start = v
				}
			} else if start >= 0 {
				yield(uint16(start), uint16(v-1))
				start = -1
			}
		}
	}
	if start >= 0 {
		yield(uint16(start), 1<<16-1)
	}
}

func (m *bitmap) count() int {
	n := 0
	m.ranges(func(lo, hi uint16) { n += int(hi) - int(lo) + 1 })
	return n
}
