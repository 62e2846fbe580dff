package window

import (
	"math"
	"slices"
)

// The state of a Quantile.
//
//	word 0   number of events, or of entries in the histogram (16 bits), 15 unused, is a histogram (1 bit), block (32 bits)
//	word 1…  without a block: the value and the time of one event, if there is one
//	         with a histogram: the oldest pane, the number of events
//
// As long as a window holds up to quantileExact events, all of them are kept, in order of time, and the answer is exact. Then
// they move to a histogram of steps of 10 %, as DDSketch has it (Masson, Rim, Lee, "DDSketch: a fast and
// fully-mergeable quantile sketch with relative-error guarantees", 2019): whatever is in a step is within 5 % of its
// middle. The histogram is kept by pane, so that what leaves the window leaves it; it goes with the last event.
//
// The block of a histogram is the totals of all panes, a word for each step, and then a hash table whose entries are the
// count of one step in one pane. When it is full at its largest, the oldest pane makes room.
const (
	quantileWords  = 3
	quantilePanes  = 1 << 31
	quantileLinear = 8  // order: 128 events
	quantileFirst  = 11 // order of the smallest histogram
	quantileMost   = 14 // and of the largest: 15,360 entries, 105 steps in each of 128 panes

	quantileOldest = 1
	quantileCount  = 2
)

const quantileExact = 1 << quantileLinear / 2

// Sample puts a number of an event at time at in a Quantile; an event at or before clock-Span and a number that is not
// finite are left out.
func (t *Table) Sample(r Row, cell int, x float64, at, clock int64) {
	c, w := t.at(r, cell)
	t.sample(r, c, w, math.Float64bits(x), min(at, clock), clock)
}

// Quantile returns the number of a Quantile that p percent of the events, 0 to 100, do not exceed, between two numbers
// in proportion; NaN when the window is empty. Of whole numbers and whole percents it is as exact as the number can be told: what
// is compared with it is often just that.
func (t *Table) Quantile(r Row, cell int, p float64, clock int64) float64 {
	c, w := t.at(r, cell)
	n := t.expireQuantile(r, c, w, clock)
	if n == 0 {
		return math.NaN()
	}
	rank := p * float64(n-1) // in hundredths
	low := int64(math.Floor(rank / 100))
	part := rank - 100*float64(low)
	var a, b float64
	if w[0]&quantilePanes != 0 {
		a, b = t.ranks(w, low)
	} else {
		a, b = t.sorted(w, int(low))
	}
	if part == 0 {
		return a
	}
	if x := a + part*(b-a)/100; !math.IsInf(x, 0) {
		return x
	}
	return a + part/100*(b-a)
}

// sample puts a number, as its bits, in its place.
func (t *Table) sample(r Row, c *cell, w []uint64, x uint64, at, clock int64) {
	if v := math.Float64frombits(x); at <= clock-c.span || v-v != 0 {
		return
	}
	w = w[:quantileWords]
	if w[0]&quantilePanes != 0 {
		t.expireQuantile(r, c, w, clock)
		if w[0] != 0 {
			t.countStep(r, c, w, c.paneOf(at), quantileStep(math.Float64frombits(x)), 1, clock)
			return
		}
	}
	b := ref(w[0] >> 32)
	if b == 0 {
		if w[0] == 0 || int64(w[2]) <= clock-c.span {
			w[0], w[1], w[2] = 1, x, uint64(at)
			return
		}
		if b = t.alloc(unitOrder, r, clock); b == 0 {
			t.saturations++
			if at >= int64(w[2]) {
				w[1], w[2] = x, uint64(at)
			}
			return
		}
		l := t.linear(b)
		l.values[0], l.times[0] = w[1], w[2]
		w[0] = distinctMeta(1, b)
	}
	l := t.linear(b)
	n := int(w[0] & 0xffff)
	if n == len(l.values) {
		n -= l.expire(n, clock-c.span)
	}
	switch {
	case n < len(l.values):
		l.insert(n, x, at)
		w[0] = distinctMeta(n+1, b)
	case b.order() < quantileLinear:
		grown := t.alloc(b.order()+1, r, clock)
		if grown == 0 {
			t.saturations++
			t.replaceOldest(l, n, x, at)
			w[0] = distinctMeta(n, b)
			return
		}
		to := t.linear(grown)
		copy(to.values, l.values)
		copy(to.times, l.times)
		t.arena.release(b)
		to.insert(n, x, at)
		w[0] = distinctMeta(n+1, grown)
	default:
		w[0] = distinctMeta(n, b)
		if !t.toHistogram(r, c, w, clock) {
			t.saturations++
			t.replaceOldest(l, n, x, at)
			return
		}
		t.countStep(r, c, w, c.paneOf(at), quantileStep(math.Float64frombits(x)), 1, clock)
	}
}

// replaceOldest lets an event take the place of the oldest of n, unless it is older still.
func (t *Table) replaceOldest(l linear, n int, x uint64, at int64) {
	if at >= int64(l.times[0]) {
		l.remove(n, 0)
		l.insert(n-1, x, at)
	}
}

// expireQuantile drops what has left the window and returns the number of events that are left.
func (t *Table) expireQuantile(r Row, c *cell, w []uint64, clock int64) int64 {
	b := ref(w[0] >> 32)
	switch {
	case w[0]&quantilePanes != 0:
		if int64(w[quantileOldest])<<c.width <= clock-c.span {
			t.dropPanes(r, c, w, c.firstPane(clock))
		}
		if w[0] == 0 {
			return 0
		}
		return int64(w[quantileCount])
	case b == 0:
		if w[0] != 0 && int64(w[2]) <= clock-c.span {
			w[0] = 0
		}
		return int64(w[0])
	}
	l := t.linear(b)
	n := int(w[0] & 0xffff)
	if k := l.expire(n, clock-c.span); k > 0 {
		n -= k
		w[0] = distinctMeta(n, b)
		if n == 0 {
			t.arena.release(b)
			clear(w)
		}
	}
	return int64(n)
}

// sorted returns the numbers of ranks low and low+1, or twice the last, of a cell without a histogram.
func (t *Table) sorted(w []uint64, low int) (a, b float64) {
	block := ref(w[0] >> 32)
	if block == 0 {
		x := math.Float64frombits(w[1])
		return x, x
	}
	n := int(w[0] & 0xffff)
	xs := t.numbers[:n]
	for i, x := range t.linear(block).values[:n] {
		xs[i] = math.Float64frombits(x)
	}
	slices.Sort(xs)
	return xs[low], xs[min(low+1, n-1)]
}

// newestSamples yields the newest events of a Quantile without a histogram, newest first.
func (t *Table) newestSamples(w []uint64, yield func(x uint64, at int64)) {
	b := ref(w[0] >> 32)
	switch {
	case w[0]&quantilePanes != 0:
	case b == 0:
		if w[0] != 0 {
			yield(w[1], int64(w[2]))
		}
	default:
		l, n := t.linear(b), int(w[0]&0xffff)
		for i := n - 1; i >= max(0, n-spillEvents); i-- {
			yield(l.values[i], int64(l.times[i]))
		}
	}
}
