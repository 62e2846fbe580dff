package npcap

import (
	"errors"
	"fmt"
	"time"

	"github.com/ruleids/ruleids/capture/live"
	"github.com/ruleids/ruleids/packet"
)

// errGone is why an interface is not captured that does not exist.
var errGone = errors.New("there is no such interface")

// A tap reads one interface, opens it again when it comes back, and copies its frames: the driver's own are gone with the
// next one.
type tap struct {
	s    *Source
	name string
	free chan *block

	// Guarded by s.mu.
	device    device // nil while it is not open; only the tap changes it
	stats     live.InterfaceStats
	filterSet bool // the device has the filter of the Source

	match   *live.Filter // for devices without a filter
	last    uint32       // what the device said that it dropped
	counted time.Time
}

// open opens the interface.
func (t *tap) open() error {
	there, err := t.s.driver.interfaces()
	if err != nil {
		return err
	}
	i, ok := find(there, t.name)
	if !ok {
		return errGone
	}
	d, err := t.s.driver.open(i, &t.s.cfg)
	if err != nil {
		return err
	}
	t.last = 0
	_, limit := t.s.driver.name()
	t.s.mu.Lock()
	t.device = d
	t.stats.Name, t.stats.Link, t.stats.Up, t.stats.Err, t.stats.Limit = t.name, d.link(), true, nil, limit
	t.filterSet = false
	t.s.mu.Unlock()
	return t.setFilter()
}

// setFilter gives the device the newest filter, where it has another.
func (t *tap) setFilter() error {
	t.s.mu.Lock()
	f, set := t.s.filter, t.filterSet
	t.filterSet = true
	t.s.mu.Unlock()
	if set {
		return nil
	}
	link := t.device.link()
	if !filterable(link) {
		f = nil
	}
	prog, err := f.Assemble(link, uint32(t.s.cfg.SnapLength), false)
	if err != nil {
		return err
	}
	t.match = nil
	switch err := t.device.setFilter(prog); {
	case errors.Is(err, errNoFilter):
		t.match = f
	case err != nil:
		return fmt.Errorf("the filter: %w", err)
	}
	return nil
}

// filterable reports whether filters know where IP begins behind a link type; of others everything is captured.
func filterable(link packet.LinkType) bool {
	switch link {
	case packet.LinkEthernet, packet.LinkRaw, packet.LinkRawBSD, packet.LinkIPv4, packet.LinkIPv6:
		return true
	}
	return false
}

func (t *tap) close() {
	t.s.mu.Lock()
	d := t.device
	t.device = nil
	t.s.mu.Unlock()
	if d != nil {
		d.close()
	}
}

// run reads until the Source is closed.
func (t *tap) run() {
	defer t.close()
	missing := t.device == nil
	for {
		var err error
		if t.device != nil {
			if err = t.read(); err == nil {
				return
			}
			t.close()
			t.s.tell(t, live.EventFailed, err)
		}
		select {
		case <-t.s.ending:
			return
		case <-time.After(retryEvery):
		}
		if t.open() == nil {
			kind := live.EventReopened
			if missing {
				kind = live.EventUp
			}
			missing = false
			t.s.mu.Lock()
			t.stats.Reopened++
			t.s.mu.Unlock()
			t.s.tell(t, kind, nil)
		}
	}
}

// read reads the device until it fails, or the Source is closed, which is no error.
func (t *tap) read() error {
	var b *block
	for {
		if b == nil {
			select {
			case b = <-t.free:
			case <-t.s.ending:
				return nil
			}
		}
		err := t.setFilter()
		came := false
		if err == nil {
			came, err = t.fill(b)
		}
		if n := t.count(b); n > 0 {
			t.s.full <- b // there is room for all blocks
			b = nil
		}
		if err != nil {
			if b != nil {
				t.free <- b
			}
			return err
		}
		if !came {
			select {
			case <-t.s.ending:
				if b != nil {
					t.free <- b
				}
				return nil
			default:
			}
		}
	}
}

// fill reads frames until the block is full, none comes for some milliseconds, or someone waits for this: it reports
// whether any came.
func (t *tap) fill(b *block) (came bool, err error) {
	for {
		f, ok, err := t.device.next()
		if err != nil || !ok {
			return came, err
		}
		came = true
		if t.match != nil && !t.match.Match(&f) {
			continue
		}
		if len(f.Data) > t.s.cfg.SnapLength {
			f.Data = f.Data[:t.s.cfg.SnapLength]
		}
		at := len(b.bytes)
		b.bytes = append(b.bytes, f.Data...) // a block that grows leaves the frames before where they were
		f.Data = b.bytes[at:len(b.bytes):len(b.bytes)]
		b.frames = append(b.frames, f)
		if len(b.bytes) >= blockBytes-live.DefaultSnapLength || len(t.s.full) == 0 && len(b.frames) >= handOver {
			return came, nil
		}
	}
}

// handOver is how many frames wait while Read has nothing to do.
const handOver = 64

// count notes what is in a block and, now and then, what the driver dropped. It returns the number of frames.
func (t *tap) count(b *block) int {
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	c := &t.stats.Counts
	c.Received += uint64(len(b.frames))
	c.Frames += uint64(len(b.frames))
	for i := range b.frames {
		c.Bytes += uint64(b.frames[i].Length)
	}
	if now := time.Now(); t.device != nil && now.Sub(t.counted) >= countEvery {
		t.counted = now
		if n, err := t.device.dropped(); err == nil {
			c.Dropped += uint64(n - t.last)
			t.last = n
		}
	}
	return len(b.frames)
}
