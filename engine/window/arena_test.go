package window

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// TestArena hands out and takes back blocks of all orders at random, larger than a chunk, too: none overlap, and all that was
// taken back is whole again.
func TestArena(t *testing.T) {
	const order = chunkOrder + 2
	rnd := rand.New(rand.NewPCG(1, 1))
	a := newArena(nil, order, 16*8<<chunkOrder)
	type block struct {
		ref  ref
		mark uint64
	}
	var blocks []block
	refused := 0
	for i := range uint64(200_000) {
		if rnd.IntN(2000) == 0 { // a lull
			for len(blocks) > 0 {
				a.release(blocks[0].ref)
				blocks = blocks[1:]
			}
		}
		if rnd.IntN(5) < 2 && len(blocks) > 0 {
			k := rnd.IntN(len(blocks))
			b := blocks[k]
			for j, w := range a.block(b.ref) {
				if w != b.mark {
					t.Fatalf("word %d of a block of order %d was overwritten", j, b.ref.order())
				}
			}
			a.release(b.ref)
			blocks[k] = blocks[len(blocks)-1]
			blocks = blocks[:len(blocks)-1]
			continue
		}
		o := unitOrder + uint(rnd.ExpFloat64()*2)
		o = min(o, order)
		fits := a.fits(o)
		r := a.alloc(o)
		if r == 0 {
			refused++
			if fits || o <= chunkOrder && a.live < a.limit || a.used == 0 {
				t.Fatalf("a block of order %d was refused though there was room", o)
			}
			continue
		}
		words := a.block(r)
		if len(words) != 1<<o || r.order() != o {
			t.Fatalf("a block of order %d has %d words", o, len(words))
		}
		for j := range words {
			words[j] = i
		}
		blocks = append(blocks, block{r, i})
	}
	if refused == 0 {
		t.Error("the arena was never full")
	}
	used := int64(0)
	for _, b := range blocks {
		used += 1 << b.ref.order()
	}
	if a.used != used {
		t.Errorf("%d words are counted as used, not %d", a.used, used)
	}
	large := 0
	for _, b := range blocks {
		if b.ref.order() > chunkOrder {
			large++
		}
		a.release(b.ref)
	}
	if large == 0 {
		t.Error("no block was larger than a chunk at the end")
	}
	if a.used != 0 || a.whole != a.live || a.large != 0 {
		t.Errorf("%d words are used and %d of %d chunks whole when all blocks are back", a.used, a.whole, a.live)
	}
	if a.live > 2 {
		t.Errorf("%d chunks are kept without a block in use", a.live)
	}
}

func TestArenaReusesChunks(t *testing.T) {
	a := newArena(nil, chunkOrder, 1<<30)
	for range 10 {
		var blocks []ref
		for range 50 {
			blocks = append(blocks, a.alloc(chunkOrder))
		}
		if slices.ContainsFunc(a.chunks[50:], func(c *uint64) bool { return c != nil }) {
			t.Fatal("50 chunks take more than the first 50 places")
		}
		for _, b := range blocks {
			a.release(b)
		}
	}
}

// TestArenaGrowsWithoutAllocation takes one block after the other, up to the last, on memory that is not the Go heap's.
func TestArenaGrowsWithoutAllocation(t *testing.T) {
	m := NewMemory()
	a := newArena(m, chunkOrder, 100*chunkBytes)
	a.alloc(chunkOrder)
	if n := testing.AllocsPerRun(a.limit-2, func() { a.alloc(chunkOrder) }); n != 0 || a.live != a.limit {
		t.Errorf("%v allocations for each of %d chunks", n, a.live)
	}
	runtime.KeepAlive(m)
}
