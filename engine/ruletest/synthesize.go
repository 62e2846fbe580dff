package ruletest

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// maxIP is the largest IP packet: total length of IPv4, payload length of IPv6 (RFC 791, RFC 8200).
const maxIP = 65535

// Hardware addresses of packets that name none: locally administered ones (IEEE 802, section 8.4).
var (
	defaultSrcMAC = net.HardwareAddr{2, 0, 0, 0, 0, 1}
	defaultDstMAC = net.HardwareAddr{2, 0, 0, 0, 0, 2}
	broadcastMAC  = net.HardwareAddr{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	noMAC         = net.HardwareAddr{0, 0, 0, 0, 0, 0}
)

// A synthesizer writes specs as Ethernet frames, lengths and checksums right, padded to the 60
// bytes that Ethernet asks for. It is for one goroutine.
type synthesizer struct {
	buf     gopacket.SerializeBuffer
	eth     layers.Ethernet
	tag     layers.Dot1Q
	ip4     layers.IPv4
	ip6     layers.IPv6
	tcp     layers.TCP
	udp     layers.UDP
	icmp4   layers.ICMPv4
	icmp6   layers.ICMPv6
	arp     layers.ARP
	payload gopacket.Payload
	scratch []byte
	stack   []gopacket.SerializableLayer
}

func newSynthesizer() *synthesizer {
	return &synthesizer{buf: gopacket.NewSerializeBuffer()}
}

// append appends the frame of a spec to dst.
func (z *synthesizer) append(dst []byte, s *spec) ([]byte, error) {
	z.stack = append(z.stack[:0], &z.eth)
	z.eth = layers.Ethernet{SrcMAC: s.srcMAC, DstMAC: s.dstMAC}
	if s.srcMAC == nil {
		z.eth.SrcMAC = defaultSrcMAC
	}
	if s.dstMAC == nil {
		z.eth.DstMAC = defaultDstMAC
	}
	etherType := &z.eth.EthernetType
	if s.vlan != 0 {
		*etherType = layers.EthernetTypeDot1Q
		z.tag = layers.Dot1Q{VLANIdentifier: s.vlan}
		z.stack = append(z.stack, &z.tag)
		etherType = &z.tag.Type
	}
	if s.kind == "arp" {
		if err := z.addARP(s, etherType); err != nil {
			return dst, err
		}
	} else if err := z.addIP(s, etherType); err != nil {
		return dst, err
	}
	// Layers are written from the last to the first, each over what the ones before it left.
	if err := z.buf.Clear(); err != nil {
		return dst, err
	}
	opts := gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}
	for i := len(z.stack) - 1; i >= 0; i-- {
		if err := z.stack[i].SerializeTo(z.buf, opts); err != nil {
			return dst, err
		}
	}
	return append(dst, z.buf.Bytes()...), nil
}

func (z *synthesizer) addARP(s *spec, etherType *layers.EthernetType) error {
	if !s.arpSrcIP.Is4() || !s.arpDstIP.Is4() {
		return errors.New("ARP is for IPv4; src_ip and dst_ip must be IPv4 addresses")
	}
	*etherType = layers.EthernetTypeARP
	target := s.dstMAC
	if target == nil {
		target = noMAC
	}
	// Requests go to everybody, whoever their target is; so does what has no target.
	if s.opcode == layers.ARPRequest || s.dstMAC == nil {
		z.eth.DstMAC = broadcastMAC
	}
	z.arp = layers.ARP{
		AddrType: layers.LinkTypeEthernet, Protocol: layers.EthernetTypeIPv4, Operation: s.opcode,
		SourceHwAddress: z.eth.SrcMAC, SourceProtAddress: s.arpSrcIP.AsSlice(),
		DstHwAddress: target, DstProtAddress: s.arpDstIP.AsSlice(),
	}
	z.stack = append(z.stack, &z.arp)
	return nil
}

func (z *synthesizer) addIP(s *spec, etherType *layers.EthernetType) error {
	if s.src.Is4() != s.dst.Is4() {
		return fmt.Errorf("src %s and dst %s must both be IPv4 or both IPv6", s.src, s.dst)
	}
	payload, header := s.payload, 0
	switch s.kind {
	case "tcp":
		header = 20
	case "udp", "icmp":
		header = 8
	case "dns":
		var err error
		if z.scratch, err = appendDNS(z.scratch[:0], s); err != nil {
			return err
		}
		payload, header = z.scratch, 8
	}
	room := maxIP - header
	if s.src.Is4() {
		room -= 20
	}
	if len(payload) > room {
		return fmt.Errorf("payload has %d bytes; an IP packet has room for %d", len(payload), room)
	}

	var transport interface {
		gopacket.SerializableLayer
		SetNetworkLayerForChecksum(gopacket.NetworkLayer) error
	}
	var protocol layers.IPProtocol
	switch s.kind {
	case "tcp":
		protocol, transport = layers.IPProtocolTCP, &z.tcp
		bit := func(i int) bool { return s.flags>>i&1 != 0 }
		z.tcp = layers.TCP{
			SrcPort: layers.TCPPort(port(s.srcPort, clientPort)), DstPort: layers.TCPPort(s.dstPort),
			Seq: s.seq, Ack: s.ack, Window: s.window,
			FIN: bit(0), SYN: bit(1), RST: bit(2), PSH: bit(3), ACK: bit(4), URG: bit(5), ECE: bit(6), CWR: bit(7),
		}
	case "udp", "dns":
		src, dst := clientPort, dnsPort
		if s.response {
			src, dst = dst, src
		}
		protocol, transport = layers.IPProtocolUDP, &z.udp
		z.udp = layers.UDP{SrcPort: layers.UDPPort(port(s.srcPort, src)), DstPort: layers.UDPPort(port(s.dstPort, dst))}
	case "icmp":
		if s.src.Is4() {
			protocol = layers.IPProtocolICMPv4
			z.icmp4 = layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(uint8(port(s.icmpType, layers.ICMPv4TypeEchoRequest)), s.icmpCode)}
		} else {
			// The four bytes after the checksum belong to the header, but not to this layer of gopacket.
			protocol, transport = layers.IPProtocolICMPv6, &z.icmp6
			z.icmp6 = layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(uint8(port(s.icmpType, layers.ICMPv6TypeEchoRequest)), s.icmpCode)}
			z.scratch = append(append(z.scratch[:0], 0, 0, 0, 0), payload...)
			payload = z.scratch
		}
	}

	var network gopacket.NetworkLayer
	if s.src.Is4() {
		*etherType = layers.EthernetTypeIPv4
		z.ip4 = layers.IPv4{Version: 4, IHL: 5, TTL: s.ttl, Id: s.id, Protocol: protocol, SrcIP: s.src.AsSlice(), DstIP: s.dst.AsSlice()}
		network = &z.ip4
		z.stack = append(z.stack, &z.ip4)
	} else {
		*etherType = layers.EthernetTypeIPv6
		z.ip6 = layers.IPv6{Version: 6, HopLimit: s.ttl, NextHeader: protocol, SrcIP: s.src.AsSlice(), DstIP: s.dst.AsSlice()}
		network = &z.ip6
		z.stack = append(z.stack, &z.ip6)
	}
	if transport == nil {
		z.stack = append(z.stack, &z.icmp4) // its checksum covers no addresses
	} else {
		if err := transport.SetNetworkLayerForChecksum(network); err != nil {
			return err
		}
		z.stack = append(z.stack, transport)
	}
	z.payload = payload
	z.stack = append(z.stack, &z.payload)
	return nil
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
	for _, v := range []uint16{messageID, flags, 1, s.answers, 0, 0} {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	start := len(b)
	if name := strings.TrimSuffix(s.qname, "."); name != "" {
		for label := range strings.SplitSeq(name, ".") {
			if len(label) == 0 || len(label) > 63 {
				return b, fmt.Errorf("qname %q has a label of %d bytes; from 1 to 63 are allowed", s.qname, len(label))
			}
			b = append(append(b, byte(len(label))), label...)
		}
	}
	b = append(b, 0)
	if n := len(b) - start; n > 255 {
		return b, fmt.Errorf("qname takes %d bytes; 255 are allowed, which is a name of 253 characters", n)
	}
	b = binary.BigEndian.AppendUint16(b, s.qtype)
	b = binary.BigEndian.AppendUint16(b, classInternet)
	for i := range s.answers {
		for _, v := range []uint16{pointerToQuestion, 1, classInternet, 0, 60, 4} { // type A, 60 s to live, 4 bytes
			b = binary.BigEndian.AppendUint16(b, v)
		}
		b = append(b, 192, 0, byte(2+i>>8), byte(i))
	}
	return b, nil
}
