package afpacket

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/ruleids/ruleids/packet"
)

// TestFanout shares packets out between two rings: each comes once, and a flow stays together.
func TestFanout(t *testing.T) {
	for _, defrag := range []bool{false, true} {
		t.Run(fmt.Sprint("defrag ", defrag), func(t *testing.T) {
			enterNamespace(t)
			veth(t, "lva", "lvb")
			s := open(t, Config{Interfaces: []string{"lvb"}, Rings: 2, Defrag: defrag})
			from := newSender(t, "lva")
			const n = 2000
			for i := range n {
				from.send(numbered(i, byte(i), uint16(i%100)))
			}
			got := readFrames(t, s, n)
			seen := make([]int, n)
			for _, f := range got {
				seen[number(f)]++
			}
			if i := slices.IndexFunc(seen, func(k int) bool { return k != 1 }); i >= 0 || len(got) != n {
				t.Errorf("%d frames, packet %d came %d times", len(got), i, seen[max(i, 0)])
			}
			rings := s.Stats().Interfaces[0].Rings
			if len(rings) != 2 || rings[0].Received < n/10 || rings[1].Received < n/10 || rings[0].Received+rings[1].Received != n {
				t.Errorf("the rings received %+v of %d packets", rings, n)
			}
			for range 50 {
				there := numbered(0, 77, 5)
				back := slices.Clone(there)
				copy(back[26:], there[30:34])
				copy(back[30:], there[26:30])
				copy(back[34:], there[36:38])
				copy(back[36:], there[34:36])
				from.send(there, back)
			}
			readFrames(t, s, 100)
			after := s.Stats().Interfaces[0].Rings
			if a, b := after[0].Received-rings[0].Received, after[1].Received-rings[1].Received; max(a, b) != 100 || min(a, b) != 0 {
				t.Errorf("the two directions of a flow came to different rings: %d and %d", a, b)
			}
		})
	}
}

// TestFanoutGroupZero joins a group of the number 0, which the kernel gives to the first that asks for any.
func TestFanoutGroupZero(t *testing.T) {
	enterNamespace(t)
	veth(t, "lva", "lvb")
	c, err := Config{Interfaces: []string{"lvb"}, RingBytes: 64 << 10}.complete()
	if err != nil {
		t.Fatal(err)
	}
	var rings [2]*ring
	for i := range rings {
		fd, err := openNotices()
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		d, err := lookup(fd, "lvb")
		if err != nil {
			t.Fatal(err)
		}
		if rings[i], err = openRing(&c, d, packet.LinkEthernet); err != nil {
			t.Fatal(err)
		}
		defer rings[i].close()
		if err := rings[i].join(0, 0, false); err != nil {
			t.Fatal(err)
		}
		if err := rings[i].setFilter(nil, func() int64 { return 0 }); err != nil {
			t.Fatal(err)
		}
	}
	from := newSender(t, "lva")
	for i := range 100 {
		from.send(numbered(i, byte(i), 3))
	}
	for _, r := range rings {
		r.count()
	}
	if a, b := rings[0].counts, rings[1].counts; a.Received+a.Dropped+b.Received+b.Dropped != 100 {
		t.Errorf("the rings received %+v and %+v of 100 packets", a, b)
	}
}

// TestDefrag sends a packet in two fragments.
func TestDefrag(t *testing.T) {
	for _, defrag := range []bool{false, true} {
		t.Run(fmt.Sprint("defrag ", defrag), func(t *testing.T) {
			enterNamespace(t)
			veth(t, "lva", "lvb")
			s := open(t, Config{Interfaces: []string{"lvb"}, Defrag: defrag})
			first, second := numbered(1, 2, 3)[:42], numbered(1, 2, 3)[:42]
			for i, f := range [][]byte{first, second} {
				binary.BigEndian.PutUint16(f[16:], 28) // total length
				binary.BigEndian.PutUint16(f[20:], []uint16{0x2000, 1}[i])
				binary.BigEndian.PutUint16(f[24:], 0)
				sum := uint32(0)
				for j := 14; j < 34; j += 2 {
					sum += uint32(binary.BigEndian.Uint16(f[j:]))
				}
				binary.BigEndian.PutUint16(f[24:], ^uint16(sum+sum>>16))
			}
			from := newSender(t, "lva")
			from.send(first, second, numbered(9, 2, 3))
			var h heard
			h.read(t, s, func() bool { return len(h.frames) > 0 && h.frames[len(h.frames)-1].Length == 60 })
			if want := map[bool]int{false: 3, true: 2}[defrag]; len(h.frames) != want {
				t.Errorf("%d frames came, want %d", len(h.frames), want)
			}
		})
	}
}
