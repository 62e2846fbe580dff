package window

import "testing"

// TestReleasedMemoryServesAgain: tables that come and go, as at every reload of rules, take no more from
// the system than the first of them did.
func TestReleasedMemoryServesAgain(t *testing.T) {
	m := NewMemory()
	use := func() {
		table := New(Config{KeyWords: 1, MaxKeys: 4096, Memory: m, Cells: []Cell{{Kind: Count, Span: 1 << 40, Need: 200}, {Kind: Distinct, Span: 1 << 40, Need: 15}}})
		for i := range uint64(20_000) { // blocks, evictions and what is remembered of them
			key, h := keyOf(i % 5000)
			r := table.Row(key, h, int64(i))
			table.Hit(r, 0, int64(i), int64(i))
			table.Observe(r, 1, i, int64(i), int64(i))
		}
		for _, row := range table.rows {
			if len(row) == 0 {
				t.Fatal("an empty chunk")
			}
		}
		table.Release()
	}
	use()
	first := len(m.slabs.maps)
	for range 20 {
		use()
	}
	if now := len(m.slabs.maps); now != first || first == 0 {
		t.Errorf("the first table took %d slabs, with 20 more they are %d", first, now)
	}
}

// TestMemoryIsZeroed: words that were given back are handed out clean.
func TestMemoryIsZeroed(t *testing.T) {
	m := NewMemory()
	w := m.take(100)
	for i := range w {
		w[i] = 1
	}
	m.give(w)
	for i, v := range m.take(100) {
		if v != 0 {
			t.Fatalf("word %d is %d", i, v)
		}
	}
}
