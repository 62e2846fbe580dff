package window

import "math"

// takePane takes the totals of a pane from others and reports whether that left no error: the numbers are whole,
// and there are no extremes to be looked up again.
func (c *cell) takePane(s, pane totals) bool {
	exact := c.parts&Extremes == 0
	for i := range min(c.totals, 2) {
		have, x := math.Float64frombits(s[i]), math.Float64frombits(pane[i])
		exact = exact && whole(have) && whole(x)
		s[i] = math.Float64bits(have - x)
	}
	return exact
}

// merge adds the totals of one pane with events to totals that hold n numbers.
func (c *cell) merge(s totals, n uint64, pane totals) {
	s.plus(0, math.Float64frombits(pane[0]))
	i := 1
	if c.parts&Squares != 0 {
		s.plus(i, math.Float64frombits(pane[i]))
		i++
	}
	if c.parts&Extremes != 0 {
		if n == 0 || math.Float64frombits(pane[i]) < math.Float64frombits(s[i]) {
			s[i] = pane[i]
		}
		if n == 0 || math.Float64frombits(pane[i+1]) > math.Float64frombits(s[i+1]) {
			s[i+1] = pane[i+1]
		}
	}
}

// toPanes moves the events of a ring to panes; it reports whether there was room.
func (t *Table) toPanes(r Row, c *cell, s *series, clock int64) bool {
	p := t.alloc(c.pane, r, clock)
	if p == 0 {
		return false
	}
	clear(t.arena.block(p))
	b := ref(s.w[0] >> 32)
	ring := t.arena.block(b)
	n, head := s.n(), s.head()
	s.w[0] = ringMeta(0, 0, p) | seriesPanes
	clear(s.sum)
	mask := len(ring) - 1
	first := max(c.paneOf(int64(ring[2*head])), c.firstPane(clock))
	s.rest[seriesFirst], s.rest[seriesCount] = uint64(first), 0
	if !c.events {
		s.rest[seriesNewest] = uint64(first)
	}
	for i := range n {
		k := 2 * (head + i)
		t.addPane(c, s, math.Float64frombits(ring[(k+1)&mask]), int64(ring[k&mask]), clock-c.span)
	}
	t.arena.release(b)
	return true
}

// addPane counts a number in its pane, unless that has left the window.
func (t *Table) addPane(c *cell, s *series, x float64, at, cut int64) {
	p := c.paneOf(at)
	if p<<c.width <= cut {
		return
	}
	if p < int64(s.rest[seriesFirst]) {
		s.rest[seriesFirst] = uint64(p)
	}
	pane := t.pane(c, s, p)
	if !c.events {
		c.addTo(totals(pane), 1, x)
		c.addTo(s.sum, 1, x)
		s.rest[seriesNewest] = uint64(max(p, int64(s.rest[seriesNewest])))
		return
	}
	c.addTo(totals(pane[1:]), int(pane[0]), x)
	pane[0]++
	c.addTo(s.sum, int(s.rest[seriesCount]), x)
	s.rest[seriesCount]++
}

func (t *Table) pane(c *cell, s *series, p int64) []uint64 {
	b := ref(s.w[0] >> 32)
	i := c.place(b, p) * c.value
	return t.arena.block(b)[i : i+c.value]
}

// expirePanes drops the panes that have left the window; a window that is empty then has no block.
func (t *Table) expirePanes(c *cell, s *series, clock int64) {
	from := int64(s.rest[seriesFirst])
	if from<<c.width > clock-c.span {
		return
	}
	to := c.firstPane(clock)
	exact := true
	for p := from; p < min(to, from+panes); p++ {
		pane := t.pane(c, s, p)
		if c.events {
			if pane[0] == 0 {
				continue
			}
			s.rest[seriesCount] -= pane[0]
		}
		exact = c.takePane(s.sum, totals(pane[c.value-c.totals:])) && exact
		clear(pane)
	}
	s.rest[seriesFirst] = uint64(to)
	switch {
	case c.events && s.rest[seriesCount] == 0, !c.events && int64(s.rest[seriesNewest]) < to:
		t.arena.release(ref(s.w[0] >> 32))
		clear(s.w)
	case !exact:
		t.addUpPanes(c, s)
	}
}

// addUpPanes adds all panes up afresh.
func (t *Table) addUpPanes(c *cell, s *series) {
	clear(s.sum)
	n := uint64(0)
	for p := range int64(panes) {
		pane := t.pane(c, s, p)
		if !c.events {
			c.merge(s.sum, 1, pane)
		} else if pane[0] > 0 {
			c.merge(s.sum, n, totals(pane[1:]))
			n += pane[0]
		}
	}
}
