package window

import (
	"math/rand/v2"
	"testing"
)

// benchKeys are keys with their hashes in an order that no prefetcher guesses.
func benchKeys(n int) (keys [][2]uint64, hashes []uint64) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 1 << 20 {
		k := [2]uint64{0, rnd.Uint64N(uint64(n))}
		keys, hashes = append(keys, k), append(hashes, Hash(testSeed, k[:]))
	}
	return keys, hashes
}

func benchmarkTable(b *testing.B, keys int, cell Cell, f func(t *Table, r Row, i int, clock int64)) {
	ks, hs := benchKeys(keys)
	t := New(Config{KeyWords: 2, Cells: []Cell{cell}, MaxKeys: 1 << 17})
	clock := int64(0)
	pass := func(n int) {
		for i := range n {
			k := i & (1<<20 - 1)
			clock += 1000
			f(t, t.Row(ks[k][:], hs[k], clock), i, clock)
		}
	}
	pass(1 << 20)
	b.ReportAllocs()
	b.ResetTimer()
	pass(b.N)
}

func BenchmarkHash(b *testing.B) {
	k := []uint64{1, 2}
	h := uint64(0)
	for b.Loop() {
		k[1] = h
		h = Hash(testSeed, k)
	}
}

func BenchmarkHit1k(b *testing.B)          { benchmarkHit(b, 1000, second/100, false) }
func BenchmarkHit65k(b *testing.B)         { benchmarkHit(b, 65536, second/2, false) }
func BenchmarkHit65kPrefetch(b *testing.B) { benchmarkHit(b, 65536, second/2, true) }
func BenchmarkHit1M(b *testing.B)          { benchmarkHit(b, 1<<20, second, false) }
func BenchmarkHit1MPrefetch(b *testing.B)  { benchmarkHit(b, 1<<20, second, true) }

// benchmarkHit is a Count in batches of 32 keys, which are fetched ahead or not.
func benchmarkHit(b *testing.B, keys int, span int64, prefetch bool) {
	ks, hs := benchKeys(keys)
	t := New(Config{KeyWords: 2, Cells: []Cell{{Kind: Count, Span: span, Need: 200}}, MaxKeys: 1 << 20, Life: 1 << 60})
	clock := int64(0)
	pass := func(n int) {
		for i := 0; i < n; i += 32 {
			if prefetch {
				for j := range 32 {
					t.PrefetchIndex(hs[(i+j)&(1<<20-1)])
				}
			}
			for j := range 32 {
				k := (i + j) & (1<<20 - 1)
				clock += 1000
				r := t.Row(ks[k][:], hs[k], clock)
				t.Hit(r, 0, clock, clock)
				t.Value(r, 0, clock)
			}
		}
	}
	pass(1 << 21)
	b.ReportAllocs()
	b.ResetTimer()
	pass(b.N)
}

// BenchmarkHitFlood is one source far above what the rule needs.
func BenchmarkHitFlood(b *testing.B) { benchmarkHit(b, 1, 5*second, false) }

func BenchmarkDistinct15(b *testing.B)     { benchmarkDistinct(b, 1000, 15, 10) }
func BenchmarkDistinct100(b *testing.B)    { benchmarkDistinct(b, 1000, 100, 200) }
func BenchmarkDistinctFresh(b *testing.B)  { benchmarkDistinct(b, 100, 100, 1<<40) }
func BenchmarkDistinctSample(b *testing.B) { benchmarkDistinct(b, 1, 100_000, 1<<40) }

func benchmarkDistinct(b *testing.B, keys, need int, values uint64) {
	rnd := rand.New(rand.NewPCG(3, 4))
	vs := make([]uint64, 1<<16)
	for i := range vs {
		vs[i] = rnd.Uint64N(values)
	}
	benchmarkTable(b, keys, Cell{Kind: Distinct, Span: 10 * second, Need: need}, func(t *Table, r Row, i int, clock int64) {
		v := vs[i&(1<<16-1)]
		if values > 1<<16 {
			v += uint64(i)
		}
		t.Observe(r, 0, v, clock, clock)
		t.Value(r, 0, clock)
	})
}

func BenchmarkSeries1k(b *testing.B)    { benchmarkSeries(b, 100_000, 0) }
func BenchmarkSeriesSum(b *testing.B)   { benchmarkSeries(b, 100_000, Total) }
func BenchmarkSeriesPanes(b *testing.B) { benchmarkSeries(b, 100, Total) }

func benchmarkSeries(b *testing.B, keys int, parts Parts) {
	benchmarkTable(b, min(keys, 1000), Cell{Kind: Series, Span: 10 * second * int64(min(keys, 1000)) / int64(keys), Parts: parts}, func(t *Table, r Row, i int, clock int64) {
		t.Add(r, 0, float64(i&1023), clock, clock)
		t.Sums(r, 0, clock)
	})
}

func BenchmarkChanges(b *testing.B) {
	benchmarkTable(b, 1000, Cell{Kind: Changes, Span: 10 * second, Need: 1}, func(t *Table, r Row, i int, clock int64) {
		t.Observe(r, 0, 7, clock, clock)
		t.Value(r, 0, clock)
	})
}

func BenchmarkQuantile(b *testing.B)      { benchmarkQuantile(b, 1000, 1000) }
func BenchmarkQuantilePanes(b *testing.B) { benchmarkQuantile(b, 1000, 4_000_000) }

// benchmarkQuantile is a Quantile over windows of n events in all.
func benchmarkQuantile(b *testing.B, keys, n int) {
	benchmarkTable(b, keys, Cell{Kind: Quantile, Span: int64(n) * 1000}, func(t *Table, r Row, i int, clock int64) {
		t.Sample(r, 0, float64(i%977)+1, clock, clock)
	})
}
