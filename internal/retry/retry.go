// Package retry says when to try again what fails, and when to say that it fails.
package retry

import (
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Backoff is the time between tries of something that fails: First, then twice as long each time, up to Max.
type Backoff struct {
	First, Max time.Duration
	wait       time.Duration // the last
}

// Next returns how long to wait before the next try.
func (b *Backoff) Next() time.Duration {
	b.wait = min(max(2*b.wait, b.First), b.Max)
	return b.wait
}

// Reset begins again with First, as after a success.
func (b *Backoff) Reset() { b.wait = 0 }

// Spread returns a random time from d to a quarter more, at most a minute more: programs that lost the same server at
// the same time are not to come back at the same time, and none before a time that the server asked for.
func Spread(d time.Duration) time.Duration {
	return d + rand.N(min(d/4, time.Minute)+1)
}

// After reads a header Retry-After (RFC 9110, section 10.2.3), a number of seconds or a date; some servers write
// fractions. It returns at most a time, and 0 where the header says nothing.
func After(header string, now time.Time, most time.Duration) time.Duration {
	if n, err := strconv.ParseFloat(strings.TrimSpace(header), 64); err == nil && !math.IsNaN(n) {
		return time.Duration(min(max(n, 0), most.Seconds()) * float64(time.Second))
	}
	if t, err := http.ParseTime(header); err == nil {
		return min(max(t.Sub(now), 0), most)
	}
	return 0
}

// A Quiet says when something that goes on may be said again: at once, then after a minute, then in times that double
// up to an hour. After an hour without it begins again. The zero value is ready.
type Quiet struct {
	next time.Time
	wait time.Duration
}

const (
	quietFirst = time.Minute
	quietMax   = time.Hour
)

// Over reports whether it may be said now, and counts it as said.
func (q *Quiet) Over(now time.Time) bool {
	if now.Before(q.next) {
		return false
	}
	if now.Sub(q.next) > quietMax {
		q.wait = 0
	}
	q.wait = min(max(2*q.wait, quietFirst), quietMax)
	q.next = now.Add(q.wait)
	return true
}

// A Trouble takes down how something goes that fails at times. It is logged when it begins, now and then while it goes
// on (see Quiet), and when it is over. The zero value is ready; any goroutine may use it.
type Trouble struct {
	mu    sync.Mutex
	state State
	loud  bool // it was logged since it began
	quiet Quiet
	other Quiet // of what is noted
}

// A State is how something goes.
type State struct {
	Failing  bool      // it failed the last time
	Failures uint64    // those noted too
	Last     error     // nil where there was none
	Time     time.Time // of Last
	Since    time.Time // when it began to fail; zero while it does not
}

// Failed takes down a failure and reports whether to log it.
func (t *Trouble) Failed(err error, now time.Time) (log bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.state.Failing {
		t.state.Failing, t.state.Since = true, now
	}
	t.state.Failures++
	t.state.Last, t.state.Time = err, now
	log = t.quiet.Over(now)
	t.loud = t.loud || log
	return log
}

// Noted takes down an error that it lives with, and reports whether to log it.
func (t *Trouble) Noted(err error, now time.Time) (log bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.state.Failures++
	t.state.Last, t.state.Time = err, now
	return t.other.Over(now)
}

// Works takes down a success, and returns how long it failed before; log reports whether to log that.
func (t *Trouble) Works(now time.Time) (after time.Duration, log bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.state.Failing {
		return 0, false
	}
	after, log = now.Sub(t.state.Since), t.loud
	t.state.Failing, t.state.Since, t.loud = false, time.Time{}, false
	return after, log
}

// State returns how it goes.
func (t *Trouble) State() State {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.state
}

// A Report is a State as programs are told of it.
type Report struct {
	Errors        uint64    `json:"errors"`               // so far
	Error         string    `json:"error,omitempty"`      // why it fails now
	LastError     string    `json:"last_error,omitempty"` // the last one, whether it is over or not
	LastErrorTime time.Time `json:"last_error_time,omitzero"`
}

// Report returns the state as programs are told of it.
func (s State) Report() Report {
	r := Report{Errors: s.Failures}
	if s.Last != nil {
		r.LastError, r.LastErrorTime = s.Last.Error(), s.Time.UTC()
	}
	if s.Failing {
		r.Error = r.LastError
	}
	return r
}
