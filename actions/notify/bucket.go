package notify

import "time"

// A bucket says when the next message may go out: a token bucket that holds the tokens of one minute.
type bucket struct {
	every  time.Duration // time to the next token
	most   int
	tokens int
	since  time.Time // when the tokens were counted
}

func newBucket(perMinute int, now time.Time) bucket {
	return bucket{every: time.Minute / time.Duration(perMinute), most: perMinute, tokens: perMinute, since: now}
}

// wait returns how long it is to the next token; 0 where there is one.
func (b *bucket) wait(now time.Time) time.Duration {
	if n := int(now.Sub(b.since) / b.every); n > 0 {
		b.tokens = min(b.most, b.tokens+n)
		b.since = b.since.Add(time.Duration(n) * b.every)
	}
	if b.tokens > 0 {
		return 0
	}
	return b.since.Add(b.every).Sub(now)
}

// take takes the token that wait found.
func (b *bucket) take(now time.Time) {
	if b.tokens == b.most {
		b.since = now
	}
	b.tokens--
}
