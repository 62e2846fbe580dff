package conversation

import (
	"unsafe"

	"github.com/ruleids/ruleids/packet"
)

// flowIdle is how long one direction may be silent before its next packet begins a new flow.
const flowIdle = int64(300e9)

// A flow is the statistics of both directions.
type flow [2]struct {
	first, seen    int64 // time of the first packet, and clock of the last
	packets, bytes uint64
}

const flowSize = unsafe.Sizeof(flow{})

func (t *Table) flow(r ref) *flow { return &t.flows[(r-1)/chunkSize][(r-1)%chunkSize] }

// count counts a packet in its flow and gives it the fields flow.*.
func (t *Table) count(r ref, dir int, p *packet.Packet) {
	f := &t.flow(r)[dir]
	if f.packets == 0 || p.Clock-f.seen >= flowIdle {
		*f = flow{}[0]
		f.first = p.Time
	}
	f.seen = p.Clock
	f.packets++
	f.bytes += uint64(p.FrameLen)
	p.Layers |= packet.LayerFlow
	p.FlowPackets, p.FlowBytes = f.packets, f.bytes
	p.FlowDuration = max(0, float64(p.Time-f.first)/1e9)
	// A rate over less than a second would be absurd for the first packets of every flow.
	over := max(p.FlowDuration, 1)
	p.FlowPacketRate, p.FlowByteRate = float64(p.FlowPackets)/over, float64(p.FlowBytes)/over
}

// Flow gives a packet the fields flow.* and no others: it is no part of a conversation, as the outermost datagram of a
// tunnel. Without Flows it does nothing.
func (t *Table) Flow(p *packet.Packet) {
	if t.cfg.Need&Flows == 0 || p.Layers&packet.LayerIP == 0 {
		return
	}
	t.flowOf(p, 0, t.Place(p))
}

// flowOf counts a packet in the flow of its entry, which it finds or makes where r is none.
func (t *Table) flowOf(p *packet.Packet, r ref, pl Place) {
	if r == 0 {
		r = t.find(pl)
	}
	if r == 0 {
		r = t.newEntry(p, pl)
		t.settle(r)
	} else if e := t.entry(r); e.over() && e.state != flowOnly && t.at != r && t.stale(r, p.Clock) {
		t.restart(r) // the conversation is forgotten: a packet that is none of it does not bring it back
		t.settle(r)
	}
	if e := t.entry(r); e.state == flowOnly {
		e.touch(p.Clock)
	}
	t.count(r, pl.dir(), p)
}
