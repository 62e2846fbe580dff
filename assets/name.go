package assets

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/packet/application"
)

// A Source says where a name comes from.
type Source uint8

// The sources of names, the ones that are believed first before the others.
const (
	SourceDHCP    Source = iota // the host calls itself so where it asks for an address
	SourceMDNS                  // or in multicast DNS (RFC 6762)
	SourceNetBIOS               // or in the name service of NetBIOS (RFC 1002)
	SourceLLMNR                 // or in LLMNR (RFC 4795)
	SourcePTR                   // a DNS server gives the name of its address
	SourceDNS                   // or its address for the name
	SourceScan                  // a scan that was read
	numSources
)

var sources = [numSources]string{"dhcp", "mdns", "netbios", "llmnr", "ptr", "dns", "scan"}

// String returns the word for a source.
func (s Source) String() string { return sources[s] }

// Ports whose datagrams tell of hosts.
const (
	portDNS     = 53
	portDHCP    = 67
	portDHCPTo  = 68
	portNetBIOS = 137
	portMDNS    = 5353
	portLLMNR   = 5355
)

// tells reports whether each datagram between two ports is to be read.
func tells(src, dst uint16) bool {
	switch src {
	case portDNS, portDHCP, portDHCPTo, portNetBIOS, portMDNS, portLLMNR:
		return true
	}
	return dst == portNetBIOS
}

// told learns from a message that tells of hosts.
func (m *Map) told(p *packet.Packet) {
	m.pass(p)
	b := p.Payload
	switch p.SrcPort {
	case portDHCP, portDHCPTo:
		if p.DstPort == portDHCP || p.DstPort == portDHCPTo {
			m.dhcp(p)
		}
		return
	case portDNS:
		if p.Layers&packet.LayerTCP != 0 {
			if len(b) < 2 || int(binary.BigEndian.Uint16(b)) != len(b)-2 {
				return
			}
			b = b[2:]
		}
		m.records(b, SourceDNS)
		return
	case portMDNS:
		if p.DstPort == portMDNS {
			m.records(b, SourceMDNS)
		}
		return
	case portLLMNR:
		m.records(b, SourceLLMNR)
		return
	}
	m.netbios(b)
}

// records learns from the answers of a DNS server, or of hosts about themselves.
func (m *Map) records(b []byte, by Source) {
	const header, answer = 12, 0x80
	if len(b) < header || b[2]&answer == 0 {
		return
	}
	asked := "" // what was asked for, which aliases lead away from
	if by == SourceDNS && binary.BigEndian.Uint16(b[4:]) == 1 {
		asked, _ = packet.DNSName(b, header)
	}
	walk := application.RecordsOf(b)
	var r application.Record
	for walk.Next(&r) {
		var a packet.Addr
		text, from := asked, by
		switch {
		case r.Type == application.RecordA && r.Length == 4:
			a = packet.AddrFrom4([4]byte(b[r.At:]))
		case r.Type == application.RecordAAAA && r.Length == 16:
			a = packet.AddrFrom16([16]byte(b[r.At:]))
		case r.Type == application.RecordPTR && by == SourceDNS:
			owner, _ := packet.DNSName(b, r.Owner)
			var ok bool
			if a, ok = reverse(owner); !ok {
				continue
			}
			text, _ = packet.DNSName(b, r.At)
			from = SourcePTR
		default:
			continue
		}
		if text == "" {
			text, _ = packet.DNSName(b, r.Owner)
		}
		m.named(a, text, from)
	}
}

// reverse returns the address that a name of in-addr.arpa or ip6.arpa is for (RFC 1035 section 3.5, RFC 3596 section 2.5).
func reverse(name string) (packet.Addr, bool) {
	name = strings.ToLower(name)
	if digits, ok := strings.CutSuffix(name, ".in-addr.arpa"); ok {
		parts := strings.Split(digits, ".")
		if len(parts) != 4 {
			return packet.Addr{}, false
		}
		a, err := netip.ParseAddr(parts[3] + "." + parts[2] + "." + parts[1] + "." + parts[0])
		return packet.AddrFromNetip(a), err == nil
	}
	digits, ok := strings.CutSuffix(name, ".ip6.arpa")
	if !ok || len(digits) != 63 {
		return packet.Addr{}, false
	}
	var text strings.Builder
	for i := range 32 {
		if i > 0 && i%4 == 0 {
			text.WriteByte(':')
		}
		text.WriteByte(digits[62-2*i])
	}
	a, err := netip.ParseAddr(text.String())
	return packet.AddrFromNetip(a), err == nil
}

// netbios learns from a message of the NetBIOS name service (RFC 1002 section 4.2): a host registers its name, or answers for
// it.
func (m *Map) netbios(b []byte) {
	const (
		typeNB = 0x20
		group  = 0x80 // of the flags of an address: the name is of several hosts
		header = 12
	)
	if len(b) < header {
		return
	}
	walk := application.RecordsOf(b)
	var r application.Record
	for walk.Next(&r) {
		if r.Type != typeNB || r.Length < 6 || b[r.At]&group != 0 {
			continue
		}
		owner, ok := packet.DNSName(b, r.Owner)
		if !ok {
			continue
		}
		if text, ok := netbiosName(owner); ok {
			m.named(packet.AddrFrom4([4]byte(b[r.At+2:])), text, SourceNetBIOS)
		}
	}
}

// netbiosName decodes a name of NetBIOS, which is written as 32 letters (RFC 1001 section 14.1), where it is that of a
// workstation or of a server.
func netbiosName(encoded string) (string, bool) {
	if len(encoded) < 32 {
		return "", false
	}
	var text [16]byte
	for i := range text {
		hi, lo := encoded[2*i]-'A', encoded[2*i+1]-'A'
		if hi > 15 || lo > 15 {
			return "", false
		}
		text[i] = hi<<4 | lo
	}
	if kind := text[15]; kind != 0 && kind != 0x20 {
		return "", false
	}
	return strings.TrimRight(string(text[:15]), " "), true
}

// A heardName is a name of an address that has sent nothing yet.
type heardName struct {
	text string
	by   Source
}

// maxHeard is how many of them are kept at least; twice as many at most.
const maxHeard = 1 << 13

// named notes a name of an address.
func (m *Map) named(a packet.Addr, text string, by Source) {
	if !single(a) {
		return
	}
	if h := m.at[a]; h != nil {
		m.nameHost(h, text, by)
		return
	}
	if _, ok := m.glimpsed(a); ok && by <= SourceLLMNR { // it says so itself, on its link
		m.nameHost(m.touch(a), text, by)
		return
	}
	if len(m.heard[0]) >= maxHeard {
		m.heard[0], m.heard[1] = map[packet.Addr]heardName{}, m.heard[0]
	}
	m.heard[0][a] = heardName{text, by}
}

// nameHost gives a host a name. Of too many, the one that came first from the least believed source goes.
func (m *Map) nameHost(h *host, text string, by Source) {
	text = strings.ToLower(strings.TrimSuffix(text, "."))
	if text == "" || text == "<root>" || len(text) > packet.MaxName || clean([]byte(text)) != text {
		return
	}
	for _, n := range h.names {
		if n.by == by && n.text == text {
			return
		}
	}
	if len(h.names) >= maxNames {
		worst := 0
		for i, n := range h.names {
			if n.by > h.names[worst].by {
				worst = i
			}
		}
		if h.names[worst].by < by {
			return
		}
		h.names = append(h.names[:worst], h.names[worst+1:]...)
	}
	h.names = append(h.names, name{text, by})
	m.identify(h)
	m.change(h)
}

// maxText bounds what hosts say of themselves, in bytes.
const maxText = 128

// clean returns text of the wire as far as it is printable, and no more than maxText of it.
func clean(b []byte) string {
	b = b[:min(len(b), maxText)]
	end := 0
	for end < len(b) {
		r, n := utf8.DecodeRune(b[end:])
		if r == utf8.RuneError || r < ' ' || r >= 0x7f && r < 0xa0 {
			break
		}
		end += n
	}
	return strings.TrimSpace(string(b[:end]))
}
