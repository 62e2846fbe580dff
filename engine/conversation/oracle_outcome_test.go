package conversation

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/ruleids/ruleids/packet"
)

// An outcome is what the packets of a stream of tshark's say of who opened it, and of what became of it. It is told from
// flags, directions and times alone, as the reference of conn.state has it, and knows nothing of a Table.
type outcome struct {
	opener      string // the sender of its first packet
	client      bool   // that packet begins it: a SYN, or a datagram that is no answer
	synAck      bool
	answered    bool // the other side sent something
	state       string
	states      []string // what became of it, in order
	fin         [2]bool
	first, last int64
	protocols   map[string]bool // that tshark shows above TCP or UDP
}

// become notes what became of the stream.
func (s *outcome) become(state string) { s.state, s.states = state, append(s.states, state) }

// wait lets time pass.
func (s *outcome) wait(clock int64, udp bool) {
	if s.state == "pending" && clock-s.first >= AnswerWait {
		if s.state = "waiting"; !s.answered {
			s.become("unanswered")
		}
	}
	silence := SilenceTCP
	if udp {
		silence = SilenceUDP
	}
	if s.state == "established" && clock-s.last >= silence {
		s.become("closed")
	}
}

// datagram tells of a packet over UDP.
func (s *outcome) datagram(out bool) {
	if !out && s.state != "established" {
		s.become("established")
	}
}

// segment tells of a packet over TCP.
func (s *outcome) segment(out bool, f uint16) {
	switch {
	case f&rst != 0:
		switch {
		case s.state == "closed" || out && !s.answered:
		case s.state == "pending" && !s.answered:
			s.become("refused")
		case s.state == "unanswered" && !s.answered:
			s.state = "refused"
		case s.answered:
			s.become("closed")
		}
		return
	case !out:
		s.answered = true
		s.synAck = s.synAck || f&(syn|ack) == syn|ack
	case s.synAck && f&(syn|ack) == ack && (s.state == "pending" || s.state == "waiting" || s.state == "unanswered" || s.state == "refused"):
		s.become("established")
	}
	if f&fin != 0 {
		s.fin[index(out)] = true
		if s.fin[0] && s.fin[1] && s.state == "established" {
			s.become("closed")
		}
	}
}

func index(b bool) int {
	if b {
		return 1
	}
	return 0
}

// outcomes are those of a file.
type outcomes struct {
	*oracle
	file    string
	streams map[string]*outcome
	events  map[key][]string // what a Table says, by sides
	quoted  map[key]bool     // ICMP said of them that they could not be delivered
	syns    map[key][2]bool  // sides that sent a SYN without ACK
	flows   map[side]*oracleFlow
}

// A side is one direction of a key.
type side struct {
	key key
	dir int
}

// oracleFlow is what tshark says of the packets of one direction.
type oracleFlow struct {
	packets, bytes uint64
	first          float64
	seen           int64
}

func (o *oracle) outcomes(file string) *outcomes {
	return &outcomes{o, filepath.Base(file), map[string]*outcome{}, map[key][]string{}, map[key]bool{}, map[key][2]bool{}, map[side]*oracleFlow{}}
}

// hear notes what a Table says became of conversations.
func (o *outcomes) hear(events []Event) {
	for _, ev := range events {
		k, _ := keyBetween(ev.Src, ev.Dst, ev.SrcPort, ev.DstPort, ev.Proto)
		if !ev.Tunneled {
			o.events[k] = append(o.events[k], ev.State.String())
		}
	}
}

// icmp notes which conversations an ICMP error is about: what becomes of those is in no field of tshark's.
func (o *outcomes) icmp(p *packet.Packet) {
	if p.Layers&(packet.LayerICMP|packet.LayerICMPv6) != 0 {
		if k, _, _, ok := quoted(p.Payload, p.Layers&packet.LayerICMP != 0); ok {
			o.quoted[k] = true
		}
	}
}

// frame compares which side a packet of a stream is from, and notes what else tshark says of it.
func (o *outcomes) frame(stream string, p *packet.Packet, col []string) {
	udp := p.Layers&packet.LayerUDP != 0
	from := fmt.Sprintf("%v:%d", p.Src, p.SrcPort)
	var f uint16
	if n, err := strconv.ParseUint(col[23], 0, 16); err == nil {
		f = uint16(n)
	}
	s := o.streams[stream]
	if s == nil {
		s = &outcome{opener: from, first: p.Clock, state: "pending", protocols: map[string]bool{}}
		s.client = f&(syn|ack|rst|fin) == syn || udp && (p.SrcPort >= 1024 || p.DstPort < 1024)
		o.streams[stream] = s
	}
	s.wait(p.Clock, udp)
	s.last = p.Clock
	_, above, _ := strings.Cut(col[25], map[bool]string{false: ":tcp:", true: ":udp:"}[udp])
	for _, name := range strings.Split(above, ":") {
		s.protocols[name] = true
	}
	out := from == s.opener
	k, dir := keyOf(p)
	if !udp && f&(syn|ack|rst|fin) == syn {
		both := o.syns[k]
		both[dir] = true
		o.syns[k] = both
	}
	switch {
	case o.syns[k] == [2]bool{true, true}:
		o.known[whyBoth]++
	case !s.client:
		o.known[whyMiddle]++
	case p.ConnToServer == out:
		o.equal["conn.to_server"]++
	default:
		o.Errorf("%s: frame %s of %s: conn.to_server %v, for tshark %s sent the first packet", o.file, col[0], stream, p.ConnToServer, s.opener)
	}
	if udp {
		s.datagram(out)
	} else {
		s.segment(out, f)
	}
}

const (
	whyMiddle = "the capture begins in the middle of it: who opened it tshark does not know, ruleids takes it from the ports"
	whyBoth   = "both sides send a SYN of their own: tshark takes the second for another conversation"
	whyQuoted = "an ICMP error is about it: tshark does not count that to the conversation"
	whyGroup  = "it is to many hosts at once: nobody waits for an answer from that address"
)

// end compares what became of a stream, whose entry is e.
func (o *outcomes) end(stream string, e *entry, clock int64) {
	s := o.streams[stream]
	udp := e.key.proto() == protoUDP
	s.wait(clock, udp)
	ours := o.events[e.key]
	switch {
	case slices.Equal(ours, s.states):
		for _, state := range ours {
			o.equal["conn.state "+state]++
		}
		if len(ours) == 0 {
			o.equal["no conn.state yet"]++
		}
	case o.syns[e.key] == [2]bool{true, true}:
		o.known[whyBoth]++
	case o.quoted[e.key]:
		o.known[whyQuoted]++
	case udp && (group(e.key.addr(0)) || group(e.key.addr(1))):
		o.known[whyGroup]++
	case !s.client && (udp || !slices.Contains(ours, "established")):
		o.known[whyMiddle]++
	case !udp && slices.Equal(ours, slices.DeleteFunc(slices.Clone(s.states), func(state string) bool { return state == "established" })):
		o.known[anyACK]++
	default:
		o.Errorf("%s: %s: conn.state %q, of tshark's packets %q", o.file, stream, ours, s.states)
	}
	o.service(stream, e, s)
}

// flow compares the fields flow.* of a packet.
func (o *outcomes) flow(p *packet.Packet, col []string) {
	if p.Layers&packet.LayerFlow == 0 {
		return
	}
	k, dir := keyOf(p)
	at, err := strconv.ParseFloat(col[13], 64)
	size, _ := strconv.ParseUint(col[24], 10, 64)
	f := o.flows[side{k, dir}]
	if f == nil || p.Clock-f.seen >= flowIdle {
		f = &oracleFlow{first: at}
		o.flows[side{k, dir}] = f
	}
	f.seen = p.Clock
	f.packets++
	f.bytes += size
	if err != nil {
		return // a time that tshark cannot write
	}
	duration := max(0, at-f.first)
	over := max(duration, 1)
	if p.FlowPackets != f.packets || p.FlowBytes != f.bytes || math.Abs(p.FlowDuration-duration) > 3e-6 ||
		math.Abs(p.FlowPacketRate-float64(f.packets)/over) > 1e-3*over || math.Abs(p.FlowByteRate-float64(f.bytes)/over) > 1e-3*float64(f.bytes) {
		o.Errorf("%s: frame %s: flow.packets %d, bytes %d, duration %v, tshark %d, %d, %v", o.file, col[0], p.FlowPackets, p.FlowBytes, p.FlowDuration, f.packets, f.bytes, duration)
		return
	}
	o.equal["flow.*"]++
}
