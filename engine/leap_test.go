package engine

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ruleids/ruleids/alert"
)

// TestOneLeapIsNotBelieved puts packets of absurd times into a scan. One alone changes no time; a second one confirms
// it, as in the next of two captures.
func TestOneLeapIsNotBelieved(t *testing.T) {
	const years = 20 * 366 * 24 * 3600
	for _, test := range []struct {
		name  string
		at    []float64
		want  string
		leaps uint64
	}{
		{"none", []float64{0, 1, 2}, "[3]", 0},
		{"one packet", []float64{0, 1, years, 2}, "[3]", 1},
		{"two in a row that agree begin a new time", []float64{0, 1, years, years + 1, years + 2, years + 3}, "[3 6]", 1},
		{"two in a row that disagree", []float64{0, 1, years, 3 * years, 2}, "[3]", 2},
		{"each other packet", []float64{0, years, 1, 2 * years, 2}, "[3]", 2},
		{"a gap of half a year is one", []float64{0, 1, years / 40, years/40 + 1, years/40 + 2}, "[5]", 0},
	} {
		for _, workers := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s, workers %d", test.name, workers), func(t *testing.T) {
				var segs []seg
				for i, at := range test.at {
					segs = append(segs, syn(at, "10.0.0.1", uint16(i+1)))
				}
				e := New(compile(t, scanRule, Options{}), Config{Workers: workers})
				var fired []uint64
				e.Process(frames(segs...), func(a *alert.Alert) { fired = append(fired, a.Number) })
				if d := cmp.Diff(test.want, fmt.Sprint(fired)); d != "" {
					t.Error(d)
				}
				if s := e.Stats(); s.Leaps != test.leaps || s.Late != 0 {
					t.Errorf("%d leaps, %d late; want %d and none", s.Leaps, s.Late, test.leaps)
				}
			})
		}
	}
}

// TestLeapsAtTheEndsOfTime looks at times whose difference no integer of 64 bits holds.
func TestLeapsAtTheEndsOfTime(t *testing.T) {
	var p position
	const first, last = -1 << 63, 1<<63 - 1
	for i, step := range []struct{ time, believed int64 }{
		{first, first}, {last, first}, {first + 1, first + 1}, {last, first + 1}, {last, last}, {0, 0},
	} {
		if got := p.pass(step.time); got != step.believed {
			t.Errorf("step %d: %d, want %d", i, got, step.believed)
		}
	}
	if p.clock != last {
		t.Errorf("the clock is at %d", p.clock)
	}
}
