package engine

import "github.com/ruleids/ruleids/packet"

// Interest returns the classes of packets that some rule can look at, in ascending order, and whether a rule can
// look at DNS messages of other classes besides. Alerts are the same when no other packet comes, where packets
// come in the order of their times; only the counts of packets are lower.
func (p *Plan) Interest() (classes []packet.Class, dns bool) {
	for c := range packet.Class(packet.NumClasses) {
		if c.Event() != packet.EventPacket {
			continue
		}
		// The fields of flows are counted over all packets of a flow.
		flow := p.needFlow && c != packet.ClassOther && c != packet.ClassARP
		switch {
		case p.table[0][c] != nil || flow || p.waits: // any packet may bring the time that a sequence waits for
			classes = append(classes, c)
		case p.table[1][c] != nil:
			dns = true
		}
	}
	return classes, dns
}
