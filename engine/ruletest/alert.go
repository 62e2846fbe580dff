package ruletest

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/ruleids/ruleids/packet"
)

// alertKind is the kind that makes alerts, as another rule, or another sensor, raises them.
const alertKind = "alert"

// alertParams are the attributes of an alert. Those of its fields have their names.
var alertParams = []param{
	{"src", false, address(func(s *spec, a netip.Addr) { s.src = a })},
	{"dst", false, address(func(s *spec, a netip.Addr) { s.dst = a })},
	integer("srcport", 1<<16-1, func(s *spec, n int64) { s.srcPort = int(n) }),
	integer("dstport", 1<<16-1, func(s *spec, n int64) { s.dstPort = int(n) }),
	text("rule", func(s *spec, v string) { s.alert.Rule = v }),
	oneWord("severity", "alert.severity", func(s *spec, v string) { s.alert.Severity = v }),
	text("category", func(s *spec, v string) { s.alert.Category = v }),
	oneWord("mode", "alert.mode", func(s *spec, v string) { s.alert.Mode = v }),
	text("agent", func(s *spec, v string) { s.alert.Agent = v }),
}

// oneWord is an attribute that takes one of the words of a field.
func oneWord(name, field string, set func(*spec, string)) param {
	return param{name, false, fromText(func(s *spec, word string) error {
		if words := packet.FieldByName(field).Enum; !slices.Contains(words, word) {
			return fmt.Errorf("must be one of %s; it is %q", strings.Join(words, ", "), word)
		}
		set(s, word)
		return nil
	})}
}

// alertEvent returns the alert of a spec, without its time. It has ports where one of them is given.
func (s *spec) alertEvent() (*packet.Packet, error) {
	if s.src.IsValid() != s.dst.IsValid() && (s.dst.IsValid() || s.srcPort >= 0 || s.dstPort >= 0) {
		return nil, fmt.Errorf("an alert with a destination or ports needs src and dst")
	}
	if s.src.IsValid() && s.dst.IsValid() && s.src.Is4() != s.dst.Is4() {
		return nil, fmt.Errorf("src %s and dst %s must both be IPv4 or both IPv6", s.src, s.dst)
	}
	attrs := s.alert
	ev := &packet.Packet{Class: packet.ClassAlert, Layers: packet.LayerFrame | packet.LayerAlert, Attrs: &attrs}
	if s.src.IsValid() {
		ev.Layers |= packet.LayerIP
		ev.Src, ev.IPVersion = packet.AddrFromNetip(s.src), 4
		if s.src.Is6() {
			ev.IPVersion = 6
		}
		if s.dst.IsValid() {
			ev.Dst = packet.AddrFromNetip(s.dst)
		}
	}
	if s.srcPort >= 0 || s.dstPort >= 0 {
		ev.Layers |= packet.LayerPorts | packet.LayerTCP
		ev.IPProto = protocolTCP
		ev.SrcPort, ev.DstPort = uint16(port(s.srcPort, clientPort)), uint16(max(s.dstPort, 0))
	}
	return ev, nil
}
