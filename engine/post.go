package engine

import (
	"github.com/ruleids/ruleids/packet"
)

// Post runs one event that is not a frame, as packet.Honeypot.Event makes it: Class, Layers, Time and the fields of its
// layers must be set; Clock is the engine's, and so is Number, which is 0, since it counts frames alone. It is called
// between two calls of Process, not while one or Run goes on.
//
// Such events have a clock of their own, which they share with alerts: windows of frames are the same to the packet
// whether the clock that events come by is ahead of that of frames or behind it, and whatever the number of events.
func (e *Engine) Post(ev *packet.Packet, emit Emit) {
	e.posts++
	e.begin(ev.Time)
	if ev.Class == packet.ClassConnection {
		ev.Number, ev.Clock = 0, e.connClock.pass(ev.Time)
	} else {
		ev.Number, ev.Clock = 0, e.events.pass(ev.Time)
	}
	e.emitAll(e.expireEvents(ev.Clock), emit)
	if e.plan.asks {
		e.assets.Lock()
		e.assets.Tell(ev)
		e.assets.Unlock()
	}
	e.emitAll(e.run(ev), emit)
	if l := &e.posted.lanes[0]; len(l.subjects) > 0 {
		bs := l.subjects
		l.subjects = nil
		for i := range bs {
			e.score(&bs[i], emit)
		}
	}
	e.write()
}

// An eventClock is the newest time of events that are not frames.
type eventClock struct {
	newest  int64
	started bool
}

// pass moves the clock to t, or leaves it where it is further, and returns it: time never runs backwards.
func (c *eventClock) pass(t int64) int64 {
	if !c.started || t > c.newest {
		c.newest, c.started = t, true
	}
	return c.newest
}

// run evaluates one event that is not a frame and returns what it fires. It shares no state with packets, so
// it may run while workers do.
func (e *Engine) run(ev *packet.Packet) []fired {
	if e.trace != nil {
		e.trace(ev)
	}
	w, s := e.poster, e.posted
	br := e.plan.table.find(ev)
	if br == nil {
		return nil
	}
	w.begin(ev)
	w.visit(br, s, 0)
	l := &s.lanes[0]
	for i := range s.lanes {
		events := s.lanes[i].events
		for j := range events {
			if ev := &events[j]; !ev.group.turn || e.admit(w, ev) {
				e.observe(w, l, ev)
			}
		}
		s.lanes[i].events = events[:0]
	}
	out := s.take(nil)
	out = e.meet(out, l.matches)
	clear(l.matches)
	l.matches = l.matches[:0]
	return out
}
