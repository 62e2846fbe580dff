package window

import (
	"math/rand/v2"
	"testing"
)

func keyOf(k uint64) ([]uint64, uint64) {
	key := []uint64{k}
	return key, Hash(testSeed, key)
}

// put finds the row of a key and counts n events in cell 0.
func put(t *Table, k uint64, n int, clock int64) Row {
	key, h := keyOf(k)
	r := t.Row(key, h, clock)
	for range n {
		t.Hit(r, 0, clock, clock)
	}
	return r
}

func has(t *Table, k uint64) bool {
	_, ok := t.Find(keyOf(k))
	return ok
}

// TestEvictionPrefersLeastProgress fills a table with rows of all degrees of progress; the flood that follows
// pushes out none that was a good part of its way.
func TestEvictionPrefersLeastProgress(t *testing.T) {
	c := Config{KeyWords: 1, Cells: []Cell{{Kind: Count, Span: second, Need: 100}}, MaxKeys: 1000, Spill: -1}
	table := New(c)
	for k := range uint64(1000) {
		n := 1
		if k%3 == 0 {
			n = 2 + int(k%90)
		}
		put(table, k, n, 0)
	}
	for k := range uint64(200_000) {
		put(table, 1_000_000+k, 1, 1000)
	}
	for k := range uint64(1000) {
		if k%3 == 0 && !has(table, k) {
			t.Errorf("the row with %d events was evicted by rows with one", 2+k%90)
		}
	}
	if s := table.Stats(); s.Keys > 1000 || s.Evictions < 199_000 || s.Evictions > 200_000 {
		t.Errorf("%+v", s)
	}
}

// TestEvictionPrefersExpired fills half a table with rows that have expired but got further than the others.
func TestEvictionPrefersExpired(t *testing.T) {
	c := Config{KeyWords: 1, Cells: []Cell{{Kind: Count, Span: second, Need: 100}}, MaxKeys: 64, Keep: true, Spill: -1}
	table := New(c)
	for k := range uint64(64) {
		clock := int64(0)
		if k%2 == 0 {
			clock = 2 * second
		}
		put(table, k, 1+int(k%2)*50, clock) // the expired ones have more events
	}
	for k := range uint64(20) {
		put(table, 100+k, 1, 2*second+1)
	}
	for k := uint64(0); k < 64; k += 2 {
		if !has(table, k) {
			t.Fatalf("row %d was evicted while others had expired", k)
		}
	}
}

// TestEvictionOfSmallTables evicts from tables that are smaller than the number of rows looked at, with all rows far
// on.
func TestEvictionOfSmallTables(t *testing.T) {
	for keys := 1; keys <= 70; keys++ {
		c := Config{KeyWords: 1, Cells: []Cell{{Kind: Count, Span: second, Need: 10}}, MaxKeys: keys, Spill: -1}
		p := pair{t: t, config: c, table: New(c)}
		for k := range uint64(300) {
			put(p.table, k, 8, int64(k))
			if !has(p.table, k) {
				t.Fatalf("%d keys: the newest row is not there", keys)
			}
		}
		live := 0
		for range p.table.Rows {
			live++
		}
		if s := p.table.Stats(); s.Keys != live || s.Keys > keys || s.Keys <= keys-evictBatch || int(s.Evictions) != 300-live {
			t.Fatalf("%d keys: %d are live, %+v", keys, live, s)
		}
		p.checkLeaks()
	}
}

// TestProgressForgets sees that events which left their windows are no progress.
func TestProgressForgets(t *testing.T) {
	cells := []Cell{
		{Kind: Count, Span: 10, Need: 100},
		{Kind: Distinct, Span: 10, Need: 100},
		{Kind: Series, Span: 10, NeedSum: 1000},
		{Kind: Changes, Span: 10, Need: 100},
		{Kind: Raw, Words: 1},
	}
	for n := range 90 {
		for i, cell := range cells[:4] {
			table := New(Config{KeyWords: 1, Cells: []Cell{cell}, Life: 1000})
			key, h := keyOf(1)
			r := table.Row(key, h, 0)
			for e := range n {
				switch cell.Kind {
				case Count:
					table.Hit(r, 0, 5, 5)
				case Series:
					table.Add(r, 0, 10, 5, 5)
				default:
					table.Observe(r, 0, uint64(e), 5, 5)
				}
			}
			want := float64(n) / 100
			if cell.Kind == Changes {
				want = float64(max(n-1, 0)) / 100
			}
			near := func(a, b float64) bool { return a-b < 1e-9 && b-a < 1e-9 }
			if p := table.progress(table.row(r)); !near(p, want) {
				t.Errorf("cell %d: progress of %d events is %v", i, n, p)
			}
			if p := table.weigh(r, table.row(r), 14); !near(p, want) {
				t.Errorf("cell %d: %d events weigh %v", i, n, p)
			}
			if p := table.weigh(r, table.row(r), 15); p != 0 {
				t.Errorf("cell %d: %d events that left weigh %v", i, n, p)
			}
		}
	}
}

func TestRowsExpire(t *testing.T) {
	c := Config{KeyWords: 1, Cells: []Cell{{Kind: Count, Span: 100}, {Kind: Raw, Words: 1}}, MaxKeys: 10_000, Life: 500}
	table := New(c)
	for k := range uint64(5000) {
		put(table, k, 1, int64(k))
	}
	if n := table.Stats().Keys; n > 1100 {
		t.Errorf("%d rows are live, though rows live for 500 and one came at each time", n)
	}
	table.Words(put(table, 4999, 0, 4999), 1)[0] = 7
	table.Sweep(4999+499, 10_000)
	if !has(table, 4999) {
		t.Error("Sweep freed a row before its time")
	}
	if w := table.Words(put(table, 4999, 0, 4999+499), 1)[0]; w != 7 {
		t.Errorf("the word of a live row is %d", w)
	}
	if w := table.Words(put(table, 4999, 0, 4999+1000), 1)[0]; w != 0 {
		t.Errorf("the word of a row that had expired is %d", w)
	}
	table.Sweep(10_000, 10_000)
	if s := table.Stats(); s.Keys != 0 || s.Evictions != 0 {
		t.Errorf("after all rows expired: %+v", s)
	}
}

// TestKeep keeps rows beyond their life until their room is needed, and then evicts the expired ones.
func TestKeep(t *testing.T) {
	c := Config{KeyWords: 1, Cells: []Cell{{Kind: Raw, Words: 2}}, MaxKeys: 100, Keep: true, Life: 10}
	table := New(c)
	for k := range uint64(100) {
		key, h := keyOf(k)
		table.Words(table.Row(key, h, int64(k)), 0)[1] = k
	}
	table.Sweep(1000, 1000)
	for k := range uint64(100) {
		key, h := keyOf(k)
		if w := table.Words(table.Row(key, h, 95), 0)[1]; w != k {
			t.Fatalf("word %d of a row that is kept", w)
		}
	}
	for k := uint64(100); k < 150; k++ {
		key, h := keyOf(k)
		table.Row(key, h, 107)
	}
	for k := uint64(97); k < 100; k++ { // last seen at 97 to 99, the others at 95
		if !has(table, k) {
			t.Errorf("row %d was evicted before its life was over, with expired rows beside it", k)
		}
	}
	if s := table.Stats(); s.Evictions < 50 || s.Keys > 100 {
		t.Errorf("%+v", s)
	}
}

// TestArenaFull gives a table room for few blocks: rows of little progress lose theirs, a row that has gone
// further keeps counting exactly, events that find no room are counted as such, and the bound holds.
func TestArenaFull(t *testing.T) {
	c := Config{
		KeyWords: 1,
		Cells: []Cell{
			{Kind: Count, Span: 100 * second, Need: 1000},
			{Kind: Distinct, Span: 100 * second, Need: 1000},
			{Kind: Series, Span: 100 * second, NeedSum: 1e9},
			{Kind: Changes, Span: 100 * second, Need: 1000},
		},
		MaxKeys:  1000,
		MaxBytes: 1 << 20,
	}
	table := New(c)
	rnd := rand.New(rand.NewPCG(2, 2))
	clock := int64(0)
	event := func(k, v uint64) Row {
		clock += 1000
		key, h := keyOf(k)
		r := table.Row(key, h, clock)
		table.Hit(r, 0, clock, clock)
		table.Observe(r, 1, v, clock, clock)
		table.Add(r, 2, 1, clock, clock)
		table.Observe(r, 3, v, clock, clock)
		return r
	}
	for i := range uint64(100_000) {
		event(1+rnd.Uint64N(200), rnd.Uint64())
		if i%100 == 0 {
			r := event(0, i)
			want := int64(i/100) + 1
			if got := table.Value(r, 0, clock); got != want && want < 1000 {
				t.Fatalf("the row that is ahead has %d events, want %d", got, want)
			}
			checkBytes(t, table, c)
		}
	}
	s := table.Stats()
	if s.Saturations == 0 || s.Evictions == 0 {
		t.Errorf("the table was never full: %+v", s)
	}
	p := pair{t: t, config: c, table: table}
	p.checkLeaks()
}
