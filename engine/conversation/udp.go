package conversation

import "github.com/ruleids/ruleids/packet"

// udp tells a conversation of a datagram. It returns the entry.
func (t *Table) udp(p *packet.Packet, r ref, pl Place) ref {
	dir := pl.dir()
	fresh := r == 0 || t.stale(r, p.Clock)
	switch {
	case r == 0:
		r = t.newEntry(p, pl)
	case fresh:
		t.restart(r)
	}
	if fresh {
		t.begin(p, r, dir)
	}
	e := t.entry(r)
	e.touch(p.Clock)
	t.seg.First, t.seg.InOrder = e.packets[dir] == 0, true
	e.count(dir, p.IPLen)
	if dir != e.opener() {
		e.flags |= answered
	}
	if e.state != open && e.both() {
		e.state = open
		t.keepOpen(r)
		t.raise(r, packet.ConnEstablished, p.Time, false)
	}
	return r
}
