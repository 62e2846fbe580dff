package window

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestMove holds a table to which another is moved step by step, amid events, against one to which it was migrated at
// once: every event finds the same in both. Keys that were evicted from the old table come back, too.
func TestMove(t *testing.T) {
	steps, returned := 0, 0
	for seed := range uint64(30) {
		rnd := rand.New(rand.NewPCG(seed, 6))
		cells := scanCells
		if seed%2 == 0 {
			cells = allCells
		}
		old := New(Config{KeyWords: 1, Cells: cells, MaxKeys: 60, Life: 1 << 40})
		clock := int64(0)
		event := func(tables []*Table, before func(key []uint64, hash uint64)) {
			clock += int64(rnd.IntN(8))
			key, hash := keyOf(rnd.Uint64N(100))
			value, x := rnd.Uint64N(1<<rnd.IntN(8)), float64(rnd.IntN(100))
			before(key, hash)
			var told [2]float64
			for i := range tables[0].cells {
				for k, table := range tables {
					r := table.Row(key, hash, clock)
					switch table.cells[i].kind {
					case Count:
						told[k] = float64(table.Hit(r, i, clock, clock))
					case Series:
						told[k] = table.Add(r, i, x, clock, clock)
					case Raw:
						table.Words(r, i)[0]++
						told[k] = float64(table.Words(r, i)[0])
					default:
						told[k] = float64(table.Observe(r, i, value, clock, clock))
					}
				}
				if len(tables) == 2 && told[0] != told[1] {
					t.Fatalf("seed %d, cell %d, clock %d: %v after moving in steps, %v after moving at once", seed, i, clock, told[1], told[0])
				}
			}
		}
		for range 1 << (4 + rnd.IntN(8)) {
			event([]*Table{old}, func([]uint64, uint64) {})
		}
		from := make([]int, len(cells))
		for i := range from {
			from[i] = i
		}
		// There is room for all keys, so that it does not matter in which order they come.
		config := Config{KeyWords: 1, Cells: cells, MaxKeys: 200, Spill: old.spill.buckets * spillWays, Life: 1 << 40}
		atOnce, inSteps := New(config), New(config)
		atOnce.Migrate(old, from)
		m := NewMove(inSteps, old, from)
		m.Begin()
		for done := false; !done; done = m.Step(rnd.IntN(3)) {
			steps++
			for range rnd.IntN(4) {
				event([]*Table{atOnce, inSteps}, func(key []uint64, hash uint64) {
					if _, ok := old.Find(key, hash); !ok && old.spill.live > 0 {
						returned++
					}
					m.Key(key, hash)
				})
			}
		}
		if m.Left() != 0 || !m.Step(math.MaxInt) {
			t.Errorf("seed %d: %d keys are left", seed, m.Left())
		}
		for range 200 {
			event([]*Table{atOnce, inSteps}, func([]uint64, uint64) {})
		}
		if a, b := atOnce.Stats().Keys, inSteps.Stats().Keys; a != b {
			t.Errorf("seed %d: %d keys after moving in steps, %d after moving at once", seed, b, a)
		}
	}
	if steps < 200 || returned < 20 {
		t.Errorf("%d steps, %d keys came back", steps, returned)
	}
}
