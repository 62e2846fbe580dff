package model

// random is a stream of numbers that its seed decides: SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
// generators", 2014). A stream of this package must stay what it is, or the same packets would give other scores.
type random uint64

func (r *random) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number from 0 to n-1.
func (r *random) below(n int) int { return int(r.next() >> 11 % uint64(n)) }

// float returns a number in [0, 1).
func (r *random) float() float64 { return float64(r.next()>>11) / (1 << 53) }

// some moves k of the items, drawn at random, to the front.
func some[T any](r *random, items []T, k int) {
	for i := range min(k, len(items)) {
		j := i + r.below(len(items)-i)
		items[i], items[j] = items[j], items[i]
	}
}
