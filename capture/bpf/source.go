package bpf

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ruleids/ruleids/capture/live"
	"github.com/ruleids/ruleids/packet"
)

const (
	// DefaultBufferBytes is asked for where a Config says 0; kernels give 512 KiB to 2 MiB unless they are told otherwise.
	DefaultBufferBytes = 4 << 20

	// lag is how much older than the clock a frame may be when it is read: it comes at once, or with others in one read.
	lag = 20 * time.Millisecond

	// countEvery is how often kernels are asked for lost packets.
	countEvery = 100 * time.Millisecond
)

// A Config says what to capture and how.
type Config struct {
	Interfaces  []string     // each once
	BufferBytes int          // of each of the kernel's two buffers for an interface; it may give less. 0 is DefaultBufferBytes
	SnapLength  int          // bytes of a frame that are captured; 0 is live.DefaultSnapLength
	Promiscuous bool         // also see frames for other hosts
	Wait        bool         // wait for an interface that does not exist, instead of failing
	Filter      *live.Filter // which packets to capture; nil is all
}

// A Source captures from interfaces. One goroutine calls Read and Release; the other methods may be called from any, at
// any time.
type Source struct {
	cfg    Config
	open   func(name string, c *Config) (*device, error)
	chunks chan chunk
	wake   chan struct{} // Wake, and events
	done   chan struct{} // closed by Close
	taps   []*tap
	ran    sync.WaitGroup

	held []chunk // whose frames are in use; of the goroutine that calls Read

	mu      sync.Mutex
	filter  *live.Filter
	events  []live.Event // not yet told
	counted time.Time
	told    uint64 // lost packets that Batches have told of
	closed  bool
}

// Open opens interfaces. One that is down is waited for; one that does not exist is an error, unless Config.Wait is set.
func Open(c Config) (*Source, error) { return open(c, openDevice) }

func open(c Config, device func(string, *Config) (*device, error)) (*Source, error) {
	if err := live.CheckInterfaces(c.Interfaces); err != nil {
		return nil, err
	}
	c.BufferBytes = cmp.Or(c.BufferBytes, DefaultBufferBytes)
	c.SnapLength = cmp.Or(c.SnapLength, live.DefaultSnapLength)
	s := &Source{cfg: c, open: device, filter: c.Filter, chunks: make(chan chunk), wake: make(chan struct{}, 1), done: make(chan struct{})}
	for _, name := range c.Interfaces {
		t := &tap{s: s, name: name, free: make(chan []byte, 2), happened: live.EventUp}
		t.free <- nil
		t.free <- nil
		s.taps = append(s.taps, t)
	}
	for _, t := range s.taps {
		err := t.attach()
		switch {
		case err == nil:
		case errors.Is(err, errNoInterface) && !c.Wait:
			return nil, errors.Join(live.NoInterface(t.name), s.Close())
		case errors.Is(err, errNoInterface) || errors.Is(err, errDown):
			t.fell(err)
		default:
			return nil, errors.Join(fmt.Errorf("live capture: interface %s: %w", t.name, err), s.Close())
		}
	}
	for _, t := range s.taps {
		s.ran.Go(t.run)
	}
	return s, nil
}

// Read gives the buffers of the Batch before back, and makes b what came since. It returns as soon as there are frames or
// Events, and otherwise when wait has passed or Wake is called. After Close it returns io.EOF, and no other error.
func (s *Source) Read(b *live.Batch, wait time.Duration) error {
	s.Release()
	*b = live.Batch{Frames: b.Frames[:0], Events: b.Events[:0]}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for waiting := wait > 0; len(b.Frames) == 0; {
		var c chunk
		if waiting {
			select {
			case c = <-s.chunks:
			case <-s.wake:
			case <-timer.C:
			case <-s.done:
			}
		}
		// What else is there comes along.
		for {
			if c.tap != nil {
				s.take(b, c)
			}
			select {
			case c = <-s.chunks:
				continue
			default:
			}
			break
		}
		if c.tap == nil || len(b.Frames) > 0 || !waiting {
			break
		}
	}
	if len(s.held) > 1 {
		slices.SortStableFunc(b.Frames, func(x, y packet.Frame) int { return int(min(max(x.Time-y.Time, -1), 1)) })
	}
	return s.finish(b)
}

// take appends the frames of a chunk that are wanted.
func (s *Source) take(b *live.Batch, c chunk) {
	s.held = append(s.held, c)
	s.mu.Lock()
	defer s.mu.Unlock()
	t := c.tap
	for rest := c.data; ; {
		var r record
		var ok bool
		var err error
		if r, rest, ok, err = c.layout.next(rest); !ok {
			if err != nil {
				t.faults++
			}
			return
		}
		f := packet.Frame{Data: r.data, Length: r.length, Time: r.time, Link: c.link}
		t.counts.Received++
		if c.here && !t.filter.Match(&f) {
			continue
		}
		t.counts.Frames++
		t.counts.Bytes += uint64(r.length)
		b.Frames = append(b.Frames, f)
	}
}

// finish fills in what a Batch tells besides frames.
func (s *Source) finish(b *live.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		*b = live.Batch{Frames: b.Frames[:0], Events: b.Events[:0]}
		return io.EOF
	}
	now := time.Now()
	if now.Sub(s.counted) >= countEvery {
		s.counted = now
		for _, t := range s.taps {
			t.count()
		}
	}
	lost := uint64(0)
	for _, t := range s.taps {
		lost += t.counts.Dropped + t.faults
	}
	b.Lost, s.told = lost-s.told, lost
	b.Losing = b.Lost > 0
	b.Events = append(b.Events, s.events...)
	s.events = s.events[:0]
	if n := len(b.Frames); n > 0 {
		b.Now = b.Frames[n-1].Time
	} else {
		b.Now = now.Add(-lag).UnixNano()
	}
	return nil
}

// Release gives the buffers of the last Batch back, for one who will not call Read for a while.
func (s *Source) Release() {
	for _, c := range s.held {
		c.tap.free <- c.buf
	}
	s.held = s.held[:0]
}

// Wake ends a Read that waits, or the next one: it returns what there is.
func (s *Source) Wake() { s.wakeUp() }

func (s *Source) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// sleep waits, and reports whether the Source is still open.
func (s *Source) sleep(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-s.done:
		return false
	}
}

// SetFilter replaces the filter of all interfaces. After an error those that it could not be set for have the one before.
func (s *Source) SetFilter(f *live.Filter) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.filter = f
	var errs []error
	for _, t := range s.taps {
		if t.dev != nil {
			if err := t.setFilter(f); err != nil {
				errs = append(errs, fmt.Errorf("interface %s: %w", t.name, err))
			}
		}
	}
	return errors.Join(errs...)
}

// Stats returns the counts since Open.
func (s *Source) Stats() live.Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out live.Stats
	for _, t := range s.taps {
		t.count()
		i := live.InterfaceStats{Name: t.name, Counts: t.counts, Missed: t.faults, Up: t.dev != nil, Err: t.err, Link: t.link}
		if t.opened > 1 {
			i.Reopened = t.opened - 1
		}
		if t.dev != nil {
			i.Rings = []live.Counts{t.counts}
		}
		out.Counts.Add(t.counts)
		out.Missed += t.faults
		out.Interfaces = append(out.Interfaces, i)
	}
	slices.SortFunc(out.Interfaces, func(a, b live.InterfaceStats) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Close ends capture. It returns when all devices are closed, a moment later.
func (s *Source) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.done)
	s.mu.Unlock()
	s.ran.Wait()
	var errs []error
	for _, t := range s.taps {
		if t.dev != nil { // it was opened and never read
			errs = append(errs, t.dev.Close())
			t.dev = nil
		}
	}
	return errors.Join(errs...)
}
