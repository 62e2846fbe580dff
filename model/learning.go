package model

import "slices"

// What is collected is cut into stretches of time of one length. It doubles when they become too many, so that there
// are 24 to 48 of them whatever time a model learns for.
const (
	maxSlices  = 48
	sliceRows  = 512 // samples that are kept of a stretch
	sliceFirst = 1e9 // nanoseconds of a stretch at first
	judges     = 8   // stretches that there must be to judge one by the others
)

// learning collects samples.
type learning struct {
	first, last int64
	offered     int
	width       int64 // of a stretch
	slices      []slice
	random      random
}

// A slice is what is kept of a stretch: any of its samples with the same likelihood (Vitter, "Random sampling with a
// reservoir", 1985).
type slice struct {
	seen int
	rows [][]float64
}

func newLearning(seed uint64) *learning { return &learning{width: sliceFirst, random: random(seed)} }

// add collects a sample.
func (l *learning) add(at int64, x []float64) {
	if l.offered == 0 {
		l.first, l.last = at, at
	}
	l.offered++
	l.last = max(l.last, at)
	for (l.last-l.first)/l.width >= maxSlices {
		l.widen()
	}
	i := int((l.last - l.first) / l.width)
	for len(l.slices) <= i {
		l.slices = append(l.slices, slice{})
	}
	s := &l.slices[i]
	s.seen++
	var row []float64
	if len(s.rows) < sliceRows {
		row = make([]float64, len(x))
		s.rows = append(s.rows, row)
	} else if k := l.random.below(s.seen); k < sliceRows {
		row = s.rows[k]
	}
	for j := range row {
		row[j] = max(-huge, min(huge, x[j])) // NaN stays
	}
}

// huge bounds what is learned, so that what is computed of it stays finite.
const huge = 1e100

// widen joins every two stretches to one.
func (l *learning) widen() {
	l.width *= 2
	for i := range (len(l.slices) + 1) / 2 {
		s := l.slices[2*i]
		if 2*i+1 < len(l.slices) {
			o := l.slices[2*i+1]
			s.seen += o.seen
			s.rows = append(s.rows, o.rows...)
			if len(s.rows) > sliceRows {
				some(&l.random, s.rows, sliceRows)
				s.rows = slices.Clip(s.rows[:sliceRows])
			}
		}
		l.slices[i] = s
	}
	l.slices = l.slices[:(len(l.slices)+1)/2]
}

// kept returns the samples of all stretches, and the stretch of each.
func (l *learning) kept() (rows [][]float64, of []int) {
	for i, s := range l.slices {
		rows = append(rows, s.rows...)
		for range s.rows {
			of = append(of, i)
		}
	}
	return rows, of
}

// withoutOutliers returns the samples without those that a single stretch taught: odd to all stretches but its own and the two beside
// it, since what a flood does may fall on two, with a value that many samples of these three have, and few of the others.
//
// What is odd by itself stays, as it is odd in its own stretch, too. And what a busy part of the day does stays, since it
// is so much of all that the others' cost of it is not out of the ordinary.
func (l *learning) withoutOutliers() (rows [][]float64, leftOut int) {
	rows, of := l.kept()
	busy := 0
	for _, s := range l.slices {
		if len(s.rows) > 0 {
			busy++
		}
	}
	if busy < judges {
		return rows, 0
	}
	features := len(rows[0])
	axes := make([]axis, features)
	for i := range axes {
		c := column(rows, i)
		axes[i] = axisOf(c[len(c)/20 : len(c)-len(c)/20])
	}
	whole := newHistogram(axes)
	parts := make([]*histogram, len(l.slices))
	for i := range parts {
		parts[i] = newHistogram(axes)
	}
	bins := make([]uint8, len(rows)*features)
	for i, r := range rows {
		b := bins[i*features : (i+1)*features]
		whole.place(r, b)
		whole.add(b, 1)
		parts[of[i]].add(b, 1)
	}
	others, special := make([]int32, len(rows)), make([]bool, len(rows))
	mine, rest := newHistogram(axes), newHistogram(axes)
	at := -1
	var all levels
	for i := range rows {
		if of[i] != at {
			at = of[i]
			mine.become(parts, max(at-1, 0), min(at+2, len(parts)))
			rest.subtract(whole, mine)
		}
		b := bins[i*features : (i+1)*features]
		others[i] = rest.costs(b)
		special[i] = rest.misses(mine, b)
		all.add(levelOf(others[i]))
	}
	median, high := all.quantile(50, 100), all.quantile(90, 100)
	limit := high + 2*max(high-median, minMargin)
	out := rows[:0:0]
	for i, r := range rows {
		if levelOf(others[i]) > limit && special[i] {
			leftOut++
			continue
		}
		out = append(out, r)
	}
	return out, leftOut
}

// What is special to a stretch: so many samples have the same value there, and it costs so many bits less than in the others.
const (
	specialSamples = 8
	specialBits    = 4 * unit
)

// misses reports whether a value of a sample is special to a stretch, beside what is in h.
func (h *histogram) misses(stretch *histogram, bins []uint8) bool {
	here, there := stretch.all(), h.all()
	for i, b := range bins {
		if stretch.counts[i][b+1] >= specialSamples && h.cost(i, int(b), there)-stretch.cost(i, int(b), here) > specialBits {
			return true
		}
	}
	return false
}

// become adds up the histograms of some stretches.
func (h *histogram) become(parts []*histogram, from, to int) {
	h.n = 0
	clear(h.counts)
	for _, p := range parts[from:to] {
		h.n += p.n
		for i := range h.counts {
			for j := range h.counts[i] {
				h.counts[i][j] += p.counts[i][j]
			}
		}
	}
}

// subtract makes a histogram what one has more than another.
func (h *histogram) subtract(from, what *histogram) {
	h.n = from.n - what.n
	for i := range h.counts {
		for j := range h.counts[i] {
			h.counts[i][j] = from.counts[i][j] - what.counts[i][j]
		}
	}
}

// Freeze ends collecting, whatever time has passed. It does nothing to a model without samples or one that is frozen.
func (m *Model) Freeze() {
	l := m.learning
	if l == nil || l.offered == 0 {
		return
	}
	rows, leftOut := l.withoutOutliers()
	features := len(rows[0])
	axes, ends := make([]axis, features), make([][2]float64, features)
	for i := range axes {
		c := column(rows, i)
		axes[i], ends[i] = axisOf(c), [2]float64{c[0], c[len(c)-1]}
	}
	m.hist, m.live = newHistogram(axes), newHistogram(axes)
	m.hist.ends = ends
	m.bins = make([]uint8, features)
	bins := m.bins
	for _, r := range rows {
		m.hist.place(r, bins)
		m.hist.add(bins, 1)
	}
	if m.spec.Method == MethodForest {
		m.growForest(rows)
	} else {
		for _, r := range rows { // each as the others see it
			m.hist.place(r, bins)
			m.hist.add(bins, -1)
			m.levels.add(levelOf(m.hist.costs(bins)))
			m.hist.add(bins, 1)
		}
	}
	m.whole = len(rows)
	if m.forest == nil {
		m.cutTail()
	}
	kept := 0
	for _, s := range l.slices {
		kept += len(s.rows)
	}
	m.facts = Facts{From: l.first, To: l.last, Offered: l.offered, Kept: kept, LeftOut: leftOut}
	m.length = max((l.last-l.first)/stretches, 1)
	m.quota = max(quotas*l.offered/stretches, quotaMin)
	m.stretch = l.last / m.length
	m.learning = nil
	m.id = m.fingerprint()
}

// cutTail takes the levels above the limit out of those that go on to change.
func (m *Model) cutTail() {
	counts := m.levels.counts()
	for l := int(m.limitOf()) + 1; l < numLevels; l++ {
		for range counts[l] {
			m.tail = append(m.tail, int32(l))
		}
		counts[l] = 0
	}
	m.levels.set(counts)
}

// growForest makes the forest of rows, and the levels of each by the trees that were made without it.
func (m *Model) growForest(rows [][]float64) {
	m.forest = newForest(rows, m.spec.Seed)
	words := (forestTrees + 63) / 64
	in := make([]uint64, len(rows)*words)
	for t := range m.forest.trees {
		tr := &m.forest.trees[t]
		for _, i := range tr.from {
			in[int(i)*words+t>>6] |= 1 << (t & 63)
		}
		tr.from = nil
	}
	for i, r := range rows {
		m.hist.place(r, m.bins)
		depth := m.forest.outside(r, in[i*words:(i+1)*words])
		m.levels.add(levelOf(costOf(m.depth(r, m.bins) - m.forest.depth(r) + depth)))
	}
}
