package window

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// expel evicts the row of a key, as a flood would.
func (p *pair) expel(key uint64) {
	p.t.Helper()
	r, ok := p.table.Find(keyOf(key))
	if !ok {
		p.t.Fatalf("key %d has no row", key)
	}
	p.table.evictRow(r, p.clock)
}

// TestSpillRestores evicts rows of few events between any two of their events; they count on as if nothing had
// been.
func TestSpillRestores(t *testing.T) {
	cells := []Cell{
		{Kind: Count, Span: 1000, Need: 100},
		{Kind: Count, Span: 50, Need: 100},
		{Kind: Distinct, Span: 700, Need: 15},
		{Kind: Series, Span: 1000, NeedSum: 100},
		{Kind: Changes, Span: 400, Need: 1},
		{Kind: Raw, Words: 1},
		{Kind: Distinct, Span: 1000, Need: 15},
	}
	// Cells of the second bank, and rows that come back to find other keys' events beside theirs.
	many := append([]Cell(nil), cells...)
	for range 10 {
		many = append(many, Cell{Kind: Raw, Words: 1})
	}
	many = append(many, cells[2], cells[4])
	for name, cells := range map[string][]Cell{"few": cells, "many": many} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(200) {
				rnd := rand.New(rand.NewPCG(seed, 3))
				p := newPair(t, Config{KeyWords: 1, Cells: cells, MaxKeys: 256, Life: 1 << 40})
				for range 12 {
					p.clock += int64(rnd.IntN(300)) + 220
					key := rnd.Uint64N(4)
					value := rnd.Uint64N(3)
					p.event(key, value, float64(value), p.clock-int64(rnd.IntN(20)))
					p.check(key)
					if rnd.IntN(2) == 0 {
						p.expel(key)
					}
				}
				for key := range p.models {
					p.check(key)
				}
			}
		})
	}
}

// TestSpillMerges keeps an event that several cells counted once, and forgets what it has given back.
func TestSpillMerges(t *testing.T) {
	cells := []Cell{
		{Kind: Count, Span: 1000, Need: 100},
		{Kind: Count, Span: 50, Need: 100},
		{Kind: Distinct, Span: 700, Need: 15},
	}
	table := New(Config{KeyWords: 1, Cells: cells, MaxKeys: 256})
	key, h := keyOf(1)
	r := table.Row(key, h, 10)
	for i := range int64(3) {
		table.Hit(r, 0, 10+i, 10+i)
		table.Hit(r, 1, 10+i, 10+i)
		table.Observe(r, 2, 99, 10+i, 10+i)
	}
	events := table.gather(table.row(r), 12)
	got := fmt.Sprint(events)
	want := fmt.Sprint([]event{
		{at: 12, value: 99, mask: 7, rank: rank(15), typed: true},
		{at: 11, mask: 3, rank: rank(100)},
		{at: 10, mask: 3, rank: rank(100)},
	})
	if got != want {
		t.Errorf("gathered %s, want %s", got, want)
	}
	table.evictRow(r, 12)
	count := func() (n int) {
		for _, piece := range table.spill.pieces {
			for i, w := range piece {
				if i%spillBucket < spillWays && w != 0 {
					n++
				}
			}
		}
		return n
	}
	if n := count(); n != 3 {
		t.Errorf("%d events are remembered, not 3", n)
	}
	table.Row(key, h, 13)
	if n := count(); n != 0 {
		t.Errorf("%d events are remembered after they were given back", n)
	}
}

// TestSpillBucket fills one bucket: expired events go first, then those of less worth, then the oldest.
func TestSpillBucket(t *testing.T) {
	cells := []cell{{kind: Count, span: 1000}, {kind: Count, span: 10}}
	s := newSpill(nil, 8, cells)
	at := func() (out []int64) {
		b := s.bucketAt(0, true)
		for i := range spillWays {
			if b[i] != 0 {
				out = append(out, int64(b[spillWays+i]))
			}
		}
		return out
	}
	check := func(want ...int64) {
		t.Helper()
		if got := at(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("times %v, want %v", got, want)
		}
	}
	for i := range int64(8) {
		s.put(uint64(i)<<8, event{at: 100 + i, mask: 1, rank: 3}, 107)
	}
	check(100, 101, 102, 103, 104, 105, 106, 107)
	s.put(9<<8, event{at: 108, mask: 1, rank: 2}, 108) // worth less than all
	check(100, 101, 102, 103, 104, 105, 106, 107)
	s.put(9<<8, event{at: 108, mask: 1, rank: 3}, 108)
	check(108, 101, 102, 103, 104, 105, 106, 107)
	s.put(9<<8, event{at: 50, mask: 1, rank: 3}, 108) // older than all
	check(108, 101, 102, 103, 104, 105, 106, 107)
	s.put(9<<8, event{at: 109, mask: 2, rank: 7}, 109)
	check(108, 109, 102, 103, 104, 105, 106, 107)
	s.put(9<<8, event{at: 110, mask: 1, rank: 0}, 118)
	check(108, 109, 102, 103, 104, 105, 106, 107)
	s.put(9<<8, event{at: 111, mask: 1, rank: 0}, 119) // the one of the short window has left
	check(108, 111, 102, 103, 104, 105, 106, 107)
	if s.alive(111+1000) || !s.alive(111+999) {
		t.Errorf("the last event leaves at 1111, not %d", s.until)
	}
	if b := s.bytes(); b > spillBound(8, cells) {
		t.Errorf("%d bytes, more than the bound of %d", b, spillBound(8, cells))
	}
}

// TestSpillOff evicts without a memory.
func TestSpillOff(t *testing.T) {
	c := Config{KeyWords: 1, Cells: scanCells, MaxKeys: 100, Spill: -1}
	table := New(c)
	for k := range uint64(1000) {
		put(table, k, 2, int64(k))
	}
	if v := table.Value(put(table, 0, 1, 1000), 0, 1000); v != 1 {
		t.Errorf("%d events of a row that was evicted", v)
	}
	checkBytes(t, table, c)
}

// TestSweepFreesSpill gives the memory of evicted rows back when all in it has expired.
func TestSweepFreesSpill(t *testing.T) {
	table := New(Config{KeyWords: 1, Cells: scanCells, MaxKeys: 100})
	empty := table.spill.bytes()
	for k := range uint64(1000) {
		put(table, k, 1, 5)
	}
	if table.spill.bytes() == empty {
		t.Fatal("nothing is remembered")
	}
	table.Sweep(20*second, 1)
	if table.spill.bytes() != empty {
		t.Error("expired events keep their memory")
	}
}
