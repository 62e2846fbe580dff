package window

import "testing"

// TestHints: a hint says where a row is for as long as it is there; where it has gone to another key, or where there was none, the
// row is looked for.
func TestHints(t *testing.T) {
	table := New(Config{KeyWords: 1, Cells: scanCells, MaxKeys: 64})
	key, hash := keyOf(1)
	if h := table.PrefetchRow(hash, 0, len(table.cells)); h != 0 {
		t.Fatalf("hint %d of a key without a row", h)
	}
	row := table.RowAt(0, key, hash, second)
	table.Hit(row, 0, second, second)
	other, otherHash := keyOf(2)
	theirs := table.Row(other, otherHash, second)
	hint := table.PrefetchRow(hash, 0, len(table.cells))
	if r := table.RowAt(hint, key, hash, second); r != row {
		t.Errorf("row %d by a hint, not %d", r, row)
	}
	if r := table.RowAt(table.PrefetchRow(otherHash, 0, len(table.cells)), key, hash, second); r != row {
		t.Errorf("row %d by the hint of another key, not %d", r, row)
	}
	table.drop(row)
	if third := put(table, 3, 1, second); third != row {
		t.Fatalf("row %d was free, and %d was taken", row, third)
	}
	if r := table.RowAt(hint, key, hash, second); r == row || r == theirs || table.Value(r, 0, second) != 0 {
		t.Errorf("row %d by a hint that came false, with %d events", r, table.Value(r, 0, second))
	}
}
