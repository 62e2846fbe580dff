package model

// levels counts how odd what was learned was, so that the oddness of another sample becomes a share of it. It is a tree of
// sums (Fenwick, "A new data structure for cumulative frequency tables", 1994): counting and asking take twelve steps.
type levels struct {
	tree [numLevels + 1]uint32
	n    uint32
}

const (
	levelBits  = 12
	numLevels  = 1 << levelBits
	levelShift = unitShift - 3 // a level is an eighth of a bit
)

// levelOf returns the level of a cost.
func levelOf(cost int32) int { return int(min(max(cost>>levelShift, 0), numLevels-1)) }

func (l *levels) add(level int) {
	l.n++
	for i := level + 1; i <= numLevels; i += i & -i {
		l.tree[i]++
	}
}

// below returns how many are at lower levels.
func (l *levels) below(level int) (n uint32) {
	for i := level; i > 0; i &= i - 1 {
		n += l.tree[i]
	}
	return n
}

// quantile returns the level below which or at which a share of num/den lies.
func (l *levels) quantile(num, den uint64) int {
	want := uint32((uint64(l.n)*num + den - 1) / den)
	at := 0
	for step := numLevels / 2; step > 0; step /= 2 {
		if l.tree[at+step] < want {
			at += step
			want -= l.tree[at]
		}
	}
	return at
}

// counts returns the count of every level.
func (l *levels) counts() []uint32 {
	out := make([]uint32, numLevels)
	before := uint32(0)
	for i := range out {
		upTo := l.below(i + 1)
		out[i], before = upTo-before, upTo
	}
	return out
}

// set makes the counts those given.
func (l *levels) set(counts []uint32) {
	*l = levels{}
	for i, c := range counts {
		l.n += c
		for j := i + 1; c > 0 && j <= numLevels; j += j & -j {
			l.tree[j] += c
		}
	}
}

// halve forgets half of all.
func (l *levels) halve() {
	c := l.counts()
	halve(c)
	l.set(c)
}
