package engine

import (
	"sync"

	"github.com/ruleids/ruleids/packet"
)

// What several workers share out. A part is as many packets as make taking it of no account; there are
// as many slots under way as let decoding run ahead of the windows; and there are more lanes than
// workers, so that one with busy keys keeps nobody waiting.
const (
	maxPart       = 768
	slotsEach     = 4 // for each worker
	parallelLanes = 8
	maxWaiting    = 4096 // alerts that may wait to be emitted; then no part is begun
)

// A Source hands out frames, in order; no frames are the end. What it returned for a buffer may be
// reused when it is called for that buffer again. It is called by one goroutine at a time.
type Source func(buffer int) []packet.Frame

// Buffers is the number of buffers that Run asks its source for: with several workers one more than
// there are slots, as the frames of each slot may be of another. When the turn of a buffer comes again, at least
// as many parts as there are slots are of others, so its own are done.
func (e *Engine) Buffers() int {
	if len(e.workers) == 1 {
		return 1
	}
	return len(e.slots) + 1
}

// Run runs all that a source has through the plan, in order, and emits what fires. With several workers
// the one that has nothing better to do asks for frames and decodes them at once, while they are in the
// cache of its processor.
func (e *Engine) Run(from Source, emit Emit) {
	if len(e.workers) == 1 || e.plan.ordered {
		for frames := from(0); len(frames) > 0; frames = from(0) {
			e.Process(frames, emit)
		}
		return
	}
	s := &schedule{
		engine: e, from: from, emit: emit,
		at:    e.position,
		slots: make([]slotState, len(e.slots)),
	}
	s.changed.L = &s.mu
	s.lanes = make([]laneState, parallelLanes)
	if e.plan.turns {
		s.lanes = append(s.lanes, laneState{})
	}
	var wg sync.WaitGroup
	for _, w := range e.workers[1:] {
		wg.Go(func() { s.work(w) })
	}
	s.work(e.workers[0])
	wg.Wait()
	e.position = s.at
}

// cut returns a Source that cuts frames to as many parts as several workers like.
func cut(frames []packet.Frame) Source {
	return func(int) []packet.Frame {
		part := frames[:min(len(frames), maxPart)]
		frames = frames[len(part):]
		return part
	}
}

// A schedule shares the work on the frames of a source out among workers. The frames are cut into parts,
// each of which takes a slot. Parts are decoded and filtered in any order; then each lane of a part, which
// is the events for a part of the shards, is applied after the same lane of the part before. So every
// window sees its events in packet order, with one writer at a time, and nobody waits but for want of work. Where rules
// fill lists, a last lane comes to a part when all others are done with it, see Engine.turn.
type schedule struct {
	engine *Engine
	from   Source
	emit   Emit

	mu       sync.Mutex
	changed  sync.Cond
	waiting  int // workers without work
	at       position
	rest     []packet.Frame // of the newest buffer, not yet taken
	asked    int            // buffers asked for
	ended    bool           // the source has no more
	busy     bool           // somebody reads
	emitting bool
	next     int         // the first part that nobody has taken
	tracking bool        // somebody has the conversations see a part
	tracked  int         // parts that they saw, where they are to
	settled  int         // parts that were settled
	done     int         // parts that were applied and collected,
	past     uint64      // with the packets up to this number
	slots    []slotState // of part i at i modulo their number
	lanes    []laneState
}

// laneState is how far a lane has come.
type laneState struct {
	at   int // the part that comes next
	busy bool
}

// slotState is how far the part in a slot has come.
type slotState struct {
	decoded bool
	looked  bool // and filtered
	ready   bool // and settled
	left    int  // lanes to be applied
}

func (s *schedule) slot(part int) *slotState { return &s.slots[part%len(s.slots)] }

// work does what can be done until all is. Only one can read at a time, so there is to be something else to
// do for the others meanwhile: while few parts are under way the next comes before what is ready.
func (s *schedule) work(w *worker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.ended || s.done < s.next {
		next := s.free()
		if s.trackable() {
			s.track(w)
		} else if next && s.next-s.done < len(s.slots)/2 {
			s.prepare(w)
		} else if l := s.lane(); l >= 0 {
			s.apply(w, l)
		} else if next {
			s.prepare(w)
		} else {
			s.waiting++
			s.changed.Wait()
			s.waiting--
		}
	}
}

// free reports whether another part can be taken now.
func (s *schedule) free() bool {
	return !s.busy && !s.ended && s.next < s.done+len(s.slots) && s.engine.out.len() < maxWaiting
}

// trackable reports whether there is a part that the conversations can see now.
func (s *schedule) trackable() bool {
	return s.engine.inOrder() && !s.tracking && s.tracked < s.next && s.slot(s.tracked).decoded
}

// converse has the conversations see the part that comes next for them, and filters it: only the first is one part after the other.
// The lock is held before and after.
func (s *schedule) track(w *worker) {
	e, part := s.engine, s.tracked
	sl := e.slots[part%len(e.slots)]
	s.tracking = true
	s.mu.Unlock()
	e.converse(w, sl, 0, sl.n)
	s.mu.Lock()
	s.tracking = false
	s.tracked++
	s.wake()
	s.mu.Unlock()
	e.lookConversed(w, sl, 0, sl.n)
	s.mu.Lock()
	s.filtered(w, part)
}

// filtered notes that a part was filtered, and settles what can be. The lock is held.
func (s *schedule) filtered(w *worker, part int) {
	s.slot(part).looked = true
	for s.settled < s.next && s.slot(s.settled).looked {
		// This is little: of most parts nothing.
		e := s.engine
		e.settle(w, e.slots[s.settled%len(e.slots)])
		s.slot(s.settled).ready = true
		s.settled++
	}
	s.wake()
}

// prepare takes the next part, decodes it, and filters it where it need not be tracked. The lock is held before and after.
func (s *schedule) prepare(w *worker) {
	e := s.engine
	s.busy = true
	if len(s.rest) == 0 {
		buffer := s.asked % e.Buffers()
		s.asked++
		s.mu.Unlock()
		frames := s.from(buffer)
		s.mu.Lock()
		if len(frames) == 0 {
			s.busy, s.ended = false, true
			s.wake()
			return
		}
		s.rest = frames
	}
	parts := (len(s.rest) + maxPart - 1) / maxPart
	frames := s.rest[:(len(s.rest)+parts-1)/parts]
	s.rest = s.rest[len(frames):]
	e.begin(frames[0].Time)
	part, at := s.next, s.at
	s.next++
	for i := range frames {
		s.at.pass(frames[i].Time)
	}
	s.busy = false
	s.wake()
	s.mu.Unlock()
	sl := e.slots[part%len(e.slots)]
	sl.begin(len(frames))
	e.decode(w, sl, frames, 0, len(frames), at)
	s.mu.Lock()
	*s.slot(part) = slotState{decoded: true, left: len(s.lanes)}
	if e.inOrder() {
		s.wake()
		return
	}
	s.filtered(w, part)
}

// apply runs a lane of the part that comes next in it. The lock is held before and after.
func (s *schedule) apply(w *worker, l int) {
	e, lane := s.engine, &s.lanes[l]
	part := lane.at
	sl := e.slots[part%len(e.slots)]
	lane.busy = true
	s.mu.Unlock()
	if l < parallelLanes {
		e.apply(w, sl, l)
	} else {
		var h haul
		e.collect(&h, sl)
		e.turn(w, sl, h, s.emit)
	}
	s.mu.Lock()
	lane.busy = false
	lane.at++
	if st := s.slot(part); st.left > 1 {
		st.left--
		if lane.at < s.next && s.slot(lane.at).ready || st.left == len(s.lanes)-parallelLanes {
			s.wake()
		}
		return
	}
	// Parts come to their end in order, as the lanes of each do.
	*s.slot(part) = slotState{}
	s.past = sl.packets[sl.n-1].Number
	if !e.plan.turns {
		e.collect(&e.out, sl)
	}
	s.done++
	s.wake()
	for !e.out.empty() && !s.emitting {
		s.emitting = true
		out := e.out
		e.out = haul{}
		if out.len() >= maxWaiting {
			s.wake()
		}
		s.mu.Unlock()
		e.deliver(out, s.emit)
		s.mu.Lock()
		s.emitting = false
	}
	if !s.emitting {
		e.emitted(s.past)
	}
}

// wake lets those who have no work look again.
func (s *schedule) wake() {
	if s.waiting > 0 {
		s.changed.Broadcast()
	}
}

// lane returns a lane that can be applied now, the one furthest behind, or -1.
func (s *schedule) lane() int {
	best := -1
	for l := range s.lanes {
		n := &s.lanes[l]
		if !n.busy && n.at < s.next && s.slot(n.at).ready && (l < parallelLanes || s.slot(n.at).left == 1) && (best < 0 || n.at < s.lanes[best].at) {
			best = l
		}
	}
	return best
}
