package engine

import (
	"math/rand/v2"
	"testing"
)

// TestCooldownModel holds a table against a map, with keys that come back before, at and after the end
// of their cooldown.
func TestCooldownModel(t *testing.T) {
	const span = 1000
	r := rand.New(rand.NewPCG(1, 2))
	table := newCoolTable(new(coolBudget), span)
	type state struct {
		fired      int64
		suppressed uint64
	}
	model := map[uint64]*state{}
	clock := int64(-500) // before 1970
	for range 300_000 {
		clock += r.Int64N(3)
		key := r.Uint64N(2000)
		quiet, suppressed := table.fire(key*0x9e3779b97f4a7c15, key, clock, 0)
		m := model[key]
		wantQuiet, want := false, uint64(0)
		switch {
		case m == nil:
			model[key] = &state{fired: clock}
		case clock-m.fired < span:
			m.suppressed++
			wantQuiet = true
		default:
			want = m.suppressed
			*m = state{fired: clock}
		}
		if quiet != wantQuiet || suppressed != want {
			t.Fatalf("key %d at %d: quiet %v with %d suppressed, want %v with %d", key, clock, quiet, suppressed, wantQuiet, want)
		}
	}
	if table.lost != 0 {
		t.Errorf("%d cooldowns lost", table.lost)
	}
}

// TestCooldownFull shows that a table without room gives up what fired first, some only, and that a
// flood of keys beyond raises no alerts.
func TestCooldownFull(t *testing.T) {
	const span, keys = 1 << 40, 70_000
	budget := new(coolBudget)
	budget.used.Store(coolKeys - (keys/coolPage+1)*coolPage)
	table := newCoolTable(budget, span)
	alerts := func(from, to uint64, clock int64) (n int) {
		for key := from; key < to; key++ {
			if quiet, _ := table.fire(key*0x9e3779b97f4a7c15, key, clock, 0); !quiet {
				n++
			}
		}
		return n
	}
	if n := alerts(0, keys, 1); n != keys {
		t.Fatalf("%d alerts of %d keys", n, keys)
	}
	if n := alerts(0, keys, 2) + alerts(0, keys, span); n != 0 {
		t.Fatalf("%d alerts of keys in their cooldown", n)
	}
	room := len(table.pages)*coolPage - table.n
	left := (coolKeys - int(budget.used.Load())) / coolPage * coolPage
	if n, want := alerts(keys, 3*keys, 3), room+left+coolForced; n != want {
		t.Errorf("%d alerts of keys without room, want %d", n, want)
	}
	if table.lost != coolForced || table.crowded == 0 {
		t.Errorf("%d cooldowns given up and %d alerts suppressed, want %d and some", table.lost, table.crowded, coolForced)
	}
	if n := alerts(coolForced, keys, 4); n != 0 {
		t.Errorf("%d alerts of keys that were not the nearest to their end", n)
	}
	if n := alerts(0, keys, span+1); n < keys-coolForced {
		t.Errorf("%d alerts after the end of the cooldown", n)
	}
	table.release()
	if got, want := budget.used.Load(), int64(coolKeys-(keys/coolPage+1)*coolPage); got != want {
		t.Errorf("the budget has %d taken after the release, want %d", got, want)
	}
}
