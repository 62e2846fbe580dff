package engine

import (
	"sync"

	"github.com/ruleids/ruleids/packet"
)

// slotsEach is the number of slots under way for each worker but one: enough that decoding runs ahead
// of the windows, few enough to stay in the cache.
const slotsEach = 4

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
		n := min(len(frames), batchSize)
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
	}, len(e.workers))
	var wg sync.WaitGroup
	for _, w := range e.workers[1:] {
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
			part := s.lanes[l].at
			sl := e.slots[part%len(e.slots)]
			s.lanes[l].busy = true
			s.mu.Unlock()
			e.apply(w, sl, l)
			s.mu.Lock()
			s.lanes[l].busy = false
			s.lanes[l].at++
			if s.left[part]--; s.left[part] == 0 {
				e.collect(sl)
				s.done++
			}
			s.changed.Broadcast()
			continue
		}
		if s.next < len(s.parts) && s.next < s.done+len(e.slots) && !s.busy {
			part := s.next
			s.next++
			s.busy = e.plan.needFlow // flows count packets in their order
			s.mu.Unlock()
			sl := e.slots[part%len(e.slots)]
			e.prepare(w, sl, s.parts[part], s.starts[part])
			s.mu.Lock()
			s.busy = false
			s.ready[part], s.left[part] = true, len(s.lanes)
			s.changed.Broadcast()
			continue
		}
		s.changed.Wait()
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
