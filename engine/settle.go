package engine

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/ruleids/ruleids/packet"
)

// Checksums says what is made of checksums that are wrong. ChecksumsAuto is the zero value.
type Checksums uint8

const (
	// ChecksumsAuto takes packets for not accepted whose checksum is wrong, but where offload explains that: what this
	// host left to its network card; and in capture files all of a source of which no checksum of the protocol was right before.
	ChecksumsAuto Checksums = iota
	// ChecksumsOn is the same without the exception for sources.
	ChecksumsOn
	// ChecksumsOff looks at no checksum.
	ChecksumsOff
)

// ChecksumsByName returns the value that the setting calls so: "auto", "on" or "off".
func ChecksumsByName(name string) (c Checksums, ok bool) {
	i := slices.Index([]string{"auto", "on", "off"}, name)
	return Checksums(max(i, 0)), i >= 0
}

// A TunnelEnd is a kind of tunnel that ends where the sensor stands: what it carries is taken in there.
type TunnelEnd struct {
	Tunnel packet.Tunnel
	Peer   netip.Prefix // outer sources; the zero Prefix is any
}

// ends reports whether the tunnel of a packet ends here, so that what it carries arrives. The packet must have LayerTunnel.
func (e *Engine) ends(p *packet.Packet) bool {
	return slices.ContainsFunc(e.cfg.TunnelEnds, func(t TunnelEnd) bool {
		return t.Tunnel == p.Outer.Tunnel && (!t.Peer.IsValid() || t.Peer.Contains(p.Outer.Src.Netip()))
	})
}

// look finds the groups that packet i of a slot concerns. A datagram that carries a tunnel is a packet of its own
// for rules that look at UDP, unless the tunnel ends here: a header of eight bytes hides no flood.
func (e *Engine) look(w *worker, s *slot, i int) {
	if s.packets[i].Layers&packet.LayerTunnel != 0 {
		if v := e.outside(s, i); v >= 0 {
			e.lookView(w, s, v)
		}
	}
	e.lookInside(w, s, i)
}

// lookInside is look for the packet alone, without what carries it.
func (e *Engine) lookInside(w *worker, s *slot, i int) {
	p := &s.packets[i]
	if br := e.plan.table.find(p); br != nil {
		w.begin(p)
		w.visit(br, s, uint32(i))
	}
}

// outside gives the outermost datagram of packet i a place in the slot, behind the frames; -1 where no rule looks at it.
func (e *Engine) outside(s *slot, i int) int {
	if p := &s.packets[i]; e.plan.outside == nil || !p.Outer.Tunnel.UDP() || e.ends(p) {
		return -1
	}
	at := s.base + s.views
	if at == len(s.packets) {
		s.packets = append(s.packets, packet.Packet{})
	}
	s.views++
	v, p := &s.packets[at], &s.packets[i]
	p.Outer.View(v, p)
	s.viewOf = append(s.viewOf, uint32(i))
	return at
}

// lookView finds the groups that an outermost datagram concerns.
func (e *Engine) lookView(w *worker, s *slot, place int) {
	w.begin(&s.packets[place])
	w.visit(e.plan.outside, s, uint32(place))
}

// judge looks for what keeps any host from accepting the packet at hand, once it concerns a group. What hangs on the packets
// before it is left to settle.
func (w *worker) judge(s *slot, place uint32) {
	w.judged, w.faulty = w.turn, false
	f, proven := w.p.Faults(w.checksums != ChecksumsOff)
	switch {
	case proven && w.checksums == ChecksumsAuto && w.p.Sum() == packet.SumUnknown:
		s.proofs = append(s.proofs, proof{hash: sourceHash(w.seed, w.p), place: place}) // while the packet is in the first cache
	case f != 0 && f&^packet.FaultSums == 0 && w.checksums == ChecksumsAuto && w.p.Sum() == packet.SumUnknown:
		s.doubts = append(s.doubts, place)
	case f != 0:
		w.faulty = true
		w.count(f)
	}
}

// count counts a packet that no host accepts.
func (w *worker) count(f packet.Fault) {
	w.refused++
	for i := range w.faults {
		w.faults[i] += uint64(f >> i & 1)
	}
}

// settle decides what hangs on the packets before: it is called for slots in their order, after prepare and before apply.
func (e *Engine) settle(w *worker, s *slot) {
	if len(e.plan.samplers) > 0 {
		e.cross(s)
	}
	for _, i := range s.fragments {
		e.assemble(w, &s.packets[i])
		e.look(w, s, int(i))
	}
	if len(s.fragments) > 0 {
		for i := range s.lanes {
			slices.SortStableFunc(s.lanes[i].events, func(x, y event) int {
				return cmp.Compare(s.packets[x.packet].Number, s.packets[y.packet].Number)
			})
		}
		slices.Sort(s.doubts)
		s.fragments = s.fragments[:0]
	}
	if len(s.doubts) > 0 {
		e.decide(w, s)
	}
	for _, proof := range s.proofs {
		e.proofs.put(proof.hash)
	}
	s.proofs = s.proofs[:0]
}

// assemble adds a fragment to its packet, unless no host takes it.
func (e *Engine) assemble(w *worker, p *packet.Packet) {
	f, _ := p.Faults(w.checksums != ChecksumsOff)
	if f != 0 && (f&^packet.FaultSums != 0 || w.checksums == ChecksumsOn || p.Sum() != packet.SumUnknown) {
		return
	}
	e.reassembler.Add(&w.decoder, p)
}

// decide drops the packets of a slot with a wrong checksum of whose source one was right before.
func (e *Engine) decide(w *worker, s *slot) {
	var dropped []uint32
	proofs := s.proofs
	for _, i := range s.doubts {
		for len(proofs) > 0 && proofs[0].place < i {
			e.proofs.put(proofs[0].hash)
			proofs = proofs[1:]
		}
		if p := &s.packets[i]; e.proofs.has(p) {
			dropped = append(dropped, i)
			f, _ := p.Faults(true)
			w.count(f)
		}
	}
	s.doubts = s.doubts[:0]
	if len(dropped) == 0 {
		return
	}
	for i := range s.lanes {
		l := &s.lanes[i]
		l.events = slices.DeleteFunc(l.events, func(ev event) bool {
			_, found := slices.BinarySearch(dropped, ev.packet)
			if found && !ev.group.turn {
				w.matched[ev.group.index]-- // of whichever worker: they are added up
			}
			return found
		})
	}
}

// proofs remembers sources of which a checksum was right, with the protocol. A source that falls on the place of
// another takes it: then the other has to prove itself again.
type proofs struct {
	seed  uint64
	table *[1 << 14]uint64
}

// A proof is that of the packet at a place of a slot, by the hash of its source.
type proof struct {
	hash  uint64
	place uint32
}

// sourceHash hashes the source of a packet and its protocol; it is never 0.
func sourceHash(seed uint64, p *packet.Packet) uint64 {
	h := (seed ^ p.Src.Hi ^ uint64(p.IPProto)) * 0x9e3779b97f4a7c15
	h = (h ^ h>>32 ^ p.Src.Lo) * 0xbf58476d1ce4e5b9
	return h ^ h>>29 | 1
}

func (t *proofs) put(h uint64) {
	if t.table == nil {
		t.table = new([1 << 14]uint64)
	}
	t.table[h>>(64-14)] = h
}

func (t *proofs) add(p *packet.Packet) { t.put(sourceHash(t.seed, p)) }

func (t *proofs) has(p *packet.Packet) bool {
	h := sourceHash(t.seed, p)
	return t.table != nil && t.table[h>>(64-14)] == h
}
