package engine

import (
	"slices"
	"unsafe"

	"github.com/ruleids/ruleids/packet"
)

// A program is the entries of a branch in one run of instructions: the tests of each entry, then its
// event; a test that does not hold leads to the next way of an or, or else to the next entry.
//
//	data_exfil if src in home and not dst in home; tiny if mf or overlap and offset > 0  ->
//	0 src in home, else +3; 1 not dst in home, else +2; 2 event data_exfil;
//	3 mf, then +3, else +1; 4 overlap, else +3; 5 offset > 0, else +2; 6 event tiny
type program []instruction

// An instruction is a test, or the event of a group. Tests of what one look at the packet tells are
// instructions; others are left to the predicates.
type instruction struct {
	step              // opTest: lo is the predicate
	pass, fail int32  // how many instructions further on to go on when the test holds, and when it does not
	group      *group // opEvent
}

// program compiles entries. Without fusion every test is left to the predicates.
func (p *Plan) program(entries []entry, fusion bool) program {
	var out program
	for _, e := range entries {
		from := len(out)
		switch {
		case e.cond == predTrue:
		case fusion:
			out = p.compile(out, e.cond)
		default:
			out = append(out, leave(e.cond))
		}
		out = append(out, instruction{step: step{op: opEvent}, pass: 1, group: e.group})
		for i := from; i < len(out); i++ {
			if out[i].fail == 0 {
				out[i].fail = int32(len(out) - i)
			}
		}
	}
	return out
}

// leave leaves a test to a predicate.
func leave(cond int32) instruction {
	return instruction{step: step{op: opTest, lo: uint64(cond)}, pass: 1}
}

// compile appends the tests of a predicate. Where it holds they lead behind them, where not they fail by 0, which stands
// for the next entry.
func (p *Plan) compile(out program, cond int32) program {
	run := func(steps []step) {
		for _, st := range steps {
			out = append(out, instruction{step: st, pass: 1})
		}
	}
	n := &p.preds[cond]
	if leaves := steps(p.preds, cond); leaves != nil {
		run(leaves)
		return out
	}
	switch n.op {
	case opAnd:
		for _, k := range n.kids {
			out = p.compile(out, k)
		}
	case opAny, opOr:
		var held []int // tests that lead out of a way that is not the last
		for w, k := range n.kids {
			from := len(out)
			out = p.compile(out, k)
			if w == len(n.kids)-1 {
				break
			}
			for i := from; i < len(out); i++ {
				if out[i].fail == 0 {
					out[i].fail = int32(len(out) - i)
				}
				if i+int(out[i].pass) == len(out) {
					held = append(held, i)
				}
			}
		}
		for _, i := range held {
			out[i].pass = int32(len(out) - i)
		}
	default:
		out = append(out, leave(cond))
	}
	return out
}

// first splits a program after its first entry, which is a program too.
func (c program) first() (entry, rest program) {
	n := 1 + slices.IndexFunc(c, func(in instruction) bool { return in.op == opEvent })
	return c[:n], c[n:]
}

// visit notes the events of the packet at hand that a branch has.
func (w *worker) visit(br *branch, s *slot, place uint32) {
	p := w.p
	if len(p.Payload) < br.least {
		return
	}
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
		case opWord:
			ok = hasWord(*(*[]byte)(at), in.at, in.least, in.lo, in.hi)
		case opByte:
			ok = hasByte(*(*[]byte)(at), in.at, in.lo, in.hi)
		default: // opTest
			ok = w.test(int32(in.lo))
		}
		if ok != in.negate {
			i += int(in.pass)
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
	for _, f := range br.forks {
		if next := f.find(w); next != nil {
			w.visit(next, s, place)
		}
	}
	if br.contents != nil {
		w.search(br.contents, s, place)
	}
}
