package afpacket

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"
)

// TestMissed loses packets before the rings: a veth pair drops what is longer than the receiving end takes, and counts
// it as dropped there.
func TestMissed(t *testing.T) {
	enterNamespace(t)
	veth(t, "lva", "lvb")
	ip(t, "link set lvb mtu 500")
	from := newSender(t, "lva")
	long := func(n int) {
		for range n {
			if _, err := unix.Write(from.fd, make([]byte, 1000)); err != nil && !errors.Is(err, unix.ENOBUFS) {
				t.Fatal(err)
			}
		}
	}
	long(7) // before Open: they do not count
	s := open(t, Config{Interfaces: []string{"lvb"}})
	long(5)
	from.send(numbered(0, 1, 1), numbered(1, 1, 1))
	var h heard
	h.read(t, s, func() bool { return len(h.frames) == 2 && h.lost >= 5 })
	st := s.Stats()
	if st.Missed != 5 || st.Interfaces[0].Missed != 5 || h.lost != 5 || st.Dropped != 0 {
		t.Errorf("%d missed, %d lost, %d dropped, want 5, 5 and 0", st.Missed, h.lost, st.Dropped)
	}

	// An interface that is made again counts from zero.
	ip(t, "link del lva")
	h.read(t, s, func() bool { return len(h.kinds()) > 0 })
	veth(t, "lva", "lvb")
	ip(t, "link set lvb mtu 500")
	h.events = nil
	h.read(t, s, func() bool { return s.Stats().Interfaces[0].Up })
	from = newSender(t, "lva")
	long(3)
	h.read(t, s, func() bool { return h.lost >= 8 })
	if st := s.Stats(); st.Missed != 8 || h.lost != 8 {
		t.Errorf("%d missed, %d lost, want 8", st.Missed, h.lost)
	}
}
