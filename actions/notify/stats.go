package notify

import "time"

// Stats are the counts of one notifier since it was started. Alerts are counted but for Sent and RateLimited.
// Every alert that named the notifier is in exactly one of Delivered, Dropped, Muted, Filtered, Shadow and Queued.
type Stats struct {
	Name string
	Kind string

	Sent      uint64 // messages that the other side took, without those of Test
	Delivered uint64 // alerts that those told of
	Merged    uint64 // alerts that joined a message that waited already
	Dropped   uint64 // alerts lost: no room, refused by the other side, given up, or left over at the end
	Muted     uint64 // alerts of rules that were muted
	Filtered  uint64 // alerts that min_severity or rules keep away
	Shadow    uint64 // alerts of rules in shadow mode

	Queued      uint64 // alerts that wait to be told
	Waiting     int    // messages that they make
	QueueLimit  int    // messages that may wait
	RateLimited uint64 // messages that had to wait for the rate
	Retries     uint64 // tries that were to be repeated
	Errors      uint64 // all failures

	State         string // "ok", "failing" (the last try failed) or "closed"
	LastError     string // without secrets
	LastErrorTime time.Time
}

func (n *notifier) stats() Stats {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.counts
	s.Name, s.Kind, s.Queued, s.Waiting, s.QueueLimit = n.name, n.kind, n.queued, n.waiting, n.common.Queue
	t := n.trouble.State()
	s.State, s.Errors, s.LastErrorTime = "ok", t.Failures, t.Time
	switch {
	case n.closed:
		s.State = "closed"
	case t.Failing:
		s.State = "failing"
	}
	if t.Last != nil {
		s.LastError = t.Last.Error()
	}
	return s
}
