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

// The steps of a histogram: that of 0, and on both sides of it quantileSide of 10 % each, the first from quantileLeast.
const (
	quantileSteps = 1024
	quantileZero  = quantileSteps / 2
	quantileSide  = quantileZero - 1
	quantileLeast = 1e-6
)

var quantileLog = math.Log(1.1)

// quantileStep returns the step of a number. What is beyond the last step, 1e15, counts as that; numbers closer to
// 0 than the first are 0.
func quantileStep(x float64) int {
	if math.Abs(x) < quantileLeast {
		return quantileZero
	}
	k := int(min(1+math.Log(math.Abs(x)/quantileLeast)/quantileLog, quantileSide))
	if x < 0 {
		return quantileZero - k
	}
	return quantileZero + k
}

// quantileMiddle returns the number that stands for a step: no other of it is further away than 5 %.
func quantileMiddle(step int) float64 {
	switch k := float64(step - quantileZero); {
	case k > 0:
		return quantileLeast * math.Exp((k-0.5)*quantileLog)
	case k < 0:
		return -quantileLeast * math.Exp((-k-0.5)*quantileLog)
	}
	return 0
}

// Sample puts a number of an event at time at in a Quantile; an event at or before clock-Span and a number that is not
// finite are left out.
func (t *Table) Sample(r Row, cell int, x float64, at, clock int64) {
	c, w := t.at(r, cell)
	t.sample(r, c, w, math.Float64bits(x), min(at, clock), clock)
}

// Quantile returns the number of a Quantile that the share q, 0 to 1, of the events do not exceed, between two numbers
// in proportion; NaN when the window is empty.
func (t *Table) Quantile(r Row, cell int, q float64, clock int64) float64 {
	c, w := t.at(r, cell)
	n := t.expireQuantile(r, c, w, clock)
	if n == 0 {
		return math.NaN()
	}
	rank := q * float64(n-1)
	low := int64(math.Floor(rank))
	part := rank - float64(low)
	var a, b float64
	if w[0]&quantilePanes != 0 {
		a, b = t.ranks(w, low)
	} else {
		a, b = t.sorted(w, int(low))
	}
	if part == 0 {
		return a
	}
	return a + part*(b-a)
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

// ranks is sorted for a histogram.
func (t *Table) ranks(w []uint64, low int64) (a, b float64) {
	totals := t.arena.block(ref(w[0] >> 32))[:quantileSteps]
	seen, first := int64(0), -1
	for i := range quantileSteps {
		k := int64(totals[i])
		if k == 0 {
			continue
		}
		seen += k
		if first < 0 && seen > low {
			first = i
		}
		if seen > low+1 {
			return quantileMiddle(first), quantileMiddle(i)
		}
	}
	a = quantileMiddle(max(first, 0))
	return a, a
}

// toHistogram moves the events of a cell to a histogram; it reports whether there was room.
func (t *Table) toHistogram(r Row, c *cell, w []uint64, clock int64) bool {
	h := t.alloc(quantileFirst, r, clock)
	if h == 0 {
		return false
	}
	clear(t.arena.block(h))
	b := ref(w[0] >> 32)
	l, n := t.linear(b), int(w[0]&0xffff)
	w[0], w[quantileCount] = distinctMeta(0, h)|quantilePanes, 0
	w[quantileOldest] = uint64(max(c.paneOf(int64(l.times[0])), c.firstPane(clock)))
	for i := range n {
		t.countStep(r, c, w, c.paneOf(int64(l.times[i])), quantileStep(math.Float64frombits(l.values[i])), 1, clock)
	}
	t.arena.release(b)
	return true
}

// An entry of a histogram is its pane and step, above, and its count.
const (
	entryCount = 40
	entryStep  = 10
)

func entryKey(pane int64, step int) uint64 {
	return uint64(pane&(panes-1))<<entryStep | uint64(step)
}

// entryAt returns the place of an entry in the hash table, or the free one where it would be; the table has one.
func (t *Table) entryAt(r Row, slots []uint64, key uint64) int {
	i := int(bucketOf(remix(key, t.row(r)[rowHash]), len(slots)))
	for slots[i] != 0 && slots[i]>>entryCount != key {
		if i++; i == len(slots) {
			i = 0
		}
	}
	return i
}

// countStep counts k events of a step in a pane, unless that has left the window.
func (t *Table) countStep(r Row, c *cell, w []uint64, pane int64, step int, k uint64, clock int64) {
	if pane<<c.width <= clock-c.span {
		return
	}
	key := entryKey(pane, step)
	for {
		b := ref(w[0] >> 32)
		slots := t.arena.block(b)[quantileSteps:]
		i := t.entryAt(r, slots, key)
		n := int(w[0] & 0xffff)
		if slots[i] == 0 {
			if entriesFull(n, slots) {
				if !t.makeEntryRoom(r, c, w, pane, clock) {
					t.saturations++
					return
				}
				if w[0] == 0 { // the last pane made room
					at := min(max(pane<<c.width, clock-c.span+1), clock)
					t.sample(r, c, w, math.Float64bits(quantileMiddle(step)), at, clock)
					return
				}
				continue
			}
			slots[i] = key << entryCount
			w[0]++
		}
		slots[i] += k
		if pane < int64(w[quantileOldest]) {
			w[quantileOldest] = uint64(pane)
		}
		w[quantileCount] += k
		t.addTotal(w, step, k)
		return
	}
}

// entriesFull reports whether a hash table with n entries is to have no more.
func entriesFull(n int, slots []uint64) bool { return 8*(n+1) > 7*len(slots) }

func (t *Table) addTotal(w []uint64, step int, k uint64) {
	t.arena.block(ref(w[0] >> 32))[step] += k
}

// makeEntryRoom makes a histogram larger, or drops its oldest panes where that cannot be; it reports whether there
// is room for an entry of a pane.
func (t *Table) makeEntryRoom(r Row, c *cell, w []uint64, pane, clock int64) bool {
	b := ref(w[0] >> 32)
	if b.order() < c.order {
		if grown := t.alloc(b.order()+1, r, clock); grown != 0 {
			from, to := t.arena.block(b), t.arena.block(grown)
			clear(to)
			copy(to[:quantileSteps], from[:quantileSteps])
			for _, e := range from[quantileSteps:] {
				if e != 0 {
					slots := to[quantileSteps:]
					slots[t.entryAt(r, slots, e>>entryCount)] = e
				}
			}
			t.arena.release(b)
			w[0] = w[0]&(1<<32-1) | uint64(grown)<<32
			return true
		}
	}
	t.saturations++
	slots := t.arena.block(b)[quantileSteps:]
	for w[0] != 0 && entriesFull(int(w[0]&0xffff), slots) {
		oldest := int64(w[quantileOldest])
		if pane <= oldest {
			return false
		}
		t.dropPanes(r, c, w, oldest+1)
	}
	return true
}

// dropPanes drops the panes before to; a histogram without events has no block.
func (t *Table) dropPanes(r Row, c *cell, w []uint64, to int64) {
	from := int64(w[quantileOldest])
	gone := uint64(min(to-from, panes))
	b := ref(w[0] >> 32)
	slots := t.arena.block(b)[quantileSteps:]
	for i := 0; i < len(slots); {
		e := slots[i]
		if e == 0 || (e>>(entryCount+entryStep)-uint64(from))&(panes-1) >= gone {
			i++
			continue
		}
		k := e & (1<<entryCount - 1)
		w[quantileCount] -= k
		t.addTotal(w, int(e>>entryCount&(1<<entryStep-1)), -k)
		w[0]--
		t.closeGap(r, slots, i)
	}
	w[quantileOldest] = uint64(to)
	if w[quantileCount] == 0 {
		t.arena.release(b)
		clear(w[:quantileWords])
	}
}

// closeGap frees a place of the hash table; entries behind it are moved to it, where they may stand there.
func (t *Table) closeGap(r Row, slots []uint64, gap int) {
	n := len(slots)
	seed := t.row(r)[rowHash]
	for j := (gap + 1) % n; slots[j] != 0; j = (j + 1) % n {
		home := int(bucketOf(remix(slots[j]>>entryCount, seed), n))
		if (j-home+n)%n >= (j-gap+n)%n {
			slots[gap] = slots[j]
			gap = j
		}
	}
	slots[gap] = 0
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
