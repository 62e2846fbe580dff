package conversation

import "github.com/ruleids/ruleids/packet"

// reach is how far a sequence number may be from the next one for a FIN or RST to count: more than any window that was
// not scaled, and little of the 2^32 that somebody who cannot see the conversation has to guess from (RFC 5961).
const reach = 1 << 20

// jump is how many sequence numbers may be passed over at once.
const jump = 1 << 24

const (
	fin = packet.FlagFIN
	syn = packet.FlagSYN
	rst = packet.FlagRST
	ack = packet.FlagACK
)

// tcp tells a conversation of a segment. It returns the entry, 0 where the segment has none.
func (t *Table) tcp(p *packet.Packet, r ref, pl Place) ref {
	dir := pl.dir()
	f := p.TCPFlags
	if f&rst != 0 {
		f &^= syn // no host takes both for a beginning
	}
	fresh := r == 0 || t.stale(r, p.Clock)
	switch {
	case fresh && f&rst != 0:
		return 0 // of a conversation that is not known
	case r == 0:
		r = t.newEntry(p, pl)
	case fresh:
		t.restart(r)
	case f&syn != 0:
		t.reopen(p, r, dir)
		fresh = t.entry(r).state == flowOnly
	}
	if fresh {
		t.begin(p, r, dir)
	}
	e := t.entry(r)
	e.touch(p.Clock)
	e.count(dir, p.IPLen)
	if f&rst != 0 {
		t.reset(p, r, dir)
		return r
	}
	near := e.near(p.TCPSeq, dir)
	t.sequence(p, e, dir)
	if fresh {
		return r
	}
	out := dir == e.opener()
	switch {
	case f&(syn|ack) == syn|ack:
		t.accept(p, e, dir, out)
	case f&syn != 0: // again, or of both sides at once
		if !out {
			e.flags |= answered
		}
	case !out:
		e.flags |= answered
	case e.flags&(synAckSeen|whole) == synAckSeen && f&ack != 0 && near && t.completes(p, e, dir):
		e.flags |= whole
		e.state = open
		t.keepOpen(r)
		t.raise(r, packet.ConnEstablished, p.Time, false)
	}
	// Both sides speak, though nobody saw them begin, or not all of it.
	if f&syn == 0 && e.flags&answered != 0 && e.flags&synAckSeen == 0 && e.both() && (e.state == pending || e.state == waiting || e.state == unanswered) {
		e.state = open
		t.keepOpen(r)
	}
	if f&fin != 0 && (e.state == open || e.state == waiting || e.state == pending) && near {
		if e.flags |= fin0 << dir; e.flags&(fin0|fin1) == fin0|fin1 && e.state == open {
			t.end(r, p.Time, false)
		}
	}
	return r
}

// begin makes an entry that of a conversation whose first packet is p.
func (t *Table) begin(p *packet.Packet, r ref, dir int) {
	e := t.entry(r)
	e.first, e.seen = p.Clock, p.Clock
	if p.Layers&packet.LayerTunnel != 0 {
		t.outers[r] = p.Outer
	}
	if !opens(p) {
		dir = 1 - dir
		e.flags |= answered
	}
	e.openedBy(dir)
	e.state = waiting
	switch f := p.TCPFlags; {
	case e.flags&answered != 0:
	case p.Layers&packet.LayerUDP != 0:
		if !group(p.Dst) {
			e.state = pending
		}
	case f&ack == 0: // the first of the handshake, or a probe that begins nothing
		e.state = pending
		if f&syn != 0 {
			e.flags |= synSeen
		}
	}
	if e.state == pending {
		t.await(r)
	} else {
		t.settle(r)
	}
}

// group reports whether an address is of many hosts, which answer with others: multicast, and limited broadcast (RFC 919).
func group(a packet.Addr) bool {
	if a.Is4() {
		return a.Lo>>28&15 == 14 || uint32(a.Lo) == 1<<32-1
	}
	return a.Hi>>56 == 0xff
}

// reopen looks at a SYN for a conversation that is known already. Where it begins another one, that takes the place of the one before.
func (t *Table) reopen(p *packet.Packet, r ref, dir int) {
	e := t.entry(r)
	if p.TCPFlags&ack != 0 {
		if e.flags&reopening != 0 && p.TCPAck == e.again && (e.flags&reopenerSecond != 0) == (dir == 0) {
			// The other side takes the new one: the end of the one before was not seen.
			seq := e.again
			t.end(r, p.Time, false)
			t.restart(r)
			e.openedBy(1 - dir)
			e.flags |= synSeen
			e.state = pending
			e.first, e.seen = p.Clock, p.Clock
			e.setNext(seq, 1-dir)
			t.await(r)
		}
		return
	}
	same := dir == e.opener() && e.flags&synSeen != 0 && p.TCPSeq+1 == e.base[dir]
	switch {
	case e.over() && !same, e.state == closed && e.flags&unnumbered != 0:
		t.restart(r)
	case same:
	case e.state == open:
		e.again = p.TCPSeq + 1
		e.flags = e.flags&^reopenerSecond | reopening
		if dir == 1 {
			e.flags |= reopenerSecond
		}
	case dir == e.opener() && e.flags&answered == 0: // another try from the same port
		e.flags &^= known0 << dir
		e.flags |= synSeen
	}
}

// setNext sets what comes first and next of a direction.
func (e *entry) setNext(seq uint32, dir int) {
	e.flags = e.flags&^(moved0<<dir) | known0<<dir
	e.base[dir], e.next[dir] = seq, seq
	e.holes[dir] = [2]span{}
}

// accept looks at a SYN with ACK.
func (t *Table) accept(p *packet.Packet, e *entry, dir int, out bool) {
	if out || e.flags&synSeen == 0 || e.state == open || e.state == closed {
		return
	}
	other := 1 - dir
	switch {
	case p.TCPAck-e.base[other] <= e.next[other]-e.base[other]:
	case p.TCPSeq == 0 && p.TCPAck == 0: // nobody sends this: it was written by hand
		e.flags |= unnumbered
		e.flags &^= known0 | known1
	default:
		return
	}
	e.flags |= synAckSeen | answered
	if e.state == refused { // by somebody else, then
		e.state = waiting
	}
}

// completes reports whether a segment with ACK from the opener ends the handshake: whoever does not see what the other
// side sends cannot know the number that it acknowledges.
func (t *Table) completes(p *packet.Packet, e *entry, dir int) bool {
	if e.flags&unnumbered != 0 {
		return true
	}
	other := 1 - dir
	return p.TCPAck-e.base[other] <= e.next[other]-e.base[other]
}

// near reports whether a sequence number is within reach of the next one.
func (e *entry) near(seq uint32, dir int) bool {
	return e.flags&(known0<<dir) == 0 || e.flags&unnumbered != 0 || seq-e.next[dir]+reach <= 2*reach
}

// reset looks at an RST.
func (t *Table) reset(p *packet.Packet, r ref, dir int) {
	e := t.entry(r)
	out := dir == e.opener()
	switch {
	case out && e.flags&answered == 0:
		// The opener gives up: whether there is an answer is still open.
	case !out && e.flags&answered == 0 && (e.state == pending || e.state == waiting && e.packets[1-dir] == 1 && e.flags&(moved0<<(1-dir)) == 0):
		e.state = refused
		t.raise(r, packet.ConnRefused, p.Time, false)
		t.settle(r)
	case !out && e.state == unanswered:
		e.state = refused
	case !e.near(p.TCPSeq, dir):
	case e.state == open, e.state == waiting, e.flags&synAckSeen != 0 && e.state != closed:
		t.end(r, p.Time, false)
	}
}

// sequence notes the sequence numbers of a segment, and what is new in it.
func (t *Table) sequence(p *packet.Packet, e *entry, dir int) {
	seq, n := p.TCPSeq, p.TCPLen+uint32(p.TCPFlags&fin)
	if p.TCPFlags&syn != 0 {
		seq++
		switch {
		case e.flags&(known0<<dir) == 0:
			e.setNext(seq, dir)
		case seq != e.base[dir]:
			return
		case seq+n == e.next[dir] || n == 0:
			t.seg.Again = true
			return
		}
	}
	if n == 0 {
		return
	}
	if e.flags&(known0<<dir) == 0 || seq == e.next[dir]-1 && e.flags&(moved0<<dir) == 0 && n > 1 {
		// The first that is seen of the direction. That it begins where the SYN was is of packets that were written by hand.
		e.setNext(seq, dir)
	}
	next, end := e.next[dir], seq+n
	first := e.flags&(moved0<<dir) == 0
	switch ahead := int32(seq - next); {
	case ahead == 0:
		t.seg.First, t.seg.InOrder = p.TCPLen > 0 && first, true
		e.move(end, dir)
		return
	case ahead > jump && seq-e.jump[dir] > reach:
		// Lost packets, or a forged one: the next one of the direction says which.
		e.jump[dir] = end
	case ahead > 0:
		e.pass(span{next, seq}, dir)
		e.move(end, dir)
	case int32(end-next) > 0:
		t.seg.InOrder = true
		e.move(end, dir)
	case ahead < -jump && seq-e.base[dir] > next-e.base[dir]:
		// Far before the first that was seen, as of a probe that begins anew: nothing of it was.
	case ahead == -1 && p.TCPLen <= 1 && p.TCPFlags&(syn|fin) == 0:
		// A probe of an idle connection (RFC 9293 section 3.8.4).
	default:
		t.seg.Again = !e.fill(span{seq, end}, dir)
	}
	t.seg.First = p.TCPLen > 0 && seq == e.base[dir]
}

// move says what sequence number comes next of a direction.
func (e *entry) move(next uint32, dir int) {
	e.next[dir] = next
	e.flags |= moved0 << dir
}

// pass notes that sequence numbers were passed over.
func (e *entry) pass(s span, dir int) {
	h := &e.holes[dir]
	for i := range h {
		if h[i].lo != h[i].hi && s.hi-h[i].hi > reach { // what comes so late was lost on its way here
			h[i] = span{}
		}
	}
	switch {
	case h[0].lo == h[0].hi:
		h[0] = s
	case h[1].lo == h[1].hi:
		h[1] = s
	default: // rather too much: a segment that is taken for new is counted, one that is taken for old is not
		h[1].hi = s.hi
	}
}

// fill notes that sequence numbers came which are before the next, and reports whether some of them had been passed over.
func (e *entry) fill(s span, dir int) (some bool) {
	h := &e.holes[dir]
	for i := range h {
		o := h[i]
		if o.lo == o.hi || int32(s.hi-o.lo) <= 0 || int32(o.hi-s.lo) <= 0 {
			continue
		}
		some = true
		left, right := span{o.lo, s.lo}, span{s.hi, o.hi}
		if int32(left.hi-left.lo) <= 0 {
			left = span{}
		}
		if int32(right.hi-right.lo) <= 0 {
			right = span{}
		}
		other := &h[1-i]
		switch {
		case left == span{}:
			h[i] = right
		case right == span{}:
			h[i] = left
		case other.lo == other.hi:
			h[i], *other = left, right
			return true
		}
	}
	return some
}
