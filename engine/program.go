package engine

import (
	"unsafe"

	"github.com/ruleids/ruleids/packet"
)

// A program is the entries of a branch in one run of instructions: the tests of each entry, then its
// event; a test that does not hold leads to the next entry.
//
//	data_exfil if src in home and not dst in home; udp_flood always  ->
//	0 src in home, else +3; 1 not dst in home, else +2; 2 event data_exfil; 3 event udp_flood
type program []instruction

// An instruction is a test, or the event of a group. Tests of what one look at the packet tells are
// instructions; others are left to the predicates.
type instruction struct {
	step
	fail  int32  // how many instructions further on to go on when the test does not hold: to the next entry
	cond  int32  // opTest: the predicate
	group *group // opEvent
}

// program compiles entries. Without fusion every test is left to the predicates.
func (p *Plan) program(entries []entry, fusion bool) program {
	var out program
	for _, e := range entries {
		from := len(out)
		switch {
		case e.cond == predTrue:
		case fusion && e.steps != nil:
			for _, st := range e.steps {
				out = append(out, instruction{step: st})
			}
		default:
			out = append(out, instruction{step: step{op: opTest}, cond: e.cond})
		}
		out = append(out, instruction{step: step{op: opEvent}, group: e.group})
		for i := from; i < len(out); i++ {
			out[i].fail = int32(len(out) - i)
		}
	}
	return out
}

// first splits a program after its first entry, which is a program too.
func (c program) first() (entry, rest program) {
	n := c[0].fail
	return c[:n], c[n:]
}

// visit notes the events of the packet at hand that a branch has.
func (w *worker) visit(br *branch, s *slot, place uint32) {
	p := w.p
	for i := 0; i < len(br.code); {
		in := &br.code[i]
		at := unsafe.Add(unsafe.Pointer(p), in.off)
		var ok bool
		switch in.op {
		case opEvent:
			w.event(in.group, s, place)
			i++
			continue
		case opAddrs:
			ok = in.addrs.Has(*(*packet.Addr)(at))
		case opRange16:
			ok = uint64(*(*uint16)(at))-in.lo <= in.hi-in.lo
		case opBitmap:
			ok = in.bitmap.has(*(*uint16)(at))
		case opSameAddr:
			ok = *(*packet.Addr)(at) == *(*packet.Addr)(unsafe.Add(unsafe.Pointer(p), uintptr(in.lo)))
		case opSame16:
			ok = *(*uint16)(at) == *(*uint16)(unsafe.Add(unsafe.Pointer(p), uintptr(in.lo)))
		case opLayers:
			ok = uint64(p.Layers)&in.lo == in.lo
		case opBits:
			ok = uint64(*(*uint16)(at))&in.lo != 0
		case opRange8:
			ok = uint64(*(*uint8)(at))-in.lo <= in.hi-in.lo
		default: // opTest
			ok = w.test(in.cond)
		}
		if ok != in.negate {
			i++
		} else {
			i += int(in.fail)
		}
	}
	if br.indexed {
		w.follow(br, s, place)
	}
}

// follow visits the branches that the packet's ports, addresses and literals lead to.
func (w *worker) follow(br *branch, s *slot, place uint32) {
	if br.dport != nil {
		if next := br.dport.find(w.p); next != nil {
			w.visit(next, s, place)
		}
	}
	if br.dst != nil {
		if next := br.dst.find(w.p); next != nil {
			w.visit(next, s, place)
		}
	}
	if br.src != nil {
		if next := br.src.find(w.p); next != nil {
			w.visit(next, s, place)
		}
	}
	if br.sport != nil {
		if next := br.sport.find(w.p); next != nil {
			w.visit(next, s, place)
		}
	}
	if br.fork != nil {
		if next := br.fork.find(w); next != nil {
			w.visit(next, s, place)
		}
	}
	if br.contents != nil {
		w.search(br.contents, s, place)
	}
}
