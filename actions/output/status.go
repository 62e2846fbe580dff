package output

import (
	"time"

	"github.com/ruleids/ruleids/internal/retry"
)

// Status is how an output is, and its counts since it was started.
type Status struct {
	Kind     string    `json:"kind"` // csv, eve, stdout, syslog
	Name     string    `json:"name"`
	Target   string    `json:"target"`             // path or address
	Written  uint64    `json:"written"`            // alerts that the kernel took
	Lost     uint64    `json:"lost"`               // alerts that found no room in the queue, or could not be sent
	LastLost time.Time `json:"last_lost,omitzero"` // when the last of them was lost
	Filtered uint64    `json:"filtered"`           // alerts that the settings keep away
	Queued   int       `json:"queued"`             // alerts that wait to be written
	retry.Report
}

func (o *output) status() Status {
	s := Status{
		Kind: o.kind, Name: o.name, Target: o.target, Written: o.written.Load(), Lost: o.lost.Load(), Filtered: o.filtered.Load(),
		Queued: int(o.pending()), Report: o.trouble.State().Report(),
	}
	if at := o.lostAt.Load(); at != 0 {
		s.LastLost = time.Unix(0, at).UTC()
	}
	return s
}
