package reputation

import (
	"context"
	"errors"
	"time"

	"github.com/ruleids/ruleids/internal/retry"
	"github.com/ruleids/ruleids/internal/setting"
)

// backoff returns the times between requests that fail in one way. A key is not right again by itself; a quota of the
// day is over within a day, and one of the minute within a minute.
func backoff(s State) retry.Backoff {
	switch s {
	case StateRefused:
		return retry.Backoff{First: 15 * time.Minute, Max: 6 * time.Hour}
	case StateQuota:
		return retry.Backoff{First: time.Minute, Max: time.Hour}
	}
	return retry.Backoff{First: 5 * time.Second, Max: 10 * time.Minute}
}

// run asks about what is in the queue, until close.
func (v *virusTotal) run(ctx context.Context) {
	defer close(v.done)
	defer v.save()
	defer v.client.close()
	for {
		select {
		case <-v.stop:
			return
		default:
		}
		if v.key.Load() == nil {
			v.pause(0)
			continue
		}
		if d := v.delay(); d > 0 {
			v.pause(d)
			continue
		}
		minimum, until := v.minimum()
		r := v.queue.take(minimum) // as late as can be: the best is known then
		if r == nil {
			v.await(until)
			continue
		}
		v.lookUp(ctx, r)
	}
}

// minimum returns the priority that an indicator needs to be asked about now, and until when that is so; without a time,
// for ever.
func (v *virusTotal) minimum() (Priority, time.Duration) {
	now := time.Now()
	v.mu.Lock()
	defer v.mu.Unlock()
	if at, reserved := v.budget.reserved(now); reserved {
		return nearby, at.Sub(now)
	}
	return 0, 0
}

// await waits until something comes into the queue or matters more than it did, for at most a time; 0 for any.
func (v *virusTotal) await(most time.Duration) {
	var over <-chan time.Time
	if most > 0 {
		t := time.NewTimer(most)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-v.queue.wake:
	case <-over:
	case <-v.again:
	case <-v.stop:
	}
}

// pause waits for a time, or without one, until the key is read again or the source is closed.
func (v *virusTotal) pause(d time.Duration) {
	var over <-chan time.Time
	if d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-over:
	case <-v.again:
	case <-v.stop:
	}
}

// delay returns how long it is until a request may be made.
func (v *virusTotal) delay() time.Duration {
	now := time.Now()
	v.mu.Lock()
	defer v.mu.Unlock()
	at, _ := v.budget.free(now)
	if v.retryAt.After(at) {
		at = v.retryAt
	}
	return at.Sub(now)
}

// lookUp asks about one indicator.
func (v *virusTotal) lookUp(ctx context.Context, r *request) {
	key := v.currentKey()
	if key == nil { // it was taken away just now
		v.queue.retry(r, false)
		return
	}
	v.mu.Lock()
	v.budget.take(time.Now())
	v.requests++
	v.mu.Unlock()
	x, err := v.client.ask(ctx, *key, r.text, r.domain)
	now := time.Now()
	var f *failure
	switch {
	case err == nil:
		x.Indicator, x.Asked = r.text, now.UTC().Truncate(time.Second)
		x = v.keep(x, now, now)
		v.queue.done()
		v.succeed(x, now)
		v.write(&x, now)
	case errors.As(err, &f):
		v.fail(r, f, now)
	default: // ctx: the source is closed
		v.queue.done()
	}
}

// currentKey returns the key. One in a file is read again, so that it can be changed at any time; while
// the file cannot be read, the old key is used. It returns nil where the source is off.
func (v *virusTotal) currentKey() *setting.Secret {
	key := v.key.Load()
	if key == nil || v.cfg.Key.File == "" {
		return key
	}
	fresh, _, err := v.cfg.readKey()
	if err != nil || fresh == *key {
		return key
	}
	v.key.CompareAndSwap(key, &fresh) // where reload was quicker, its key is used from the next request on
	return &fresh
}

// succeed notes a verdict.
func (v *virusTotal) succeed(x Verdict, now time.Time) {
	v.mu.Lock()
	v.answers++
	if !x.Found {
		v.unknown++
	}
	v.answered = now
	before := v.state
	v.state, v.retryAt = StateReady, time.Time{}
	v.mu.Unlock()
	if before != StateReady {
		v.log.Info("VirusTotal answers again", "before", before)
	}
}

// fail notes a request without a verdict and says when to try again.
func (v *virusTotal) fail(r *request, f *failure, now time.Time) {
	v.mu.Lock()
	v.failures++
	v.last, v.lastAt = f.err, now
	before := v.state
	if f.state != before {
		v.wait = backoff(f.state)
	}
	v.state, v.retryAt = f.state, time.Time{}
	if f.state != StateReady {
		wait := v.wait.Next()
		if f.after > 0 {
			wait = f.after
		}
		v.retryAt = now.Add(retry.Spread(wait))
	}
	retryAt := v.retryAt
	v.mu.Unlock()

	if f.state == StateReady {
		v.queue.done()
		v.postpone(r, now)
	} else if !v.queue.retry(r, f.state == StateFailing) {
		v.postpone(r, now)
	}
	if f.state != before && f.state != StateReady {
		v.log.Warn(trouble(f.state), "error", f.err, "retry_at", retryAt)
	}
}

// trouble says what a state means and what to do about it.
func trouble(s State) string {
	switch s {
	case StateRefused:
		return "VirusTotal does not take the key; check it, and that its account is active"
	case StateQuota:
		return "VirusTotal's quota is used up; lower requests_per_minute and requests_per_day to what the key allows"
	}
	return "VirusTotal cannot be asked; what is known already is used on"
}
