package ruletest

import (
	"fmt"
	"net/netip"

	"github.com/ruleids/ruleids/packet"
)

// honeypotKind is the kind that makes events of a honeypot, where the others make frames.
const honeypotKind = "honeypot"

// servicePorts are the ports that services of honeypots stand on when a test names none (IANA).
var servicePorts = map[string]int{"ftp": 21, "ssh": 22, "telnet": 23, "http": 80}

// event returns the event of a spec, without its time.
func (s *spec) event() (*packet.Packet, error) {
	if s.src.Is4() != s.dst.Is4() {
		return nil, fmt.Errorf("src %s and dst %s must both be IPv4 or both IPv6", s.src, s.dst)
	}
	dstPort := s.dstPort
	if dstPort < 0 {
		var ok bool
		if dstPort, ok = servicePorts[s.service]; !ok {
			return nil, fmt.Errorf("a honeypot of service %q needs dstport", s.service)
		}
	}
	action := s.action
	switch {
	case action != "":
	case s.user != "":
		action = packet.HoneypotLogin
	default:
		action = packet.HoneypotConnect
	}
	h := packet.Honeypot{
		Src:     netip.AddrPortFrom(s.src, uint16(port(s.srcPort, clientPort))),
		Dst:     netip.AddrPortFrom(s.dst, uint16(dstPort)),
		Service: s.service, Action: action, User: s.user, Client: s.client,
	}
	return h.Event(), nil
}
