package window

import (
	"math"
	"math/bits"
	"testing"
)

// TestHashSpread fills buckets by the upper bits, which the index uses, with keys as they come in networks.
func TestHashSpread(t *testing.T) {
	sets := map[string]func(i uint64) []uint64{
		"addresses in a row":   func(i uint64) []uint64 { return []uint64{0, 0xffff_0a00_0000 + i} },
		"upper bits only":      func(i uint64) []uint64 { return []uint64{i << 48, 0} },
		"pairs":                func(i uint64) []uint64 { return []uint64{i >> 8, i & 0xff} },
		"ports":                func(i uint64) []uint64 { return []uint64{i} },
		"masked with constant": func(i uint64) []uint64 { return []uint64{mix0, i} },
		"masked with another":  func(i uint64) []uint64 { return []uint64{mix3, i} },
	}
	for name, key := range sets {
		const n, buckets = 1 << 16, 1 << 10
		var counts, low [buckets]float64
		for i := range uint64(n) {
			h := Hash(testSeed, key(i))
			counts[h>>(64-10)]++
			low[h>>1&(buckets-1)]++
		}
		for which, cs := range map[string][buckets]float64{"upper": counts, "lower": low} {
			chi := 0.0
			for _, c := range cs {
				chi += (c - n/buckets) * (c - n/buckets) / (n / buckets)
			}
			// Chi-squared with 1023 degrees of freedom: 5 standard deviations.
			if math.Abs(chi-1023) > 5*math.Sqrt(2*1023) {
				t.Errorf("%s: chi-squared of the %s bits is %.0f", name, which, chi)
			}
		}
	}
}

func TestHashAvalanche(t *testing.T) {
	for word := range 2 {
		for bit := range 64 {
			changed := 0
			for i := range uint64(200) {
				k := []uint64{i * mix0, i * mix1}
				h := Hash(testSeed, k)
				k[word] ^= 1 << bit
				changed += bits.OnesCount64(h ^ Hash(testSeed, k))
			}
			if mean := float64(changed) / 200; mean < 29 || mean > 35 {
				t.Errorf("bit %d of word %d changes %.1f bits of the hash", bit, word, mean)
			}
		}
	}
}

// TestHashSeed finds no key whose hash is the same under two seeds, nor equal for keys of zeros.
func TestHashSeed(t *testing.T) {
	for _, k := range [][]uint64{{}, {0}, {0, 0}, {mix0}, {mix1}, {mix2}, {mix3}, {mix0, mix0}, {mix3 ^ mix0}} {
		if Hash(1, k) == Hash(2, k) {
			t.Errorf("the seed does not change the hash of %x", k)
		}
	}
	if Hash(1, []uint64{0}) == Hash(1, []uint64{0, 0}) {
		t.Error("keys of different length have one hash")
	}
}
