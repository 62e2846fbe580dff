// Package assets learns from packets which hosts there are on a network and which services they offer: their addresses,
// hardware addresses, names and systems, by what they say themselves. It sends nothing.
//
// A Map sees packets in the order of the input. It reads no clock; the same packets give the same map, on any machine.
// What it holds is bounded: a flood of made-up addresses pushes out addresses that never answered anybody, and a host
// that claims to have many pushes out its own.
package assets

import (
	"math/bits"
	"sync"
	"sync/atomic"
	"unsafe"

	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/packet"
)

// Limits are how much a Map holds.
type Limits struct {
	Hosts    int // addresses
	Services int // of all hosts together
	PerHost  int // services of one host
}

// DefaultLimits are those that users run.
func DefaultLimits() Limits { return Limits{Hosts: 1 << 16, Services: 1 << 17, PerHost: 256} }

// A Map is what is known of hosts and services. Its methods may be called from several goroutines; those that learn have
// to be called in the order of events, between Lock and Unlock.
type Map struct {
	mu     sync.Mutex
	limits Limits

	hosts    []*host
	at       map[packet.Addr]*host
	glimpses [2]map[packet.Addr]glimpse // the newer half, and the older
	cards    map[packet.MAC]*card
	heard    [2]map[packet.Addr]heardName // names of addresses that sent nothing yet: the newer half, and the older
	services int
	seq      uint64 // of the change that was made last
	began    int64  // the clock of the first event; of a restored map that of the first before
	started  bool
	clock    int64 // of the newest event
	evicted  Evictions
	closed   uint64 // services that were found closed: facts from before may not hold any more

	number  uint64 // of the newest packet that told something
	settled atomic.Uint64
	gone    map[packet.Addr]*gone // hosts that were given up, for packets that are not settled

	recent *[recents]sight
	known  *[knowns]fact
	outer  packet.Packet // scratch
}

// Evictions count what was given up to make room.
type Evictions struct{ Hosts, Services uint64 }

// Stats are counts of a Map.
type Stats struct {
	Hosts, Services int
	Glimpses        int // addresses that sent something and never answered
	Evicted         Evictions
	Seq             uint64 // see Changed
}

// New returns an empty map. Limits of zero are DefaultLimits.
func New(l Limits) *Map {
	if l == (Limits{}) {
		l = DefaultLimits()
	}
	return &Map{limits: l, at: map[packet.Addr]*host{}, cards: map[packet.MAC]*card{}, recent: new([recents]sight), known: new([knowns]fact),
		gone: map[packet.Addr]*gone{}, glimpses: [2]map[packet.Addr]glimpse{{}, {}}, heard: [2]map[packet.Addr]heardName{{}, {}}}
}

// Stats returns the counts so far.
func (m *Map) Stats() Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	return Stats{Hosts: len(m.hosts), Glimpses: m.unanswered(), Services: m.services, Evicted: m.evicted, Seq: m.seq}
}

// Lock begins the learning of a run of events, so that a lock is not paid for each.
func (m *Map) Lock() { m.mu.Lock() }

// Unlock ends it.
func (m *Map) Unlock() { m.mu.Unlock() }

// recents is how many directions of flows are remembered as seen lately: most packets are of one of them, and tell nothing new.
const recents = 1 << 18

// tickShift makes a tick of packet time, 34 s: so often a flow that goes on is looked at again.
const tickShift = 35

// fresh is for how many ticks, five minutes, the other direction of a flow is remembered, as conversations over UDP are.
const fresh = 9

// A sight is what was seen of one direction of a flow. Two that fall into one place make each other be looked at again, and no
// more.
type sight struct {
	tag  uint32
	tick uint16
	bits sightBits
}

type sightBits uint16

const (
	sawPayload sightBits = 1 << iota
	sawSYN
	sawSYNACK
	sawRST
	sawMore    // any other packet; of TCP only one that has payload or ends something
	fromServer // of the side that offers something,
	roleKnown  // as far as that is known
)

// knowns is how many facts are remembered as learned in this tick: a new flow seldom tells more than the ones before it.
const knowns = 1 << 16

// A fact is the hash of something that was learned in a tick: that an address sent something, that a service is offered, what it
// says, or that somebody uses it. Two that fall into one place are learned again, and no more.
type fact struct {
	tag  uint32
	tick uint16
}

// again reports whether a fact was learned in this tick, and remembers it.
func (m *Map) again(h uint64, tick uint16) bool {
	h ^= m.closed * mix0
	f := &m.known[h&(knowns-1)]
	if f.tag == uint32(h>>32) && f.tick == tick {
		return true
	}
	*f = fact{uint32(h >> 32), tick}
	return false
}

// The multipliers of hashes. They are no secret: whoever makes flows collide has them looked at each time.
const (
	mix0 = 0x9e3779b97f4a7c15
	mix1 = 0xd6e8feb86659fd93
	mix2 = 0xa0761d6478bd642f
	mix3 = 0xe7037ed1a0b428db
)

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi ^ lo
}

// side hashes an address and a port.
func side(a packet.Addr, port uint16) uint64 { return fold(a.Hi^mix0^uint64(port)<<32, a.Lo^mix1) }

// seenBits are what a packet adds to the sight of its flow.
func seenBits(p *packet.Packet) sightBits {
	if p.Layers&packet.LayerTCP == 0 {
		if len(p.Payload) > 0 && p.Layers&packet.LayerPorts != 0 {
			return sawMore | sawPayload
		}
		return sawMore
	}
	b := sightBits(0)
	switch f := p.TCPFlags & (packet.FlagSYN | packet.FlagACK | packet.FlagRST); {
	case f&packet.FlagRST != 0:
		return sawRST
	case f == packet.FlagSYN:
		b = sawSYN
	case f == packet.FlagSYN|packet.FlagACK:
		b = sawSYNACK
	case p.TCPFlags&packet.FlagFIN != 0:
		b = sawMore
	}
	if len(p.Payload) > 0 {
		b |= sawPayload | sawMore
	}
	return b
}

// Prefetch asks for what See will look at, some packets before.
func (m *Map) Prefetch(p *packet.Packet) {
	if p.Layers&packet.LayerIP == 0 {
		return
	}
	var srcPort, dstPort uint16
	if p.Layers&packet.LayerPorts != 0 {
		srcPort, dstPort = p.SrcPort, p.DstPort
	}
	from, to := side(p.Src, srcPort), side(p.Dst, dstPort)
	window.Prefetch((*uint64)(unsafe.Pointer(&m.recent[fold(from^mix2, to^mix3^uint64(p.IPProto))&(recents-1)])))
	if p.Layers&packet.LayerTCP == 0 || p.TCPFlags&packet.FlagACK == 0 || len(p.Payload) > 0 {
		window.Prefetch((*uint64)(unsafe.Pointer(&m.recent[fold(to^mix2, from^mix3^uint64(p.IPProto))&(recents-1)])))
	}
}

// See learns from a packet. Its Clock must be set.
func (m *Map) See(p *packet.Packet) {
	if p.Layers&packet.LayerIP == 0 {
		if p.Layers&packet.LayerARPIPv4 != 0 {
			m.pass(p)
			m.arp(p)
		}
		return
	}
	if p.Layers&packet.LayerTunnel != 0 {
		m.pass(p)
		m.seeOuter(p)
	}
	var srcPort, dstPort uint16
	if p.Layers&packet.LayerPorts != 0 {
		srcPort, dstPort = p.SrcPort, p.DstPort
	}
	from, to := side(p.Src, srcPort), side(p.Dst, dstPort)
	h := fold(from^mix2, to^mix3^uint64(p.IPProto))
	s := &m.recent[h&(recents-1)]
	saw, tick := seenBits(p), uint16(uint64(p.Clock)>>tickShift)
	if s.tag == uint32(h>>32) && s.tick == tick && s.bits&saw == saw {
		if p.Layers&packet.LayerUDP != 0 && tells(srcPort, dstPort) {
			m.told(p)
		}
		return
	}
	m.pass(p)
	m.talk(p, s, flow{h, fold(to^mix2, from^mix3^uint64(p.IPProto)), from, to}, saw, tick)
	switch {
	case p.Layers&packet.LayerUDP != 0 && tells(srcPort, dstPort), p.Layers&packet.LayerTCP != 0 && srcPort == portDNS:
		m.told(p)
	case p.Layers&packet.LayerICMPv6 != 0:
		m.neighbor(p)
	}
}

// seeOuter learns from what carries a packet in a tunnel.
func (m *Map) seeOuter(p *packet.Packet) {
	if !p.Outer.Tunnel.UDP() {
		m.glimpse(p.Outer.Src)
		return
	}
	p.Outer.View(&m.outer, p)
	m.outer.Clock, m.outer.Number, m.outer.Payload = p.Clock, p.Number, nil
	m.See(&m.outer)
}

// pass moves the clock to a packet.
func (m *Map) pass(p *packet.Packet) {
	m.number = max(m.number, p.Number)
	m.tick(p.Clock)
}

// tick moves the clock.
func (m *Map) tick(clock int64) {
	if !m.started {
		m.began, m.clock, m.started = clock, clock, true
	}
	m.clock = max(m.clock, clock)
}

// change notes that something new is known of a host.
func (m *Map) change(h *host) {
	m.seq++
	h.seq = m.seq
}
