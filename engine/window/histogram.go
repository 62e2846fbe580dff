package window

import "math"

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
