package reputation

import "time"

// A budget is a bucket of as many tokens as there may be requests in a minute. A token comes back a
// minute after it was taken, rather than one after another as time goes by: no minute ever sees more
// requests than allowed, wherever the server begins to count, and the first few need not wait. Besides there is
// an allowance for each day in UTC, which is how VirusTotal counts them. It is used by one goroutine.
type budget struct {
	taken []time.Time // when each token was taken
	next  int         // the one that was taken longest ago
	daily int         // 0 for no limit
	day   time.Time   // that spent is of
	spent int
}

func newBudget(perMinute, perDay int) *budget {
	return &budget{taken: make([]time.Time, perMinute), daily: perDay}
}

// free returns the time from which on a request may be made, and whether it is the day's allowance that
// has to be waited for.
func (b *budget) free(now time.Time) (at time.Time, spent bool) {
	if t := b.taken[b.next]; !t.IsZero() {
		at = t.Add(time.Minute)
		if at.Sub(now) > time.Minute { // the clock was set back
			at = now.Add(time.Minute)
			b.taken[b.next] = now
		}
	}
	if b.daily > 0 && b.today(now) >= b.daily {
		if midnight := b.day.AddDate(0, 0, 1); midnight.After(at) {
			return midnight, true
		}
	}
	return at, false
}

// nearby is the priority from which the second half of a day's allowance is for an indicator: a tenth of the way to a
// threshold, from where the worst tier could make a rule fire. A sensor on a busy link meets more addresses in an hour
// than it may ask about in a day, most of them once; whoever begins an attack in the evening is to be asked about, too.
const nearby Priority = 10

// reserved reports whether what is left of the day is for indicators that are near to a threshold, and until when.
func (b *budget) reserved(now time.Time) (until time.Time, _ bool) {
	if b.daily == 0 || b.today(now) < (b.daily+1)/2 {
		return time.Time{}, false
	}
	return b.day.AddDate(0, 0, 1), true
}

// take takes a token, which has to be there.
func (b *budget) take(now time.Time) {
	b.taken[b.next] = now
	b.next = (b.next + 1) % len(b.taken)
	b.today(now)
	b.spent++
}

// restore counts a request of before, as a cache file tells of it.
func (b *budget) restore(at, now time.Time) {
	if b.today(now); at.UTC().Truncate(24*time.Hour).Equal(b.day) && !at.After(now) {
		b.spent++
	}
	if age := now.Sub(at); age >= 0 && age < time.Minute {
		b.taken[b.next] = at
		b.next = (b.next + 1) % len(b.taken)
	}
}

// today returns the requests of this day.
func (b *budget) today(now time.Time) int {
	if day := now.UTC().Truncate(24 * time.Hour); !day.Equal(b.day) {
		b.day, b.spent = day, 0
	}
	return b.spent
}
