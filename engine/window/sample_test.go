package window

import (
	"math"
	"testing"
)

// TestSampleError holds the estimate of a sampled Distinct against the truth: a window that slides over ever new
// values, for several keys, which are several samples. The typical error is below 1%, none is above 4%.
func TestSampleError(t *testing.T) {
	for _, n := range []int64{30_000, 100_000, 250_000} {
		squares, worst := 0.0, 0.0
		const keys = 8
		for key := range uint64(keys) {
			table := New(Config{KeyWords: 1, Cells: []Cell{{Kind: Distinct, Span: n, Need: 100_000}}, MaxKeys: 1})
			k := []uint64{key}
			r := table.Row(k, Hash(testSeed, k), 0)
			for at := range n + n/2 {
				table.Observe(r, 0, uint64(at)+1<<32, at, at)
			}
			e := float64(table.Value(r, 0, n+n/2-1))/float64(n) - 1
			squares += e * e
			worst = max(worst, math.Abs(e))
		}
		rms := math.Sqrt(squares / keys)
		t.Logf("%d values: typical error %.2f%%, worst %.2f%%", n, 100*rms, 100*worst)
		if rms > 0.015 || worst > 0.04 {
			t.Errorf("%d values: typical error %.2f%%, worst %.2f%%", n, 100*rms, 100*worst)
		}
	}
}

// TestSampleExact counts up to the size of the largest block exactly, without need of a sample.
func TestSampleExact(t *testing.T) {
	table := New(Config{KeyWords: 1, Cells: []Cell{{Kind: Distinct, Span: 1 << 40}}, MaxKeys: 1})
	k := []uint64{5}
	r := table.Row(k, Hash(testSeed, k), 0)
	for i := range int64(16384) {
		table.Observe(r, 0, uint64(i*i), i, i)
		if i%1000 == 0 || i == 16383 {
			if got := table.Value(r, 0, i); got != i+1 {
				t.Fatalf("%d values are counted as %d", i+1, got)
			}
		}
	}
}

// TestSampleFalls lets the values of a window become few: after one more span the count is exact again, and on
// the way the error stays in proportion to the largest number seen.
func TestSampleFalls(t *testing.T) {
	const span = 100_000
	table := New(Config{KeyWords: 1, Cells: []Cell{{Kind: Distinct, Span: span}}, MaxKeys: 1})
	k := []uint64{6}
	r := table.Row(k, Hash(testSeed, k), 0)
	clock := int64(0)
	next := uint64(0)
	for range 2 * span { // one new value at each time
		clock++
		next++
		table.Observe(r, 0, next, clock, clock)
	}
	for i := range int64(4 * span) { // one in 50
		clock++
		if i%50 == 0 {
			next++
			table.Observe(r, 0, next, clock, clock)
		}
		if i%(span/8) != 0 {
			continue
		}
		truth := max(span-i, 0) + (min(i, span)+49)/50
		got := table.Value(r, 0, clock)
		if i > 3*span && got != span/50 {
			t.Fatalf("%d after the burst: %d values, want %d", i, got, span/50)
		}
		if off := math.Abs(float64(got - truth)); off > 0.04*span*math.Sqrt(float64(truth)/span)+1 {
			t.Fatalf("%d after the burst: %d values, want about %d", i, got, truth)
		}
	}
	table.Value(r, 0, clock+span)
	if table.arena.used != 0 {
		t.Error("an empty window keeps its block")
	}
}
