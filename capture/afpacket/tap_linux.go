package afpacket

import (
	"errors"
	"fmt"
	"time"

	"github.com/ruleids/ruleids/capture/live"
	"github.com/ruleids/ruleids/packet"
)

// A tap is an interface that is captured from, which may be there or not.
type tap struct {
	name  string
	state state
	err   error // why it is not up
	link  packet.LinkType
	index int
	rings []*ring
	// old are the rings of an interface that is gone: they are read until their last block is out.
	old      []*ring
	oldUntil time.Time
	was      bool        // its rings were open at some time
	reopened uint64      // times that they were opened again
	closed   live.Counts // of rings that are no more
	missed   uint64      // see live.InterfaceStats.Missed
	missedAt uint64      // what the kernel said when missed was counted last
}

// state is what a tap is in.
type state uint8

const (
	stateGone state = iota
	stateDown
	stateFailed
	stateUp
)

// look brings a tap in line with what the kernel says of its interface, and returns the events of that.
func (s *Source) look(t *tap, events []live.Event) []live.Event {
	change := func(to state, kind live.EventKind, err error) {
		if t.state != to || to == stateFailed && t.err.Error() != err.Error() {
			events = append(events, live.Event{Time: s.wall(), Interface: t.name, Kind: kind, Err: err})
		}
		t.state, t.err = to, err
	}
	d, err := lookup(s.notices, t.name)
	if len(t.rings) > 0 && (err != nil || d.index != t.index || !t.rings[0].bound(t.index)) {
		t.retire(s.cfg.BlockTimeout)
		change(stateGone, live.EventGone, errGone)
	}
	switch {
	case errors.Is(err, errGone) && !t.was:
		change(stateGone, live.EventMissing, errMissing)
		return events
	case errors.Is(err, errGone):
		change(stateGone, live.EventGone, err)
		return events
	case err != nil:
		change(stateFailed, live.EventFailed, fmt.Errorf("asking the kernel about it: %w", err))
		return events
	case !d.up:
		change(stateDown, live.EventDown, fmt.Errorf("it is not up; \"ip link set %s up\" does that", t.name))
		return events
	}
	kind := live.EventUp
	if len(t.rings) == 0 {
		if err := s.openTap(t, d); err != nil {
			change(stateFailed, live.EventFailed, err)
			return events
		}
		if t.was {
			t.reopened++
			kind = live.EventReopened
			t.state = stateGone // so that it is told even where the interface has no carrier yet
			events = append(events, live.Event{Time: s.wall(), Interface: t.name, Kind: kind})
		}
		t.was = true
	}
	switch {
	case !d.running:
		change(stateDown, live.EventDown, errors.New("it has no carrier"))
	case kind == live.EventReopened:
		t.state, t.err = stateUp, nil
	default:
		change(stateUp, live.EventUp, nil)
	}
	return events
}

// openTap opens the rings of an interface that is up.
func (s *Source) openTap(t *tap, d device) (err error) {
	link, err := d.linkType()
	if err != nil {
		return err
	}
	var rings []*ring
	defer func() {
		if err != nil {
			for _, r := range rings {
				err = errors.Join(err, r.close())
			}
		}
	}()
	group := uint16(0)
	for n := range s.cfg.Rings {
		r, err := openRing(&s.cfg, d, link)
		if err != nil {
			return err
		}
		r.forget = s.forget
		rings = append(rings, r)
		switch {
		case n > 0:
			err = r.join(group, 0, s.cfg.Defrag)
		case s.cfg.Rings > 1 || s.cfg.Defrag:
			group, err = r.found(s.cfg.Defrag)
		}
		if err != nil {
			return err
		}
	}
	// Until all have joined, a packet comes to several of them; so none has let any through before now.
	for _, r := range rings {
		if err := r.setFilter(s.filter, s.wall); err != nil {
			return err
		}
		r.until = 0
	}
	t.rings, t.link, t.index = rings, link, d.index
	t.missedAt, _ = askMissed(s.asking, d.index) // where the kernel is too old for that it never counts
	return nil
}

// retire sets the rings aside, to be closed when what they hold was read: the kernel hands their last blocks
// over after the block time-out.
func (t *tap) retire(timeout time.Duration) {
	for _, r := range t.rings {
		// An interface with another name now is still bound to the socket, and might come back
		// under the old one. To drop everything takes one instruction, for which there is always room.
		_ = r.mute()
	}
	t.old = append(t.old, t.rings...)
	t.rings = nil
	t.oldUntil = time.Now().Add(2*timeout + 100*time.Millisecond)
}

// closeOld closes retired rings when they have nothing more to give, and reports whether it did.
func (t *tap) closeOld(now time.Time) bool {
	if len(t.old) == 0 || now.Before(t.oldUntil) {
		return false
	}
	for _, r := range t.old {
		if r.held > 0 || r.ready() {
			return false
		}
	}
	_ = t.closeRings(t.old) // nothing comes from them any more, whatever it says
	t.old = nil
	return true
}

// closeRings closes rings and keeps their counts.
func (t *tap) closeRings(rings []*ring) error {
	var err error
	for _, r := range rings {
		r.count()
		t.closed.Add(r.counts)
		err = errors.Join(err, r.close())
	}
	return err
}

// counts returns what all rings of the interface counted, those that are no more too.
func (t *tap) counts() live.Counts {
	c := t.closed
	for _, r := range t.old {
		c.Add(r.counts)
	}
	for _, r := range t.rings {
		c.Add(r.counts)
	}
	return c
}
