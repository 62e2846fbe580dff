package lab

import (
	"slices"
	"sync"
	"testing"
	"time"
)

// A lateness measures, all along a test, how late this machine wakes whoever waits for a moment. What the machine did not
// give while it did something else is not the program's fault.
type lateness struct {
	mu    sync.Mutex
	times []time.Duration
}

// hops is how often whoever waits for the program waits for a processor: packet loop, decisions, output, and the test.
const hops = 4

// watchLateness measures until the test ends.
func watchLateness(t *testing.T) *lateness {
	t.Helper()
	l := &lateness{}
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		const pause = time.Millisecond
		for {
			start := time.Now()
			select {
			case <-stop:
				return
			case <-time.After(pause):
			}
			l.mu.Lock()
			l.times = append(l.times, time.Since(start)-pause)
			l.mu.Unlock()
		}
	}()
	t.Cleanup(func() { close(stop); <-done })
	return l
}

// allow returns a bound for what a share of the times of a test are to stay within: that of a machine that does nothing
// else, and what the same share of wake-ups was late so far, for every hop.
func (l *lateness) allow(bound time.Duration, share float64) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.times) == 0 {
		return bound
	}
	s := slices.Sorted(slices.Values(l.times))
	return bound + hops*s[min(int(share*float64(len(s))), len(s)-1)]
}

// TestLateness allows what the machine was late, at the share that is asked for.
func TestLateness(t *testing.T) {
	l := &lateness{}
	if got := l.allow(time.Second, 0.5); got != time.Second {
		t.Errorf("%v are allowed where nothing was measured", got)
	}
	for n := range 100 {
		l.times = append(l.times, time.Duration(n)*time.Millisecond)
	}
	for share, want := range map[float64]time.Duration{0: 0, 0.5: 200 * time.Millisecond, 0.99: 396 * time.Millisecond, 1: 396 * time.Millisecond} {
		if got := l.allow(time.Second, share) - time.Second; got != want {
			t.Errorf("%v are allowed for a share of %v, want %v", got, share, want)
		}
	}
}
