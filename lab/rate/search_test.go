package main

import (
	"errors"
	"math"
	"testing"
)

// TestSearch looks for the bound of a receiver that is simulated.
func TestSearch(t *testing.T) {
	const top = 1_000_000
	for _, bound := range []float64{0, 1, 30_000, 500_000, 999_999, top, 5 * top} {
		tries := 0
		f, err := search(func(rate float64) (float64, bool, error) {
			tries++
			if rate == 0 || rate > top {
				rate = top
			}
			return rate, rate <= bound, nil
		}, 0.02)
		if err != nil {
			t.Fatal(err)
		}
		if want := min(bound, top); f.rate > want || want-f.rate > 0.02*top {
			t.Errorf("bound %.0f: found %.0f", bound, f.rate)
		}
		if f.unbounded != (bound >= top) {
			t.Errorf("bound %.0f: unbounded is %v", bound, f.unbounded)
		}
		if tries > 16 {
			t.Errorf("bound %.0f: %d tries", bound, tries)
		}
	}
}

// TestSearchForgivesOneLoss has every other trial fail for no reason of the receiver's.
func TestSearchForgivesOneLoss(t *testing.T) {
	tries := 0
	f, err := search(func(rate float64) (float64, bool, error) {
		if rate == 0 {
			rate = 1000
		}
		tries++
		return rate, tries%2 == 0 && rate <= 600, nil
	}, 0.01)
	if err != nil || math.Abs(f.rate-600) > 10 {
		t.Errorf("%v, found %.0f, want about 600", err, f.rate)
	}
}

// TestSearchReachedLess tells of the rate that was sent, not of that which was asked for.
func TestSearchReachedLess(t *testing.T) {
	f, err := search(func(rate float64) (float64, bool, error) {
		if rate == 0 {
			return 1000, false, nil
		}
		return 0.9 * rate, true, nil
	}, 0.01)
	if err != nil || f.rate > 900 || f.rate < 880 {
		t.Errorf("%v, found %.0f, want about 900", err, f.rate)
	}
}

func TestSearchStopsOnError(t *testing.T) {
	bad := errors.New("bad")
	if _, err := search(func(float64) (float64, bool, error) { return 0, false, bad }, 0.01); !errors.Is(err, bad) {
		t.Errorf("error %v", err)
	}
}
