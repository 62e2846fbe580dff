package decision

import (
	"time"

	"github.com/ruleids/ruleids/internal/retry"
)

// A next says when something that failed is tried again.
type next struct {
	at   time.Time // zero while it does not fail
	wait retry.Backoff
}

const (
	firstRetry = time.Second
	maxRetry   = 30 * time.Second
)

// met takes down how a try went.
func (r *next) met(err error, now time.Time) {
	if err == nil {
		*r = next{}
		return
	}
	r.wait.First, r.wait.Max = firstRetry, maxRetry
	r.at = now.Add(r.wait.Next())
}

// soon has what failed tried again within a time.
func (r *next) soon(now time.Time, within time.Duration) {
	if at := now.Add(within); r.at.After(at) {
		r.at = at
	}
}

// due reports whether something failed and is to be tried again.
func (r *next) due(now time.Time) bool {
	// A clock that was set back does not put it off.
	return !r.at.IsZero() && (!now.Before(r.at) || r.at.Sub(now) > maxRetry)
}
