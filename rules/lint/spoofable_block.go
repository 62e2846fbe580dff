package lint

import (
	"slices"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/ast"
	"github.com/ruleids/ruleids/rules/domain"
)

// spoofableBlock finds blocks whose target can be chosen by someone who forges packets: where accepts
// a packet that needs no established TCP connection, and says nothing about how little the sender's
// address means. A TCP segment that acknowledges, or that carries data, is taken for one of a
// connection, which takes answers from the real address (RFC 9293 section 3.5, RFC 6528).
func spoofableBlock() Check {
	return Check{
		Code: warning("spoofable-block", "Block of an address that can be forged",
			"A block's target is an address of a packet that anyone can send with any source, so that an attacker can have others blocked."),
		rule: func(_ *rules.RuleSet, r *rules.Rule, report report) {
			if !whereKnown(r) {
				return
			}
			if r.On != packet.EventPacket && r.On != packet.EventConnection {
				return // other events come of connections, or were judged where they arose
			}
			if r.Sequence != nil && !forgeable(r.Sequence) {
				return
			}
			for _, a := range r.Actions {
				if a.Kind != "block" || a.Spoofable || a.Target == nil {
					continue
				}
				how := forged(r, a.Target)
				if how != "" && r.On == packet.EventConnection {
					report(a.Range, "Rule %q also looks at %s, which anyone can bring about under any address: a forger chooses who is blocked. Require conn.state == 'established' and ip.proto == 6 in where, use quarantine, or accept it with spoofable = \"accept\".", r.Name, how)
				} else if how != "" {
					report(a.Range, "Rule %q also looks at %s, which anyone can send under any address: a forger chooses who is blocked. Require conn.established, tcp.flags.ack or tcp.len > 0 in where, use quarantine, or accept it with spoofable = \"accept\".", r.Name, how)
				}
			}
		},
	}
}

// whereKnown reports whether all that decides on the packets of a rule was checked.
func whereKnown(r *rules.Rule) bool {
	if _, ok := r.AttrRanges["where"]; ok && r.SourceWhere == nil {
		return false
	}
	return !slices.ContainsFunc(r.Excepts, func(x *rules.Except) bool { return x.Where == nil })
}

// forged names a kind of packet that can be forged and that a rule may block the sender of; empty
// where there is none.
func forged(r *rules.Rule, target ast.Expr) string {
	layers := packet.Layer(0)
	for f := range domain.FieldsOf(target) {
		layers |= f.Layer
	}
	if layers == 0 {
		return "" // a constant, which no packet sets
	}
	target = &ast.LayerExpr{Layers: layers}
	accepts := func(s *domain.Shape) bool { return !s.Is(r.Where, false) && !s.Is(target, false) }
	if r.On == packet.EventConnection {
		return forgedConnection(accepts)
	}
	return forgery(accepts)
}

// forgedConnection names a fate of conversations that whoever forges packets can bring about, among those that are accepted: all but
// the handshake of TCP, which takes the other side's number (RFC 6528). A host that is made to answer somebody else over UDP
// has a conversation with them.
func forgedConnection(accepts func(*domain.Shape) bool) string {
	for _, proto := range []int64{6, 17} {
		name := "conversations over TCP that were not established"
		if proto == 17 {
			name = "conversations over UDP"
		}
		for _, state := range packet.FieldByName("conn.state").Enum {
			s := domain.ClassShape(packet.ClassConnection)
			s.Proto, s.Fate = proto, state
			if !(proto == 6 && state == packet.ConnEstablished.String()) && accepts(s) {
				return name
			}
		}
	}
	return ""
}

// forgeable reports whether someone who forges packets can take all steps of a sequence but the last.
func forgeable(seq *rules.Sequence) bool {
	for _, st := range seq.Steps[:max(len(seq.Steps)-1, 0)] { // a broken one may have none
		switch st.On {
		case packet.EventAlert: // it may come of forged packets
		case packet.EventPacket:
			if forgery(func(s *domain.Shape) bool { return !s.Is(st.Where, false) }) == "" {
				return false
			}
		case packet.EventConnection:
			if forgedConnection(func(s *domain.Shape) bool { return !s.Is(st.Where, false) }) == "" {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// forgery names a kind of packet that can be forged among those that are accepted; empty where there is none.
func forgery(accepts func(*domain.Shape) bool) string {
	for flags := range int64(domain.FlagValues) {
		s := domain.TCPShape(flags, true)
		s.Apart = true
		if flags&packet.FlagACK == 0 && accepts(s) {
			return "TCP segments of no connection"
		}
	}
	for _, c := range []struct {
		class packet.Class
		name  string
	}{
		{packet.ClassUDP, "UDP packets"}, {packet.ClassICMP, "ICMP packets"}, {packet.ClassICMPv6, "ICMPv6 packets"},
		{packet.ClassIP, "IP packets without a connection"}, {packet.ClassARP, "ARP packets"},
	} {
		if accepts(domain.ClassShape(c.class)) {
			return c.name
		}
	}
	return ""
}
