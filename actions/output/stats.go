package output

import "time"

// Stats are the counts of one output since it was started.
type Stats struct {
	Name   string
	Kind   string // csv, eve, stdout, syslog
	Target string // the path or address

	Queued     int       // alerts that wait to be written
	QueueLimit int       // alerts that the queue holds
	Written    uint64    // alerts that the kernel took
	Dropped    uint64    // alerts lost: the queue was full, or they could not be sent
	DropTime   time.Time // of the last that was lost; zero where there was none
	Filtered   uint64    // alerts that the settings keep away
	Errors     uint64    // failures of opening, connecting, writing, rotating

	Failing       bool // the last try failed
	LastError     string
	LastErrorTime time.Time // zero where there was none
}

func (o *output) stats() Stats {
	t := o.trouble.State()
	s := Stats{
		Name: o.name, Kind: o.kind, Target: o.target,
		Queued: int(o.pending()), QueueLimit: o.Queue,
		Written: o.written.Load(), Dropped: o.dropped.Load(), Filtered: o.filtered.Load(), Errors: t.Failures,
		Failing: t.Failing, LastErrorTime: t.Time,
	}
	if at := o.lostAt.Load(); at != 0 {
		s.DropTime = time.Unix(0, at)
	}
	if t.Last != nil {
		s.LastError = t.Last.Error()
	}
	return s
}
