package output

import "time"

// Stats are the counts of one output since it was started.
type Stats struct {
	Name   string
	Kind   string // csv, eve, stdout, syslog
	Target string // the path or address

	Queued     int    // alerts that wait to be written
	QueueLimit int    // alerts that the queue holds
	Written    uint64 // alerts that the kernel took
	Dropped    uint64 // alerts lost: the queue was full, or they could not be sent
	Filtered   uint64 // alerts that the settings keep away
	Errors     uint64 // failures of opening, connecting, writing, rotating

	Failing       bool // the last try failed
	LastError     string
	LastErrorTime time.Time // zero where there was none
}

func (o *output) stats() Stats {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := Stats{
		Name: o.name, Kind: o.kind, Target: o.target,
		Queued: int(o.pending()), QueueLimit: o.limit,
		Written: o.written.Load(), Dropped: o.dropped.Load(), Filtered: o.filtered.Load(), Errors: o.failures.Load(),
		Failing: o.failing, LastErrorTime: o.lastTime,
	}
	if o.last != nil {
		s.LastError = o.last.Error()
	}
	return s
}

// A quiet says when trouble that goes on may be logged again: at once, then after a minute, then in
// intervals that double up to an hour. After an hour without trouble it begins anew.
type quiet struct {
	next time.Time
	wait time.Duration
}

const (
	quietFirst = time.Minute
	quietMost  = time.Hour
)

func (q *quiet) over(now time.Time) bool {
	if now.Before(q.next) {
		return false
	}
	if now.Sub(q.next) > quietMost {
		q.wait = 0
	}
	q.wait = min(max(2*q.wait, quietFirst), quietMost)
	q.next = now.Add(q.wait)
	return true
}
