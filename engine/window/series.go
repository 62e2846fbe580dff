package window

import "math"

// The state of a Series.
//
//	word 0   number of events in the ring (16 bits), place of the oldest (15 bits), in panes (1 bit), block (32 bits)
//	word 1…  the totals: sum, then sum of squares, then least and greatest, as far as they are kept
//	then     without a block: the time and the number of one event, if there is one
//	         with a ring: seriesGone, seriesOldest
//	         with panes: seriesFirst, then seriesCount where events are counted, else seriesNewest
//
// As long as the events of a window fit in the ring it is exact. The ring grows as large as the panes would be;
// then all move to panes, and back when the window is empty. A pane is its count, where events are counted, and
// its totals.
const (
	seriesRest  = 2
	seriesPanes = 1 << 31

	seriesGone   = 0       // numbers taken from the totals since they were last added up afresh, and
	seriesStale  = 1 << 63 // in this bit: the least or the greatest has left
	seriesOldest = 1       // the oldest time, so that the block's far end is left alone until that leaves
	seriesFirst  = 0       // the oldest pane
	seriesCount  = 1       // events in the panes
	seriesNewest = 1       // the newest pane that has any
)

// seriesTotals is the number of words of the totals.
func seriesTotals(p Parts) int {
	n := 1
	if p&Squares != 0 {
		n++
	}
	if p&Extremes != 0 {
		n += 2
	}
	return n
}

// totals are the words of sum, squares, least, greatest.
type totals []uint64

func (s totals) plus(i int, x float64) { s[i] = math.Float64bits(math.Float64frombits(s[i]) + x) }

// addTo counts x in totals that hold n numbers.
func (c *cell) addTo(s totals, n int, x float64) {
	s.plus(0, x)
	i := 1
	if c.parts&Squares != 0 {
		s.plus(i, x*x)
		i++
	}
	if c.parts&Extremes != 0 {
		if n == 0 || x < math.Float64frombits(s[i]) {
			s[i] = math.Float64bits(x)
		}
		if n == 0 || x > math.Float64frombits(s[i+1]) {
			s[i+1] = math.Float64bits(x)
		}
	}
}

// takeFrom takes x from totals; it reports whether the extremes have to be looked up again.
func (c *cell) takeFrom(s totals, x float64) bool {
	s.plus(0, -x)
	i := 1
	if c.parts&Squares != 0 {
		s.plus(i, -x*x)
		i++
	}
	return c.parts&Extremes != 0 && (x <= math.Float64frombits(s[i]) || x >= math.Float64frombits(s[i+1]))
}

// finite reports whether neither the sum nor the squares have overflowed.
func (c *cell) finite(s totals) bool {
	x := math.Float64frombits(s[0])
	if c.parts&Squares != 0 {
		x += math.Float64frombits(s[1])
	}
	return x-x == 0
}

// wholeMost is what whole numbers are below that floating point adds and subtracts exactly.
const wholeMost = 1 << 53

func whole(x float64) bool { return x == math.Trunc(x) && math.Abs(x) < wholeMost }

// A series is the words of a cell, taken apart.
type series struct {
	w    []uint64
	sum  totals
	rest []uint64
}

func (c *cell) series(w []uint64) series {
	k := 1 + c.totals
	return series{w, totals(w[1:k]), w[k : k+seriesRest]}
}

// total is the sum as it stands.
func (s *series) total() float64 { return math.Float64frombits(s.sum[0]) }

func (s *series) n() int    { return int(s.w[0] & 0xffff) }
func (s *series) head() int { return int(s.w[0] >> 16 & 0x7fff) }

// addToSum is add and sum for what happens most: the sum alone is kept, the event is the newest, there is room
// and nothing to expire. It reports whether that was so.
func (t *Table) addToSum(c *cell, w []uint64, x float64, at, cut int64) (float64, bool) {
	if c.value != 1 || at <= cut || x-x != 0 {
		return 0, false
	}
	const sumAt, rest = 1, 2
	w = w[:rest+seriesRest]
	b := ref(w[0] >> 32)
	total := math.Float64frombits(w[sumAt]) + x
	switch {
	case b == 0:
		return 0, false
	case w[0]&seriesPanes != 0:
		p := at >> (c.width & 63)
		first := int64(w[rest+seriesFirst])
		if first<<(c.width&63) <= cut || p < int64(w[rest+seriesNewest]) {
			return 0, false
		}
		pane := &t.arena.block(b)[c.place(b, p)]
		*pane = math.Float64bits(math.Float64frombits(*pane) + x)
		w[rest+seriesNewest] = uint64(p)
	default:
		ring := t.arena.block(b)
		n, head := int(w[0]&0xffff), int(w[0]>>16&0x7fff)
		mask := len(ring) - 1
		i := 2 * (head + n)
		if 2*n == len(ring) || int64(w[rest+seriesOldest]) <= cut || int64(ring[(i-2)&mask]) > at {
			return 0, false
		}
		ring[i&mask], ring[(i+1)&mask] = uint64(at), math.Float64bits(x)
		w[0]++
	}
	w[sumAt] = math.Float64bits(total)
	return total, true
}

// add puts a number in its place.
func (t *Table) add(r Row, c *cell, w []uint64, x float64, at, clock int64) {
	cut := clock - c.span
	if at <= cut || x-x != 0 {
		return
	}
	s := c.series(w)
	if w[0]&seriesPanes != 0 {
		t.expirePanes(c, &s, clock)
		if w[0] != 0 {
			t.addPane(c, &s, x, at, cut)
			return
		}
	}
	b := ref(w[0] >> 32)
	if b == 0 {
		n := c.expireNumbers(&s, cut)
		if n == 1 {
			if b = t.alloc(unitOrder, r, clock); b == 0 {
				t.saturations++
				if at < int64(s.rest[0]) {
					return
				}
				n, w[0] = 0, 0
			}
		}
		if b == 0 {
			s.rest[0], s.rest[1] = uint64(at), math.Float64bits(x)
			w[0] = 1
			c.sumNumbers(&s)
			return
		}
		copy(t.arena.block(b), s.rest)
		w[0] = ringMeta(n, 0, b)
		s.rest[seriesGone], s.rest[seriesOldest] = 0, s.rest[0]
	}
	ring := t.arena.block(b)
	n, head := s.n(), s.head()
	if 2*n == len(ring) {
		t.expireEvents(c, &s, cut)
		if w[0] == 0 { // the block is gone with the last event
			t.add(r, c, w, x, at, clock)
			return
		}
		b = ref(w[0] >> 32)
		ring = t.arena.block(b)
		n, head = s.n(), s.head()
	}
	if 2*n == len(ring) {
		if b.order() < c.order {
			if grown := t.moveRing(ring, 2*n, 2*head, min(b.order()+2, c.order), r, clock); grown != 0 {
				t.arena.release(b)
				b, head = grown, 0
				ring = t.arena.block(b)
			}
		}
		if 2*n == len(ring) {
			if b.order() < c.order {
				t.saturations++
			}
			if t.toPanes(r, c, &s, clock) {
				t.addPane(c, &s, x, at, cut)
				return
			}
			t.saturations++
			if at < int64(ring[2*head]) {
				return
			}
			t.takeEvent(c, &s, ring, head)
			head, n = (head+1)&(len(ring)/2-1), n-1
			s.rest[seriesOldest] = ring[2*head]
		}
	}
	mask := len(ring) - 1
	i := 2 * (head + n)
	for ; i > 2*head && int64(ring[(i-2)&mask]) > at; i -= 2 {
		ring[i&mask], ring[(i+1)&mask] = ring[(i-2)&mask], ring[(i-1)&mask]
	}
	ring[i&mask], ring[(i+1)&mask] = uint64(at), math.Float64bits(x)
	if i == 2*head {
		s.rest[seriesOldest] = uint64(at)
	}
	c.addTo(s.sum, n, x)
	w[0] = ringMeta(n+1, head, b)
}

// expireNumbers drops the events up to cut from a cell without a block and returns how many are left.
func (c *cell) expireNumbers(s *series, cut int64) int {
	if s.w[0] != 0 && int64(s.rest[0]) <= cut {
		s.w[0] = 0
		c.sumNumbers(s)
	}
	return s.n()
}

// sumNumbers adds up the events of a cell without a block.
func (c *cell) sumNumbers(s *series) {
	clear(s.sum)
	for i := range s.n() {
		c.addTo(s.sum, i, math.Float64frombits(s.rest[2*i+1]))
	}
}

// takeEvent takes the event at a place of the ring, its oldest, from the totals.
func (t *Table) takeEvent(c *cell, s *series, ring []uint64, place int) {
	if c.takeFrom(s.sum, math.Float64frombits(ring[2*place+1])) {
		s.rest[seriesGone] |= seriesStale
	}
	s.rest[seriesGone]++
}

// expireEvents drops the events up to cut from a ring.
func (t *Table) expireEvents(c *cell, s *series, cut int64) {
	if int64(s.rest[seriesOldest]) > cut {
		return
	}
	b := ref(s.w[0] >> 32)
	ring := t.arena.block(b)
	n, head := s.n(), s.head()
	for n > 0 && int64(ring[2*head]) <= cut {
		t.takeEvent(c, s, ring, head)
		head, n = (head+1)&(len(ring)/2-1), n-1
	}
	if n == 0 {
		t.arena.release(b)
		clear(s.w)
		return
	}
	s.w[0] = ringMeta(n, head, b)
	s.rest[seriesOldest] = ring[2*head]
	// Sums of whole numbers below 2^53 are exact; the error of others stays that of adding up n numbers
	// twice, as they are added up afresh after every n that leave; and at once after an overflow, which nothing
	// that leaves would take back.
	if s.rest[seriesGone]&^seriesStale >= uint64(n) || !c.finite(s.sum) {
		t.addUp(c, s, ring)
	}
}

// addUp adds the events of a ring up afresh.
func (t *Table) addUp(c *cell, s *series, ring []uint64) {
	clear(s.sum)
	mask := len(ring) - 1
	for i := range s.n() {
		c.addTo(s.sum, i, math.Float64frombits(ring[(2*(s.head()+i)+1)&mask]))
	}
	s.rest[seriesGone] = 0
}

// sum expires and reads the sum alone.
func (t *Table) sum(c *cell, w []uint64, clock int64) float64 {
	s := c.series(w)
	oldest := int64(s.rest[seriesOldest])
	switch {
	case w[0]&seriesPanes != 0:
		oldest = int64(s.rest[seriesFirst]) << c.width
	case w[0]>>32 == 0:
		oldest = int64(s.rest[0])
	}
	if oldest <= clock-c.span && t.expireSeries(c, &s, clock) == 0 {
		return 0
	}
	return s.total()
}

// sums expires and reads the totals.
func (t *Table) sums(c *cell, w []uint64, clock int64) Sums {
	s := c.series(w)
	n := t.expireSeries(c, &s, clock)
	if n == 0 {
		return Sums{}
	}
	out := Sums{Count: n, Sum: math.Float64frombits(s.sum[0])}
	i := 1
	if c.parts&Squares != 0 {
		out.SumSq = math.Float64frombits(s.sum[i])
		i++
	}
	if c.parts&Extremes != 0 {
		if w[0]>>32 != 0 && w[0]&seriesPanes == 0 && s.rest[seriesGone]&seriesStale != 0 {
			t.addUp(c, &s, t.arena.block(ref(w[0]>>32)))
		}
		out.Min, out.Max = math.Float64frombits(s.sum[i]), math.Float64frombits(s.sum[i+1])
	}
	return out
}

// expireSeries drops what has left the window and returns the number of events that are left; where panes do not
// count events, 1 if there are any.
func (t *Table) expireSeries(c *cell, s *series, clock int64) int64 {
	switch {
	case s.w[0]&seriesPanes != 0:
		t.expirePanes(c, s, clock)
		if !c.events && s.w[0] != 0 {
			return 1
		}
		return int64(s.rest[seriesCount])
	case s.w[0]>>32 != 0:
		t.expireEvents(c, s, clock-c.span)
		return int64(s.n())
	default:
		return int64(c.expireNumbers(s, clock-c.span))
	}
}
