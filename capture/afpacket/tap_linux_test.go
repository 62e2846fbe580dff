package afpacket

import (
	"slices"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/capture/live"
)

// TestInterfaceMadeAnew removes the interface with frames in its ring, and makes another of the same name.
func TestInterfaceMadeAnew(t *testing.T) {
	enterNamespace(t)
	veth(t, "lva", "lvb")
	veth(t, "lvc", "lvd")
	s := open(t, Config{Interfaces: []string{"lvb", "lvd"}, Rings: 2, Promiscuous: true})
	newSender(t, "lva").send(numbered(1, 2, 3), numbered(2, 2, 3))
	ip(t, "link del lva")
	var h heard
	h.read(t, s, func() bool { return len(h.frames) == 2 && slices.Contains(h.kinds(), live.EventGone) })
	st := s.Stats().Interfaces[0]
	if st.Name != "lvb" || st.Up || st.Err == nil {
		t.Errorf("the interface is gone, its state is %+v", st)
	}
	newSender(t, "lvc").send(numbered(3, 2, 3))
	h.read(t, s, func() bool { return len(h.frames) == 3 })

	veth(t, "lva", "lvb")
	h.read(t, s, func() bool { return slices.Contains(h.kinds(), live.EventReopened) && s.Stats().Interfaces[0].Up })
	newSender(t, "lva").send(numbered(4, 2, 3))
	h.read(t, s, func() bool { return len(h.frames) == 4 })
	for i, f := range h.frames {
		if number(f) != i+1 {
			t.Errorf("frame %d is packet %d", i, number(f))
		}
	}
	for _, e := range h.events {
		if e.Interface != "lvb" {
			t.Errorf("an event of %s: %v", e.Interface, e)
		}
	}
	if st := s.Stats(); st.Received != 4 || st.Interfaces[0].Reopened != 1 || st.Interfaces[0].Received != 3 {
		t.Errorf("counts %+v", st)
	}
	// Rings of the interface that is gone are closed in the end.
	h.read(t, s, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.taps[0].old) == 0
	})
	if st := s.Stats(); st.Received != 4 || st.Frames != 4 {
		t.Errorf("counts %+v after the old rings were closed", st)
	}
}

// TestInterfaceMissingAtStart opens a Source before one of its interfaces is made.
func TestInterfaceMissingAtStart(t *testing.T) {
	enterNamespace(t)
	veth(t, "lva", "lvb")
	s := open(t, Config{Interfaces: []string{"lvb", "lvd"}, Wait: true})
	var h heard
	h.read(t, s, func() bool { return slices.Equal(h.kinds(), []live.EventKind{live.EventMissing}) })
	if e := h.events[0]; e.Interface != "lvd" || e.Err == nil || !strings.Contains(e.Err.Error(), "waiting for it") {
		t.Errorf("event %v", e)
	}
	newSender(t, "lva").send(numbered(1, 2, 3))
	h.read(t, s, func() bool { return len(h.frames) == 1 })
	if st := s.Stats().Interfaces[1]; st.Up || st.Err == nil || st.Err.Error() != errMissing.Error() {
		t.Errorf("the interface is missing, its state is %+v", st)
	}
	veth(t, "lvc", "lvd")
	h.read(t, s, func() bool { return slices.Contains(h.kinds(), live.EventUp) && s.Stats().Interfaces[1].Up })
	newSender(t, "lvc").send(numbered(2, 2, 3))
	h.read(t, s, func() bool { return len(h.frames) == 2 })
}

// TestNoEventsOfALinkJustMade opens a Source on interfaces whose carrier the kernel may not have told of yet.
func TestNoEventsOfALinkJustMade(t *testing.T) {
	enterNamespace(t)
	for range 5 {
		ip(t, "link add lva type veth peer name lvb")
		ip(t, "link set lva up")
		ip(t, "link set lvb up")
		s := open(t, Config{Interfaces: []string{"lvb"}})
		newSender(t, "lva").send(numbered(1, 2, 3))
		var h heard
		h.read(t, s, func() bool { return len(h.frames) > 0 })
		if len(h.events) > 0 {
			t.Errorf("events %v", h.events)
		}
		ip(t, "link del lva")
	}
}

// TestInterfaceRenamed gives the interface another name and its own again: the number stays.
func TestInterfaceRenamed(t *testing.T) {
	enterNamespace(t)
	veth(t, "lva", "lvb")
	s := open(t, Config{Interfaces: []string{"lvb"}})
	ip(t, "link set lvb down")
	ip(t, "link set lvb name lvx")
	var h heard
	h.read(t, s, func() bool { return slices.Contains(h.kinds(), live.EventGone) })
	ip(t, "link set lvx name lvb")
	ip(t, "link set lvb up")
	h.read(t, s, func() bool { return slices.Contains(h.kinds(), live.EventReopened) && s.Stats().Interfaces[0].Up })
	waitRunning(t, "lva", "lvb")
	// The rings of before are not closed yet: nothing may come to them too.
	newSender(t, "lva").send(numbered(1, 2, 3), numbered(2, 2, 3))
	h.read(t, s, func() bool { return len(h.frames) >= 2 })
	h.read(t, s, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.taps[0].old) == 0
	})
	if st := s.Stats(); st.Received != 2 {
		t.Errorf("%d packets were received of 2", st.Received)
	}
}

// TestInterfaceDownAndUp begins with an interface that is down.
func TestInterfaceDownAndUp(t *testing.T) {
	enterNamespace(t)
	veth(t, "lva", "lvb")
	ip(t, "link set lvb down")
	s := open(t, Config{Interfaces: []string{"lvb"}, Rings: 2})
	var h heard
	h.read(t, s, func() bool { return slices.Equal(h.kinds(), []live.EventKind{live.EventDown}) })
	if st := s.Stats().Interfaces[0]; st.Up || st.Err == nil || !strings.Contains(st.Err.Error(), "ip link set lvb up") {
		t.Errorf("state %+v", st)
	}
	up := func() bool { return len(h.events) > 0 && h.events[len(h.events)-1].Kind == live.EventUp }
	for i := range 2 {
		ip(t, "link set lvb up")
		h.read(t, s, up)
		waitRunning(t, "lva", "lvb")
		newSender(t, "lva").send(numbered(i, 2, 3))
		h.read(t, s, func() bool { return len(h.frames) == i+1 })
		ip(t, "link set lvb down")
		h.read(t, s, func() bool { return !up() })
	}
	if got := h.kinds(); len(got) < 5 || slices.Contains(got, live.EventGone) || slices.Contains(got, live.EventFailed) {
		t.Errorf("events %v", h.events)
	}
}
