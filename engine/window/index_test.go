package window

import (
	"math/rand/v2"
	"testing"
)

// TestIndex compares with a map, through growth and deletion, with hashes that crowd a few homes and tags.
func TestIndex(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 9))
	c := Config{KeyWords: 1, Cells: []Cell{{Kind: Count, Span: 10}}, MaxKeys: 3000, Keep: true, Spill: -1}
	table := New(c)
	hash := func(k uint64) uint64 {
		switch k % 4 {
		case 0:
			return 1 << 63 // one home and tag for a quarter of the keys: the key decides
		case 1:
			return k<<33 | 0xffff<<48 // homes at the end of the index
		default:
			return Hash(testSeed, []uint64{k})
		}
	}
	rows := map[uint64]Row{}
	for range 60_000 {
		k := rnd.Uint64N(2900)
		if rnd.IntN(10) > 6 {
			if r, ok := rows[k]; ok {
				table.drop(r)
				delete(rows, k)
			}
		} else {
			r := table.Row([]uint64{k}, hash(k), 0)
			if old, ok := rows[k]; ok && old != r {
				t.Fatalf("key %d has row %d, then %d", k, old, r)
			}
			rows[k] = r
		}
		probe := rnd.Uint64N(2900)
		r, ok := table.Find([]uint64{probe}, hash(probe))
		if want, there := rows[probe]; ok != there || ok && r != want {
			t.Fatalf("key %d: row %d %v, want %d %v", probe, r, ok, want, there)
		}
		if ok && table.Key(r)[0] != probe {
			t.Fatalf("row %d has key %d, not %d", r, table.Key(r)[0], probe)
		}
	}
	n := 0
	for r := range table.Rows {
		if rows[table.Key(r)[0]] != r {
			t.Fatalf("Rows yields %d for key %d", r, table.Key(r)[0])
		}
		n++
	}
	if n != len(rows) || table.Stats().Keys != n {
		t.Errorf("%d rows, want %d", n, len(rows))
	}
}
