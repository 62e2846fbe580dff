package afpacket

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/ruleids/ruleids/capture/live"
	"github.com/ruleids/ruleids/packet"
)

// TestFramesAsOnTheWire sends frames with and without VLAN tags, which the kernel takes off, and reads them byte
// for byte, on the side where they come in and on the side where they go out.
func TestFramesAsOnTheWire(t *testing.T) {
	enterNamespace(t)
	veth(t, "lva", "lvb")
	from := newSender(t, "lva")
	r := rand.New(rand.NewPCG(1, 1))
	var want [][]byte
	for n := range 300 {
		var tags []uint16
		switch n % 5 {
		case 1:
			tags = []uint16{0x8100, 100}
		case 2:
			tags = []uint16{0x88a8, 200, 0x8100, 0xe064}
		case 3:
			tags = []uint16{0x8100, 0} // no VLAN, a priority
		}
		f := make([]byte, 12)
		f[0], f[5], f[6], f[11] = 2, byte(n), 2, byte(n>>8)
		for _, x := range tags {
			f = binary.BigEndian.AppendUint16(f, x)
		}
		f = append(f, 8, 0)
		body := make([]byte, 50+r.IntN(1400))
		for i := range body {
			body[i] = byte(r.Uint32())
		}
		want = append(want, append(f, body...))
	}
	in, out := open(t, Config{Interfaces: []string{"lvb"}, Promiscuous: true}), open(t, Config{Interfaces: []string{"lva"}})
	before := time.Now().UnixNano()
	from.send(want...)
	for side, s := range map[string]*Source{"coming in": in, "going out": out} {
		got := readFrames(t, s, len(want))
		after := time.Now().UnixNano()
		if len(got) != len(want) {
			t.Errorf("%s: %d frames, sent %d", side, len(got), len(want))
		}
		for i, f := range got[:min(len(got), len(want))] {
			if !bytes.Equal(f.Data, want[i]) || int(f.Length) != len(want[i]) || f.Link != packet.LinkEthernet {
				t.Fatalf("%s: frame %d, length %d, link %d is\n% x, sent\n% x", side, i, f.Length, f.Link, f.Data[:40], want[i][:40])
			}
			if f.Time < before || f.Time > after || i > 0 && f.Time < got[i-1].Time {
				t.Errorf("%s: frame %d has time %d, not in %d to %d or before the frame before", side, i, f.Time, before, after)
			}
		}
	}
}

func TestSnapLength(t *testing.T) {
	enterNamespace(t)
	veth(t, "lva", "lvb")
	s := open(t, Config{Interfaces: []string{"lvb"}, SnapLength: 96})
	whole := append(numbered(7, 2, 9), make([]byte, 500)...)
	newSender(t, "lva").send(whole)
	f := readFrames(t, s, 1)[0]
	if !bytes.Equal(f.Data, whole[:96]) || int(f.Length) != len(whole) {
		t.Errorf("%d bytes of %d, want 96 of %d", len(f.Data), f.Length, len(whole))
	}
}

// TestLoopbackOnce counts packets on the interface where each passes twice.
func TestLoopbackOnce(t *testing.T) {
	enterNamespace(t)
	ip(t, "link set lo up")
	for _, rings := range []int{1, 2} {
		s := open(t, Config{Interfaces: []string{"lo"}, Rings: rings})
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		// The port is this socket's own, so that no error messages come back.
		if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
			t.Fatal(err)
		}
		self, err := unix.Getsockname(fd)
		if err != nil {
			t.Fatal(err)
		}
		const n = 100
		for i := range n {
			if err := unix.Sendto(fd, binary.BigEndian.AppendUint64(nil, uint64(i)), 0, self); err != nil {
				t.Fatal(err)
			}
		}
		seen := map[int]int{}
		for _, f := range readFrames(t, s, n) {
			seen[number(f)]++
		}
		for i := range n {
			if seen[i] != 1 {
				t.Errorf("%d rings: packet %d was seen %d times", rings, i, seen[i])
			}
		}
		if st := s.Stats(); st.Received != n {
			t.Errorf("%d rings: %d packets were received, %d sent", rings, st.Received, n)
		}
	}
}

// received returns how many packets an interface received, as the kernel counts for everybody.
func received(t *testing.T, name string) uint64 {
	t.Helper()
	text, err := os.ReadFile("/proc/thread-self/net/dev")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), name+":"); ok {
			var octets, packets uint64
			if _, err := fmt.Sscan(rest, &octets, &packets); err != nil {
				t.Fatal(err)
			}
			return packets
		}
	}
	t.Fatalf("there is no %s in /proc/net/dev", name)
	return 0
}

// TestDropsAreCounted floods a small ring that nobody reads: what is not in it is in the counts, to the packet.
func TestDropsAreCounted(t *testing.T) {
	enterNamespace(t)
	veth(t, "lva", "lvb")
	s := open(t, Config{Interfaces: []string{"lvb"}, RingBytes: 64 << 10, BlockBytes: 16 << 10})
	from := newSender(t, "lva")
	before := received(t, "lvb")
	const n = 5000
	for i := range n {
		from.send(numbered(i, 2, 3))
	}
	passed := received(t, "lvb") - before
	st := s.Stats()
	if passed != n || st.Received+st.Dropped != n || st.Dropped < n/2 || st.Stalls == 0 {
		t.Errorf("sent %d, the interface received %d, counts %+v", n, passed, st.Counts)
	}
	var h heard
	h.read(t, s, func() bool { return uint64(len(h.frames)) == st.Received })
	for i, f := range h.frames {
		if number(f) != i {
			t.Fatalf("frame %d is packet %d: the ring lost one that was in it", i, number(f))
		}
	}
	if h.lost != st.Dropped {
		t.Errorf("Batches told of %d lost packets, %d are", h.lost, st.Dropped)
	}
	// What was captured while packets were lost is marked: the time of the loss is known from one Read to the
	// next, so all of it here.
	if !h.losing {
		t.Error("no live.Batch says that packets were lost")
	}
	// The first frame after it finds the ring empty. It may be marked by the kernel; later ones are not.
	h = heard{}
	for i := range 3 {
		from.send(numbered(n+i, 2, 3))
		h.losing = false
		h.read(t, s, func() bool { return len(h.frames) == i+1 })
	}
	if h.losing || h.lost != 0 {
		t.Errorf("long after, losing is %v, %d lost", h.losing, h.lost)
	}
}

// TestCloseEndsRead closes while a Read waits; and then with frames in use, which stay readable.
func TestCloseEndsRead(t *testing.T) {
	enterNamespace(t)
	veth(t, "lva", "lvb")
	s := open(t, Config{Interfaces: []string{"lvb"}})
	end := make(chan error)
	go func() {
		var b live.Batch
		for {
			if err := s.Read(&b, time.Hour); err != nil {
				end <- err
				return
			}
		}
	}()
	for waits := false; !waits; {
		s.mu.Lock() // which a Read that waits does not hold
		waits = s.reading
		s.mu.Unlock()
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	select {
	case err := <-end:
		if err != io.EOF {
			t.Errorf("Read ended with %v, want io.EOF", err)
		}
	case <-time.After(patience):
		t.Fatal("Read goes on after Close")
	}
	if !s.gone {
		t.Error("the rings are still there")
	}

	s = open(t, Config{Interfaces: []string{"lvb"}})
	want := numbered(5, 2, 3)
	newSender(t, "lva").send(want)
	var b live.Batch
	if err := s.Read(&b, patience); err != nil || len(b.Frames) != 1 {
		t.Fatalf("%d frames, error %v", len(b.Frames), err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if !bytes.Equal(b.Frames[0].Data, want) {
		t.Error("the frame was lost by Close")
	}
	if err := s.Read(&b, time.Hour); err != io.EOF || !s.gone || len(b.Frames) > 0 {
		t.Errorf("Read after Close: %v, %d frames, given back %v", err, len(b.Frames), s.gone)
	}
	s.Wake()
	if st := s.Stats(); st.Received != 1 || st.Interfaces[0].Up {
		t.Errorf("counts after Close: %+v", st)
	}
	if err := errors.Join(s.SetFilter(nil), s.Close()); err != nil {
		t.Error(err)
	}
}

// TestWake ends a Read that would wait for an hour, without frames.
func TestWake(t *testing.T) {
	enterNamespace(t)
	veth(t, "lva", "lvb")
	s := open(t, Config{Interfaces: []string{"lvb"}})
	var b live.Batch
	for range 3 {
		s.Wake() // before Read: it counts for the next
		if err := s.Read(&b, time.Hour); err != nil || len(b.Frames) > 0 {
			t.Fatalf("%d frames, error %v", len(b.Frames), err)
		}
	}
	end := make(chan error)
	go func() { end <- s.Read(&b, time.Hour) }()
	for waits := false; !waits; {
		s.mu.Lock()
		waits = s.reading
		s.mu.Unlock()
	}
	s.Wake()
	select {
	case err := <-end:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("Read goes on after Wake")
	}
	behind := time.Now().UnixNano() - b.Now
	if behind < int64(DefaultBlockTimeout) || behind > int64(patience) {
		t.Errorf("time on a quiet link is %v behind", time.Duration(behind))
	}
	if err := s.Read(&b, 0); err != nil || len(b.Frames) > 0 || b.Lost > 0 || b.Losing {
		t.Errorf("Read without waiting: %v, %+v", err, b)
	}
}

// TestOpenErrors has settings that cannot work, each with what its error must say.
func TestOpenErrors(t *testing.T) {
	enterNamespace(t)
	veth(t, "lva", "lvb")
	tests := []struct {
		c    Config
		says string
	}{
		{Config{}, "no interface"},
		{Config{Interfaces: []string{"lva", "lva"}}, `"lva" is named twice`},
		{Config{Interfaces: []string{"lva", "lvz"}}, `no interface "lvz"; there are: lo, lva, lvb`},
		{Config{Interfaces: []string{strings.Repeat("x", 40)}}, "there are: lo, lva, lvb"},
		{Config{Interfaces: []string{"lva"}, Rings: 300}, "1 to 256"},
		{Config{Interfaces: []string{"lva"}, RingBytes: 5000}, "a ring of 5000 bytes"},
		{Config{Interfaces: []string{"lva"}, BlockBytes: 5000}, "power of two"},
		{Config{Interfaces: []string{"lva"}, RingBytes: 1 << 20, BlockBytes: 1 << 20}, "fewer than 4 blocks"},
		{Config{Interfaces: []string{"lva"}, BlockTimeout: time.Microsecond}, "1ms to 1m"},
		{Config{Interfaces: []string{"lva"}, SnapLength: 10}, "snap length of 10"},
	}
	for _, tt := range tests {
		s, err := Open(tt.c)
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%+v: error %v, want one with %q", tt.c, err, tt.says)
		}
	}
	if err := unix.Access("/sys/module/nlmon", 0); err == nil {
		ip(t, "link add lvn type nlmon")
		ip(t, "link set lvn up")
		if _, err := Open(Config{Interfaces: []string{"lvn"}}); err == nil || !strings.Contains(err.Error(), "its link type is netlink") {
			t.Errorf("netlink: error %v", err)
		}
	}
}

// TestReadDoesNotAllocate reads a ring that frames come to all the time.
func TestReadDoesNotAllocate(t *testing.T) {
	enterNamespace(t)
	veth(t, "lva", "lvb")
	s := open(t, Config{Interfaces: []string{"lvb"}, Rings: 2, BlockTimeout: time.Millisecond})
	from := newSender(t, "lva")
	frames := [][]byte{numbered(1, 2, 3), numbered(2, 3, 4), numbered(3, 4, 5), numbered(4, 5, 6)}
	var b live.Batch
	round := func() {
		for _, f := range frames {
			if _, err := unix.Write(from.fd, f); err != nil {
				t.Fatal(err)
			}
		}
		for n := 0; n < len(frames); n += len(b.Frames) {
			if err := s.Read(&b, patience); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 10 {
		round()
	}
	if n := testing.AllocsPerRun(50, round); n > 0 {
		t.Errorf("%v allocations a round", n)
	}
}

// TestMerge puts runs of frames in order.
func TestMerge(t *testing.T) {
	run := func(times ...int64) *ring {
		r := &ring{}
		for _, x := range times {
			r.frames = append(r.frames, packet.Frame{Time: x})
		}
		return r
	}
	tests := []struct {
		rings []*ring
		want  []int64
	}{
		{[]*ring{run(1, 4, 5), run(2, 3, 6)}, []int64{1, 2, 3, 4, 5, 6}},
		{[]*ring{run(5, 6), run(), run(1, 2)}, []int64{1, 2, 5, 6}},
		{[]*ring{run(1, 1), run(1, 1), run(1)}, []int64{1, 1, 1, 1, 1}},
		{[]*ring{run(3, 1, 2), run(2)}, []int64{2, 3, 1, 2}},
	}
	for _, tt := range tests {
		var got []int64
		for _, f := range merge(nil, tt.rings) {
			got = append(got, f.Time)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("merged to %v, want %v", got, tt.want)
		}
	}
}

// TestHeaders holds the layout that walk relies on.
func TestHeaders(t *testing.T) {
	if n := unsafe.Sizeof(unix.Tpacket3Hdr{}); n != unix.SizeofTpacket3Hdr {
		t.Errorf("struct tpacket3_hdr has %d bytes, want %d", n, unix.SizeofTpacket3Hdr)
	}
	if n := unsafe.Sizeof(unix.TpacketHdrV1{}); n != unsafe.Sizeof(unix.TpacketBlockDesc{}.Hdr) {
		t.Errorf("struct tpacket_hdr_v1 has %d bytes", n)
	}
}
