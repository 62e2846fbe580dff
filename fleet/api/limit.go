package api

import (
	"sync"
	"time"
)

// limits are token buckets by name: each name may do something once every so often, and burst times at once. Of names that
// have nothing to wait for none is kept, so that there are never many.
type limits struct {
	every time.Duration
	burst int

	mu   sync.Mutex
	free map[string]time.Time // when the bucket of a name is full again
}

const (
	loginEvery = 12 * time.Second // wrong passwords of one address, and for one account
	loginBurst = 10
	// Requests of one address that are refused and told of.
	refusalEvery = 10 * time.Second
	refusalBurst = 10
	joinEvery    = 100 * time.Millisecond // of all together
	joinBurst    = 50
	// maxNames bounds the buckets. Beyond it what would need another waits for one to be full again.
	maxNames = 100_000
)

func newLimits(every time.Duration, burst int) *limits {
	return &limits{every: every, burst: burst, free: map[string]time.Time{}}
}

// take takes n of what a name may do at a time; false where that is more than it may. What was taken can be given back
// by a negative number.
func (l *limits) take(name string, n int, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	full := l.free[name]
	if full.Before(now) {
		full = now
	}
	full = full.Add(time.Duration(n) * l.every)
	if full.Sub(now) > time.Duration(l.burst)*l.every {
		return false
	}
	if len(l.free) >= maxNames {
		for k, t := range l.free {
			if !t.After(now) {
				delete(l.free, k)
			}
		}
		if _, known := l.free[name]; !known && len(l.free) >= maxNames {
			return false
		}
	}
	if full.After(now) {
		l.free[name] = full
	} else {
		delete(l.free, name)
	}
	return true
}

// waits reports whether a name has used all that it may.
func (l *limits) waits(name string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.free[name].Add(l.every).Sub(now) > time.Duration(l.burst)*l.every
}
