package window

import (
	"math/rand/v2"
	"testing"
)

// TestMigrate moves rows of all kinds between tables with other cells, other order of cells and other needs;
// afterwards they count as if the new table had seen it all.
func TestMigrate(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 5))
		p := newPair(t, Config{KeyWords: 1, Cells: allCells, MaxKeys: 32, Life: 1 << 40})
		feed := func(n, step int) {
			for range n {
				p.clock += int64(rnd.IntN(step))
				p.event(rnd.Uint64N(6), rnd.Uint64N(1<<rnd.IntN(12)), float64(rnd.IntN(100)), p.clock)
			}
		}
		feed(1<<rnd.IntN(13), 1+rnd.IntN(8))
		rows := len(p.models)
		var before []uint64
		for k := range uint64(6) {
			if r, ok := p.table.Find(keyOf(k)); ok {
				p.table.Words(r, len(allCells)-1)[1] = k + 1
				before = append(before, k)
			}
		}

		// The new table: cells turned around, the sampled one left out, one new, needs changed.
		var cells []Cell
		var from []int
		for i := len(allCells) - 1; i >= 0; i-- {
			c := allCells[i]
			if seed%2 == 0 {
				switch {
				case c.Need == 500:
					c.Need = 50
				case c.Need > 0 && c.Need < 100:
					c.Need *= 30
				case c.Kind == Series && c.Parts == Extremes:
					c.Parts = Total
				}
			}
			cells, from = append(cells, c), append(from, i)
		}
		cells, from = append(cells, Cell{Kind: Count, Span: 1000, Need: 5}), append(from, -1)
		old := p.table
		config := Config{KeyWords: 1, Cells: cells, MaxKeys: 32, Life: 1 << 40}
		table := New(config)
		table.Migrate(old, from)
		if n := table.Stats().Keys; n != rows {
			t.Fatalf("%d rows came over, want %d", n, rows)
		}
		for _, k := range before {
			r, ok := table.Find(keyOf(k))
			if !ok || table.Words(r, 0)[1] != k+1 {
				t.Fatalf("the words of key %d were lost", k)
			}
		}

		models := map[uint64][]model{}
		for k, ms := range p.models {
			var turned []model
			for i := len(ms) - 1; i >= 0; i-- {
				m := ms[i]
				m.cell = cells[len(ms)-1-i]
				m.cell.Need = min(m.cell.Need, allCells[i].Need) // old was exact up to its own need only
				m.events = append([]modelEvent(nil), m.events...)
				if m.cell.Kind == Series {
					m.coarse = m.coarse || m.sums(p.clock).Count > int64(seriesExact(m.cell))
				}
				turned = append(turned, m)
			}
			models[k] = append(turned, model{cell: cells[len(cells)-1]})
		}
		checkAll := func() {
			t.Helper()
			for k := range uint64(6) {
				if p.models[k] != nil {
					p.check(k)
				}
			}
		}
		checkAll() // old is as it was
		p.table, p.config, p.models = table, config, models
		checkAll()
		feed(1<<rnd.IntN(12), 1+rnd.IntN(8))
		checkAll()
		p.checkLeaks()
	}
}

// TestMigrateSample keeps a sample with its level.
func TestMigrateSample(t *testing.T) {
	c := Config{KeyWords: 1, Cells: []Cell{{Kind: Distinct, Span: 1 << 40, Need: 100_000}}}
	old := New(c)
	key, h := keyOf(3)
	r := old.Row(key, h, 0)
	for i := range uint64(60_000) {
		old.Observe(r, 0, i, int64(i), int64(i))
	}
	table := New(c)
	table.Migrate(old, []int{0})
	n, _ := table.Find(key, h)
	if got, want := table.Value(n, 0, 60_000), old.Value(r, 0, 60_000); got != want {
		t.Errorf("%d values, the old table had %d", got, want)
	}
}

// TestMigrateSpill finds the events of rows that were evicted from the old table.
func TestMigrateSpill(t *testing.T) {
	c := Config{KeyWords: 1, Cells: scanCells, MaxKeys: 100}
	old := New(c)
	key, h := keyOf(7)
	r := old.Row(key, h, 5)
	old.Observe(r, 2, 80, 5, 5)
	old.Hit(r, 0, 5, 5)
	old.evictRow(r, 5)
	c.Cells = []Cell{scanCells[2], {Kind: Raw, Words: 1}, scanCells[0]}
	table := New(c)
	table.Migrate(old, []int{2, -1, 0})
	r = table.Row(key, h, 6)
	if p, n := table.Value(r, 0, 6), table.Value(r, 2, 6); p != 1 || n != 1 {
		t.Errorf("%d ports and %d events came back, want 1 and 1", p, n)
	}
}
