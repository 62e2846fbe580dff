package ruletest

import (
	"bytes"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"
)

// TestFramesAreGopackets holds the frames of made-up specs to those that gopacket writes, byte for byte.
func TestFramesAreGopackets(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	v4 := func() netip.Addr {
		return netip.AddrFrom4([4]byte{byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()), 1})
	}
	v6 := func() netip.Addr {
		a := netip.MustParseAddr("2001:db8::").As16()
		a[6], a[15] = byte(r.Uint32()), byte(r.Uint32())
		return netip.AddrFrom16(a)
	}
	want := &oracle{buf: gopacket.NewSerializeBuffer()}
	var got synthesizer
	for i := range 5000 {
		s := spec{
			kind: []string{"tcp", "udp", "icmp", "dns", "arp", "ip"}[i%6], ttl: uint8(r.Uint32()), id: uint16(r.Uint32()),
			srcPort: r.IntN(1<<16+1) - 1, dstPort: r.IntN(1 << 16), flags: uint16(r.IntN(256)), seq: r.Uint32(), ack: r.Uint32(), window: uint16(r.Uint32()),
			icmpType: r.IntN(257) - 1, icmpCode: uint8(r.Uint32()), opcode: uint16(r.IntN(4)), arpSrcIP: v4(), arpDstIP: v4(),
			qname: []string{"", "a.example", "www.Example.com."}[r.IntN(3)], qtype: uint16(r.Uint32()), response: r.IntN(2) == 0, rcode: uint8(r.IntN(16)), answers: uint16(r.IntN(4)),
			payload: make([]byte, r.IntN(300)),
		}
		for j := range s.payload {
			s.payload[j] = byte(r.Uint32())
		}
		if s.src, s.dst = v4(), v4(); r.IntN(2) == 0 {
			s.src, s.dst = v6(), v6()
		}
		s.protocol, s.more = uint8(r.Uint32()), s.src.Is4() && r.IntN(2) == 0
		if s.src.Is4() {
			s.fragOffset = uint16(r.IntN(1 << 13))
		}
		if s.kind != "ip" {
			s.fragOffset, s.more = 0, false
		}
		if r.IntN(3) == 0 {
			s.vlan = uint16(1 + r.IntN(4094))
		}
		if r.IntN(2) == 0 {
			s.srcMAC, s.dstMAC = net.HardwareAddr{2, 1, 1, 1, 1, byte(i)}, net.HardwareAddr{2, 2, 2, 2, 2, byte(i)}
		}
		x, err := want.append(nil, &s)
		if err != nil {
			t.Fatal(err)
		}
		if s.kind == "udp" || s.kind == "dns" {
			at := 14 + 20 + 6
			if s.vlan != 0 {
				at += 4
			}
			if s.src.Is6() {
				at += 20
			}
			if x[at] == 0 && x[at+1] == 0 { // which says that there is no checksum (RFC 768): gopacket does not know that
				x[at], x[at+1] = 0xff, 0xff
			}
		}
		y, err := got.append([]byte("before"), &s)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(x, y[len("before"):]) {
			t.Fatalf("%+v:\n got %x\nwant %x", s, y[len("before"):], x)
		}
	}
}

// An oracle writes specs with gopacket.
type oracle struct {
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

// append appends the frame of a spec to dst, as gopacket writes it.
func (z *oracle) append(dst []byte, s *spec) ([]byte, error) {
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
		z.addARP(s, etherType)
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

func (z *oracle) addARP(s *spec, etherType *layers.EthernetType) {
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
}

func (z *oracle) addIP(s *spec, etherType *layers.EthernetType) error {
	payload := s.payload
	if s.kind == "dns" {
		var err error
		if z.scratch, err = appendDNS(z.scratch[:0], s); err != nil {
			return err
		}
		payload = z.scratch
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

	if s.kind == "ip" {
		protocol = layers.IPProtocol(s.protocol)
	}

	var network gopacket.NetworkLayer
	if s.src.Is4() {
		*etherType = layers.EthernetTypeIPv4
		z.ip4 = layers.IPv4{Version: 4, IHL: 5, TTL: s.ttl, Id: s.id, FragOffset: s.fragOffset, Protocol: protocol, SrcIP: s.src.AsSlice(), DstIP: s.dst.AsSlice()}
		if s.more {
			z.ip4.Flags = layers.IPv4MoreFragments
		}
		network = &z.ip4
		z.stack = append(z.stack, &z.ip4)
	} else {
		*etherType = layers.EthernetTypeIPv6
		z.ip6 = layers.IPv6{Version: 6, HopLimit: s.ttl, NextHeader: protocol, SrcIP: s.src.AsSlice(), DstIP: s.dst.AsSlice()}
		network = &z.ip6
		z.stack = append(z.stack, &z.ip6)
	}
	switch {
	case s.kind == "ip":
	case transport == nil:
		z.stack = append(z.stack, &z.icmp4) // its checksum covers no addresses
	default:
		if err := transport.SetNetworkLayerForChecksum(network); err != nil {
			return err
		}
		z.stack = append(z.stack, transport)
	}
	z.payload = payload
	z.stack = append(z.stack, &z.payload)
	return nil
}
