package engine

import "math/bits"

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
	const none = -1
	start := none
	for i, w := range m {
		for v := i << 6; v < (i+1)<<6; {
			rest := w >> (v & 63)
			if start != none {
				rest = ^rest
			}
			skip := min(bits.TrailingZeros64(rest), (i+1)<<6-v)
			if v += skip; v == (i+1)<<6 {
				break
			}
			if start == none {
				start = v
			} else {
				yield(uint16(start), uint16(v-1))
				start = none
			}
		}
	}
	if start != none {
		yield(uint16(start), 1<<16-1)
	}
}

func (m *bitmap) count() (n int) {
	for _, w := range m {
		n += bits.OnesCount64(w)
	}
	return n
}
