package main

import "time"

// A probe sends at a rate (packets a second; 0 is as fast as can be), and returns the rate that was reached and
// whether all packets came.
type probe func(rate float64) (reached float64, whole bool, err error)

// A finding is the highest loss-free rate.
type finding struct {
	rate float64 // packets a second
	// unbounded says that nothing was lost at the highest rate that could be sent.
	unbounded bool
	// each is the CPU time of the receiver for one packet then.
	each time.Duration
}

// search finds the highest rate without loss by bisection, to a part of the highest that can be sent. Where packets are
// lost it tries once more: on a machine that does other things too, a single loss says little.
func search(try probe, precision float64) (finding, error) {
	twice := func(rate float64) (float64, bool, error) {
		reached, whole, err := try(rate)
		if err == nil && !whole {
			reached, whole, err = try(rate)
		}
		return reached, whole, err
	}
	top, whole, err := twice(0)
	if err != nil || whole {
		return finding{rate: top, unbounded: whole}, err
	}
	low, high, best := 0.0, top, 0.0
	for high-low > precision*top {
		mid := (low + high) / 2
		reached, whole, err := twice(mid)
		if err != nil {
			return finding{}, err
		}
		if !whole {
			high = mid
			continue
		}
		low = mid
		best = min(reached, mid)
	}
	return finding{rate: best}, nil
}
