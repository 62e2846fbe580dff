package engine

import (
	"math"
	"unsafe"

	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/internal/geo"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/ast"
)

// A group is the rules that look at the same events by the same key. They share the row of the key, so
// that an event costs one lookup however many of them and of their windows there are.
//
//	port_scan, syn_flood and syn_flood_fast  ->  one row by ip.src of SYN without ACK, three cells
type group struct {
	index    int
	text     string // canonical: event, filter, key, bound on keys
	on       packet.Event
	filter   int32
	whole    int32    // the condition that filter is what is left of, for a group that is looked at in turn; else the same
	where    ast.Expr // as which it was written
	turn     bool     // it is looked at in turn, see Engine.turn
	key      []keyPart
	keyID    int // the same for groups with the same key
	words    int // of the key in rows: 1 for its fingerprint, 0 where there is no key
	cells    []cell
	rules    []*rule
	steps    []*stepRef    // of sequences
	tracks   bool          // a packet that concerns it may write to lists
	sampler  *sampler      // of a model; it has no rules then
	state    []window.Cell // of its row, besides cells
	keyed    string        // canonical: event, key, bound on keys
	maxKeys  int
	store    *store
	lane     int // of the first shard; the others follow
	base     int // of the group's cells in a row of its store
	size     int // how many these are
	memories []memoryCell
	events   string // canonical, the same in every process: the filter; of a group with memories
	peaks    int    // rules with a gauge
	last     int    // the cell with the time of the packet before; -1 for a group that does not ask
	places   *geo.DB
	place    int // the cell with where that packet came from; -1 for a group that does not ask
}

// idle marks the cells whose value is seldom asked for, since another one has to be large before: all but the first that each rule
// asks for, and those with a gauge.
//
//	packets >= threshold and sources >= 200  ->  sources is counted, and told when there are enough packets
func (g *group) idle() {
	for i := range g.cells {
		g.cells[i].idle = true
	}
	for _, r := range g.rules {
		if len(r.bars) > 0 && r.bars[0].value == nil && r.bars[0].now {
			g.cells[r.bars[0].ref.cell].idle = false
		}
		if r.peak != nil {
			g.cells[r.peak.ref.cell].idle = false
		}
	}
}

// A keyPart writes one value of `by` to the words of a key.
type keyPart struct {
	text  string
	off   uintptr // of fields held in the packet
	store packet.Store
	field bool
	addr  addrFunc
	num   intFunc
	float floatFunc
	bytes bytesFunc
}

func (b *builder) keyPart(k ast.Key) keyPart {
	part := keyPart{text: k.Text}
	f, isField := k.Expr.(*ast.FieldExpr)
	isField = isField && !f.Field.Many() // of several the first counts
	switch k.Expr.Kind() {
	case packet.KindIP:
		if isField {
			part.field, part.off, part.store = true, f.Field.Offset, packet.StoreAddr
			return part
		}
		part.addr = b.addrFunc(k.Expr)
	case packet.KindString, packet.KindBytes:
		part.bytes = b.bytesFunc(k.Expr)
	case packet.KindFloat:
		part.float = b.floatFunc(k.Expr)
	default:
		if isField && f.Field.Store == packet.StoreU16 {
			part.field, part.off, part.store = true, f.Field.Offset, packet.StoreU16
			return part
		}
		part.num = b.intFunc(k.Expr)
	}
	return part
}

// appendKey appends the words of the key of the packet at hand.
func (s *scope) appendKey(dst []uint64, parts []keyPart) []uint64 {
	for i := range parts {
		k := &parts[i]
		switch {
		case k.field && k.store == packet.StoreAddr:
			a := (*packet.Addr)(unsafe.Add(unsafe.Pointer(s.p), k.off))
			dst = append(dst, a.Hi, a.Lo)
		case k.field:
			dst = append(dst, uint64(*(*uint16)(unsafe.Add(unsafe.Pointer(s.p), k.off))))
		case k.addr != nil:
			a := k.addr(s)
			dst = append(dst, a.Hi, a.Lo)
		case k.bytes != nil:
			v := k.bytes(s)
			dst = append(dst, hashBytes(s.seed, v), hashBytes(^s.seed, v))
		case k.float != nil:
			dst = append(dst, math.Float64bits(k.float(s)))
		default:
			dst = append(dst, uint64(k.num(s)))
		}
	}
	return dst
}

// hashBytes hashes text to 64 bits: FNV-1a over eight bytes at a time, then the mixing of keys.
func hashBytes(seed uint64, v []byte) uint64 {
	h := seed ^ 0xcbf29ce484222325 ^ uint64(len(v))
	for len(v) >= 8 {
		w := uint64(v[0]) | uint64(v[1])<<8 | uint64(v[2])<<16 | uint64(v[3])<<24 | uint64(v[4])<<32 | uint64(v[5])<<40 | uint64(v[6])<<48 | uint64(v[7])<<56
		h = window.Hash(h, []uint64{w})
		v = v[8:]
	}
	var w uint64
	for i, c := range v {
		w |= uint64(c) << (8 * i)
	}
	return window.Hash(h, []uint64{w})
}
