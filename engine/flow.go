package engine

import (
	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/packet"
)

// flowIdle is how long one direction of a 5-tuple may be silent before its next packet begins a new
// flow, in nanoseconds of packet time.
const flowIdle = int64(300e9)

// flowKeys bounds the number of directions with statistics. When they are more, those silent
// longest go first.
const flowKeys = 1 << 18

// A flowTable keeps statistics of every direction of every 5-tuple.
type flowTable struct{ t *window.Table }

// Words of a row of the flow table.
const (
	flowFirst = iota // time of the first packet
	flowSeen         // time of the newest packet
	flowPackets
	flowBytes
	flowWords
)

var flowConfig = window.Config{KeyWords: 5, MaxKeys: flowKeys, Spill: -1, Life: flowIdle,
	Cells: []window.Cell{{Kind: window.Raw, Words: flowWords}}}

// flow counts a packet in its flow and gives it the fields flow.*.
func (e *Engine) flow(p *packet.Packet) {
	if p.Layers&packet.LayerIP == 0 {
		return
	}
	key := [5]uint64{p.Src.Hi, p.Src.Lo, p.Dst.Hi, p.Dst.Lo, uint64(p.IPProto)}
	if p.Layers&packet.LayerPorts != 0 {
		key[4] |= uint64(p.SrcPort)<<32 | uint64(p.DstPort)<<16
	}
	row := e.flows.t.Row(key[:], window.Hash(e.cfg.Seed, key[:]), p.Clock)
	w := e.flows.t.Words(row, 0)
	if w[flowPackets] == 0 || p.Clock-int64(w[flowSeen]) > flowIdle {
		clear(w)
		w[flowFirst] = uint64(p.Time)
	}
	w[flowSeen] = uint64(p.Clock)
	w[flowPackets]++
	w[flowBytes] += uint64(p.FrameLen)
	p.Layers |= packet.LayerFlow
	p.FlowPackets, p.FlowBytes = w[flowPackets], w[flowBytes]
	p.FlowDuration = max(0, float64(p.Time-int64(w[flowFirst]))/1e9)
	// A rate over less than a second would be absurd for the first packets of every flow.
	over := max(p.FlowDuration, 1)
	p.FlowPacketRate, p.FlowByteRate = float64(p.FlowPackets)/over, float64(p.FlowBytes)/over
}
