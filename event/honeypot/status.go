package honeypot

import (
	"time"

	"github.com/ruleids/ruleids/internal/retry"
)

// Status is how a honeypot is, and its counts since it was opened.
type Status struct {
	Name     string    `json:"name"`
	Service  string    `json:"service"`
	Address  string    `json:"address"`            // where it listens, with the port that the system picked
	Open     int       `json:"open"`               // connections at present
	Accepted uint64    `json:"accepted"`           // connections that were served
	Refused  uint64    `json:"refused"`            // connections that there was no room for; they are events, too
	Events   uint64    `json:"events"`             // events given out
	Lost     uint64    `json:"unlogged"`           // events that the log lost: its queue was full, or the file could not be written
	LastLost time.Time `json:"last_lost,omitzero"` // when the last of them was lost
	// Report is of accepting and logging. What failed in the last minute counts as failing: a client makes it fail, and the
	// next one may not.
	retry.Report
}

// failsFor is for how long a failure is told of.
const failsFor = time.Minute

func (h *honeypot) status() Status {
	s := Status{
		Name: h.name, Service: h.config.Service, Address: h.listener.Addr().String(), Open: h.limiter.open(),
		Accepted: h.accepted.Load(), Refused: h.refused.Load(), Events: h.events.Load(), Lost: h.lost.Load(),
		Report: h.trouble.State().Report(),
	}
	if at := h.lostAt.Load(); at != 0 {
		s.LastLost = time.Unix(0, at).UTC()
	}
	if h.journal != nil {
		j := h.journal.trouble.State().Report()
		errors := s.Errors + j.Errors
		if j.LastErrorTime.After(s.LastErrorTime) {
			s.Report = j
		}
		s.Errors = errors
	}
	s.Error = ""
	if time.Since(s.LastErrorTime) < failsFor {
		s.Error = s.LastError
	}
	return s
}

// lose counts an event that the log lost.
func (h *honeypot) lose() {
	h.lost.Add(1)
	h.lostAt.Store(time.Now().UnixNano())
}
