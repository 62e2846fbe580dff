package honeypot

import "time"

// Stats are the counts of one honeypot since it was opened.
type Stats struct {
	Name    string
	Service string
	Address string // where it listens, with the port that the system picked

	Open     int    // connections at present
	Accepted uint64 // connections that were served
	Refused  uint64 // connections that there was no room for; they are events, too
	Events   uint64 // events given out
	Lost     uint64 // events that did not get into the log: the queue was full, or the file could not be written

	LastError     string    // of accepting or logging
	LastErrorTime time.Time // zero where there was none
}

func (h *honeypot) stats() Stats {
	s := Stats{
		Name: h.name, Service: h.config.Service, Address: h.listener.Addr().String(), Open: h.room.open(),
		Accepted: h.accepted.Load(), Refused: h.refused.Load(), Events: h.events.Load(), Lost: h.lost.Load(),
	}
	last := h.trouble.State()
	if h.journal != nil {
		if j := h.journal.trouble.State(); j.Time.After(last.Time) {
			last = j
		}
	}
	if last.Last != nil {
		s.LastError, s.LastErrorTime = last.Last.Error(), last.Time
	}
	return s
}
