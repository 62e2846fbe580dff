package agent

import (
	"cmp"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ruleids/ruleids/capture"
	"github.com/ruleids/ruleids/capture/live"
	"github.com/ruleids/ruleids/packet"
)

// A Simulation is a capture as if it came from an interface: each packet when its time has come.
type Simulation struct {
	reader *capture.Reader
	speed  float64 // times its own pace; 0 for as fast as it can be read

	batch  capture.Batch
	rest   []packet.Frame // of batch, still to come
	first  int64          // time of the first packet
	begun  time.Time      // when it was given out; zero before
	err    error          // what the reader ended with
	frames atomic.Uint64
	bytes  atomic.Uint64

	wake chan struct{}
	once sync.Once
	stop chan struct{}
}

// Simulate opens a capture file to be replayed at speed times its own pace, or at once where speed is 0.
func Simulate(name string, speed float64) (*Simulation, error) {
	r, err := capture.Open(name)
	if err != nil {
		return nil, err
	}
	return &Simulation{reader: r, speed: speed, wake: make(chan struct{}, 1), stop: make(chan struct{})}, nil
}

// Read gives out the packets whose time has come. At the end of the capture it returns io.EOF, where the
// capture is broken a *capture.Fault.
func (s *Simulation) Read(b *live.Batch, wait time.Duration) error {
	*b = live.Batch{}
	select {
	case <-s.stop:
		return io.EOF
	default:
	}
	for len(s.rest) == 0 {
		if s.err == nil {
			s.err = s.reader.Read(&s.batch)
			s.rest = s.batch.Frames
		}
		if s.err != nil && len(s.rest) == 0 {
			return s.err
		}
	}
	if s.begun.IsZero() {
		s.begun, s.first = time.Now(), s.rest[0].Time
	}
	if s.speed == 0 {
		s.give(b, len(s.rest))
		b.Now = slices.MaxFunc(b.Frames, func(x, y packet.Frame) int { return cmp.Compare(x.Time, y.Time) }).Time
		return nil
	}
	for waited := false; ; waited = true {
		now := s.now()
		n := 0
		for n < len(s.rest) && s.rest[n].Time <= now {
			n++
		}
		if n > 0 || waited {
			s.give(b, n)
			b.Now = now
			return nil
		}
		due := time.Duration(float64(s.rest[0].Time-now) / s.speed)
		timer := time.NewTimer(max(0, min(wait, due)))
		select {
		case <-timer.C:
		case <-s.wake:
		case <-s.stop:
			timer.Stop()
			return io.EOF
		}
		timer.Stop()
	}
}

// now is what time it is in the capture.
func (s *Simulation) now() int64 {
	return s.first + int64(float64(time.Since(s.begun))*s.speed)
}

// give moves n frames to b.
func (s *Simulation) give(b *live.Batch, n int) {
	b.Frames, s.rest = s.rest[:n], s.rest[n:]
	bytes := uint64(0)
	for i := range b.Frames {
		bytes += uint64(b.Frames[i].Length)
	}
	s.frames.Add(uint64(n))
	s.bytes.Add(bytes)
}

// Stats returns the packets given out so far. A capture loses none.
func (s *Simulation) Stats() live.Stats {
	n := s.frames.Load()
	return live.Stats{Counts: live.Counts{Received: n, Frames: n, Bytes: s.bytes.Load()}}
}

// Wake makes a Read that waits return at once.
func (s *Simulation) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Close ends the simulation.
func (s *Simulation) Close() error {
	var err error
	s.once.Do(func() {
		close(s.stop)
		err = s.reader.Close()
	})
	return err
}
