package afpacket

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ruleids/ruleids/capture/live"
)

// lookEvery is how often interfaces are looked at, in case that a notice of the kernel got lost; and how often
// it is tried again to open rings that could not be opened.
const lookEvery = time.Second

// missedEvery is how often the counters of interfaces are looked at for packets that were lost before the rings.
const missedEvery = 100 * time.Millisecond

// noticesEvery is how often notices are asked for while frames come so fast that Read does not wait.
const noticesEvery = 10 * time.Millisecond

// A Source captures from interfaces. One goroutine calls Read and Release; the other methods may be called from
// any, at any time.
type Source struct {
	cfg     Config
	wake    int // an eventfd: Close and Wake end a Read that waits
	notices int // a netlink socket
	asking  int // another one

	mu      sync.Mutex // held by Read too, but not while it waits
	filter  *live.Filter
	taps    []*tap // as in Config.Interfaces
	rings   []*ring
	polls   []unix.PollFd
	scratch [64]byte                           // where what is read from wake and notices goes
	events  []live.Event                       // not yet told
	woken   bool                               // Wake was called
	reading bool                               // a Read runs
	held    bool                               // frames of a live.Batch are in use
	batch   uint64                             // number of the last one that had frames
	forget  func(batch uint64, must bool) bool // see Keep
	closed  bool                               // Close was called
	gone    bool                               // and everything was given back

	looked  time.Time // when the interfaces were last looked at
	noticed time.Time // when notices were last asked for
	missed  time.Time // when the counters of interfaces were last asked for
	told    uint64    // lost packets that Batches have told of
	counted int64     // when the counters of the kernel were last read
	// Packets were lost at some time between these, in nanoseconds since 1970.
	lostFrom, lostTo int64
}

// Open opens rings on interfaces. An interface that is down is waited for; one that does not exist is an error,
// but for Config.Wait, as are a link type that cannot be captured, settings out of range and missing privileges.
//
// Interfaces are those of the network namespace of the calling thread, now and later, so Read must run
// in the same.
func Open(c Config) (*Source, error) {
	c, err := c.complete()
	if err != nil {
		return nil, err
	}
	s := &Source{cfg: c, filter: c.Filter, wake: -1, notices: -1, asking: -1}
	if err := s.open(); err != nil {
		return nil, errors.Join(err, s.giveBack())
	}
	return s, nil
}

func (s *Source) open() error {
	var err error
	if s.notices, err = openNotices(); err != nil {
		return err
	}
	if s.asking, err = openAsking(); err != nil {
		return err
	}
	if s.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return fmt.Errorf("live capture: opening an eventfd: %w", err)
	}
	for _, name := range s.cfg.Interfaces {
		t := &tap{name: name}
		s.taps = append(s.taps, t)
		s.events = append(s.events, s.lookFirst(t)...)
		switch {
		case t.state == stateGone && !s.cfg.Wait:
			return live.NoInterface(name)
		case t.state == stateFailed:
			return fmt.Errorf("live capture: interface %s: %w", name, t.err)
		}
	}
	s.looked, s.counted = time.Now(), s.wall()
	s.list()
	return nil
}

// carrierWithin is how long Open waits for the carrier of an interface that was set up just now: the kernel tells of it
// a little later.
const carrierWithin = 200 * time.Millisecond

// lookFirst looks at a tap for the first time, and returns the events of that: none where it is up.
func (s *Source) lookFirst(t *tap) []live.Event {
	for start := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		t.state = stateUp
		events := s.look(t, nil)
		if t.state != stateDown || len(t.rings) == 0 || time.Since(start) > carrierWithin {
			return events
		}
	}
}

// wall returns the time of the clock that the kernel's time stamps have.
func (s *Source) wall() int64 { return time.Now().UnixNano() }

// list makes the lists of rings and of what to wait for.
func (s *Source) list() {
	s.rings = s.rings[:0]
	s.polls = append(s.polls[:0], unix.PollFd{Fd: int32(s.wake), Events: unix.POLLIN}, unix.PollFd{Fd: int32(s.notices), Events: unix.POLLIN})
	for _, t := range s.taps {
		for _, r := range slices.Concat(t.old, t.rings) {
			s.rings = append(s.rings, r)
			s.polls = append(s.polls, unix.PollFd{Fd: int32(r.fd), Events: unix.POLLIN})
		}
	}
}

// Read gives the frames of the Batch before back to the kernel, and makes b what came since. It returns as soon
// as there are frames, or Events, and otherwise when wait has passed or Wake is called, with a Batch without
// frames; a wait of 0 does not wait. After Close it returns io.EOF, at once and ever after, and no other error.
//
// A Batch has some thousand frames of each ring at most.
func (s *Source) Read(b *live.Batch, wait time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.release()
	*b = live.Batch{Frames: b.Frames[:0], Events: b.Events[:0]}
	s.reading = true
	defer func() { s.reading = false }()
	start := time.Now()
	if start.Sub(s.noticed) >= noticesEvery && !s.closed {
		s.notice(start, drainNotices(s.notices, s.scratch[:]))
	}
	for now := start; ; now = time.Now() {
		if s.closed {
			*b = live.Batch{Frames: b.Frames[:0], Events: b.Events[:0]}
			_ = s.giveBack() // nothing can be done about it any more
			return io.EOF
		}
		s.collect(b)
		left := wait - now.Sub(start)
		if len(b.Frames) > 0 || len(s.events) > 0 || s.woken || left <= 0 {
			break
		}
		for _, t := range s.taps {
			if len(t.old) > 0 {
				left = min(left, max(t.oldUntil.Sub(now), time.Millisecond))
			}
		}
		s.wait(min(left, lookEvery))
	}
	s.woken = false
	b.Events = append(b.Events, s.events...)
	clear(s.events)
	s.events = s.events[:0]
	s.finish(b)
	return nil
}

// notice looks at the interfaces where there was a notice, or when it is time to.
func (s *Source) notice(now time.Time, changed bool) {
	s.noticed = now
	changed = changed || now.Sub(s.looked) >= lookEvery
	if changed {
		s.looked = now
		for _, t := range s.taps {
			s.events = s.look(t, s.events)
		}
	}
	for _, t := range s.taps {
		changed = t.closeOld(now) || changed
	}
	if now.Sub(s.missed) >= missedEvery {
		s.missed = now
		for _, t := range s.taps {
			s.countMissed(t)
		}
	}
	if changed {
		s.list()
	}
}

// wait waits for frames, notices, Wake and Close.
func (s *Source) wait(d time.Duration) {
	polls := s.polls
	s.mu.Unlock()
	n, err := unix.Poll(polls, int((d+time.Millisecond-1)/time.Millisecond))
	s.mu.Lock()
	if err != nil {
		n = 0 // EINTR: the runtime sends signals to threads
	}
	if n > 0 && polls[0].Revents != 0 {
		_, _ = unix.Read(s.wake, s.scratch[:]) // it says what s.woken and s.closed say
	}
	failed := false
	if n > 0 {
		for i, r := range s.rings {
			if polls[i+2].Revents&^unix.POLLIN != 0 {
				r.clearError()
				failed = true
			}
		}
	}
	changed := n > 0 && polls[1].Revents != 0 && drainNotices(s.notices, s.scratch[:])
	s.notice(time.Now(), changed || failed)
}

// Release gives the frames of the last Batch back to the kernel, for one who will not call Read for a while.
func (s *Source) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.release()
	if s.closed {
		_ = s.giveBack() // as in Read
	}
}

// Keep has the frames of every Batch stay as they are after the Read that follows, for as long as there is room for them beside
// those that are to come: Config.KeepBytes in each ring. forget is called by Read, Release and Close before the memory of Batches up to a number is
// needed. Where it returns false the source asks again later, unless it must have it: then forget has to see to it that nothing looks there any more.
//
// It is called before the first Read.
func (s *Source) Keep(forget func(batch uint64, must bool) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget = forget
	for _, t := range s.taps {
		for _, r := range t.rings {
			r.forget = forget
		}
	}
}

// release gives blocks back to the kernel.
func (s *Source) release() {
	if s.held {
		for _, r := range s.rings {
			r.release()
		}
		s.held = false
	}
}

// Wake ends a Read that waits, or the next one: it returns what there is.
func (s *Source) Wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.woken = true
	s.signal()
}

// signal makes the eventfd readable.
func (s *Source) signal() {
	if s.reading && !s.gone {
		one := [8]byte{0: 1, 7: 1} // not zero, in either byte order
		_, _ = unix.Write(s.wake, one[:])
	}
}

// SetFilter replaces the filter, nil for none. It takes effect at once and for all: no packet is lost between the
// filters, and frames that are in the rings already are judged by the new one too. What the
// filter before did not let through does not come back. Where there is an error, the filter before stays.
func (s *Source) SetFilter(f *live.Filter) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	for _, t := range s.taps {
		for _, r := range t.rings {
			if err := r.setFilter(f, s.wall); err != nil {
				err = fmt.Errorf("live capture: interface %s: %w", t.name, err)
				for _, t := range s.taps {
					for _, r := range t.rings {
						err = errors.Join(err, r.setFilter(s.filter, s.wall))
					}
				}
				return err
			}
		}
		for _, r := range t.old { // their interface sends nothing any more
			r.filter, r.until = f, 1<<63-1
		}
	}
	s.filter = f
	return nil
}

// Stats returns the counts up to now.
func (s *Source) Stats() live.Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	var st live.Stats
	for _, t := range s.taps {
		if !s.gone {
			for _, r := range slices.Concat(t.old, t.rings) {
				r.count()
			}
			s.countMissed(t)
		}
		is := live.InterfaceStats{Name: t.name, Counts: t.counts(), Up: t.state == stateUp && !s.gone, Err: t.err, Link: t.link, Reopened: t.reopened, Missed: t.missed}
		for _, r := range t.rings {
			is.Rings = append(is.Rings, r.counts)
		}
		st.Add(is.Counts)
		st.Missed += is.Missed
		st.Interfaces = append(st.Interfaces, is)
	}
	slices.SortFunc(st.Interfaces, func(x, y live.InterfaceStats) int { return cmp.Compare(x.Name, y.Name) })
	return st
}

// Close ends capturing: a Read that waits returns, and so does every later one. The frames of the last Batch stay
// valid until the next Read or Release, which gives the rings back; where no frames are in use, Close does.
// Stats goes on to say what was counted.
func (s *Source) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.reading || s.held {
		s.signal()
		return nil
	}
	return s.giveBack()
}

// giveBack closes everything, once.
func (s *Source) giveBack() error {
	if s.gone {
		return nil
	}
	s.gone = true
	var err error
	for _, t := range s.taps {
		err = errors.Join(err, t.closeRings(t.old), t.closeRings(t.rings))
		t.old, t.rings = nil, nil
	}
	s.rings = nil
	for _, fd := range []int{s.wake, s.notices, s.asking} {
		if fd >= 0 {
			err = errors.Join(err, unix.Close(fd))
		}
	}
	return err
}
