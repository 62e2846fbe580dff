package window

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

const testSeed = 0x1234_5678_9abc_def0

// seriesExact is the number of events of a series that is not in panes.
func seriesExact(c Cell) int {
	cells, _ := layout(Config{Cells: []Cell{c}})
	return 1 << (cells[0].order - 1)
}

// A pair is a table and its models, driven by the same calls.
type pair struct {
	t      testing.TB
	config Config
	table  *Table
	models map[uint64][]model
	clock  int64
}

func newPair(t testing.TB, c Config) *pair {
	return &pair{t: t, config: c, table: New(c), models: map[uint64][]model{}}
}

func (p *pair) row(key uint64) (Row, []model) {
	k := []uint64{key}
	r := p.table.Row(k, Hash(testSeed, k), p.clock)
	ms, ok := p.models[key]
	if !ok {
		for _, c := range p.config.Cells {
			ms = append(ms, model{cell: c})
		}
		p.models[key] = ms
	}
	return r, ms
}

// event puts one event in every cell of a row.
func (p *pair) event(key, value uint64, x float64, at int64) {
	p.clock = max(p.clock, at)
	r, ms := p.row(key)
	for i := range ms {
		told, is := 0.0, 0.0
		switch ms[i].cell.Kind {
		case Count:
			told = float64(p.table.Hit(r, i, at, p.clock))
			is = float64(p.table.Value(r, i, p.clock))
		case Series:
			told = p.table.Add(r, i, x, at, p.clock)
			is = p.table.Sum(r, i, p.clock)
		case Raw:
			continue
		default:
			told = float64(p.table.Observe(r, i, value, at, p.clock))
			is = float64(p.table.Value(r, i, p.clock))
		}
		if told != is {
			p.t.Fatalf("key %d cell %d clock %d: counting tells %v, the cell holds %v", key, i, p.clock, told, is)
		}
		m := &ms[i]
		m.add(modelEvent{at: at, value: value, x: x}, p.clock)
		if m.cell.Kind == Series && !m.coarse && len(m.events) > 64 {
			exact := seriesExact(m.cell)
			m.coarse = len(m.events) > exact && m.sums(p.clock).Count > int64(exact)
		}
	}
}

// check compares every cell of a row with its model at the clock.
func (p *pair) check(key uint64) {
	p.t.Helper()
	r, ms := p.row(key)
	for i := range ms {
		m := &ms[i]
		want := m.value(p.clock)
		switch m.cell.Kind {
		case Raw:
		case Series:
			p.checkSums(fmt.Sprintf("key %d cell %d clock %d", key, i, p.clock), p.table.Sums(r, i, p.clock), m)
		default:
			got := p.table.Value(r, i, p.clock)
			need := int64(m.cell.Need)
			if need == 0 {
				need = exactMax
			}
			if got != want && (want <= need || got < need || got > want) {
				p.t.Fatalf("key %d cell %d (kind %d, need %d) clock %d: %d, model says %d",
					key, i, m.cell.Kind, m.cell.Need, p.clock, got, want)
			}
			// What a Count of more than its ring misses is at most a pane at the old end.
			if m.cell.Kind == Count {
				late := model{cell: Cell{Kind: Count, Span: m.cell.Span - 1<<paneWidth(m.cell.Span)}, events: m.events}
				if got < late.value(p.clock) {
					p.t.Fatalf("key %d cell %d clock %d: %d, less than a pane short of %d", key, i, p.clock, got, want)
				}
			}
		}
	}
}

// checkSums compares a Series: exact while few events are in the window, else between the sums with and
// without the oldest pane. The numbers of the tests are whole and not negative.
func (p *pair) checkSums(what string, got Sums, m *model) {
	p.t.Helper()
	most := m.sums(p.clock)
	least := m.since(p.clock - m.cell.Span + 1<<paneWidth(m.cell.Span))
	parts := m.cell.Parts
	if parts == 0 {
		parts = Total | Events | Squares | Extremes
	}
	if parts == Total && m.coarse && got.Count > 0 {
		got.Count = max(least.Count, 1) // it only says that there are any
	}
	if parts&Squares == 0 {
		most.SumSq, least.SumSq = 0, 0
	}
	if parts&Extremes == 0 {
		most.Min, most.Max, least.Min, least.Max = 0, 0, 0, 0
	}
	m.coarse = m.coarse && most.Count > 0
	if got == most {
		return
	}
	if !m.coarse {
		p.t.Fatalf("%s: %+v, model says %+v", what, got, most)
	}
	if got.Count < least.Count || got.Count > most.Count || got.Sum < least.Sum || got.Sum > most.Sum ||
		got.SumSq < least.SumSq || got.SumSq > most.SumSq {
		p.t.Fatalf("%s: %+v is not between %+v and %+v", what, got, least, most)
	}
	if got.Count > 0 && parts&Extremes != 0 && least.Count > 0 &&
		(got.Min < most.Min || got.Min > least.Min || got.Max > most.Max || got.Max < least.Max) {
		p.t.Fatalf("%s: extremes of %+v are not between %+v and %+v", what, got, least, most)
	}
}

var allCells = []Cell{
	{Kind: Count, Span: 1000, Need: 3},
	{Kind: Count, Span: 700, Need: 100},
	{Kind: Count, Span: 1000},
	{Kind: Distinct, Span: 1000, Need: 15},
	{Kind: Distinct, Span: 900, Need: 500},
	{Kind: Distinct, Span: 1000},
	{Kind: Series, Span: 1000},
	{Kind: Series, Span: 300, Parts: Total},
	{Kind: Series, Span: 700, Parts: Total | Events},
	{Kind: Series, Span: 500, Parts: Extremes},
	{Kind: Changes, Span: 1000, Need: 4},
	{Kind: Changes, Span: 80},
	{Kind: Raw, Words: 2},
}

// TestModel drives tables with events in order, at equal times, late, and at the very ends of windows, through
// calm and bursts so that windows grow through all their sizes and empty again.
func TestModel(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 7))
			p := newPair(t, Config{KeyWords: 1, Cells: allCells, MaxKeys: 8, Life: 1 << 40})
			p.clock = int64(seed) * 1_000_000
			p.clock -= 2000 * int64(seed&1) // windows that reach below zero
			for phase := range 60 {
				values := uint64(1) << rnd.IntN(14)
				step := rnd.IntN(1 << rnd.IntN(9))
				n := 1 << rnd.IntN(11)
				late := rnd.IntN(3) == 0
				if phase%10 == 9 {
					p.clock += 3000
				}
				for range n {
					if step > 0 {
						p.clock += int64(rnd.IntN(step))
					} else if rnd.IntN(8) == 0 {
						p.clock++
					}
					at := p.clock
					if late && rnd.IntN(3) == 0 {
						at -= int64(rnd.IntN(1 << rnd.IntN(11)))
					}
					if rnd.IntN(50) == 0 {
						at = p.clock - allCells[rnd.IntN(10)].Span + int64(rnd.IntN(3)-1)
					}
					key := rnd.Uint64N(3)
					p.event(key, rnd.Uint64N(values), float64(rnd.IntN(1500)), at)
					if rnd.IntN(8) == 0 {
						p.check(key)
					}
				}
				for key := range uint64(3) {
					p.check(key)
				}
			}
			p.checkLeaks()
		})
	}
}

// checkLeaks removes all rows and finds every block back in the arena.
func (p *pair) checkLeaks() {
	p.t.Helper()
	checkBytes(p.t, p.table, p.config)
	for r := range p.table.Rows {
		p.table.drop(r)
	}
	a := &p.table.arena
	if a.used != 0 || a.whole != a.live {
		p.t.Fatalf("%d words of blocks are lost; %d of %d chunks are whole", a.used, a.whole, a.live)
	}
	if p.table.index.N != 0 {
		p.t.Fatalf("%d rows are lost in the index", p.table.index.N)
	}
}

func checkBytes(t testing.TB, table *Table, c Config) {
	t.Helper()
	if b, bound := table.Stats().Bytes, c.Bound(); b > bound {
		t.Fatalf("%d bytes, more than the bound of %d", b, bound)
	}
}
