package decision

import (
	"context"
	"time"
)

// clockStep is by how much the clock of the day must differ from where it should be to have been set. Programs that keep
// it right by slewing stay far below.
const clockStep = 5 * time.Second

// A clock notices that somebody set the clock of the day, as by hand, by a program that corrects it at start, or when a
// suspended machine goes on.
type clock struct {
	elapsed func() time.Duration // by a clock that is never set
	day     time.Time            // the time of day at
	at      time.Duration
}

// stepped returns by how much the clock was set since the last call, 0 where it was not, and the time that it would be
// without that.
func (c *clock) stepped(now time.Time) (by time.Duration, without time.Time) {
	at := c.elapsed()
	without = c.day.Add(at - c.at)
	first := c.day.IsZero()
	c.day, c.at = now, at
	if by = now.Sub(without); first || by.Abs() < clockStep {
		return 0, now
	}
	return by, without
}

// followClock moves decisions with a clock that was set: one for ten minutes holds for ten minutes, whatever the time of
// day is called meanwhile. Those of before are left alone whose beginning the old clock had not come to: they were made
// under a clock that was right, and this one was not.
func (b *Store) followClock(ctx context.Context) {
	by, without := b.clock.stepped(b.now())
	if by == 0 {
		return
	}
	b.log.Warn("the clock was set; decisions keep their remaining time", "by", by.Round(time.Second).String())
	moved := 0
	b.mu.Lock()
	for _, l := range []*ledger{b.active, b.recorded} {
		moved += l.shift(by, without)
	}
	b.mu.Unlock()
	if moved > 0 && b.journal != nil {
		b.compact()
	}
	b.retry.soon(b.now(), 0)
}

// shift moves what happened up to a time, and what it leads to, and returns how many decisions that were.
func (l *ledger) shift(by time.Duration, upTo time.Time) (moved int) {
	move := func(t time.Time) time.Time {
		if t.IsZero() {
			return t
		}
		return t.Add(by)
	}
	for t, s := range l.states {
		next := s
		if d := s.decision; d != nil && !d.Since.After(upTo) {
			c := *d
			c.Since, c.Until = move(d.Since), move(d.Until)
			next.decision = &c
			moved++
		}
		if !s.ended.After(upTo) {
			next.ended = move(s.ended)
		}
		if !s.released.After(upTo) {
			next.released = move(s.released)
		}
		l.set(t, next)
	}
	l.swept = move(l.swept)
	return moved
}
