package window

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestBoundaries: a window holds (clock-Span, clock], to the nanosecond.
func TestBoundaries(t *testing.T) {
	for _, fill := range []int{0, 1, 2, 5, 40, 100} { // so that the state is in the row, in lists, in tables
		table := New(Config{KeyWords: 1, Cells: []Cell{
			{Kind: Count, Span: 10 * second, Need: 500},
			{Kind: Distinct, Span: 10 * second, Need: 500},
			{Kind: Series, Span: 10 * second},
			{Kind: Changes, Span: 10 * second, Need: 500},
		}})
		key, h := keyOf(1)
		at := int64(1_700_000_000_123_456_789)
		r := table.Row(key, h, at)
		add := func(value uint64, at, clock int64) {
			table.Hit(r, 0, at, clock)
			table.Observe(r, 1, value, at, clock)
			table.Add(r, 2, float64(value), at, clock)
			table.Observe(r, 3, value, at, clock)
		}
		var values = func(clock int64) [4]int64 {
			return [4]int64{table.Value(r, 0, clock), table.Value(r, 1, clock), table.Sums(r, 2, clock).Count, table.Value(r, 3, clock)}
		}
		add(1000, at, at)
		for i := range fill {
			add(uint64(i), at+1, at+1)
		}
		n := int64(fill)
		last := at + 10*second
		if got, want := values(last-1), [4]int64{n + 1, n + 1, n + 1, n}; got != want {
			t.Errorf("%d: a nanosecond before the first leaves: %v, want %v", fill, got, want)
		}
		if got, want := values(last), [4]int64{n, n, n, max(n-1, 0)}; got != want {
			t.Errorf("%d: when the first leaves: %v, want %v", fill, got, want)
		}
		add(2000, last-10*second, last) // too late by a nanosecond
		if got, want := values(last), [4]int64{n, n, n, max(n-1, 0)}; got != want {
			t.Errorf("%d: after an event that is as old as the window: %v, want %v", fill, got, want)
		}
		if got, want := values(last+1), [4]int64{}; got != want {
			t.Errorf("%d: when all have left: %v", fill, got)
		}
		table.Sums(r, 2, last+1)
		if table.arena.used != 0 {
			t.Errorf("%d: empty windows keep %d words", fill, table.arena.used)
		}
	}
}

// TestThresholds: for thresholds up to 4096 the numbers of a burst reach them exactly at the event at which they
// should, and fall below exactly when they should. Some events are late, older than all that is kept.
func TestThresholds(t *testing.T) {
	for _, need := range []int{1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 100, 128, 200, 1000, 1024, 1025, 2048, 3000, 4095, 4096} {
		const span = 1 << 20
		table := New(Config{KeyWords: 1, Cells: []Cell{
			{Kind: Count, Span: span, Need: need},
			{Kind: Distinct, Span: span, Need: need},
			{Kind: Changes, Span: span, Need: need},
		}})
		key, h := keyOf(uint64(need))
		r := table.Row(key, h, 0)
		check := func(clock int64, want ...int64) {
			t.Helper()
			for cell, want := range want {
				got := table.Value(r, cell, clock)
				if got != want && (want <= int64(need) || got < int64(need)) || got > want {
					t.Fatalf("need %d, cell %d, clock %d: %d of %d events", need, cell, clock, got, want)
				}
			}
		}
		const events = 10_000
		const lag = 9000
		late := func(i int64) int64 { return max(0, (i-lag+6)/7) } // events late by lag at clocks before i
		for i := range int64(events) {
			table.Hit(r, 0, i, i)
			table.Observe(r, 1, uint64(i)*mix0, i, i)
			table.Observe(r, 2, uint64(i), i, i)
			if i >= lag && (i-lag)%7 == 0 {
				table.Hit(r, 0, i-lag, i)
				table.Observe(r, 1, uint64(i)*mix0+1, i-lag, i)
			}
			check(i, i+1+late(i+1), i+1+late(i+1), i)
		}
		for i := range int64(5) { // and after all of them
			table.Hit(r, 0, i, events)
			table.Observe(r, 1, uint64(i)*mix1+2, i, events)
		}
		for i := range int64(events) {
			n := events - i - 1
			all := n + late(events) - min(late(events), late(i+1+lag)) + max(0, 4-i)
			check(span+i, all, all, max(n-1, 0))
		}
	}
}

// TestPanes: a pane holds the times from its start to the next one's, below zero as well, and no window has more
// than there is room for.
func TestPanes(t *testing.T) {
	for _, span := range []int64{1, 5, 127, 128, 129, 1000, 12_800, 99_999} {
		cells, _ := layout(Config{Cells: []Cell{{Kind: Count, Span: span}}})
		c := &cells[0]
		for at := int64(-2*span - 3); at < 2*span; at += 1 + span/97 {
			p := c.paneOf(at)
			if p<<c.width > at || (p+1)<<c.width <= at {
				t.Fatalf("span %d: time %d is not in pane %d of width %d", span, at, p, c.width)
			}
			if first := c.firstPane(at); p-first >= panes || first<<c.width <= at-span || (first-1)<<c.width > at-span {
				t.Fatalf("span %d: at %d the panes are %d to %d of width %d", span, at, first, p, c.width)
			}
		}
	}
}

// TestSumsStayExact adds and removes whole numbers of very different sizes for many spans; not one is off.
func TestSumsStayExact(t *testing.T) {
	for _, step := range []int64{1000, 10} { // few events in a window, and many, in panes
		const span = 64_000
		table := New(Config{KeyWords: 1, Cells: []Cell{{Kind: Series, Span: span}}})
		key, h := keyOf(1)
		r := table.Row(key, h, 0)
		rnd := rand.New(rand.NewPCG(4, 4))
		m := model{cell: Cell{Kind: Series, Span: span}}
		clock := int64(0)
		for range 50_000 {
			clock += step
			x := float64(rnd.Int64N(1 << rnd.IntN(21)))
			table.Add(r, 0, x, clock, clock)
			m.events = append(m.events, modelEvent{at: clock, x: x})
			if len(m.events) > 7000 {
				m.events = append(m.events[:0], m.events[500:]...)
			}
		}
		got := table.Sums(r, 0, clock)
		want := m.sums(clock)
		if step == 10 {
			// The window in whole panes.
			first := table.cells[0].firstPane(clock) << table.cells[0].width
			want = m.since(first - 1)
		}
		if got != want {
			t.Errorf("step %d: %+v, want %+v", step, got, want)
		}
	}
}

// TestSumsOfFractions keeps the error of adding and removing fractions to that of adding a window up.
func TestSumsOfFractions(t *testing.T) {
	table := New(Config{KeyWords: 1, Cells: []Cell{{Kind: Series, Span: 100}}})
	key, h := keyOf(1)
	r := table.Row(key, h, 0)
	table.Add(r, 0, 1e15, 0, 0)
	table.Add(r, 0, math.Inf(1), 0, 0)
	table.Add(r, 0, math.NaN(), 0, 0)
	if s := table.Sums(r, 0, 0); s != (Sums{1, 1e15, 1e30, 1e15, 1e15}) {
		t.Errorf("numbers that are not finite were counted: %+v", s)
	}
	for i := range int64(10_000) {
		table.Add(r, 0, 0.1, i, i)
	}
	if s := table.Sums(r, 0, 9999); s.Count != 100 || math.Abs(s.Sum-10) > 1e-12 {
		t.Errorf("100 tenths are %v", s)
	}
}

// TestBigSpans works at the ends of the range of times.
func TestBigSpans(t *testing.T) {
	table := New(Config{KeyWords: 1, Cells: []Cell{
		{Kind: Count, Span: math.MaxInt64}, {Kind: Distinct, Span: math.MaxInt64}, {Kind: Series, Span: math.MaxInt64}, {Kind: Count, Span: 0},
	}})
	key, h := keyOf(1)
	for i := range int64(5000) {
		r := table.Row(key, h, i)
		table.Hit(r, 0, i, i)
		table.Hit(r, 3, i, i)
		table.Observe(r, 1, uint64(i), i, i)
		table.Add(r, 2, 1, i, i)
		if a, b, c, d := table.Value(r, 0, i), table.Value(r, 1, i), table.Sums(r, 2, i).Count, table.Value(r, 3, i); a != i+1 || b != i+1 || c != i+1 || d != 1 {
			t.Fatalf("after %d events: %d %d %d %d", i+1, a, b, c, d)
		}
	}
}

// TestNoKey is the one row of a rule without a key.
func TestNoKey(t *testing.T) {
	c := Config{Cells: []Cell{{Kind: Count, Span: 10}}}
	table := New(c)
	h := Hash(testSeed, nil)
	for i := range int64(100) {
		table.Hit(table.Row(nil, h, i), 0, i, i)
	}
	if v := table.Value(table.Row(nil, h, 99), 0, 99); v != 10 {
		t.Errorf("%d events, want 10", v)
	}
	checkBytes(t, table, c)
}

// TestBound fills tables of many shapes to the brim.
func TestBound(t *testing.T) {
	for _, c := range []Config{
		{KeyWords: 1, Cells: []Cell{{Kind: Raw, Words: 3}}, MaxKeys: 5000, Keep: true, Life: 1},
		{KeyWords: 4, Cells: scanCells, MaxKeys: 3000},
		{KeyWords: 1, Cells: scanCells, MaxKeys: 1000, Spill: 10_001},
		{KeyWords: 2, Cells: []Cell{{Kind: Distinct, Span: 1 << 40, Need: 0}}, MaxKeys: 33, MaxBytes: 3 << 20},
		{KeyWords: 1, Cells: []Cell{{Kind: Count, Span: 1 << 40, Need: 10}}, MaxKeys: 5000, MaxBytes: 1 << 20},
	} {
		table := New(c)
		rnd := rand.New(rand.NewPCG(8, 8))
		for i := range int64(150_000) {
			key := make([]uint64, c.KeyWords)
			key[0] = rnd.Uint64N(uint64(2 * c.MaxKeys))
			r := table.Row(key, Hash(testSeed, key), i)
			for k, cell := range c.Cells {
				switch cell.Kind {
				case Count:
					table.Hit(r, k, i, i)
				case Distinct:
					table.Observe(r, k, rnd.Uint64(), i, i)
				}
			}
			if i%1000 == 0 {
				checkBytes(t, table, c)
			}
		}
		checkBytes(t, table, c)
		least, most := c.BytesPerKey()
		if least < int64(c.KeyWords)*8 || most < least {
			t.Errorf("%+v: %d to %d bytes a key", c, least, most)
		}
		t.Logf("%d of at most %d bytes, %d to %d a key, %+v", table.Stats().Bytes, c.Bound(), least, most, table.Stats())
		p := pair{t: t, config: c, table: table}
		p.checkLeaks()
	}
}

// TestBytesPerKey grows the windows of one row to their largest.
func TestBytesPerKey(t *testing.T) {
	cells := append(append([]Cell(nil), allCells...), Cell{Kind: Count, Need: 1000, Span: 1000}, Cell{Kind: Distinct, Need: 4096, Span: 1000})
	c := Config{KeyWords: 1, Cells: cells, Spill: -1}
	_, most := c.BytesPerKey()
	p := newPair(t, c)
	for i := range uint64(40_000) {
		p.clock = int64(i) / 200
		r := p.table.Row([]uint64{1}, 1<<63, p.clock)
		for k, cell := range cells {
			switch cell.Kind {
			case Count:
				p.table.Hit(r, k, p.clock, p.clock)
			case Distinct, Changes:
				p.table.Observe(r, k, i, p.clock, p.clock)
			case Series:
				p.table.Add(r, k, 1, p.clock, p.clock)
			}
		}
		if used := p.table.arena.used*8 + int64(p.table.stride)*8; used > most {
			t.Fatalf("%d bytes for a key after %d events, %d were promised", used, i, most)
		}
	}
	if used := p.table.arena.used * 8; used < most*9/10 {
		t.Errorf("a key never takes %d bytes, only %d", most, used)
	}
}

// TestNoAllocations: a table that is warm allocates nothing, in quiet traffic nor in a flood.
func TestNoAllocations(t *testing.T) {
	cells := append([]Cell(nil), allCells...)
	for i := range cells {
		cells[i].Span *= 50
	}
	table := New(Config{KeyWords: 1, Cells: cells, MaxKeys: 512})
	rnd := rand.New(rand.NewPCG(6, 6))
	clock := int64(0)
	key := make([]uint64, 1)
	step := func() {
		for range 1000 {
			clock++
			key[0] = 1 + rnd.Uint64N(5000)
			if clock%3 == 0 {
				key[0] = rnd.Uint64N(3)
			}
			h := Hash(testSeed, key)
			table.PrefetchIndex(h)
			table.PrefetchRow(h, 0, len(table.cells))
			r := table.Row(key, h, clock)
			for i := range cells {
				switch cells[i].Kind {
				case Count:
					table.Hit(r, i, clock, clock)
					table.Value(r, i, clock)
				case Series:
					table.Add(r, i, 1, clock, clock)
					table.Sums(r, i, clock)
				case Distinct, Changes:
					table.Observe(r, i, rnd.Uint64N(200), clock, clock)
					table.Value(r, i, clock)
				}
			}
			table.Sweep(clock, 1)
		}
	}
	for range 300 {
		step()
	}
	if n := testing.AllocsPerRun(50, step); n != 0 {
		t.Errorf("%v allocations in 1000 events", n)
	}
	if table.Stats().Evictions == 0 {
		t.Error("no row was evicted")
	}
}

// TestDeterministic gives two tables the same calls.
func TestDeterministic(t *testing.T) {
	f := flood{sources: 3000, packets: 30_000, ports: 4, probes: 15, every: 1_900_000}
	c := Config{KeyWords: 1, Cells: scale(scanCells, 256), MaxKeys: 500}
	state := func() string {
		table := New(c)
		ports := f.run(table, 3)
		s := fmt.Sprint(ports, table.Stats())
		for r := range table.Rows {
			s += fmt.Sprint(r, table.Key(r), table.row(r))
		}
		return s
	}
	if first, second := state(), state(); first != second {
		t.Error("two tables differ after the same calls")
	}
}
