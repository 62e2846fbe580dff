package engine

import (
	"github.com/ruleids/ruleids/engine/conversation"
	"github.com/ruleids/ruleids/packet"
)

// Asks reports whether rules look at a map of hosts and services.
func (p *Plan) Asks() bool { return p.asks }

// Interest returns the classes of packets that some rule can look at, in ascending order, and whether a rule can
// look at DNS messages of other classes besides. Alerts are the same when no other packet comes, where packets
// come in the order of their times; only the counts of packets are lower.
func (p *Plan) Interest() (classes []packet.Class, dns bool) {
	for c := range packet.Class(packet.NumClasses) {
		if c.Event() != packet.EventPacket {
			continue
		}
		switch {
		case p.table[saidNone][c] != nil || p.follows(c) || p.waits: // any packet may bring the time that a sequence waits for
			classes = append(classes, c)
		case p.table[saidDNS][c] != nil:
			dns = true
		}
	}
	return classes, dns
}

// follows reports whether packets of a class tell something of those of others: flows and conversations are of all their
// packets, ICMP says of conversations that they are refused, and any packet may bring the deadline of one. A fragment, which is of
// ClassIP, may be of any of them. A map of hosts learns from all.
func (p *Plan) follows(c packet.Class) bool {
	return p.asks || p.need&conversation.Events != 0 || p.converses() && c != packet.ClassOther && c != packet.ClassARP
}
