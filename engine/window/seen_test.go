package window

import (
	"math/rand/v2"
	"testing"
)

// TestSeen holds a memory with room against a map, with values that come late, expire, and come again; sizes change and
// the memory is loaded into another meanwhile.
func TestSeen(t *testing.T) {
	firsts := 0
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		span := int64(1000)
		s := NewSeen(span, 4000)
		model := map[uint64]int64{}
		clock := int64(1 << 40)
		for i := range 20_000 {
			clock += int64(rnd.IntN(3))
			at := clock - int64(rnd.IntN(8)/7*rnd.IntN(1500))
			print := Hash(testSeed, []uint64{rnd.Uint64N(1 << (1 + seed%11))})
			got, age := s.First(print, at, clock)
			before, known := model[print]
			want := at > clock-span && (!known || before <= clock-span)
			if at > clock-span {
				model[print] = max(at, before)
			}
			if got != want {
				t.Fatalf("seed %d, event %d: first %t, want %t", seed, i, got, want)
			}
			if !got && at > clock-span && age != max(at-before, 0) {
				t.Fatalf("seed %d, event %d: age %d, want %d", seed, i, age, max(at-before, 0))
			}
			if got {
				firsts++
			}
			if i%5000 == 4999 {
				s.Resize(3000 + rnd.IntN(2000))
				words := s.Copy().Sightings(0)
				s = NewSeen(span, 4000)
				if !s.Load(words, clock) {
					t.Fatal("what was saved does not load")
				}
			}
			if n := s.Stats(); n.Keys > len(model) || n.Bytes > SeenBound(5000) || n.Evictions > 0 {
				t.Fatalf("seed %d, event %d: %+v for %d values", seed, i, n, len(model))
			}
		}
	}
	if firsts < 1000 {
		t.Errorf("only %d firsts", firsts)
	}
}

// TestSeenIsBounded floods a memory: it never holds more than it may, and values that came again stay while those of
// the flood, which came once, go.
func TestSeenIsBounded(t *testing.T) {
	for _, most := range []int{1, 2, 50, 1000} {
		s := NewSeen(1<<40, most)
		for v := range uint64(most / 2) {
			for k := range int64(2) {
				s.First(Hash(testSeed, []uint64{v}), 10+k, 11)
			}
		}
		again := uint64(most / 2) // they keep coming
		lost := 0
		for i := range uint64(20 * most) {
			s.First(Hash(testSeed, []uint64{1 << 32, i}), int64(i)+20, int64(i)+20)
			if st := s.Stats(); st.Keys > most || st.Bytes > SeenBound(most) {
				t.Fatalf("most %d: %+v", most, st)
			}
			if again > 0 && most >= 50 {
				if first, _ := s.First(Hash(testSeed, []uint64{i % again}), int64(i)+20, int64(i)+20); first {
					lost++
				}
			}
		}
		if lost > most/50 {
			t.Errorf("most %d: %d known values were lost to the flood", most, lost)
		}
		if s.Stats().Evictions == 0 {
			t.Errorf("most %d: nothing was given up", most)
		}
	}
	// Resized to less it keeps the newest.
	s := NewSeen(1<<40, 100)
	for v := range uint64(100) {
		s.First(Hash(testSeed, []uint64{v}), int64(v), int64(v))
	}
	s.Resize(10)
	for v := range uint64(100) {
		if _, known := s.find(Hash(testSeed, []uint64{v})); known != (v >= 90) {
			t.Errorf("value %d: known %t", v, known)
		}
	}
	for _, words := range [][]uint64{{1}, {1, 0}, {1, 2, 1, 4}} {
		if s.Load(words, 1) {
			t.Errorf("%v loads", words)
		}
	}
	// Hashes that all fall on one place, which nobody without the seed can choose, are slow and nothing else.
	s = NewSeen(1<<40, 100)
	for v := range uint64(500) {
		s.First(v, int64(v)+1, int64(v)+1)
	}
	if n := s.Stats().Keys; n != 100 {
		t.Errorf("%d values", n)
	}
}

func BenchmarkSeenKnown(b *testing.B) {
	s := NewSeen(1<<60, 1<<20)
	for i := range uint64(1 << 20) {
		s.First(Hash(testSeed, []uint64{i}), 1, 1)
	}
	b.ReportAllocs()
	i := uint64(0)
	for b.Loop() {
		s.First(Hash(testSeed, []uint64{i * 7919 & (1<<20 - 1)}), 2, 2)
		i++
	}
}
