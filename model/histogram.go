package model

import (
	"math"
	"math/bits"
)

// A histogram counts the values of every feature, each by itself (Goldstein and Dengel, "Histogram-based Outlier Score",
// 2012). What a sample costs is the sum over its features of -log2 of the share of the bin: the bits that it takes to tell
// of it. So every feature has its part in the cost, exactly.
//
// All is counted in integers, and costs are made of counts: they are the same on every machine.
type histogram struct {
	axes   []axis
	counts [][numBins + 2]uint32 // by feature; bin i at i+1, so that every bin has two neighbours
	n      uint32                // samples
	ends   [][2]float64          // by feature: the least and the greatest value when it was frozen; NaN for none
}

// Costs are in units of 1/unit bit.
const (
	unitShift = 8
	unit      = 1 << unitShift
)

// How much of a bin's share its neighbours lend it: a sixteenth each, where bins are of one width. A bin that was never seen
// beside a full one is less odd than one far from any.
const own = 16

func newHistogram(axes []axis) *histogram {
	return &histogram{axes: axes, counts: make([][numBins + 2]uint32, len(axes)), ends: make([][2]float64, len(axes))}
}

// logs has log2(1 + i/256) in units.
var logs = func() (t [256]uint16) {
	for i := range t {
		// By squaring, in integers: the digits of a logarithm without a float.
		x, out := uint64(1<<31)+uint64(i)<<23, uint16(0)
		for range unitShift + 1 {
			x = x * x >> 31
			out <<= 1
			if x >= 1<<32 {
				x >>= 1
				out |= 1
			}
		}
		t[i] = (out + 1) / 2
	}
	return t
}()

// rarest is the most that a value costs which was seen: 16 bits, one in 65,536. Smaller shares are not told apart, so that
// what was never seen costs as much however long a model learns.
const rarest = 16 * unit

// log2 returns the logarithm of a number above 0, in units, rounded.
func log2(x uint32) int32 {
	n := bits.Len32(x)
	return int32(n-1)<<unitShift + int32(logs[x<<(32-n)>>23&0xff])
}

// all is the logarithm of the share that is everything.
func (h *histogram) all() int32 { return log2((own+2)*h.n + numBins) }

// cost returns the cost of one bin of a feature; all is that of the histogram.
func (h *histogram) cost(feature, bin int, all int32) int32 {
	c := &h.counts[feature]
	s := own * c[bin+1]
	out := far(bin)
	if out <= 1 {
		s += c[bin] + c[bin+2]
	}
	if s == 0 {
		return min(all, rarest) + unit*int32(1+out) // each octave further is as odd again
	}
	return min(all-log2(s), rarest)
}

// place finds the bins of a sample.
func (h *histogram) place(x []float64, bins []uint8) {
	for i := range h.axes {
		bins[i] = uint8(h.axes[i].bin(x[i]))
	}
}

// costs returns what a sample in some bins costs altogether.
func (h *histogram) costs(bins []uint8) (sum int32) {
	all := h.all()
	for i, b := range bins {
		sum += h.cost(i, int(b&(numBins-1)), all)
	}
	return sum
}

// add counts a sample in some bins n times; n may be -1.
func (h *histogram) add(bins []uint8, n int32) {
	h.n += uint32(n)
	for i, b := range bins {
		h.counts[i][b+1] += uint32(n)
	}
}

// halve forgets half of everything. What odd counts leave goes on to the next bin, so that no more is lost than half.
func (h *histogram) halve() {
	h.n /= 2
	for i := range h.counts {
		halve(h.counts[i][:])
	}
}

func halve(counts []uint32) {
	carry := uint32(0)
	for i, c := range counts {
		c += carry
		counts[i], carry = c/2, c&1
	}
}

// usual returns the range that the middle 99 of 100 values of a feature lie in; ok is false where none had a value.
func (h *histogram) usual(feature int) (lo, hi float64, ok bool) {
	lo, ok = h.quantile(feature, 0.005)
	hi, _ = h.quantile(feature, 0.995)
	// The edges of the outermost bins are no values that ever were.
	a, e := &h.axes[feature], h.ends[feature]
	within := func(v float64) float64 {
		if from, _ := a.edges(a.bin(e[0])); v < e[0] && v >= from {
			return e[0]
		}
		if _, to := a.edges(a.bin(e[1])); v > e[1] && v <= to {
			return e[1]
		}
		return v
	}
	lo, hi = within(lo), within(hi)
	return lo, max(lo, hi), ok
}

// middle returns the median of a feature; NaN where none had a value.
func (h *histogram) middle(feature int) float64 {
	if v, ok := h.quantile(feature, 0.5); ok {
		return v
	}
	return math.NaN()
}

// quantile returns the value below which a share q of a feature's values lie, as finely as the bins tell.
func (h *histogram) quantile(feature int, q float64) (v float64, ok bool) {
	c := h.counts[feature][1 : lastBin+2]
	n := uint64(0)
	for _, x := range c {
		n += uint64(x)
	}
	want, below := q*float64(n), 0.0
	for bin, x := range c {
		if x > 0 {
			from, to := h.axes[feature].edges(bin)
			ok, v = true, to
			if below+float64(x) >= want {
				return from + float64((to-from)*(want-below)/float64(x)), true
			}
			below += float64(x)
		}
	}
	return v, ok
}

// drift returns the population stability index of a feature between two histograms on the same axes: the sum of
// (p - q) * ln(p / q). Below 0.1 nothing has changed, above 0.25 much has, by the usual reading.
func drift(h, live *histogram, feature int) float64 {
	if h.n == 0 || live.n == 0 {
		return 0
	}
	const groups = 11 // of ten shares of what was learned each, and what has no value
	var p, q [groups]float64
	seen := uint64(0)
	for bin := range lastBin + 1 {
		g := min(int(seen*10/uint64(h.n)), 9)
		p[g] += float64(h.counts[feature][bin+1])
		q[g] += float64(live.counts[feature][bin+1])
		seen += uint64(h.counts[feature][bin+1])
	}
	p[10], q[10] = float64(h.counts[feature][noBin+1]), float64(live.counts[feature][noBin+1])
	sum := 0.0
	for g := range groups {
		sum += stability((p[g]+0.5)/(float64(h.n)+groups/2), (q[g]+0.5)/(float64(live.n)+groups/2))
	}
	return sum
}

// stability is the part that one group has in a population stability index.
func stability(p, q float64) float64 { return (p - q) * math.Log(p/q) }
