package model

import (
	"math"
	"math/bits"
	"slices"
)

// The bins of an axis: equal ones where nearly all of what was learned lies, and beyond these, on both sides, bins that
// double in width, so that any number has a bin.
const (
	innerBins = 32
	outerBins = 15 // on each side
	lastBin   = innerBins + 2*outerBins - 1
	noBin     = 63 // of a feature without a value
	numBins   = 64
)

// An axis cuts the values of one feature into bins.
type axis struct {
	low, width float64 // of the first inner bin
	inverse    float64 // 1 / width
}

func newAxis(low, width float64) axis { return axis{low, width, 1 / width} }

// axisOf returns an axis for values in order, of which at least one must be a number.
func axisOf(sorted []float64) axis {
	lo, hi := quantileOf(sorted, 0.005), quantileOf(sorted, 0.995)
	if !(hi-lo > 1e-9*max(math.Abs(lo), math.Abs(hi), 1e-6)) { // a constant lies in the middle
		w := max(math.Abs(lo), 1) / (2 * innerBins)
		return newAxis(lo-w*innerBins/2, w)
	}
	w := (hi - lo) / (innerBins - 2)
	return newAxis(lo-w, w)
}

// quantileOf returns the value below which a share q of sorted values lies.
func quantileOf(sorted []float64, q float64) float64 {
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

// bin returns the bin of a value.
func (a *axis) bin(v float64) int {
	t := (v - a.low) * a.inverse
	switch {
	case t >= 0 && t < innerBins:
		return outerBins + int(t)
	case t >= innerBins:
		return outerBins + innerBins + octave(t-innerBins)
	case t < 0:
		return outerBins - 1 - octave(-t)
	}
	return noBin
}

// octave numbers the bins beyond the inner ones: 0 up to a distance of one bin, then one for every doubling.
func octave(d float64) int {
	if d >= 1<<(outerBins-2) {
		return outerBins - 1
	}
	return bits.Len32(uint32(d))
}

// edges returns where a bin begins and ends.
func (a *axis) edges(bin int) (from, to float64) {
	outer := func(k int) (near, far float64) { // in bins from the inner ones
		if k == 0 {
			return 0, 1
		}
		return float64(uint(1) << (k - 1)), float64(uint(1) << k)
	}
	switch {
	case bin < outerBins:
		near, far := outer(outerBins - 1 - bin)
		return a.low - far*a.width, a.low - near*a.width
	case bin < outerBins+innerBins:
		return a.low + float64(bin-outerBins)*a.width, a.low + float64(bin-outerBins+1)*a.width
	}
	near, far := outer(bin - outerBins - innerBins)
	top := a.low + innerBins*a.width
	return top + near*a.width, top + far*a.width
}

// far tells how many octaves a bin is from the inner ones; 0 for those.
func far(bin int) int {
	switch {
	case bin < outerBins:
		return outerBins - bin
	case bin >= outerBins+innerBins && bin <= lastBin:
		return bin - outerBins - innerBins + 1
	}
	return 0
}

// column returns the numbers of one feature of many samples, in order; never none.
func column(rows [][]float64, feature int) []float64 {
	out := make([]float64, 0, len(rows))
	for _, r := range rows {
		if v := r[feature]; v-v == 0 {
			out = append(out, v)
		}
	}
	if len(out) == 0 {
		out = append(out, 0)
	}
	slices.Sort(out)
	return out
}
