package engine

import (
	"unsafe"

	"github.com/ruleids/ruleids/packet"
)

// A rarity is a set of facts that few packets have: what cannot be without one of them is passed by at one test.
//
//	tunnel and …; ip.flags.mf and … or ip.fragment.overlap and …; ip.src == ip.dst and …  ->  none for a packet without a
//	tunnel that is no fragment and goes to another host than it comes from
type rarity struct {
	layers packet.Layer // of which it has one
	bits   uint64       // of fragmentWord, likewise
	same   bool         // it goes to where it comes from
	shut   bool         // its TCP window is 0
}

// rareLayers are layers that hardly any packet has, but those that are dispatched by them.
const rareLayers = packet.LayerTunnel | packet.LayerDNS

// The eight bytes of a packet from its fragment offset on have all that says that it is a fragment.
var (
	offFragment = unsafe.Offsetof(packet.Packet{}.FragOffset)
	offMF       = unsafe.Offsetof(packet.Packet{}.MF)
	offWindow   = unsafe.Offsetof(packet.Packet{}.TCPWindow)
	offOverlap  = unsafe.Offsetof(packet.Packet{}.FragOverlap)

	bitsOffset  = fragmentWord(&packet.Packet{FragOffset: 1<<16 - 1})
	bitsMF      = fragmentWord(&packet.Packet{MF: true})
	bitsOverlap = fragmentWord(&packet.Packet{FragOverlap: true})
)

func fragmentWord(p *packet.Packet) uint64 {
	return *(*uint64)(unsafe.Add(unsafe.Pointer(p), unsafe.Offsetof(p.FragOffset)))
}

// Bits of an opRare's at.
const (
	rareSame = 1 << iota
	rareShut
)

// rarityOf returns facts of which a packet has one wherever a predicate holds; ok is false where none are known.
func rarityOf(preds []predicate, i int32) (r rarity, ok bool) {
	switch n := &preds[i]; n.op {
	case opLayers:
		l := packet.Layer(n.lo) & rareLayers
		return rarity{layers: l & -l}, l != 0 // it has all of them
	case opRange8, opRange16:
		switch {
		case n.off == offWindow:
			return rarity{shut: true}, n.hi == 0
		case n.lo == 0:
		case n.off == offFragment:
			return rarity{bits: bitsOffset}, true
		case n.off == offMF:
			return rarity{bits: bitsMF}, true
		case n.off == offOverlap:
			return rarity{bits: bitsOverlap}, true
		}
	case opSameAddr:
		return rarity{same: true}, n.off == offSrc && uintptr(n.lo) == offDst || n.off == offDst && uintptr(n.lo) == offSrc
	case opMemo:
		return rarityOf(preds, n.kids[0])
	case opAnd:
		for _, k := range n.kids {
			if r, ok = rarityOf(preds, k); ok {
				return r, true
			}
		}
	case opOr:
		for _, k := range n.kids {
			one, known := rarityOf(preds, k)
			if !known {
				return rarity{}, false
			}
			r.join(one)
		}
		return r, true
	}
	return rarity{}, false
}

// join adds the facts of another rarity.
func (r *rarity) join(o rarity) {
	r.layers |= o.layers
	r.bits |= o.bits
	r.same, r.shut = r.same || o.same, r.shut || o.shut
}

// instruction is the test for one of the facts.
func (r rarity) instruction() instruction {
	in := instruction{step: step{op: opRare, off: offFragment, lo: uint64(r.layers), hi: r.bits}, pass: 1}
	if r.same {
		in.at |= rareSame
	}
	if r.shut {
		in.at |= rareShut
	}
	return in
}

// rare reports whether a packet has one of the facts of an opRare.
func rare(p *packet.Packet, in *instruction) bool {
	return uint64(p.Layers)&in.lo|fragmentWord(p)&in.hi != 0 || in.at&rareSame != 0 && p.Src == p.Dst || in.at&rareShut != 0 && p.TCPWindow == 0
}
