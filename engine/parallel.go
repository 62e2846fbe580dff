package engine

import (
	"sync"

	"github.com/ruleids/ruleids/packet"
)

// What several workers share out. A slot is as many packets as make taking it of no account; there are
// as many slots under way as let decoding run ahead of the windows; and there are more lanes than
// workers, so that one with busy keys keeps nobody waiting.
const (
	parallelBatch = 512
	slotsEach     = 4 // for each worker
	parallelLanes = 8
)

// A schedule shares the work on a run of frames out among workers. The frames are cut into slots.
// Slots are decoded and filtered in any order; then each lane of a slot, which is the events for a
// part of the shards, is applied after the same lane of the slot before. So every window sees its
// events in packet order, with one writer at a time, and nobody waits but for want of work.
type schedule struct {
	engine *Engine
	parts  [][]packet.Frame
	starts []position

	mu      sync.Mutex
	changed sync.Cond
	waiting int    // workers without work
	next    int    // the first part that nobody has begun to decode
	done    int    // parts that were applied and collected
	busy    bool   // somebody decodes, where only one at a time may
	ready   []bool // by part: decoded and filtered
	left    []int  // by part: lanes to be applied
	lanes   []struct {
		at   int // the part that comes next
		busy bool
	}
}

// parallel runs frames through the plan with all workers and collects what fires.
func (e *Engine) parallel(frames []packet.Frame) {
	s := &schedule{engine: e}
	s.changed.L = &s.mu
	at := position{e.number, e.clock, e.started}
	for len(frames) > 0 {
		n := min(len(frames), parallelBatch)
		s.parts, s.starts = append(s.parts, frames[:n]), append(s.starts, at)
		for i := range frames[:n] {
			at.pass(&frames[i])
		}
		frames = frames[n:]
	}
	e.number, e.clock, e.started = at.number, at.clock, at.started
	s.ready, s.left = make([]bool, len(s.parts)), make([]int, len(s.parts))
	s.lanes = make([]struct {
		at   int
		busy bool
	}, parallelLanes)
	var wg sync.WaitGroup
	for _, w := range e.workers[1:min(len(e.workers), max(len(s.parts), 1))] {
		wg.Go(func() { s.work(w) })
	}
	s.work(e.workers[0])
	wg.Wait()
}

// work does what can be done until all is.
func (s *schedule) work(w *worker) {
	e := s.engine
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.done < len(s.parts) {
		if l := s.lane(); l >= 0 {
			s.apply(w, l)
			continue
		}
		if s.next < len(s.parts) && s.next < s.done+len(e.slots) && !s.busy {
			s.prepare(w)
			continue
		}
		s.waiting++
		s.changed.Wait()
		s.waiting--
	}
}

// apply runs a lane of the part that comes next in it. The lock is held before and after.
func (s *schedule) apply(w *worker, l int) {
	e, lane := s.engine, &s.lanes[l]
	part := lane.at
	sl := e.slots[part%len(e.slots)]
	lane.busy = true
	s.mu.Unlock()
	e.apply(w, sl, l)
	s.mu.Lock()
	lane.busy = false
	lane.at++
	if s.left[part]--; s.left[part] == 0 {
		e.collect(sl)
		s.done++
		s.wake() // a slot is free
	} else if lane.at < len(s.parts) && s.ready[lane.at] {
		s.wake()
	}
}

// prepare decodes and filters the next part. The lock is held before and after.
func (s *schedule) prepare(w *worker) {
	e, part := s.engine, s.next
	s.next++
	s.busy = e.plan.needFlow // flows count packets in their order
	s.mu.Unlock()
	e.prepare(w, e.slots[part%len(e.slots)], s.parts[part], s.starts[part])
	s.mu.Lock()
	s.busy = false
	s.ready[part], s.left[part] = true, len(s.lanes)
	s.wake()
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
		if n := &s.lanes[l]; !n.busy && n.at < len(s.parts) && s.ready[n.at] && (best < 0 || n.at < s.lanes[best].at) {
			best = l
		}
	}
	return best
}
