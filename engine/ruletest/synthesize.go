package ruletest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"
)

// maxIP is the largest IP packet: total length of IPv4, payload length of IPv6 (RFC 791, RFC 8200).
const maxIP = 65535

// minFrame is the shortest Ethernet frame without its check sequence (IEEE 802.3, section 3.2.6).
const minFrame = 60

// Hardware addresses of packets that name none: locally administered ones (IEEE 802, section 8.4).
var (
	defaultSrcMAC = net.HardwareAddr{2, 0, 0, 0, 0, 1}
	defaultDstMAC = net.HardwareAddr{2, 0, 0, 0, 0, 2}
	broadcastMAC  = net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	noMAC         = net.HardwareAddr{0, 0, 0, 0, 0, 0}
)

// EtherTypes (IANA, IEEE 802 Numbers), IP protocols (IANA, Protocol Numbers) and types of messages.
const (
	etherIPv4, etherARP, etherVLAN, etherIPv6 = 0x0800, 0x0806, 0x8100, 0x86dd

	protocolICMP, protocolTCP, protocolUDP, protocolICMPv6 = 1, 6, 17, 58

	arpRequest, echoRequest, echoRequestV6 = 1, 8, 128
)

// A synthesizer writes specs as Ethernet frames, lengths and checksums right, padded to the least that Ethernet asks
// for. It is for one goroutine.
type synthesizer struct {
	scratch []byte // of DNS messages
}

// append appends the frame of a spec to dst.
func (z *synthesizer) append(dst []byte, s *spec) ([]byte, error) {
	start := len(dst)
	src, to, target := s.srcMAC, s.dstMAC, s.dstMAC
	if src == nil {
		src = defaultSrcMAC
	}
	if to == nil {
		to, target = defaultDstMAC, noMAC
	}
	// Requests go to everybody, whoever their target is; so does what has no target.
	if s.kind == "arp" && (s.opcode == arpRequest || s.dstMAC == nil) {
		to = broadcastMAC
	}
	dst = append(append(dst, to...), src...)
	if s.vlan != 0 {
		dst = appendWords(dst, etherVLAN, s.vlan)
	}
	if s.kind == "arp" {
		if !s.arpSrcIP.Is4() || !s.arpDstIP.Is4() {
			return dst, errors.New("ARP is for IPv4; src_ip and dst_ip must be IPv4 addresses")
		}
		dst = appendWords(dst, etherARP, 1, etherIPv4, 6<<8|4, s.opcode) // RFC 826: on Ethernet, for IPv4
		for _, a := range [][]byte{src, s.arpSrcIP.AsSlice(), target, s.arpDstIP.AsSlice()} {
			dst = append(dst, a...)
		}
	} else {
		var err error
		if dst, err = z.appendIP(dst, s); err != nil {
			return dst, err
		}
	}
	for len(dst)-start < minFrame {
		dst = append(dst, 0)
	}
	return dst, nil
}

// appendIP appends the EtherType and the packet of IPv4 (RFC 791) or IPv6 (RFC 8200).
func (z *synthesizer) appendIP(dst []byte, s *spec) ([]byte, error) {
	if s.src.Is4() != s.dst.Is4() {
		return dst, fmt.Errorf("src %s and dst %s must both be IPv4 or both IPv6", s.src, s.dst)
	}
	payload, header, protocol := s.payload, 8, uint16(protocolUDP)
	switch s.kind {
	case "tcp":
		header, protocol = 20, protocolTCP
	case "icmp":
		protocol = protocolICMP
		if !s.src.Is4() {
			protocol = protocolICMPv6
		}
	case "ip":
		header, protocol = 0, uint16(s.protocol)
		if s.src.Is6() && (s.fragOffset != 0 || s.more) {
			return dst, errors.New("frag_offset and mf are for IPv4")
		}
	case "dns":
		var err error
		if z.scratch, err = appendDNS(z.scratch[:0], s); err != nil {
			return dst, err
		}
		payload = z.scratch
	case dhcpKind:
		z.scratch = appendDHCP(z.scratch[:0], s)
		payload = z.scratch
	}
	size, room := header+len(payload), maxIP-header
	if s.src.Is4() {
		room -= 20
	}
	if len(payload) > room {
		return dst, fmt.Errorf("payload has %d bytes; an IP packet has room for %d", len(payload), room)
	}
	src, to := s.src.AsSlice(), s.dst.AsSlice()
	if s.src.Is4() {
		ip := len(dst) + 2
		dst = appendWords(dst, etherIPv4, 4<<12|5<<8, uint16(20+size), s.id, s.fragment(), uint16(s.ttl)<<8|protocol, 0)
		dst = append(append(dst, src...), to...)
		binary.BigEndian.PutUint16(dst[ip+10:], ^wordSum(dst[ip:]))
	} else {
		dst = appendWords(dst, etherIPv6, 6<<12, 0, uint16(size), protocol<<8|uint16(s.ttl))
		dst = append(append(dst, src...), to...)
	}
	if s.kind == "ip" {
		return append(dst, payload...), nil
	}
	at := len(dst)
	dst, checksum := appendTransport(dst, s, uint16(size))
	dst = append(dst, payload...)
	covered := uint32(0)
	if protocol != protocolICMP { // a pseudo-header of addresses, protocol and length
		covered = uint32(wordSum(src)) + uint32(wordSum(to)) + uint32(protocol) + uint32(size)
	}
	c := ^fold(covered + uint32(wordSum(dst[at:])))
	if c == 0 && protocol == protocolUDP {
		c = 0xffff // 0 would say that there is none (RFC 768)
	}
	binary.BigEndian.PutUint16(dst[at+checksum:], c)
	return dst, nil
}

// fragment is the word of flags and fragment offset of IPv4.
func (s *spec) fragment() uint16 {
	if s.more {
		return 1<<13 | s.fragOffset
	}
	return s.fragOffset
}

// appendTransport appends the header of TCP (RFC 9293), UDP (RFC 768) or ICMP (RFC 792, RFC 4443) of a packet of size
// bytes, and says where the checksum in it is to go.
func appendTransport(dst []byte, s *spec, size uint16) (out []byte, checksum int) {
	switch s.kind {
	case "tcp":
		dst = appendWords(dst, uint16(port(s.srcPort, clientPort)), uint16(s.dstPort))
		dst = binary.BigEndian.AppendUint32(dst, s.seq)
		dst = binary.BigEndian.AppendUint32(dst, s.ack)
		return appendWords(dst, 5<<12|s.flags, s.window, 0, 0), 16
	case "icmp":
		kind := echoRequest
		if !s.src.Is4() {
			kind = echoRequestV6
		}
		return appendWords(dst, uint16(port(s.icmpType, kind))<<8|uint16(s.icmpCode), 0, s.icmpIdent, s.icmpSeq), 2
	case dhcpKind:
		from, to := dhcpPorts(s.dhcpType)
		return appendWords(dst, uint16(port(s.srcPort, from)), uint16(port(s.dstPort, to)), size, 0), 6
	}
	from, to := clientPort, dnsPort
	if s.response {
		from, to = to, from
	}
	return appendWords(dst, uint16(port(s.srcPort, from)), uint16(port(s.dstPort, to)), size, 0), 6
}

// appendWords appends numbers of 16 bits, in network order.
func appendWords(b []byte, words ...uint16) []byte {
	for _, w := range words {
		b = binary.BigEndian.AppendUint16(b, w)
	}
	return b
}

// wordSum is the sum of the Internet checksum (RFC 1071), in ones' complement.
func wordSum(b []byte) uint16 {
	var s uint32
	for ; len(b) > 1; b = b[2:] {
		s += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		s += uint32(b[0]) << 8
	}
	return fold(s)
}

// fold adds the carries of a sum to it.
func fold(s uint32) uint16 {
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return uint16(s)
}

// The ports of a packet that names none.
const (
	clientPort = 40000
	dnsPort    = 53
)

// port returns n, or other where n was not given.
func port(n, other int) int {
	if n < 0 {
		return other
	}
	return n
}

// appendName appends a DNS name that an attribute has (RFC 1035, section 3.1).
func appendName(b []byte, attribute, text string) ([]byte, error) {
	start := len(b)
	if name := strings.TrimSuffix(text, "."); name != "" {
		for label := range strings.SplitSeq(name, ".") {
			if len(label) == 0 || len(label) > 63 {
				return b, fmt.Errorf("%s %q has a label of %d bytes; from 1 to 63 are allowed", attribute, text, len(label))
			}
			b = append(append(b, byte(len(label))), label...)
		}
	}
	b = append(b, 0)
	if n := len(b) - start; n > 255 {
		return b, fmt.Errorf("%s takes %d bytes; 255 are allowed, which is a name of 253 characters", attribute, n)
	}
	return b, nil
}

// appendDNS appends a message with one question (RFC 1035, section 4.1), and as many A records in
// answer as asked for.
func appendDNS(b []byte, s *spec) ([]byte, error) {
	const (
		messageID          = 1
		queryResponse      = 0x8000
		recursionDesired   = 0x0100
		recursionAvailable = 0x0080
		classInternet      = 1
		pointerToQuestion  = 0xc00c
	)
	flags := uint16(recursionDesired) | uint16(s.rcode)
	if s.response {
		flags |= queryResponse | recursionAvailable
	}
	b = appendWords(b, messageID, flags, 1, s.answers+uint16(len(s.records)), 0, 0)
	b, err := appendName(b, "qname", s.qname)
	if err != nil {
		return b, err
	}
	b = appendWords(b, s.qtype, classInternet)
	for i := range s.answers {
		b = appendWords(b, pointerToQuestion, 1, classInternet, 0, 60, 4) // type A, 60 s to live, 4 bytes
		b = append(b, 192, 0, byte(2+i>>8), byte(i))
	}
	for _, r := range s.records {
		b = appendWords(b, pointerToQuestion, r.kind, classInternet, uint16(s.ttlOf>>16), uint16(s.ttlOf), uint16(len(r.data)))
		b = append(b, r.data...)
	}
	return b, nil
}
