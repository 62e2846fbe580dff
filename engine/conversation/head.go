package conversation

import "github.com/ruleids/ruleids/packet"

// headSize is how much of the beginning of a direction is kept: a ClientHello with a post-quantum key share has 1,700
// bytes and more, a request head seldom over 2,000.
const headSize = 4096

// pieces is how many parts of a head may be apart. Of more, the last is left out until it is sent again.
const pieces = 4

// A head is the first bytes of a direction, as far as they came.
type head struct {
	owner  ref
	dir    uint8
	n      uint8 // parts
	have   [pieces]part
	older  uint16 // the place, plus one, of the one that was begun before
	newer  uint16
	buffer *[headSize]byte
}

// A part is bytes that came, from lo up to hi.
type part struct{ lo, hi uint16 }

// A pool keeps half-read heads. Where there is no room the one that was begun first is given up.
type pool struct {
	max            int
	heads          []head
	free           []uint16
	oldest, newest uint16 // places plus one
}

func (o *pool) bytes() uint64 { return uint64(len(o.heads)) * headSize }

func (o *pool) at(place uint16) *head { return &o.heads[place-1] }

// Head returns the first bytes of the direction of the packet that was tracked last, without a gap, where the packet
// makes them more: of TCP from its first byte on, or from the first that was seen where the capture begins later. They
// are valid until the next Track. It returns nil where the packet brings none of them, and after Quiet.
//
// Whoever reads them calls Keep where they are too few to tell, and Quiet where no more are wanted: the heads of
// directions that nobody is quiet about take memory. Over UDP it is the datagram, behind what Note has kept.
func (t *Table) Head(p *packet.Packet) []byte {
	if t.at == 0 || t.cfg.Need&Heads == 0 || len(p.Payload) == 0 {
		return nil
	}
	e := t.entry(t.at)
	if e.flags&(quiet0<<t.dir) != 0 {
		return nil
	}
	if p.Layers&packet.LayerUDP != 0 {
		return p.Payload
	}
	at := p.TCPSeq - e.base[t.dir]
	if p.TCPFlags&packet.FlagSYN != 0 {
		at++
	}
	if p.TCPFlags&packet.FlagRST != 0 || e.flags&(known0<<t.dir) == 0 || at >= headSize {
		return nil
	}
	place := e.heads[t.dir]
	if place == 0 && at == 0 {
		if t.seg.Again || !t.sound(p) {
			return nil
		}
		return p.Payload[:min(len(p.Payload), headSize)]
	}
	if !t.sound(p) {
		return nil
	}
	if place == 0 {
		if place = t.beginHead(t.at, t.dir); place == 0 {
			return nil
		}
	}
	h := t.heads.at(place)
	before := h.whole()
	h.add(int(at), p.Payload)
	if h.whole() == before {
		return nil
	}
	return h.buffer[:h.whole()]
}

// Keep keeps what Head returned for the next packet. It reports false where there can be no more: then the direction is
// quiet.
func (t *Table) Keep(b []byte) bool {
	if t.at == 0 || len(b) >= headSize {
		t.Quiet()
		return false
	}
	e := t.entry(t.at)
	if e.heads[t.dir] != 0 {
		return true
	}
	place := t.beginHead(t.at, t.dir)
	if place == 0 {
		return false
	}
	t.heads.at(place).add(0, b)
	return true
}

// Note returns what whoever reads datagrams has put aside in the direction of the packet that was tracked last, and
// SetNote puts other bytes in its place, 4,096 at most; there is room for as many as for heads of TCP.
func (t *Table) Note() []byte {
	if t.at == 0 {
		return nil
	}
	e := t.entry(t.at)
	if e.flags&(head0<<t.dir) == 0 {
		return nil
	}
	h := t.heads.at(e.heads[t.dir])
	return h.buffer[:h.whole()]
}

// SetNote is for datagrams, see Note.
func (t *Table) SetNote(b []byte) {
	if t.at == 0 {
		return
	}
	place := t.entry(t.at).heads[t.dir]
	if place == 0 {
		place = t.beginHead(t.at, t.dir)
	}
	if place == 0 {
		return
	}
	h := t.heads.at(place)
	n := copy(h.buffer[:], b)
	h.n, h.have[0] = 1, part{0, uint16(n)}
}

// Quiet says that no more is wanted of the direction of the packet that was tracked last.
func (t *Table) Quiet() {
	if t.at != 0 {
		e := t.entry(t.at)
		t.dropHead(e, t.dir)
		e.flags |= quiet0 << t.dir
	}
}

// IsQuiet reports whether no more is wanted of the direction of the packet that was tracked last, as far as Head goes.
func (t *Table) IsQuiet() bool { return t.at != 0 && t.entry(t.at).flags&(quiet0<<t.dir) != 0 }

// DropNote gives up what SetNote has put aside.
func (t *Table) DropNote() {
	if t.at != 0 {
		t.dropHead(t.entry(t.at), t.dir)
	}
}

// whole returns how many bytes there are from the first on.
func (h *head) whole() int {
	if h.n > 0 && h.have[0].lo == 0 {
		return int(h.have[0].hi)
	}
	return 0
}

// add adds bytes. Of those that came before, the first stay: hosts differ, and most keep them.
func (h *head) add(at int, b []byte) {
	b = b[:min(len(b), headSize-at)]
	lo, hi := at, at+len(b)
	if len(b) == 0 {
		return
	}
	// Parts that touch [lo, hi) become one with it.
	from := 0
	for from < int(h.n) && int(h.have[from].hi) < lo {
		from++
	}
	to := from
	for to < int(h.n) && int(h.have[to].lo) <= hi {
		to++
	}
	if from == to && h.n == pieces {
		if from == pieces {
			return
		}
		h.n-- // what is nearer to the beginning is of more use
	}
	done := lo
	for _, p := range h.have[from:to] {
		if done < int(p.lo) {
			copy(h.buffer[done:p.lo], b[done-at:])
		}
		done = max(done, int(p.hi))
	}
	if done < hi {
		copy(h.buffer[done:hi], b[done-at:])
	}
	joined := part{uint16(lo), uint16(hi)}
	if from < to {
		joined.lo, joined.hi = min(joined.lo, h.have[from].lo), max(joined.hi, h.have[to-1].hi)
	}
	rest := h.have
	n := copy(h.have[from+1:], rest[to:h.n])
	h.have[from] = joined
	h.n = uint8(from + 1 + n)
}

// beginHead gives a direction a place for its head, plus one; 0 where none are kept.
func (t *Table) beginHead(r ref, dir int) uint16 {
	o := &t.heads
	if o.max == 0 {
		return 0
	}
	var place uint16
	switch {
	case len(o.free) > 0:
		place = o.free[len(o.free)-1]
		o.free = o.free[:len(o.free)-1]
	case len(o.heads) < o.max:
		o.heads = append(o.heads, head{buffer: new([headSize]byte)})
		place = uint16(len(o.heads))
	default:
		t.stats.Heads++
		old := o.at(o.oldest)
		e := t.entry(old.owner)
		e.flags |= quiet0 << old.dir
		t.dropHead(e, int(old.dir))
		place = o.free[len(o.free)-1]
		o.free = o.free[:len(o.free)-1]
	}
	h := o.at(place)
	*h = head{owner: r, dir: uint8(dir), older: o.newest, buffer: h.buffer}
	if o.newest != 0 {
		o.at(o.newest).newer = place
	} else {
		o.oldest = place
	}
	o.newest = place
	e := t.entry(r)
	e.heads[dir] = place
	e.flags |= head0 << dir
	return place
}

// dropHead frees the place of a direction's head, if it has one.
func (t *Table) dropHead(e *entry, dir int) {
	if e.flags&(head0<<dir) == 0 {
		return
	}
	place := e.heads[dir]
	e.heads[dir] = 0
	e.flags &^= head0 << dir
	o := &t.heads
	h := o.at(place)
	if h.older != 0 {
		o.at(h.older).newer = h.newer
	} else {
		o.oldest = h.newer
	}
	if h.newer != 0 {
		o.at(h.newer).older = h.older
	} else {
		o.newest = h.older
	}
	o.free = append(o.free, place)
}

// dropHeads frees all.
func (t *Table) dropHeads() {
	for t.heads.oldest != 0 {
		h := t.heads.at(t.heads.oldest)
		t.dropHead(t.entry(h.owner), int(h.dir))
	}
	t.heads = pool{max: t.heads.max}
}
