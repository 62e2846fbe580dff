package ruletest

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"

	"github.com/ruleids/ruleids/packet"
)

// A spec is what a packet is to be.
type spec struct {
	kind           string
	at             hcl.Range // of the kind's name in the test file
	src, dst       netip.Addr
	srcMAC, dstMAC net.HardwareAddr // nil: the kind's own
	srcPort        int              // -1: the kind's own
	dstPort        int
	ttl            uint8
	id             uint16
	vlan           uint16 // 0: no tag
	payload        []byte

	flags    uint16
	seq, ack uint32
	window   uint16

	icmpType int // -1: echo request
	icmpCode uint8

	opcode             uint16 // of ARP
	arpSrcIP, arpDstIP netip.Addr

	qname    string
	qtype    uint16
	response bool
	rcode    uint8
	answers  uint16

	records []record // in a DNS response
	ttlOf   uint32   // of these

	icmpIdent, icmpSeq uint16

	protocol   uint8 // of IP, in a packet with nothing else; and where its bytes are in a packet in fragments
	fragOffset uint16
	more       bool

	http httpMessage
	sni  string
	alpn []string

	dhcpType   string
	dhcpClient net.HardwareAddr // nil: the source's

	service, action, user, client string // of a honeypot; service and user of a login, too
	host, method, reason, result  string // of a login
	conn                          packet.Connection
	alert                         packet.Attributes
}

// A param is an attribute of a packet kind.
type param struct {
	name     string
	required bool
	set      func(*spec, cty.Value) error
}

// A kind is a block that says what a packet is.
type kind struct {
	name     string
	defaults spec
	params   []param
}

// kinds are the packet kinds. What an attribute stands for when it is left out is in defaults: a
// source port of 40000 as a client's, a time to live of 64 as most systems have, a whole packet for IP, SYN for TCP (scapy's
// default too), an echo request for ICMP, an ARP request, a DNS query for an A record, and for a honeypot
// that of SSH, on the port of its service, and a login where there is a user name; for a login a password that sshd refused,
// or took where success says so; for a connection one over TCP that is established, with one packet out.
var kinds = []kind{
	{"tcp", spec{kind: "tcp", srcPort: -1, ttl: 64, flags: packet.FlagSYN, window: 64240}, join(ipParams, portParams, payloadParams, []param{
		{"flags", false, fromText(setFlags)},
		integer("seq", 1<<32-1, func(s *spec, n int64) { s.seq = uint32(n) }),
		integer("ack", 1<<32-1, func(s *spec, n int64) { s.ack = uint32(n) }),
		integer("window", 1<<16-1, func(s *spec, n int64) { s.window = uint16(n) }),
	})},
	{"udp", spec{kind: "udp", srcPort: -1, ttl: 64}, join(ipParams, portParams, payloadParams)},
	{"icmp", spec{kind: "icmp", icmpType: -1, ttl: 64}, join(ipParams, payloadParams, []param{
		integer("type", 255, func(s *spec, n int64) { s.icmpType = int(n) }),
		integer("code", 255, func(s *spec, n int64) { s.icmpCode = uint8(n) }),
		integer("ident", 1<<16-1, func(s *spec, n int64) { s.icmpIdent = uint16(n) }),
		integer("seq", 1<<16-1, func(s *spec, n int64) { s.icmpSeq = uint16(n) }),
	})},
	{"ip", spec{kind: "ip", ttl: 64}, join(ipParams, payloadParams, []param{
		{"proto", true, integer("", 255, func(s *spec, n int64) { s.protocol = uint8(n) }).set},
		integer("frag_offset", 1<<13-1, func(s *spec, n int64) { s.fragOffset = uint16(n) }),
		{"mf", false, truth(func(s *spec, b bool) error { s.more = b; return nil })},
	})},
	{"arp", spec{kind: "arp", opcode: arpRequest}, join(linkParams, []param{
		integer("opcode", 1<<16-1, func(s *spec, n int64) { s.opcode = uint16(n) }),
		{"src_ip", true, address(func(s *spec, a netip.Addr) { s.arpSrcIP = a })},
		{"dst_ip", true, address(func(s *spec, a netip.Addr) { s.arpDstIP = a })},
	})},
	{"dns", spec{kind: "dns", srcPort: -1, dstPort: -1, ttl: 64, qtype: 1, ttlOf: 60}, join(ipParams, anyPorts, []param{
		{"qname", true, fromText(func(s *spec, t string) error { s.qname = t; return nil })},
		{"qtype", false, setQType},
		{"response", false, truth(func(s *spec, b bool) error { s.response = b; return nil })},
		{"rcode", false, setRCode},
		integer("answers", 1000, func(s *spec, n int64) { s.answers = uint16(n) }),
	}, recordParams)},
	{httpKind, spec{kind: httpKind, srcPort: -1, dstPort: -1, ttl: 64}, join(ipParams, httpParams)},
	{tlsKind, spec{kind: tlsKind, srcPort: -1, dstPort: -1, ttl: 64}, join(ipParams, tlsParams)},
	{dhcpKind, spec{kind: dhcpKind, srcPort: -1, dstPort: -1, ttl: 64, dhcpType: "discover", src: netip.IPv4Unspecified(), dst: broadcastIP}, join(linkParams, dhcpParams)},
	{honeypotKind, spec{kind: honeypotKind, srcPort: -1, dstPort: -1, service: "ssh"}, join(addressParams, anyPorts, []param{
		text("service", func(s *spec, v string) { s.service = v }),
		oneWord("action", "honeypot.action", func(s *spec, v string) { s.action = v }),
		text("user", func(s *spec, v string) { s.user = v }),
		text("client", func(s *spec, v string) { s.client = v }),
	})},
	{authKind, spec{kind: authKind, service: "sshd", method: "password"}, join(anyPorts, []param{
		{"src", false, address(func(s *spec, a netip.Addr) { s.src = a })},
		{"dst", false, address(func(s *spec, a netip.Addr) { s.dst = a })},
		text("user", func(s *spec, v string) { s.user = v }),
		text("service", func(s *spec, v string) { s.service = v }),
		text("host", func(s *spec, v string) { s.host = v }),
		text("method", func(s *spec, v string) { s.method = v }),
		text("reason", func(s *spec, v string) { s.reason = v }),
		{"success", false, truth(setSuccess)},
		{"result", false, fromText(setResult)},
	})},
	{connectionKind, spec{kind: connectionKind, srcPort: -1, conn: packet.Connection{Proto: protocolTCP, PacketsOut: 1}}, join(addressParams, connectionParams)},
	{alertKind, spec{kind: alertKind, srcPort: -1, dstPort: -1, alert: packet.Attributes{Severity: "medium", Mode: "enforce"}}, alertParams},
}

var linkParams = []param{
	{"src_mac", false, hardware(func(s *spec, a net.HardwareAddr) { s.srcMAC = a })},
	{"dst_mac", false, hardware(func(s *spec, a net.HardwareAddr) { s.dstMAC = a })},
	integer("vlan", 4094, func(s *spec, n int64) { s.vlan = uint16(n) }),
}

var addressParams = []param{
	{"src", true, address(func(s *spec, a netip.Addr) { s.src = a })},
	{"dst", true, address(func(s *spec, a netip.Addr) { s.dst = a })},
}

var ipParams = join(linkParams, addressParams, []param{
	integer("ttl", 255, func(s *spec, n int64) { s.ttl = uint8(n) }),
	integer("id", 1<<16-1, func(s *spec, n int64) { s.id = uint16(n) }),
})

// anyPorts are those of kinds that have ports of their own.
var anyPorts = []param{
	integer("srcport", 1<<16-1, func(s *spec, n int64) { s.srcPort = int(n) }),
	integer("dstport", 1<<16-1, func(s *spec, n int64) { s.dstPort = int(n) }),
}

var portParams = []param{
	integer("srcport", 1<<16-1, func(s *spec, n int64) { s.srcPort = int(n) }),
	{"dstport", true, integer("", 1<<16-1, func(s *spec, n int64) { s.dstPort = int(n) }).set},
}

var payloadParams = []param{
	{"payload", false, setPayload},
	{"payload_hex", false, fromText(setPayloadHex)},
}

func join(lists ...[]param) []param {
	var out []param
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

func kindByName(name string) *kind {
	for i := range kinds {
		if kinds[i].name == name {
			return &kinds[i]
		}
	}
	return nil
}

func kindNames() string {
	names := make([]string, len(kinds))
	for i := range kinds {
		names[i] = kinds[i].name
	}
	return strings.Join(names, ", ")
}

// integer is an optional attribute that is a whole number from 0 to limit.
func integer(name string, limit int64, set func(*spec, int64)) param {
	return param{name, false, func(s *spec, v cty.Value) error {
		n, err := wholeNumber(v, limit)
		if err == nil {
			set(s, n)
		}
		return err
	}}
}

// text is an optional attribute that is text.
func text(name string, set func(*spec, string)) param {
	return param{name, false, fromText(func(s *spec, t string) error { set(s, t); return nil })}
}

// fromText takes what is written as text.
func fromText(set func(*spec, string) error) func(*spec, cty.Value) error {
	return func(s *spec, v cty.Value) error {
		t, err := textOf(v)
		if err != nil {
			return err
		}
		return set(s, t)
	}
}

// truth takes true and false.
func truth(set func(*spec, bool) error) func(*spec, cty.Value) error {
	return func(s *spec, v cty.Value) error {
		b, err := convert.Convert(v, cty.Bool)
		if err != nil {
			return errors.New("must be true or false")
		}
		return set(s, b.True())
	}
}

func textOf(v cty.Value) (string, error) {
	s, err := convert.Convert(v, cty.String)
	if err != nil {
		return "", errors.New("must be text")
	}
	return s.AsString(), nil
}

func address(set func(*spec, netip.Addr)) func(*spec, cty.Value) error {
	return fromText(func(s *spec, text string) error {
		a, err := netip.ParseAddr(text)
		if err != nil || a.Zone() != "" {
			return fmt.Errorf("must be an IPv4 or IPv6 address; it is %q", text)
		}
		set(s, a)
		return nil
	})
}

func hardware(set func(*spec, net.HardwareAddr)) func(*spec, cty.Value) error {
	return fromText(func(s *spec, text string) error {
		a, err := net.ParseMAC(text)
		if err != nil || len(a) != 6 {
			return fmt.Errorf("must be a hardware address such as 02:00:00:00:00:01; it is %q", text)
		}
		set(s, a)
		return nil
	})
}

// flagLetters are the letters of TCP flags, from FIN up: those of scapy and of Wireshark.
const flagLetters = "FSRPAUEC"

func setFlags(s *spec, text string) error {
	s.flags = 0
	for _, c := range text {
		i := strings.IndexRune(flagLetters, c)
		if i < 0 {
			return fmt.Errorf("must be letters of %s (FIN SYN RST PSH ACK URG ECE CWR), or \"\" for none; it is %q", flagLetters, text)
		}
		s.flags |= 1 << i
	}
	return nil
}

// zeros is what payload = n is cut from.
var zeros [maxIP]byte

// setPayload takes a number for so many zero bytes, and text for itself.
func setPayload(s *spec, v cty.Value) error {
	if v.Type() == cty.Number {
		n, err := wholeNumber(v, int64(len(zeros)))
		if err == nil {
			s.payload = zeros[:n]
		}
		return err
	}
	text, err := textOf(v)
	if err != nil {
		return errors.New("must be text, or a number of bytes")
	}
	s.payload = []byte(text)
	return nil
}

func setPayloadHex(s *spec, text string) error {
	var err error
	if s.payload, err = hex.DecodeString(strings.ReplaceAll(text, " ", "")); err != nil {
		return fmt.Errorf("must be pairs of hexadecimal digits; it is %q", text)
	}
	return nil
}

// queryTypes are the DNS types that can be written by name (IANA, DNS Parameters).
var queryTypes = map[string]uint16{
	"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "NULL": 10, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28,
	"SRV": 33, "NAPTR": 35, "SVCB": 64, "HTTPS": 65, "AXFR": 252, "ANY": 255,
}

func setQType(s *spec, v cty.Value) error {
	if text, err := textOf(v); err == nil {
		if n, ok := queryTypes[text]; ok {
			s.qtype = n
			return nil
		}
	}
	n, err := wholeNumber(v, 1<<16-1)
	if err != nil {
		return errors.New("must be a type's number, or its name, such as \"TXT\"")
	}
	s.qtype = uint16(n)
	return nil
}

// replyCodes are the reply codes of DNS that can be written by name (RFC 1035 section 4.1.1), in their order.
var replyCodes = []string{"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED"}

func setRCode(s *spec, v cty.Value) error {
	if text, err := textOf(v); err == nil {
		if n := slices.Index(replyCodes, text); n >= 0 {
			s.rcode = uint8(n)
			return nil
		}
	}
	n, err := wholeNumber(v, 15)
	if err != nil {
		return errors.New("must be a code from 0 to 15, or its name, such as \"NXDOMAIN\"")
	}
	s.rcode = uint8(n)
	return nil
}
