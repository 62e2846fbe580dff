package afpacket

import (
	"github.com/ruleids/ruleids/capture/live"
	"github.com/ruleids/ruleids/packet"
)

// collect takes what is in the rings and merges it to b.Frames by time.
func (s *Source) collect(b *live.Batch) {
	full := 0
	var last *ring
	for _, r := range s.rings {
		for r.take(s.batch+1) && len(r.frames) == 0 {
			r.release() // nothing of it was wanted
		}
		if len(r.frames) > 0 {
			r.counts.Frames += uint64(len(r.frames))
			full++
			last = r
		}
	}
	switch full {
	case 0:
	case 1:
		b.Frames, last.frames = last.frames, b.Frames[:0]
	default:
		b.Frames = merge(b.Frames, s.rings)
	}
	if s.held = full > 0; s.held && s.forget != nil {
		s.batch++
		b.Number = s.batch
		for _, r := range s.rings {
			b.Room += r.held * r.block
		}
	}
}

// merge appends the frames of rings in order of time. Those of one ring stay in their order.
func merge(to []packet.Frame, rings []*ring) []packet.Frame {
	for {
		// The ring whose first frame is the oldest goes on until that of another is older.
		var first *ring
		limit := int64(1<<63 - 1)
		for _, r := range rings {
			if r.merged == len(r.frames) {
				continue
			}
			switch t := r.frames[r.merged].Time; {
			case first == nil:
				first = r
			case t < first.frames[first.merged].Time:
				limit, first = first.frames[first.merged].Time, r
			default:
				limit = min(limit, t)
			}
		}
		if first == nil {
			return to
		}
		n := first.merged + 1
		for n < len(first.frames) && first.frames[n].Time <= limit {
			n++
		}
		to = append(to, first.frames[first.merged:n]...)
		first.merged = n
	}
}

// finish fills in what a Batch tells besides frames.
func (s *Source) finish(b *live.Batch) {
	wall := s.wall()
	lost, losing := uint64(0), false
	for _, r := range s.rings {
		r.count()
		losing = losing || r.losing
		r.losing = false
	}
	for _, t := range s.taps {
		lost += t.counts().Dropped + t.missed
	}
	b.Lost = lost - s.told
	s.told = lost
	if b.Lost > 0 {
		if s.lostTo < s.counted {
			s.lostFrom = s.counted
		}
		s.lostTo = wall
	}
	s.counted = wall
	if n := len(b.Frames); n > 0 {
		oldest, newest := b.Frames[0].Time, b.Frames[n-1].Time
		b.Now = newest
		b.Losing = losing || newest >= s.lostFrom && oldest <= s.lostTo
		return
	}
	b.Now = wall - 2*int64(s.cfg.BlockTimeout)
	b.Losing = b.Lost > 0
}
