package ruletest

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/ruleids/ruleids/packet/application"
)

// A record is one of a DNS response, of the name that was asked for.
type record struct {
	kind uint16
	data []byte
}

// recordParams are the attributes for records of a DNS response; a message that has any is a response.
var recordParams = []param{
	recordParam("a", application.RecordA, func(t string) ([]byte, error) {
		a, err := netip.ParseAddr(t)
		if err != nil || !a.Is4() {
			return nil, fmt.Errorf("must be IPv4 addresses; one is %q", t)
		}
		return a.AsSlice(), nil
	}),
	recordParam("aaaa", application.RecordAAAA, func(t string) ([]byte, error) {
		a, err := netip.ParseAddr(t)
		if err != nil || !a.Is6() || a.Zone() != "" {
			return nil, fmt.Errorf("must be IPv6 addresses; one is %q", t)
		}
		return a.AsSlice(), nil
	}),
	recordParam("cname", application.RecordCNAME, func(t string) ([]byte, error) { return appendName(nil, "the name", t) }),
	recordParam("ns", application.RecordNS, func(t string) ([]byte, error) { return appendName(nil, "the name", t) }),
	recordParam("txt", application.RecordTXT, func(t string) ([]byte, error) {
		if len(t) > 255 {
			return nil, fmt.Errorf("must be texts of 255 bytes at most; one has %d", len(t))
		}
		return append([]byte{byte(len(t))}, t...), nil
	}),
	integer("record_ttl", 1<<32-1, func(s *spec, n int64) { s.ttlOf = uint32(n) }),
}

// recordParam is an attribute for records of a type: a text, or a list of texts for several.
func recordParam(name string, kind uint16, data func(string) ([]byte, error)) param {
	return param{name, false, func(s *spec, v cty.Value) error {
		texts, err := textsOf(v)
		if err != nil {
			return err
		}
		s.records, s.response = slices.Clip(s.records), true
		for _, t := range texts {
			d, err := data(t)
			if err != nil {
				return err
			}
			s.records = append(s.records, record{kind, d})
		}
		return nil
	}}
}

// dhcpKind is the kind of DHCP messages for IPv4.
const dhcpKind = "dhcp"

// broadcastIP is where clients without an address send to.
var broadcastIP = netip.AddrFrom4([4]byte{255, 255, 255, 255})

var dhcpParams = []param{
	{"src", false, address(func(s *spec, a netip.Addr) { s.src = a })},
	{"dst", false, address(func(s *spec, a netip.Addr) { s.dst = a })},
	{"type", false, func(s *spec, v cty.Value) error {
		t, err := textOf(v)
		if err == nil && !slices.Contains(application.DHCPTypes(), t) {
			err = fmt.Errorf("must be a type of DHCP message, as \"discover\" or \"offer\"; it is %q", t)
		}
		s.dhcpType = t
		return err
	}},
	{"mac", false, hardware(func(s *spec, a net.HardwareAddr) { s.dhcpClient = a })},
}

// dhcpPorts are the ports of a message: of the server's types from its own.
func dhcpPorts(kind string) (from, to int) {
	const server, client = 67, 68
	switch kind {
	case "offer", "ack", "nak", "forcerenew":
		return server, client
	}
	return client, server
}

// appendDHCP appends a message (RFC 2131 section 2) with its type and no other option.
func appendDHCP(b []byte, s *spec) []byte {
	mac := s.dhcpClient
	if mac == nil {
		if mac = s.srcMAC; mac == nil {
			mac = defaultSrcMAC
		}
	}
	op := byte(1)
	if from, _ := dhcpPorts(s.dhcpType); from == 67 {
		op = 2
	}
	start := len(b)
	b = append(b, make([]byte, 236)...)
	b[start], b[start+1], b[start+2] = op, 1, 6 // on Ethernet
	binary.BigEndian.PutUint32(b[start+4:], 1)
	copy(b[start+28:], mac)
	b = append(b, 0x63, 0x82, 0x53, 0x63, 53, 1, byte(1+slices.Index(application.DHCPTypes(), s.dhcpType)), 255)
	return b
}
