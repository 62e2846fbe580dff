package afpacket

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ruleids/ruleids/capture/live"
)

// TestFilterInKernel counts what comes to the ring: what the filter drops takes no room there.
func TestFilterInKernel(t *testing.T) {
	enterNamespace(t)
	veth(t, "lva", "lvb")
	f, err := live.NewFilter([]netip.Prefix{netip.MustParsePrefix("10.0.0.7/32")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, Config{Interfaces: []string{"lvb"}, Filter: f})
	from := newSender(t, "lva")
	tagged := slices.Insert(numbered(0, 7, 9), 12, 0x81, 0, 0, 5)
	from.send(numbered(0, 7, 9), tagged, numbered(1, 8, 9), numbered(2, 7, 9), numbered(3, 8, 9))
	var got []int
	for _, f := range readFrames(t, s, 2) {
		got = append(got, number(f))
	}
	if st := s.Stats(); !slices.Equal(got, []int{1, 3}) || st.Received != 2 {
		t.Errorf("packets %v, %d in the ring; want 1 and 3, 2 in the ring", got, st.Received)
	}
}

// TestLongFilterInKernel has the kernel take a filter of the greatest size.
func TestLongFilterInKernel(t *testing.T) {
	enterNamespace(t)
	veth(t, "lva", "lvb")
	r := rand.New(rand.NewPCG(8, 8))
	ignore := []netip.Prefix{netip.MustParsePrefix("10.0.0.7/32")}
	for range 850 {
		ignore = append(ignore, netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(11 + r.IntN(200)), byte(r.Uint32()), byte(r.Uint32()), 0}), 24))
	}
	f, err := live.NewFilter(ignore, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(Config{Interfaces: []string{"lvb"}, RingBytes: 1 << 20, Filter: f})
	if errors.Is(err, unix.ENOMEM) {
		t.Skipf("net.core.optmem_max is low: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	newSender(t, "lva").send(numbered(1, 7, 9), numbered(2, 8, 9))
	if got := readFrames(t, s, 1); number(got[0]) != 2 {
		t.Errorf("packet %d came, want 2", number(got[0]))
	}
}

// TestSetFilter replaces the filter while frames that it does not want are in the ring.
func TestSetFilter(t *testing.T) {
	enterNamespace(t)
	veth(t, "lva", "lvb")
	s := open(t, Config{Interfaces: []string{"lvb"}})
	from := newSender(t, "lva")
	from.send(numbered(0, 7, 9), numbered(1, 8, 9), numbered(2, 7, 9))
	f, err := live.NewFilter([]netip.Prefix{netip.MustParsePrefix("10.0.0.7/32")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetFilter(f); err != nil {
		t.Fatal(err)
	}
	from.send(numbered(3, 7, 9), numbered(4, 8, 9))
	var h heard
	h.read(t, s, func() bool { return len(h.frames) == 2 })
	if number(h.frames[0]) != 1 || number(h.frames[1]) != 4 {
		t.Errorf("packets %d and %d, want 1 and 4", number(h.frames[0]), number(h.frames[1]))
	}
	if st := s.Stats(); st.Received != 4 || st.Stale != 2 || st.Frames != 2 {
		t.Errorf("counts %+v; want 4 received, 2 stale, 2 frames", st.Counts)
	}
	if err := s.SetFilter(nil); err != nil {
		t.Fatal(err)
	}
	from.send(numbered(5, 7, 9))
	if got := readFrames(t, s, 1); number(got[0]) != 5 {
		t.Errorf("packet %d came without a filter, want 5", number(got[0]))
	}
}

// TestSetFilterLosesNothing replaces the filter again and again while packets flow.
func TestSetFilterLosesNothing(t *testing.T) {
	enterNamespace(t)
	veth(t, "lva", "lvb")
	s := open(t, Config{Interfaces: []string{"lvb"}, Rings: 2})
	from := newSender(t, "lva")
	f, err := live.NewFilter([]netip.Prefix{netip.MustParsePrefix("10.0.0.7/32")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	const n = 4000
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for i := range n {
			from.send(numbered(i, 8, uint16(i)))
		}
	}()
	filters := []*live.Filter{nil, f}
	for i := 0; ; i++ {
		if err := s.SetFilter(filters[i%2]); err != nil {
			t.Fatal(err)
		}
		select {
		case <-sent:
			seen := make([]int, n)
			for _, f := range readFrames(t, s, n) {
				seen[number(f)]++
			}
			if i := slices.IndexFunc(seen, func(k int) bool { return k != 1 }); i >= 0 {
				t.Errorf("packet %d came %d times", i, seen[i])
			}
			return
		default:
		}
	}
}

// TestFramesForOtherHosts sends frames to an address that the interface does not have, as a switch that floods does.
func TestFramesForOtherHosts(t *testing.T) {
	for _, promiscuous := range []bool{false, true} {
		t.Run(fmt.Sprintf("promiscuous %v", promiscuous), func(t *testing.T) {
			enterNamespace(t)
			veth(t, "lva", "lvb")
			s := open(t, Config{Interfaces: []string{"lvb"}, Promiscuous: promiscuous})
			foreign := numbered(2, 2, 3)
			copy(foreign, "\x02\x00\x00\x00\x00\x99")
			newSender(t, "lva").send(numbered(1, 2, 3), foreign, numbered(3, 2, 3))
			want := []int{1, 3}
			if promiscuous {
				want = []int{1, 2, 3}
			}
			var h heard
			h.read(t, s, func() bool { return len(h.frames) >= len(want) })
			var got []int
			for _, f := range h.frames {
				got = append(got, number(f))
			}
			if st := s.Stats(); !slices.Equal(got, want) || st.Elsewhere != uint64(3-len(want)) {
				t.Errorf("frames %v, want %v; %d for others", got, want, st.Elsewhere)
			}
		})
	}
}
