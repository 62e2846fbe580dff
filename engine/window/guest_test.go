package window

import "testing"

// TestGuest: in a full table a key that was never seen takes nobody's row, and when it comes back, with what it did as a
// guest, it has one if it is more than one of a flood.
func TestGuest(t *testing.T) {
	c := Config{KeyWords: 1, Cells: scanCells, MaxKeys: 64}
	table := New(c)
	for k := range uint64(63) {
		put(table, k, 2, second)
	}
	if s := table.Stats(); s.Keys != 63 || s.Evictions != 0 {
		t.Fatalf("%+v before the first guest", s)
	}
	for k := range uint64(200) {
		r := put(table, 1000+k, 1, second+1)
		if v := table.Value(r, 0, second+1); v != 1 {
			t.Fatalf("guest %d has %d events", k, v)
		}
	}
	for k := range uint64(63) {
		if _, ok := table.Find(keyOf(k)); !ok {
			t.Errorf("key %d lost its row to a guest", k)
		}
	}
	if s := table.Stats(); s.Keys != 63 || s.Evictions != 199 {
		t.Errorf("%+v after 200 guests, the last of which is there yet", s)
	}
	if r := put(table, 1199, 1, second+2); table.row(r)[rowHash] != 0 || table.Value(r, 0, second+2) != 2 {
		t.Errorf("a guest that came back with no more than its like has a row of its own, or %d events", table.Value(r, 0, second+2))
	}
	if v := table.Value(put(table, 1100, 1, second+3), 0, second+3); v != 2 {
		t.Errorf("%d events of an earlier guest that came back", v)
	}
	for _, back := range []struct {
		key    uint64
		values []uint64
		stays  bool
	}{
		{1151, []uint64{0, 0}, false},   // as a flood does
		{1150, []uint64{1, 2}, true},    // as a scanner does
		{1152, []uint64{0, 0, 0}, true}, // more than a row has room for
	} {
		k := back.key
		for i, v := range back.values {
			key, h := keyOf(k)
			r := table.Row(key, h, second+4)
			table.Hit(r, 0, second+4+int64(i), second+4+int64(i))
			table.Observe(r, 2, v, second+4+int64(i), second+4+int64(i))
		}
		put(table, 1000, 1, second+10) // sees it off
		key, h := keyOf(k)
		r, own := table.Find(key, h)
		if own != back.stays {
			t.Errorf("key %d has a row of its own: %t, want %t", k, own, back.stays)
		} else if v := int64(len(back.values)) + 1; own && table.Value(r, 0, second+10) != v {
			t.Errorf("key %d has %d events in it, not %d", k, table.Value(r, 0, second+10), v)
		}
	}
	checkBytes(t, table, c)
	p := pair{t: t, config: c, table: table}
	p.checkLeaks()
}

// TestGuestMoves: what a guest did goes along when state is moved to another table.
func TestGuestMoves(t *testing.T) {
	c := Config{KeyWords: 1, Cells: scanCells, MaxKeys: 64}
	old := New(c)
	for k := range uint64(63) {
		put(old, k, 2, second)
	}
	put(old, 1000, 1, second)
	for name, move := range map[string]func(to *Table){
		"at once": func(to *Table) { to.Migrate(old, []int{0, 1, 2}) },
		"in steps": func(to *Table) {
			m := NewMove(to, old, []int{0, 1, 2})
			for m.Begin(); !m.Step(10); {
			}
		},
	} {
		to := New(c)
		move(to)
		if v := to.Value(put(to, 1000, 1, second+1), 0, second+1); v != 2 {
			t.Errorf("moved %s, the guest has %d events", name, v)
		}
	}
}

// TestGuestExpires: rows that have expired make room for new keys, so that these are no guests for ever.
func TestGuestExpires(t *testing.T) {
	table := New(Config{KeyWords: 1, Cells: scanCells, MaxKeys: 64})
	for k := range uint64(63) {
		put(table, k, 2, second)
	}
	for k := range uint64(200) {
		put(table, 1000+k, 1, 60*second)
	}
	own := 0
	for k := range uint64(200) {
		if _, ok := table.Find(keyOf(1000 + k)); ok {
			own++
		}
	}
	if own != 63 {
		t.Errorf("%d keys have rows of their own, not 63", own)
	}
}
