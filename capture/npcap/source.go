// Package npcap captures packets from network interfaces of Windows, without cgo: by Npcap, whose library it loads when it
// is opened, or without that by raw sockets, which see less.
//
// Npcap is never part of this program: its licence does not allow that. It comes from https://npcap.com/.
package npcap

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/bpf"

	"github.com/ruleids/ruleids/capture/live"
	"github.com/ruleids/ruleids/packet"
)

// A Config says what to capture and how.
type Config struct {
	Interfaces  []string // names as people see them, each once: "Ethernet", "Wi-Fi"
	RingBytes   int      // what the driver holds for each interface while it is not read
	SnapLength  int      // bytes of a frame that are captured
	Promiscuous bool     // see frames for other hosts too
	Wait        bool     // for an interface that does not exist, instead of failing
	Filter      *live.Filter
}

// An Interface is a network interface of this host.
type Interface struct {
	Name   string // as people see it
	Device string // as the driver names it
	Up     bool
}

// A driver opens interfaces.
type driver interface {
	// name is who captures; limit says what cannot be seen that way, "" for nothing.
	name() (driver, limit string)
	interfaces() ([]Interface, error)
	open(i Interface, c *Config) (device, error)
}

// A device is an open interface. One goroutine uses it.
type device interface {
	link() packet.LinkType
	// setFilter has the driver drop what a program does not want. errNoFilter: there is nothing that could.
	setFilter(prog []bpf.RawInstruction) error
	// next returns a frame, whose bytes are valid until the next call, and false where none came for some milliseconds.
	next() (packet.Frame, bool, error)
	// dropped is how many packets the driver had no room for since it was opened, as 32 bits that wrap around.
	dropped() (uint32, error)
	// interrupt ends a next that waits; it may be called by another goroutine, before close.
	interrupt()
	close()
}

// errNoFilter is of devices without a filter: frames are looked at by Match.
var errNoFilter = errors.New("there is no filter")

const (
	// retryEvery is how often an interface that is gone is looked for.
	retryEvery = time.Second
	// countEvery is how often the driver is asked what it dropped.
	countEvery = 100 * time.Millisecond
	// blockBytes is what a tap gathers at most before Read gets it, and blocks how many of those there are for each tap.
	blockBytes = 1 << 20
	blocks     = 4
)

// A Source captures from interfaces. One goroutine calls Read; the other methods may be called from any.
type Source struct {
	cfg    Config
	driver driver
	full   chan *block
	wake   chan struct{}
	ending chan struct{}
	ended  sync.WaitGroup
	once   sync.Once
	held   []*block // whose frames are in use

	mu     sync.Mutex
	filter *live.Filter
	taps   []*tap
	events []live.Event
	told   uint64 // lost packets that Batches have told of
}

// A block is frames of a tap on their way to Read.
type block struct {
	of     *tap
	frames []packet.Frame
	bytes  []byte
}

// open begins to capture.
func open(c Config, d driver) (*Source, error) {
	if err := live.CheckInterfaces(c.Interfaces); err != nil {
		return nil, err
	}
	there, err := d.interfaces()
	if err != nil {
		return nil, fmt.Errorf("live capture: the interfaces of this host: %w", err)
	}
	s := &Source{cfg: c, driver: d, filter: c.Filter, wake: make(chan struct{}, 1), ending: make(chan struct{}),
		full: make(chan *block, blocks*len(c.Interfaces))}
	for _, name := range c.Interfaces {
		if _, ok := find(there, name); !ok && !c.Wait {
			return nil, fmt.Errorf("live capture: there is no interface %q; there are: %s", name, namesOf(there))
		}
		t := &tap{s: s, name: name, free: make(chan *block, blocks)}
		for range blocks {
			t.free <- &block{of: t, bytes: make([]byte, 0, blockBytes)}
		}
		s.taps = append(s.taps, t)
	}
	// The first look is here, so that whoever may not capture is told so.
	for _, t := range s.taps {
		if err := t.open(); err != nil && !(c.Wait && errors.Is(err, errGone)) {
			for _, t := range s.taps {
				t.close()
			}
			return nil, fmt.Errorf("live capture: interface %s: %w", t.name, err)
		}
		if t.device == nil {
			s.tell(t, live.EventMissing, errGone)
		}
	}
	for _, t := range s.taps {
		s.ended.Go(t.run)
	}
	return s, nil
}

// find looks an interface up by the name that people or the driver give it.
func find(there []Interface, name string) (Interface, bool) {
	i := slices.IndexFunc(there, func(i Interface) bool { return strings.EqualFold(i.Name, name) || strings.EqualFold(i.Device, name) })
	if i < 0 {
		return Interface{}, false
	}
	return there[i], true
}

func namesOf(there []Interface) string {
	var names []string
	for _, i := range there {
		names = append(names, fmt.Sprintf("%q", i.Name))
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// Read makes b what came since the Read before, whose frames are valid no longer. It returns as soon as there is something, and
// otherwise when wait has passed or Wake is called. After Close it returns io.EOF, and no other error.
func (s *Source) Read(b *live.Batch, wait time.Duration) error {
	for _, x := range s.held {
		x.frames, x.bytes = x.frames[:0], x.bytes[:0]
		x.of.free <- x
	}
	s.held = s.held[:0]
	*b = live.Batch{Frames: b.Frames[:0], Events: b.Events[:0]}
	s.take(b)
	if len(b.Frames) == 0 && !s.eventful() && wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case x := <-s.full:
			s.add(b, x)
			s.take(b)
		case <-s.wake:
		case <-timer.C:
		case <-s.ending:
		}
	}
	select {
	case <-s.ending:
		*b = live.Batch{Frames: b.Frames[:0], Events: b.Events[:0]}
		return io.EOF
	default:
	}
	if len(s.taps) > 1 {
		slices.SortStableFunc(b.Frames, func(x, y packet.Frame) int { return cmp.Compare(x.Time, y.Time) })
	}
	b.Now = time.Now().Add(-2 * countEvery).UnixNano()
	if n := len(b.Frames); n > 0 {
		b.Now = b.Frames[n-1].Time
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b.Events = append(b.Events, s.events...)
	s.events = s.events[:0]
	lost := uint64(0)
	for _, t := range s.taps {
		lost += t.stats.Dropped
	}
	b.Lost, s.told = lost-s.told, lost
	b.Losing = b.Lost > 0
	return nil
}

// take takes all blocks that are full.
func (s *Source) take(b *live.Batch) {
	for {
		select {
		case x := <-s.full:
			s.add(b, x)
		default:
			return
		}
	}
}

func (s *Source) add(b *live.Batch, x *block) {
	b.Frames = append(b.Frames, x.frames...)
	s.held = append(s.held, x)
}

func (s *Source) eventful() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.events) > 0
}

// Wake ends a Read that waits, or the next one.
func (s *Source) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// SetFilter replaces the filter, nil for none, within some milliseconds. What the filter before did not let through does not
// come back.
func (s *Source) SetFilter(f *live.Filter) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.filter = f
	for _, t := range s.taps {
		t.filterSet = false
	}
	return nil
}

// Stats returns the counts up to now.
func (s *Source) Stats() live.Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out live.Stats
	for _, t := range s.taps {
		out.Add(t.stats.Counts)
		out.Interfaces = append(out.Interfaces, t.stats)
	}
	slices.SortFunc(out.Interfaces, func(x, y live.InterfaceStats) int { return cmp.Compare(x.Name, y.Name) })
	return out
}

// Close ends capturing: a Read that waits returns, and so does every later one.
func (s *Source) Close() error {
	s.once.Do(func() { close(s.ending) })
	s.mu.Lock()
	for _, t := range s.taps {
		if t.device != nil {
			t.device.interrupt()
		}
	}
	s.mu.Unlock()
	s.ended.Wait()
	return nil
}

// tell adds an event.
func (s *Source) tell(t *tap, kind live.EventKind, err error) {
	s.mu.Lock()
	s.events = append(s.events, live.Event{Time: time.Now().UnixNano(), Interface: t.name, Kind: kind, Err: err})
	t.stats.Name, t.stats.Err = t.name, err
	t.stats.Up = kind == live.EventUp || kind == live.EventReopened
	s.mu.Unlock()
	s.Wake()
}
