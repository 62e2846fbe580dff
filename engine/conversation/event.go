package conversation

import (
	"math"

	"github.com/ruleids/ruleids/packet"
)

// An Event is what became of a conversation.
type Event struct {
	State                                    packet.ConnState
	Service                                  packet.Service
	Proto                                    uint8
	Deadline                                 bool // it is of a deadline that passed before the packet that was tracked
	Tunneled                                 bool // Outer is there
	SrcPort                                  uint16
	DstPort                                  uint16
	Time                                     int64 // of the deadline, or of the packet
	First                                    int64 // clock of the first packet
	Last                                     int64 // and of the last
	Src, Dst                                 packet.Addr
	BytesOut, BytesIn, PacketsOut, PacketsIn uint64
	Outer                                    packet.Outer
}

// Fill makes p the event. Number and Clock are left to the caller.
func (ev *Event) Fill(p *packet.Packet) {
	p.SetConnection(ev.Src, ev.Dst, ev.SrcPort, ev.DstPort, ev.Proto)
	p.Time = ev.Time
	p.ConnState, p.ConnService = ev.State, ev.Service
	p.ConnDuration = float64(ev.Last-ev.First) / 1e9
	p.ConnBytesOut, p.ConnBytesIn, p.ConnPacketsOut, p.ConnPacketsIn = ev.BytesOut, ev.BytesIn, ev.PacketsOut, ev.PacketsIn
	if ev.Tunneled {
		p.Outer = ev.Outer
		p.Layers |= packet.LayerTunnel
		if ev.Outer.Tunnel.UDP() {
			p.Layers |= packet.LayerOuterPorts
		}
	}
}

// raise notes what became of a conversation, at a time.
func (t *Table) raise(r ref, s packet.ConnState, at int64, deadline bool) {
	if t.cfg.Need&Events == 0 {
		return
	}
	e := t.entry(r)
	out, in := e.opener(), 1-e.opener()
	ev := Event{
		State: s, Service: e.service, Proto: e.key.proto(), Deadline: deadline, Time: at, First: e.first, Last: e.seen,
		Src: e.key.addr(out), Dst: e.key.addr(in), SrcPort: e.key.port(out), DstPort: e.key.port(in),
		BytesOut: e.bytes[out], BytesIn: e.bytes[in], PacketsOut: e.sent(out), PacketsIn: e.sent(in),
	}
	if e.flags&tunneled != 0 {
		ev.Outer, ev.Tunneled = t.outers[r]
	}
	t.events = append(t.events, ev)
}

// advance raises the events of all deadlines up to a clock, in their order.
func (t *Table) advance(clock int64) {
	if !t.started {
		t.started = true
		t.tcpOpen.now, t.udpOpen.now = clock>>tickShift, clock>>tickShift
	}
	t.tcpOpen.turn(t, clock)
	t.udpOpen.turn(t, clock)
	for {
		at := int64(math.MaxInt64)
		if t.pending.head != 0 {
			at = t.entry(t.pending.head).first + AnswerWait
		}
		ends := ref(0)
		for _, w := range [2]*wheel{&t.tcpOpen, &t.udpOpen} {
			if d, ok := w.top(t); ok && d.at < at {
				at, ends = d.at, d.r
			}
		}
		if at > clock {
			t.next = min(at, (clock>>tickShift+1)<<tickShift)
			return
		}
		if ends != 0 {
			t.end(ends, at, true)
			continue
		}
		r := t.pending.head
		e := t.entry(r)
		if e.flags&answered == 0 {
			e.state = unanswered
			t.raise(r, packet.ConnUnanswered, at, true)
		} else {
			e.state = waiting
		}
		t.settle(r)
	}
}

// end closes a conversation.
func (t *Table) end(r ref, at int64, deadline bool) {
	e := t.entry(r)
	e.state = closed
	t.raise(r, packet.ConnClosed, at, deadline)
	t.settle(r)
}
