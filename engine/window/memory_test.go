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

// TestReserveIsBounded: what is made ready is what is asked for, less what is there, and never more than tables have.
func TestReserveIsBounded(t *testing.T) {
	const piece = 1 << 13
	for _, tt := range []struct {
		name                string
		out, back, reserved int // pieces that are in use, given back, asked for
		slabs               int // made ready
	}{
		{"nothing is in use", 0, 0, 1000, 0},
		{"the newest slab has room", 20, 0, 20, 0},
		{"a slab more", 200, 0, 200, 1},
		{"some were given back", 400, 400, 200, 0},
		{"more than tables have", 300, 0, 100_000, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := NewMemory()
			var words [][]uint64
			for range tt.out + tt.back {
				words = append(words, m.take(piece))
			}
			for _, w := range words[:tt.back] {
				m.give(w)
			}
			m.reserve(map[int]int{piece: tt.reserved})
			if got := len(m.ready); got != tt.slabs {
				t.Errorf("%d slabs are ready, want %d", got, tt.slabs)
			}
			maps := len(m.slabs.maps)
			for range min(tt.reserved, tt.out) {
				m.take(piece)
			}
			m.mu.Lock()
			defer m.mu.Unlock()
			if got := len(m.slabs.maps) - maps; got > 1 { // one more is made ready meanwhile
				t.Errorf("taking what was reserved mapped %d slabs", got)
			}
		})
	}
}
