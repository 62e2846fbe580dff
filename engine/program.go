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

// program compiles the entries of a branch that are always tried. Without fusion every test is left to the predicates. Before two
// entries and more that need facts which few packets have, or bytes of a payload, packets without them leave.
func (p *Plan) program(br *branch, fusion bool) program {
	var c compiler
	c.preds, c.fusion = p.preds, fusion
	if !fusion {
		c.entries(br.always)
		return c.out
	}
	var scarce, others []entry
	var facts rarity
	for _, e := range br.always[:br.tail] {
		if r, ok := rarityOf(p.preds, e.cond); ok {
			facts.join(r)
			scarce = append(scarce, e)
		} else {
			others = append(others, e)
		}
	}
	c.behind(facts.instruction(), len(scarce) > 1, scarce)
	c.entries(others)
	needy := br.always[br.tail:]
	gate := instruction{step: step{op: opPayload, lo: uint64(br.tailNeed)}, pass: 1}
	value, mask := p.commonWord(needy)
	if mask != 0 {
		gate.step = step{op: opWord, off: offPayload, least: uint16(br.tailNeed), lo: value, hi: mask}
	}
	c.behind(gate, len(needy) > 1 && (br.tailNeed > br.least || mask != 0), needy)
	return c.out
}

// A compiler appends entries to a program.
type compiler struct {
	preds  []predicate
	fusion bool
	out    program
}

// behind compiles entries behind a test, where that is worth it, without which none of them holds.
func (c *compiler) behind(test instruction, worth bool, entries []entry) {
	if !worth {
		c.entries(entries)
		return
	}
	at := len(c.out)
	c.out = append(c.out, test)
	c.entries(entries)
	c.out[at].fail = int32(len(c.out) - at)
}

func (c *compiler) entries(entries []entry) {
	for _, e := range entries {
		from := len(c.out)
		switch {
		case e.cond == predTrue:
		case c.fusion:
			c.out = appendTests(c.preds, c.out, e.cond, false)
		default:
			c.out = append(c.out, leave(e.cond, false))
		}
		c.out = append(c.out, instruction{step: step{op: opEvent}, pass: 1, group: e.group})
		for i := from; i < len(c.out); i++ {
			if c.out[i].fail == 0 {
				c.out[i].fail = int32(len(c.out) - i)
			}
		}
	}
}

// leave leaves a test to a predicate.
func leave(cond int32, negate bool) instruction {
	return instruction{step: step{op: opTest, negate: negate, lo: uint64(cond)}, pass: 1}
}

// appendTests appends the tests of a predicate, or of its negation. Where it holds they lead behind them, where not they fail by
// 0, which stands for the next entry, or for the end.
func appendTests(preds []predicate, out program, cond int32, negate bool) program {
	n := &preds[cond]
	switch {
	case n.op == opNot:
		return appendTests(preds, out, n.kids[0], !negate)
	case n.op == opAnd && !negate, n.op == opOr && negate:
		for _, k := range n.kids {
			out = appendTests(preds, out, k, negate)
		}
		return out
	case n.op == opAnd, n.op == opOr:
		var held []int // tests that lead out of a way that is not the last
		for w, k := range n.kids {
			from := len(out)
			out = appendTests(preds, out, k, negate)
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
		return out
	}
	if st, ok := leaf(preds, cond); ok {
		st.negate = negate
		return append(out, instruction{step: st, pass: 1})
	}
	return append(out, leave(cond, negate))
}

// holds evaluates a program of one predicate for the packet at hand.
func (s *scope) holds(code program) bool {
	p := s.p
	for i := 0; i < len(code); {
		in := &code[i]
		at := unsafe.Add(unsafe.Pointer(p), in.off)
		var ok bool
		switch in.op {
		case opLayers:
			ok = uint64(p.Layers)&in.lo == in.lo
		case opBits:
			ok = uint64(*(*uint16)(at))&in.lo != 0
		case opRange8:
			ok = uint64(*(*uint8)(at))-in.lo <= in.hi-in.lo
		case opRange16:
			ok = uint64(*(*uint16)(at))-in.lo <= in.hi-in.lo
		case opRange32:
			ok = uint64(*(*uint32)(at))-in.lo <= in.hi-in.lo
		case opBitmap:
			ok = in.bitmap.has(*(*uint16)(at))
		case opSame16:
			ok = *(*uint16)(at) == *(*uint16)(unsafe.Add(unsafe.Pointer(p), uintptr(in.lo)))
		case opSameAddr:
			ok = *(*packet.Addr)(at) == *(*packet.Addr)(unsafe.Add(unsafe.Pointer(p), uintptr(in.lo)))
		case opAddrs:
			ok = in.addrs.Has(*(*packet.Addr)(at))
		case opWord:
			ok = hasWord(*(*[]byte)(at), in.at, in.least, in.lo, in.hi)
		case opByte:
			ok = hasByte(*(*[]byte)(at), in.at, in.lo, in.hi)
		default: // opTest
			ok = s.test(int32(in.lo))
		}
		switch {
		case ok != in.negate:
			i += int(in.pass)
		case in.fail == 0:
			return false
		default:
			i += int(in.fail)
		}
	}
	return true
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
		case opRange32:
			ok = uint64(*(*uint32)(at))-in.lo <= in.hi-in.lo
		case opWord:
			ok = hasWord(*(*[]byte)(at), in.at, in.least, in.lo, in.hi)
		case opByte:
			ok = hasByte(*(*[]byte)(at), in.at, in.lo, in.hi)
		case opPayload:
			ok = uint64(len(p.Payload)) >= in.lo
		case opRare:
			ok = rare(p, in)
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
	n := len(w.p.Payload)
	if br.dport != nil && n >= br.dport.least {
		if next := br.dport.find(w.p); next != nil && n >= next.least {
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
	if br.sport != nil && n >= br.sport.least {
		if next := br.sport.find(w.p); next != nil && n >= next.least {
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
