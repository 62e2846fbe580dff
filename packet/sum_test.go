package packet

import (
	"math/rand/v2"
	"testing"
)

// TestAdd compares the sum with one by single words, for every length up to some lines and for bytes that carry most.
func TestAdd(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for n := range 300 {
		for _, least := range []int{0, 0xff} {
			b := make([]byte, n)
			for i := range b {
				b[i] = byte(least | rnd.IntN(256))
			}
			start := rnd.Uint64() | uint64(least)<<56
			want := uint64(fold(start))
			for i := 0; i < n; i += 2 {
				want += uint64(b[i])
				if i+1 < n {
					want += uint64(b[i+1]) << 8
				}
			}
			if got := fold(add(start, b)); got != fold(want) {
				t.Errorf("%d bytes of at least %#x: %#x, want %#x", n, least, got, fold(want))
			}
		}
	}
}

// BenchmarkAdd sums up a payload of 500 bytes.
func BenchmarkAdd(b *testing.B) {
	data := make([]byte, 517)
	sum := uint64(0)
	for b.Loop() {
		sum = add(sum, data)
	}
	_ = sum
}
