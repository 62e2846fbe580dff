package conversation

import (
	"fmt"
	"testing"

	"github.com/ruleids/ruleids/packet"
)

// A flood of SYN from a million addresses fills only the pool of pending ones: conversations that are open go on, memory
// stays within its bound, and what is refused meanwhile is found.
func TestSYNFlood(t *testing.T) {
	c := newTalk(t, 0, Limits{})
	const kept = 1000
	for i := range kept {
		c.src = fmt.Sprintf("10.1.%d.%d:40000", i>>8, i&255)
		c.handshake(0)
	}
	if len(c.said) != kept {
		t.Fatalf("%d events of %d handshakes", len(c.said), kept)
	}
	c.said = nil
	c.src = "10.9.0.1:1"
	c.tcp(1, "S", 1, 0, "")
	c.tcp(1, "RA<", 0, 2, "")
	c.expect("1.0 refused")
	p := c.packet(2, false)
	p.Layers |= packet.LayerTCP
	p.IPProto, p.TCPFlags = protoTCP, packet.FlagSYN
	const sources = 1_000_000
	for i := range sources {
		p.Src = packet.AddrFrom4([4]byte{100, byte(i >> 16), byte(i >> 8), byte(i)})
		p.Time = 2*second + int64(i)*1000 // in one second
		p.Clock = p.Time
		c.table.Track(p, c.table.Place(p))
		if len(c.table.Events()) > 0 {
			t.Fatalf("an event of %d", i)
		}
	}
	l := DefaultLimits()
	s := c.table.Stats()
	if s.Evicted != uint64(sources-l.Pending) {
		t.Errorf("%d were evicted, want those beyond %d", s.Evicted, l.Pending)
	}
	if bound := Bound(Conversations, l); int64(s.Bytes) > bound {
		t.Errorf("%d bytes, bound %d", s.Bytes, bound)
	}
	for i := range kept {
		c.src = fmt.Sprintf("10.1.%d.%d:40000", i>>8, i&255)
		if p := c.tcp(3.5, "PA", 101, 501, "x"); !p.ConnOpen {
			t.Fatalf("the flood pushed out conversation %d", i)
		}
	}
	c.src = "10.9.0.1:1"
	if p := c.tcp(4, "S", 1, 0, ""); !p.ConnAgain {
		t.Error("what was refused is forgotten")
	}
	c.tick(60)
	if len(c.said) != l.Pending {
		t.Errorf("%d of %d pending ones were unanswered", len(c.said), l.Pending)
	}
}

// Where too many are open, those that were silent for longest make room.
func TestTooManyOpen(t *testing.T) {
	c := newTalk(t, 0, Limits{Pending: 8, Settled: 8, TCP: 64, UDP: 64})
	open := func(at float64, i int) {
		c.src = fmt.Sprintf("10.1.0.%d:40000", i)
		c.handshake(at)
	}
	for i := range 64 {
		open(float64(i), i)
	}
	for at := 100; at < 4000; at += 100 { // half of them speak, the others do not
		for i := 0; i < 64; i += 2 {
			c.src = fmt.Sprintf("10.1.0.%d:40000", i)
			c.tcp(float64(at), "PA", 101+uint32(at), 501, "x")
		}
		if at == 3000 {
			for i := 64; i < 96; i++ {
				open(float64(at), i)
			}
		}
	}
	for i := range 96 {
		c.src = fmt.Sprintf("10.1.0.%d:40000", i)
		p := c.tcp(4000, "A", 101+4000, 501, "")
		if want := i%2 == 0 || i >= 64; p.ConnOpen != want {
			t.Errorf("conversation %d: open is %v", i, p.ConnOpen)
		}
	}
}

// Nothing is allocated for a packet of a conversation, nor for one that begins where another ended.
func TestAllocations(t *testing.T) {
	c := newTalk(t, Services|Flows, Limits{Pending: 64, Settled: 64, TCP: 64, UDP: 64})
	p := c.packet(0, false)
	p.Layers |= packet.LayerTCP
	p.IPProto = protoTCP
	n := uint32(0)
	step := func() {
		n++
		p.Src.Lo = p.Src.Lo&^0xffff | uint64(n&0xffff)
		p.Clock += 1e7
		p.Time = p.Clock
		src, dst := p.Src, p.Dst
		for i, flags := range []uint16{packet.FlagSYN, packet.FlagSYN | packet.FlagACK, packet.FlagACK, packet.FlagRST} {
			p.TCPFlags, p.TCPSeq, p.TCPAck = flags, 1+uint32(i)/2, 2
			p.Src, p.Dst, p.SrcPort, p.DstPort = src, dst, 40000, 80
			if i == 1 {
				p.Src, p.Dst, p.SrcPort, p.DstPort = dst, src, 80, 40000
			}
			c.table.Track(p, c.table.Place(p))
			c.table.Clear()
		}
		p.Src, p.Dst = src, dst
	}
	for range 2000 {
		step()
	}
	if got := testing.AllocsPerRun(2000, step); got != 0 {
		t.Errorf("%v allocations for a conversation", got)
	}
}
