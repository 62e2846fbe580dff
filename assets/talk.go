package assets

import (
	"github.com/ruleids/ruleids/engine/conversation"
	"github.com/ruleids/ruleids/packet"
)

// A flow is the hashes of a direction, of the opposite one, and of both ends.
type flow struct{ own, opposite, from, to uint64 }

// Facts of one end that are told from each other.
const (
	factSends uint64 = iota + 1
	factOffers
	factSays
	factUses
	factAsks
)

// talk learns from a packet that may tell something new of the flow that it belongs to. s is where the sight of its direction
// goes.
func (m *Map) talk(p *packet.Packet, s *sight, f flow, saw sightBits, tick uint16) {
	h, opposite := f.own, f.opposite
	own := s.bits
	if s.tag != uint32(h>>32) || tick-s.tick > fresh || saw == sawSYN && own&^(sawSYN|sawRST) != 0 {
		own = 0 // another flow, or the next between the same ports
	}
	first := saw&sawPayload != 0 && own&sawPayload == 0
	back, other := &m.recent[opposite&(recents-1)], sightBits(0)
	if back.tag == uint32(opposite>>32) && tick-back.tick <= fresh && back != s {
		other = back.bits
	}
	if own&roleKnown == 0 {
		switch {
		case other&roleKnown != 0:
			own |= roleKnown | (^other & fromServer)
		case !opens(p):
			own |= roleKnown | fromServer
		default:
			own |= roleKnown
		}
	}
	own |= saw
	*s = sight{tag: uint32(h >> 32), tick: tick, bits: own}

	if other == 0 {
		if !m.again(fold(side(p.Src, 0)^mix2, factSends^mix3), tick) {
			m.glimpse(p.Src)
		}
		return
	}
	if m.repeats(p, f, own, other, saw, first, tick) {
		return
	}
	src := m.touch(p.Src) // it got what was sent to its address
	if src == nil {
		return
	}
	m.frame(p, src)
	if src.flags&answered == 0 {
		src.flags |= answered
		m.change(src)
	}
	if p.Layers&packet.LayerTCP == 0 && p.Layers&packet.LayerUDP == 0 {
		return
	}
	if saw&sawRST != 0 {
		if other&sawSYN != 0 && own&(sawSYNACK|sawMore) == 0 {
			m.refuse(src, p)
		}
		return
	}
	if p.Layers&packet.LayerTCP != 0 && own&(sawSYNACK|sawPayload) == 0 && other&(sawSYNACK|sawPayload) == 0 {
		return // nothing has been accepted yet
	}
	if other&sawRST != 0 && other&(sawSYNACK|sawPayload|sawMore) == 0 {
		return // it refuses
	}
	if own&fromServer != 0 {
		sv := m.offer(src, p.IPProto, p.SrcPort, nil)
		if saw&sawPayload != 0 && p.Layers&packet.LayerUDP != 0 { // over TCP the client shows that it is there
			if single(p.Dst) && sv.clients.add(p.Dst) {
				m.change(src)
			}
		}
		if first {
			m.listen(p, src, sv, true)
		}
		return
	}
	server := m.touch(p.Dst)
	if server == nil {
		return
	}
	sv := m.offer(server, p.IPProto, p.DstPort, src)
	if first {
		m.listen(p, server, sv, false)
		m.hear(p, src, sv.speaks)
	}
}

// repeats reports whether all that a packet of a flow with both directions tells was learned in this tick from others.
func (m *Map) repeats(p *packet.Packet, f flow, own, other, saw sightBits, first bool, tick uint16) bool {
	if p.Layers&packet.LayerTCP == 0 || saw&sawRST != 0 || own&(sawSYNACK|sawPayload) == 0 && other&(sawSYNACK|sawPayload) == 0 {
		return false
	}
	if own&fromServer != 0 {
		kind := factOffers
		if first {
			kind = factSays
		}
		return m.again(fold(f.from^mix2, kind^mix3), tick)
	}
	kind := factUses
	if first {
		kind = factAsks
	}
	return m.again(fold(f.to^mix2, side(p.Src, 0)^kind^mix3), tick)
}

// opens reports whether a packet of a flow of which nothing is known looks as if it came from the client: not an answer,
// and not from a well-known port to another (RFC 6335: those are below 1024).
func opens(p *packet.Packet) bool {
	if p.Layers&packet.LayerTCP != 0 {
		switch p.TCPFlags & (packet.FlagSYN | packet.FlagACK) {
		case packet.FlagSYN:
			return true
		case packet.FlagSYN | packet.FlagACK:
			return false
		}
	}
	const wellKnown = 1024
	return p.SrcPort >= wellKnown || p.DstPort < wellKnown
}

// refuse notes that a service that was there is no more.
func (m *Map) refuse(h *host, p *packet.Packet) {
	if i, ok := h.find(serviceKey(p.IPProto, p.SrcPort)); ok && h.services[i].refused == 0 {
		h.services[i].refused = m.clock
		m.closed++
		m.change(h)
	}
}

// listen learns from the first words of one side what a service speaks.
func (m *Map) listen(p *packet.Packet, h *host, s *service, fromServer bool) {
	if s.speaks == packet.ServiceUnknown {
		if s.speaks = conversation.Recognise(p); s.speaks != packet.ServiceUnknown {
			m.change(h)
		}
	}
	if !fromServer {
		return
	}
	if product := productOf(s.speaks, p.Payload); product != "" && product != s.product {
		s.product = product
		m.change(h)
		m.system(h, bySpeaks(s.speaks), product)
	}
}

// hear learns from the first words of a client what it is.
func (m *Map) hear(p *packet.Packet, h *host, speaks packet.Service) {
	if what, text := sayingOf(speaks, p.Payload); text != "" {
		m.say(h, what, text)
	}
}

// frame learns from how a packet came.
func (m *Map) frame(p *packet.Packet, h *host) {
	if p.Layers&(packet.LayerTCP|packet.LayerUDP) != 0 && p.TTL > 1 && single(p.Dst) && h.ttl != p.TTL && h.addr == p.Src {
		h.ttl = p.TTL
		if p.Layers&packet.LayerTCP != 0 {
			m.system(h, byTTL, systemOfTTL(p.TTL))
		}
	}
	if p.Layers&packet.LayerEth != 0 && p.Layers&packet.LayerTunnel == 0 && h.flags&claimed == 0 && onLink(h.addr) {
		m.sends(p.EthSrc, h)
	}
}
