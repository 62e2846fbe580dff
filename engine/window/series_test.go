package window

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// seriesCells are a Series of every set of parts.
func seriesCells(span int64) (cells []Cell) {
	for _, parts := range []Parts{0, Total, Events, Squares, Extremes, Total | Events, Squares | Extremes} {
		cells = append(cells, Cell{Kind: Series, Span: span, Parts: parts})
	}
	return cells
}

// TestSeriesAtPaneBoundaries drives Series of all parts over many spans with events at the ends of panes and of the
// window, on time and late, through bursts that go to panes, lulls in which a part of them leaves, and pauses.
func TestSeriesAtPaneBoundaries(t *testing.T) {
	for i, span := range []int64{1, 63, 64, 65, 127, 128, 129, 1000, 8191, 8192, 1e6 + 3, 10 * second} {
		t.Run(fmt.Sprint(span), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(uint64(i), 17))
			p := newPair(t, Config{KeyWords: 1, Cells: seriesCells(span), MaxKeys: 8, Life: 1 << 60})
			p.clock = span * int64(rnd.IntN(7)-3) // some begin below zero
			pane := int64(1) << paneWidth(span)
			edge := func(at int64) int64 { return at&^(pane-1) + int64(rnd.IntN(3)-1) }
			for phase := range 40 {
				n := 1 << rnd.IntN(10)
				step := pane * int64(rnd.IntN(4)) / 2
				late := rnd.IntN(2) == 0
				switch phase % 8 {
				case 3:
					p.clock += span - pane*int64(rnd.IntN(3))
				case 7:
					p.clock = max(p.clock, edge(p.clock+span*int64(1+rnd.IntN(3))))
				}
				for range n {
					p.clock += rnd.Int64N(step + 1)
					at := p.clock
					switch k := rnd.IntN(8); {
					case k == 0:
						at = max(at, edge(at+pane))
					case k == 1:
						at = min(at, edge(at))
					case late && k < 4:
						at = min(at, edge(at-rnd.Int64N(span+2*pane)))
					case late && k == 4:
						at = p.clock - span + int64(rnd.IntN(3)-1)
					}
					key := rnd.Uint64N(2)
					p.event(key, 0, float64(rnd.IntN(1500)), min(at, p.clock+pane))
					if rnd.IntN(4) == 0 {
						p.check(key)
					}
				}
				for key := range uint64(2) {
					p.check(key)
				}
			}
			p.checkLeaks()
		})
	}
}

// TestSeriesOverflow forgets an overflow with the number that led to it, and never counts what is no number.
func TestSeriesOverflow(t *testing.T) {
	for _, many := range []int64{1, 20, 200} { // in the row, in a ring, in panes
		for i, c := range seriesCells(1000) {
			table := New(Config{KeyWords: 1, Cells: []Cell{c}})
			key, h := keyOf(1)
			r := table.Row(key, h, 0)
			table.Add(r, 0, math.NaN(), 0, 0)
			table.Add(r, 0, math.Inf(1), 0, 0)
			if s := table.Sums(r, 0, 0); s != (Sums{}) {
				t.Fatalf("cell %d: %+v of what is no number", i, s)
			}
			for range 3 {
				table.Add(r, 0, math.MaxFloat64, 1, 1)
			}
			for k := range many {
				table.Add(r, 0, 2, 500+k, 500+k)
			}
			clock := 1 + 1000 + int64(1)<<paneWidth(1000)
			if got := table.Sum(r, 0, clock); got != 2*float64(many) {
				t.Errorf("cell %d, %d numbers: the sum is %v after those that overflowed it left", i, many, got)
			}
			if s := table.Sums(r, 0, clock); s.SumSq != 0 && s.SumSq != 4*float64(many) || s.Max != 0 && s.Max != 2 {
				t.Errorf("cell %d, %d numbers: %+v", i, many, s)
			}
		}
	}
}
