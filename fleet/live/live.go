// Package live tells those who watch what happens, as it happens: a ring of the last events, which every watcher reads at a
// pace of its own. A slow one holds up nobody and costs no memory; it learns that it missed something.
package live

import "sync"

// An Event is something that happened.
type Event struct {
	Seq  uint64 // from 1
	Kind string // alert, agent, decision, ruleset
	Data []byte // JSON
}

// size is how many events are kept.
const size = 10_000

// A Ring holds the last events. The zero value is not ready; use New.
type Ring struct {
	mu   sync.Mutex
	ring []Event
	last uint64
	wake chan struct{} // closed with the next event
}

// New returns an empty ring.
func New() *Ring { return &Ring{ring: make([]Event, size), wake: make(chan struct{})} }

// Add adds events of a kind.
func (r *Ring) Add(kind string, data ...[]byte) {
	if len(data) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range data {
		r.last++
		r.ring[r.last%size] = Event{r.last, kind, d}
	}
	close(r.wake)
	r.wake = make(chan struct{})
}

// Last returns the number of the newest event; 0 before the first.
func (r *Ring) Last() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

// After returns up to most events after one. missed says that some of those are not kept any more, or that there never was
// such an event, as after a restart; the events then are the oldest that are kept, none of the second. more is closed when
// there are others.
func (r *Ring) After(seq uint64, most int) (events []Event, missed bool, more <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if seq > r.last {
		return nil, true, r.wake
	}
	if r.last-seq > size-1 {
		missed, seq = true, r.last-(size-1)
	}
	for n := seq + 1; n <= r.last && len(events) < most; n++ {
		events = append(events, r.ring[n%size])
	}
	return events, missed, r.wake
}
