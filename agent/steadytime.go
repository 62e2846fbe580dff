package agent

import (
	"time"

	"github.com/ruleids/ruleids/packet"
)

// A steadyTime keeps the time of live packets from going back when the system's clock is set back. To the engine
// packets older than the newest one are late, and those older than a window count for nothing: until the clock
// had caught up, nothing would be found. So what the clock loses is added to the times of packets, and taken off
// those of alerts. A clock that is set forward needs no help: windows expire, as after a pause.
type steadyTime struct {
	shift  int64 // nanoseconds that are added
	before int64 // what was added before the last step
	wall   int64 // the clock at the last look, nanoseconds since 1970
	mono   time.Duration
	step   time.Duration // mono at the last step
	known  bool          // there was a look
}

const (
	// stepLeast is the least change that is a step of the clock. Smaller ones make packets a little late, which
	// windows bear. Slewing changes both clocks alike and is never seen here.
	stepLeast = 500 * time.Millisecond
	// stampedBefore is how long after a step packets may come that were stamped before it: they were in the ring.
	stampedBefore = 10 * time.Second
)

// look compares the system's clock with one that cannot be set, and returns by how much it was set since the
// last look, or 0.
func (s *steadyTime) look(wall int64, mono time.Duration) time.Duration {
	defer func() { s.wall, s.mono, s.known = wall, mono, true }()
	if !s.known {
		return 0
	}
	d := time.Duration(wall-s.wall) - (mono - s.mono)
	if d > -stepLeast && d < stepLeast {
		return 0
	}
	s.before, s.step = s.shift, mono
	s.shift = max(0, s.shift-int64(d))
	return d
}

// apply shifts the times of frames and returns now shifted.
func (s *steadyTime) apply(frames []packet.Frame, now int64) int64 {
	if s.shift == 0 && s.before == 0 {
		return now
	}
	for i := range frames {
		frames[i].Time = s.of(frames[i].Time)
	}
	return s.of(now)
}

// of returns a time shifted: by what is added now, or, shortly after a step, by what was before, where that
// comes nearer to the present.
func (s *steadyTime) of(t int64) int64 {
	if s.mono-s.step < stampedBefore {
		present := s.wall + s.shift
		if was := t + s.before; distance(was, present) < distance(t+s.shift, present) {
			return was
		}
	}
	return t + s.shift
}

func distance(x, y int64) int64 { return max(x-y, y-x) }

// real returns what the clock says of a time that was shifted.
func (s *steadyTime) real(t int64) int64 { return t - s.shift }
