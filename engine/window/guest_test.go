package window

import "testing"

// TestGuest: in a full table a key that was never seen takes nobody's row, and when it comes back it has one, with what it
// did as a guest.
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
	r := put(table, 1199, 1, second+2) // again, at once
	if v := table.Value(r, 0, second+2); v != 2 {
		t.Errorf("%d events of a guest that came back", v)
	}
	if key, h := keyOf(1199); table.row(r)[rowHash] != h|1 || table.Key(r)[0] != key[0] {
		t.Error("a guest that came back has no row of its own")
	}
	r = put(table, 1100, 1, second+3)
	if v := table.Value(r, 0, second+3); v != 2 {
		t.Errorf("%d events of an earlier guest that came back", v)
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
