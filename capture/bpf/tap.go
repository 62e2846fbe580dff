package bpf

import (
	"errors"
	"time"

	"github.com/ruleids/ruleids/capture/live"
	"github.com/ruleids/ruleids/packet"
)

// openAgain is how long it takes until it is tried again to open a device that could not be opened.
const openAgain = time.Second

// A tap reads one interface, in a goroutine of its own. What is below mu of its Source is used with that held.
type tap struct {
	s    *Source
	name string
	free chan []byte // buffers that are not in use: two go round

	dev      *device // nil where there is none
	filter   *live.Filter
	here     bool // the kernel's filter is not that of the settings: frames are looked at here, too
	last     uint32
	err      error // why there is none
	link     packet.LinkType
	opened   uint64 // times that a device was opened
	faults   uint64 // buffers with something in them that is no record
	counts   live.Counts
	happened live.EventKind // of the last event
}

// A chunk is what one read gave.
type chunk struct {
	tap    *tap
	data   []byte
	buf    []byte // of which data is the beginning
	layout layout
	link   packet.LinkType
	here   bool // frames are to be looked at by the filter
}

// run reads until the Source is closed.
func (t *tap) run() {
	for {
		dev := t.open()
		if dev == nil {
			if !t.s.sleep(openAgain) {
				return
			}
			continue
		}
		err := t.read(dev)
		t.s.mu.Lock()
		t.count()
		t.dev = nil
		_ = dev.Close() // there is nothing to lose
		closed := t.s.closed
		if !closed {
			t.fell(err)
		}
		t.s.mu.Unlock()
		if closed || !t.s.sleep(openAgain) {
			return
		}
	}
}

// open opens a device, or says why there is none. The first time is that of Open, which did it.
func (t *tap) open() *device {
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	if t.s.closed || t.dev != nil {
		return t.dev
	}
	if err := t.attach(); err != nil {
		t.fell(err)
		return nil
	}
	t.happen(live.EventReopened, nil)
	return t.dev
}

// attach opens a device with the filter of the Source.
func (t *tap) attach() error {
	dev, err := t.s.open(t.name, &t.s.cfg)
	if err != nil {
		return err
	}
	if !dev.up() {
		_ = dev.Close()
		return errDown
	}
	t.dev, t.link, t.last, t.err = dev, dev.link, 0, nil
	t.opened++
	if err := t.setFilter(t.s.filter); err != nil {
		_ = dev.Close()
		t.dev = nil
		return err
	}
	return nil
}

// setFilter has the kernel keep out what a filter does not want. Where its program is too long, the frames are
// looked at here.
func (t *tap) setFilter(f *live.Filter) error {
	snap := uint32(t.s.cfg.SnapLength)
	program, err := f.Assemble(t.link, snap, false)
	if err != nil {
		return err
	}
	here := len(program) > maxInstructions
	if here {
		if program, err = (*live.Filter)(nil).Assemble(t.link, snap, false); err != nil {
			return err
		}
	}
	t.count()
	if err := t.dev.setFilter(program); err != nil {
		return err
	}
	t.last, _ = t.dev.dropped() // OpenBSD counts from 0 again
	t.filter, t.here = f, here
	return nil
}

// read hands on what comes, until the device fails or the Source is closed.
func (t *tap) read(dev *device) error {
	for {
		var buf []byte
		select {
		case buf = <-t.free:
		case <-t.s.done:
			return nil
		}
		if len(buf) < dev.size {
			buf = make([]byte, dev.size)
		}
		n, err := dev.Read(buf[:dev.size])
		if err != nil || n == 0 {
			t.free <- buf
			if err == nil && !dev.up() {
				err = errDown
			}
			if err != nil {
				return err
			}
			select {
			case <-t.s.done:
				return nil
			default:
				continue
			}
		}
		t.s.mu.Lock()
		c := chunk{tap: t, data: buf[:n], buf: buf, layout: dev.layout, link: dev.link, here: t.here}
		t.s.mu.Unlock()
		select {
		case t.s.chunks <- c:
		case <-t.s.done:
			return nil
		}
	}
}

// fell takes down why there is no device.
func (t *tap) fell(err error) {
	t.err = err
	switch {
	case errors.Is(err, errDown):
		t.happen(live.EventDown, nil)
	case errors.Is(err, errNoInterface) && t.opened == 0:
		t.happen(live.EventMissing, nil)
	case errors.Is(err, errNoInterface):
		t.happen(live.EventGone, nil)
	default:
		t.happen(live.EventFailed, err)
	}
}

// happen keeps an event for the next Read, once for each change.
func (t *tap) happen(kind live.EventKind, err error) {
	if t.happened == kind && kind != live.EventReopened {
		return
	}
	t.happened = kind
	t.s.events = append(t.s.events, live.Event{Time: time.Now().UnixNano(), Interface: t.name, Kind: kind, Err: err})
	t.s.wakeUp()
}

// count asks how many frames were dropped since the last time.
func (t *tap) count() {
	if t.dev == nil {
		return
	}
	if now, err := t.dev.dropped(); err == nil {
		t.counts.Dropped += uint64(now - t.last)
		t.last = now
	}
}
