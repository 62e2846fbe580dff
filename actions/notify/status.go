package notify

import (
	"time"

	"github.com/ruleids/ruleids/internal/retry"
)

// Status is how a notifier is, and its counts since it was started. They are of alerts but for Sent, Waiting, RateLimited
// and Retries. Every alert that named the notifier is in exactly one of Delivered, Lost, Muted, Filtered, Shadow and Queued.
type Status struct {
	Kind      string    `json:"kind"`
	Name      string    `json:"name"`
	State     string    `json:"state"`              // "ok", "failing" (the last try failed) or "closed"
	Sent      uint64    `json:"sent"`               // messages that the other side took, without those of Test
	Delivered uint64    `json:"delivered"`          // alerts that those told of
	Queued    uint64    `json:"queued"`             // alerts that wait
	Lost      uint64    `json:"lost"`               // no room, refused by the other side, given up, or left over at the end
	LastLost  time.Time `json:"last_lost,omitzero"` // when the last of them was lost
	Muted     uint64    `json:"muted"`              // of rules that were muted
	Merged    uint64    `json:"merged"`             // that joined a message that waited already
	Filtered  uint64    `json:"filtered"`           // that min_severity or rules keeps away
	Shadow    uint64    `json:"shadow"`             // of rules in shadow mode

	Waiting     int    `json:"waiting"`      // messages that the queued alerts make
	RateLimited uint64 `json:"rate_limited"` // messages that had to wait for the rate
	Retries     uint64 `json:"retries"`      // tries that were to be repeated
	retry.Report
}

func (n *notifier) status() Status {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.counts
	s.Kind, s.Name, s.Queued, s.Waiting, s.Report = n.kind, n.name, n.queued, n.waiting, n.trouble.State().Report()
	switch {
	case n.closed:
		s.State = "closed"
	case s.Error != "":
		s.State = "failing"
	default:
		s.State = "ok"
	}
	return s
}

// lose counts alerts that are lost. mu is held.
func (n *notifier) lose(alerts uint64) {
	n.counts.Lost += alerts
	n.counts.LastLost = time.Now().UTC()
}
