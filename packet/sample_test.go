package packet_test

import (
	"bytes"
	"net"
	"slices"
	"strings"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"github.com/ruleids/ruleids/packet"
)

// A sample is a frame and what Decode must make of it.
type sample struct {
	name      string
	link      packet.LinkType
	data      []byte
	missing   uint32 // bytes that the capture left out
	layers    packet.Layer
	class     packet.Class
	fields    map[string]string // by name, as text writes them; others are not looked at
	malformed uint64
}

// Addresses of the samples. Those of outer packets in tunnels are in 192.0.2.0/24.
var (
	macA = net.HardwareAddr{2, 0, 0, 0, 0, 0xa}
	macB = net.HardwareAddr{2, 0, 0, 0, 0, 0xb}
	macC = net.HardwareAddr{2, 0, 0, 0, 0, 0xc}
	macD = net.HardwareAddr{2, 0, 0, 0, 0, 0xd}
)

const (
	lFrame = packet.LayerFrame
	lEth   = lFrame | packet.LayerEth | packet.LayerEthType
	lIP    = lEth | packet.LayerIP
	lTCP   = packet.LayerTCP | packet.LayerPorts | packet.LayerPayload
	lUDP   = packet.LayerUDP | packet.LayerPorts | packet.LayerPayload
	lICMP  = packet.LayerICMP | packet.LayerPayload
	lICMP6 = packet.LayerICMPv6 | packet.LayerPayload
	lARP   = packet.LayerARP | packet.LayerARPIPv4
	lDNS   = packet.LayerDNS | packet.LayerDNSAnswers | packet.LayerDNSQuery
	lTun   = packet.LayerTunnel
	lTunU  = packet.LayerTunnel | packet.LayerOuterPorts
)

// frame serialises layers; lengths and checksums are computed.
func frame(ls ...gopacket.SerializableLayer) []byte {
	for i, l := range ls[1:] {
		network, ok := ls[i].(gopacket.NetworkLayer)
		if !ok {
			continue
		}
		switch l := l.(type) {
		case *layers.TCP:
			l.SetNetworkLayerForChecksum(network)
		case *layers.UDP:
			l.SetNetworkLayerForChecksum(network)
		case *layers.ICMPv6:
			l.SetNetworkLayerForChecksum(network)
		}
	}
	b := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, ls...); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// eth and innerEth are Ethernet headers. gopacket's own would be padded to sixty bytes.
func eth(t layers.EthernetType) gopacket.Payload      { return ethernet(macB, macA, t) }
func innerEth(t layers.EthernetType) gopacket.Payload { return ethernet(macD, macC, t) }

func ethernet(dst, src net.HardwareAddr, t layers.EthernetType) gopacket.Payload {
	return join(dst, src, []byte{byte(t >> 8), byte(t)})
}

func ip4(p layers.IPProtocol) *layers.IPv4 {
	return &layers.IPv4{Version: 4, TTL: 64, Id: 7, Flags: layers.IPv4DontFragment, Protocol: p, SrcIP: net.IP{10, 0, 0, 1}, DstIP: net.IP{10, 0, 0, 2}}
}

func outer4(p layers.IPProtocol) *layers.IPv4 {
	return &layers.IPv4{Version: 4, TTL: 9, Protocol: p, SrcIP: net.IP{192, 0, 2, 1}, DstIP: net.IP{192, 0, 2, 2}}
}

func ip6(p layers.IPProtocol) *layers.IPv6 {
	return &layers.IPv6{Version: 6, HopLimit: 63, NextHeader: p, SrcIP: net.ParseIP("2001:db8::1"), DstIP: net.ParseIP("2001:db8::2")}
}

func syn() *layers.TCP {
	return &layers.TCP{SrcPort: 40000, DstPort: 80, Seq: 1000, Ack: 0, SYN: true, Window: 1024,
		Options: []layers.TCPOption{{OptionType: layers.TCPOptionKindMSS, OptionLength: 4, OptionData: []byte{5, 0xb4}}}}
}

func udp(src, dst layers.UDPPort) *layers.UDP { return &layers.UDP{SrcPort: src, DstPort: dst} }

func body(s string) gopacket.Payload { return gopacket.Payload(s) }

func query(name string) *layers.DNS {
	return &layers.DNS{ID: 1, RD: true, Questions: []layers.DNSQuestion{{Name: []byte(name), Type: layers.DNSTypeTXT, Class: layers.DNSClassIN}}}
}

// join concatenates.
func join(bs ...[]byte) []byte { return slices.Concat(bs...) }

// with returns a copy of b with the byte at an offset changed.
func with(b []byte, at int, v byte) []byte {
	b = bytes.Clone(b)
	b[at] = v
	return b
}

// fragment6 is an IPv6 packet whose payload begins with a fragment header.
func fragment6(next byte, offset uint16, more bool, rest []byte) []byte {
	field := offset << 3
	if more {
		field |= 1
	}
	return frame(eth(layers.EthernetTypeIPv6), ip6(layers.IPProtocolIPv6Fragment),
		gopacket.Payload(join([]byte{next, 0, byte(field >> 8), byte(field), 0, 1, 2, 3}, rest)))
}

// The fields of the packets that most samples carry.
var (
	synFields = map[string]string{
		"ip.version": "4", "ip.src": "10.0.0.1", "ip.dst": "10.0.0.2", "ip.proto": "6", "ip.ttl": "64", "ip.len": "44", "ip.id": "7",
		"ip.flags.df": "1", "ip.flags.mf": "0", "ip.frag_offset": "0",
		"tcp.srcport": "40000", "tcp.dstport": "80", "src.port": "40000", "dst.port": "80", "tcp.seq": "1000", "tcp.ack": "0", "tcp.len": "0",
		"tcp.window_size_value": "1024", "tcp.flags": "2", "tcp.flags.syn": "1", "tcp.flags.ack": "0", "payload": "",
	}
	syn6Fields = map[string]string{
		"ip.version": "6", "ip.src": "2001:db8::1", "ip.dst": "2001:db8::2", "ip.proto": "6", "ip.ttl": "63", "ip.len": "64", "ip.id": "0",
		"ip.flags.df": "0", "ip.flags.mf": "0", "ip.frag_offset": "0", "tcp.dstport": "80", "tcp.flags": "2", "tcp.len": "0",
	}
	outerFields = map[string]string{"ip.src": "192.0.2.1", "ip.dst": "192.0.2.2", "ip.ttl": "9", "eth.src": macA.String()}
)

// and returns the fields of a and of pairs of name and value.
func and(a map[string]string, pairs ...string) map[string]string {
	m := make(map[string]string, len(a))
	for k, v := range a {
		m[k] = v
	}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}

// samples returns a frame of every kind that Decode knows, and of the ways in which each can be
// broken.
func samples() []sample {
	synPacket := frame(ip4(layers.IPProtocolTCP), syn())
	syn6Packet := frame(ip6(layers.IPProtocolTCP), syn())
	innerFrame := frame(innerEth(layers.EthernetTypeIPv4), ip4(layers.IPProtocolTCP), syn())
	innerARP := frame(innerEth(layers.EthernetTypeARP), arp())
	snap := []byte{0xaa, 0xaa, 3, 0, 0, 0, 8, 0}
	const classSYN = packet.ClassTCP + packet.FlagSYN

	tunnel := func(name string, ls ...gopacket.SerializableLayer) sample {
		return sample{name: name, link: packet.LinkEthernet, data: frame(append([]gopacket.SerializableLayer{eth(layers.EthernetTypeIPv4)}, ls...)...),
			layers: lIP | lTCP | lTun, class: classSYN, fields: and(synFields, "outer.ip.src", "192.0.2.1", "outer.ip.dst", "192.0.2.2", "outer.ip.ttl", "9", "outer.ip.version", "4")}
	}
	s := []sample{
		// Links.
		{name: "ethernet", link: packet.LinkEthernet, data: frame(eth(layers.EthernetTypeIPv4), ip4(layers.IPProtocolTCP), syn()),
			layers: lIP | lTCP, class: classSYN, fields: and(synFields, "eth.src", macA.String(), "eth.dst", macB.String(), "eth.type", "2048", "frame.len", "58", "frame.cap_len", "58")},
		{name: "ethernet with padding", link: packet.LinkEthernet, data: join(frame(eth(layers.EthernetTypeIPv4), ip4(layers.IPProtocolTCP), &layers.TCP{SrcPort: 40000, DstPort: 80, ACK: true}), make([]byte, 6)),
			layers: lIP | lTCP, class: packet.ClassTCP + packet.FlagACK, fields: map[string]string{"tcp.len": "0", "payload": "", "frame.len": "60"}},
		{name: "802.1Q", link: packet.LinkEthernet, data: frame(eth(layers.EthernetTypeDot1Q), &layers.Dot1Q{VLANIdentifier: 209, Priority: 7, Type: layers.EthernetTypeIPv4}, ip4(layers.IPProtocolTCP), syn()),
			layers: lIP | lTCP | packet.LayerVLAN, class: classSYN, fields: and(synFields, "eth.type", "33024", "vlan.id", "209", "vlan.depth", "1")},
		{name: "802.1ad", link: packet.LinkEthernet, data: frame(eth(layers.EthernetTypeQinQ), &layers.Dot1Q{VLANIdentifier: 30, Type: layers.EthernetTypeDot1Q}, &layers.Dot1Q{VLANIdentifier: 20, Type: layers.EthernetTypeDot1Q}, &layers.Dot1Q{VLANIdentifier: 10, Type: layers.EthernetTypeIPv4}, ip4(layers.IPProtocolTCP), syn()),
			layers: lIP | lTCP | packet.LayerVLAN, class: classSYN, fields: and(synFields, "vlan.id", "10", "vlan.depth", "3")},
		{name: "tag cut short", link: packet.LinkEthernet, data: frame(eth(layers.EthernetTypeDot1Q), body("\x00\x01\x08")), layers: lEth, malformed: 1},
		{name: "too many tags", link: packet.LinkEthernet, data: join(frame(eth(layers.EthernetTypeDot1Q)), bytes.Repeat([]byte{0, 1, 0x81, 0}, 600)), layers: lEth | packet.LayerVLAN, malformed: 1},
		{name: "SNAP", link: packet.LinkEthernet, data: join(macB, macA, []byte{0, byte(8 + len(synPacket)), 0xaa, 0xaa, 3, 0, 0, 0, 8, 0}, synPacket),
			layers: lIP&^packet.LayerEthType | lTCP, class: classSYN, fields: and(synFields)},
		{name: "IP in LLC", link: packet.LinkEthernet, data: join(macB, macA, []byte{0, byte(3 + len(synPacket)), 6, 6, 3}, synPacket),
			layers: lIP&^packet.LayerEthType | lTCP, class: classSYN, fields: and(synFields)},
		{name: "SNAP bounds a packet without length", link: packet.LinkEthernet, data: join(macB, macA, []byte{0, byte(8 + len(synPacket)), 0xaa, 0xaa, 3, 0, 0, 0xf8, 8, 0}, with(synPacket, 3, 0), make([]byte, 6)),
			layers: lIP&^packet.LayerEthType | lTCP, class: classSYN, fields: and(synFields)},
		{name: "SNAP of another organisation", link: packet.LinkEthernet, data: join(macB, macA, []byte{0, byte(8 + len(synPacket)), 0xaa, 0xaa, 3, 0, 0x80, 0xc2, 8, 0}, synPacket), layers: lFrame | packet.LayerEth},
		{name: "spanning tree", link: packet.LinkEthernet, data: join(macB, macA, []byte{0, 38, 0x42, 0x42, 3}, make([]byte, 40)), layers: lFrame | packet.LayerEth},
		{name: "ethernet cut short", link: packet.LinkEthernet, data: make([]byte, 13), layers: lFrame, malformed: 1},
		{name: "empty", link: packet.LinkEthernet, layers: lFrame, malformed: 1},
		{name: "raw IPv4", link: packet.LinkRaw, data: synPacket, layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: and(synFields)},
		{name: "raw IPv6", link: packet.LinkRawBSD, data: syn6Packet, layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: and(syn6Fields)},
		{name: "raw nothing", link: packet.LinkRawBSDI, data: make([]byte, 40), layers: lFrame, malformed: 1},
		{name: "IPv4 link", link: packet.LinkIPv4, data: synPacket, layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: and(synFields)},
		{name: "IPv6 link", link: packet.LinkIPv6, data: syn6Packet, layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: and(syn6Fields)},
		{name: "null, little endian", link: packet.LinkNull, data: join([]byte{2, 0, 0, 0}, synPacket), layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: and(synFields)},
		{name: "null, big endian", link: packet.LinkNull, data: join([]byte{0, 0, 0, 30}, syn6Packet), layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: and(syn6Fields)},
		{name: "null, EtherType", link: packet.LinkNull, data: join([]byte{0x0f, 0, 8, 0}, synPacket), layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: and(synFields)},
		{name: "loop", link: packet.LinkLoop, data: join([]byte{0, 0, 0, 24}, syn6Packet), layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: and(syn6Fields)},
		{name: "null cut short", link: packet.LinkNull, data: []byte{2, 0, 0}, layers: lFrame, malformed: 1},
		{name: "cooked", link: packet.LinkLinuxSLL, data: join([]byte{0, 0, 0, 1, 0, 6}, macA, []byte{0, 0, 8, 0}, synPacket), layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: and(synFields)},
		{name: "cooked ARP", link: packet.LinkLinuxSLL, data: join([]byte{0, 0, 0, 1, 0, 6}, macA, []byte{0, 0, 8, 6}, frame(arp())), layers: lFrame | lARP, class: packet.ClassARP, fields: and(arpFields)},
		{name: "cooked cut short", link: packet.LinkLinuxSLL, data: make([]byte, 15), layers: lFrame, malformed: 1},
		{name: "cooked 2, tagged", link: packet.LinkLinuxSLL2, data: join([]byte{0x81, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6}, macA, []byte{0, 0, 0, 5, 8, 0}, synPacket),
			layers: lFrame | packet.LayerVLAN | packet.LayerIP | lTCP, class: classSYN, fields: and(synFields, "vlan.id", "5")},
		{name: "cooked 2 cut short", link: packet.LinkLinuxSLL2, data: make([]byte, 19), layers: lFrame, malformed: 1},
		{name: "PPP", link: packet.LinkPPP, data: join([]byte{0xff, 3, 0, 0x21}, synPacket), layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: and(synFields)},
		{name: "PPP, all compressed", link: packet.LinkPPPHDLC, data: join([]byte{0x57}, syn6Packet), layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: and(syn6Fields)},
		{name: "Cisco HDLC", link: packet.LinkPPPHDLC, data: join([]byte{0x0f, 0, 8, 0}, synPacket), layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: and(synFields)},
		{name: "PPP control protocol", link: packet.LinkPPP, data: []byte{0xff, 3, 0xc0, 0x21, 1, 1, 0, 4}, layers: lFrame},
		{name: "PPPoE link", link: packet.LinkPPPoE, data: join([]byte{0x11, 0, 0, 1, 0, byte(2 + len(synPacket)), 0, 0x21}, synPacket), layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: and(synFields)},
		{name: "PPPoE", link: packet.LinkEthernet, data: join(frame(eth(layers.EthernetTypePPPoESession)), []byte{0x11, 0, 0, 1, 0, byte(2 + len(syn6Packet)), 0, 0x57}, syn6Packet), layers: lIP | lTCP, class: classSYN, fields: and(syn6Fields, "eth.type", "34916")},
		{name: "PPPoE bounds a packet without length", link: packet.LinkEthernet, data: join(frame(eth(layers.EthernetTypePPPoESession)), []byte{0x11, 0, 0, 1, 0, byte(2 + len(synPacket)), 0, 0x21}, with(synPacket, 3, 0), make([]byte, 6)), layers: lIP | lTCP, class: classSYN, fields: and(synFields)},
		{name: "PPPoE cut short", link: packet.LinkEthernet, data: join(frame(eth(layers.EthernetTypePPPoESession)), []byte{0x11, 0, 0, 1, 0}), layers: lEth, malformed: 1},
		{name: "MPLS", link: packet.LinkEthernet, data: join(frame(eth(layers.EthernetTypeMPLSUnicast)), []byte{0, 1, 0, 64, 0, 2, 1, 64}, synPacket), layers: lIP | lTCP, class: classSYN, fields: and(synFields)},
		{name: "MPLS pseudowire", link: packet.LinkEthernet, data: join(frame(eth(layers.EthernetTypeMPLSUnicast)), []byte{0, 1, 1, 64}, innerFrame), layers: lIP | lTCP, class: classSYN, fields: and(synFields, "eth.src", macC.String(), "eth.type", "2048")},
		{name: "MPLS pseudowire, control word, ARP", link: packet.LinkEthernet, data: join(frame(eth(layers.EthernetTypeMPLSUnicast)), []byte{0, 1, 1, 64, 0, 0, 0, 9}, innerARP), layers: lEth | lARP, class: packet.ClassARP, fields: and(arpFields, "eth.src", macC.String())},
		{name: "MPLS without end", link: packet.LinkEthernet, data: join(frame(eth(layers.EthernetTypeMPLSUnicast)), make([]byte, 200)), layers: lEth, malformed: 1},
		{name: "pseudowires nested too deep", link: packet.LinkEthernet, data: bytes.Repeat(join(frame(eth(layers.EthernetTypeMPLSUnicast)), []byte{0, 1, 1, 64}), 20), layers: lEth, malformed: 1},
		{name: "unknown link", link: 107, data: synPacket, layers: lFrame},
		{name: "unknown EtherType", link: packet.LinkEthernet, data: frame(eth(0x88cc), body("lldp")), layers: lEth},
		{name: "40 tags", link: packet.LinkEthernet, data: join(frame(eth(layers.EthernetTypeDot1Q)), bytes.Repeat([]byte{0, 0, 0x81, 0}, 39), []byte{0, 0, 8, 0}, synPacket), layers: lIP | lTCP | packet.LayerVLAN, class: classSYN, fields: and(synFields)},
		{name: "STP", link: packet.LinkEthernet, data: join(macB, macA, []byte{0, 38, 0x42, 0x42, 3, 0, 0, 0, 0}), layers: lFrame | packet.LayerEth, fields: map[string]string{"eth.src": macA.String(), "frame.bytes": string(macB) + string(macA) + "\x00\x26\x42\x42\x03\x00\x00\x00\x00"}},
		{name: "VN-Tag", link: packet.LinkEthernet, data: join(frame(eth(0x8926)), []byte{0x80, 1, 0, 2, 8, 0}, synPacket), layers: lIP | lTCP, class: classSYN, fields: and(synFields, "eth.type", "35110")},
		{name: "VN-Tag cut short", link: packet.LinkEthernet, data: join(frame(eth(0x8926)), []byte{0x80, 1, 0, 2, 8}), layers: lEth, malformed: 1},
		{name: "Cisco HDLC link", link: packet.LinkCiscoHDLC, data: join([]byte{0x0f, 0, 8, 0}, synPacket), layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: and(synFields)},
		{name: "FDDI", link: packet.LinkFDDI, data: join([]byte{0x50}, macB, macA, snap, synPacket), layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: and(synFields)},
		{name: "FDDI token", link: packet.LinkFDDI, data: make([]byte, 20), layers: lFrame},
		{name: "FDDI cut short", link: packet.LinkFDDI, data: make([]byte, 12), layers: lFrame, malformed: 1},
		{name: "802.11", link: packet.LinkWireless, data: join([]byte{0x08, 0x01}, make([]byte, 22), snap, synPacket), layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: and(synFields)},
		{name: "802.11, between access points, QoS, HT control", link: packet.LinkWireless, data: join([]byte{0x88, 0x83}, make([]byte, 34), snap, synPacket), layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: and(synFields)},
		{name: "802.11, A-MSDU", link: packet.LinkWireless, data: join([]byte{0x88, 0x01}, make([]byte, 22), []byte{0x80, 0}, snap, synPacket), layers: lFrame},
		{name: "802.11, encrypted", link: packet.LinkWireless, data: join([]byte{0x08, 0x41}, make([]byte, 22), snap, synPacket), layers: lFrame},
		{name: "802.11 beacon", link: packet.LinkWireless, data: join([]byte{0x80, 0}, make([]byte, 40)), layers: lFrame},
		{name: "802.11 cut short", link: packet.LinkWireless, data: join([]byte{0x08, 0x01}, make([]byte, 21)), layers: lFrame, malformed: 1},
		{name: "radiotap", link: packet.LinkRadiotap, data: join([]byte{0, 0, 8, 0, 0, 0, 0, 0, 0x08, 0x02}, make([]byte, 22), snap, synPacket), layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: and(synFields)},
		{name: "radiotap, padded", link: packet.LinkRadiotap, data: join([]byte{0, 0, 26, 0, 3, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9, 0x20, 0, 0x88, 0x01}, make([]byte, 26), snap, synPacket), layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: and(synFields)},
		{name: "radiotap cut short", link: packet.LinkRadiotap, data: []byte{0, 0, 9, 0, 0, 0, 0, 0}, layers: lFrame, malformed: 1},
		{name: "PPI", link: packet.LinkPPI, data: join([]byte{0, 0, 12, 0, 105, 0, 0, 0, 9, 9, 9, 9, 0x08, 0x01}, make([]byte, 22), snap, synPacket), layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: and(synFields)},
		{name: "PPI beyond the frame", link: packet.LinkPPI, data: []byte{0, 0, 9, 0, 1, 0, 0, 0}, layers: lFrame, malformed: 1},
		{name: "NFLOG", link: packet.LinkNFLOG, data: join([]byte{2, 0, 0, 30, 8, 0, 1, 0, 8, 0, 0, 1, 5, 0, 10, 0, 0, 0, 0, 0, byte(4 + len(synPacket)), 0, 9, 0}, synPacket), layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: and(synFields)},
		{name: "NFLOG, big endian", link: packet.LinkNFLOG, data: join([]byte{2, 0, 0, 30, 0, 8, 0, 1, 8, 0, 0, 1, 0, byte(4 + len(synPacket)), 0, 9}, synPacket), layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: and(synFields)},
		{name: "NFLOG attribute of no length", link: packet.LinkNFLOG, data: make([]byte, 8), layers: lFrame, malformed: 1},
		{name: "PKTAP", link: packet.LinkPKTAP, data: join([]byte{16, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, 9, 9, 9}, frame(eth(layers.EthernetTypeIPv4), ip4(layers.IPProtocolTCP), syn())), layers: lIP | lTCP, class: classSYN, fields: and(synFields)},
		{name: "PKTAP cut short", link: packet.LinkPKTAP, data: make([]byte, 11), layers: lFrame, malformed: 1},

		// ARP.
		{name: "ARP", link: packet.LinkEthernet, data: frame(eth(layers.EthernetTypeARP), arp()), layers: lEth | lARP, class: packet.ClassARP, fields: and(arpFields)},
		{name: "ARP, IEEE 802 hardware", link: packet.LinkEthernet, data: with(frame(eth(layers.EthernetTypeARP), arp()), 15, 6), layers: lEth | lARP, class: packet.ClassARP, fields: and(arpFields)},
		{name: "ARP, other hardware", link: packet.LinkEthernet, data: join(frame(eth(layers.EthernetTypeARP)), []byte{0, 15, 8, 0, 6, 4, 0, 1}, make([]byte, 20)), layers: lEth | packet.LayerARP, class: packet.ClassARP, fields: map[string]string{"arp.opcode": "1"}},
		{name: "ARP cut in its addresses", link: packet.LinkEthernet, data: frame(eth(layers.EthernetTypeARP), arp())[:41], layers: lEth | packet.LayerARP, class: packet.ClassARP, fields: map[string]string{"arp.opcode": "2"}, malformed: 1},
		{name: "ARP cut short", link: packet.LinkEthernet, data: frame(eth(layers.EthernetTypeARP), arp())[:21], layers: lEth, malformed: 1},

		// IP.
		{name: "IPv4 options", link: packet.LinkRaw, data: frame(&layers.IPv4{Version: 4, TTL: 1, Protocol: layers.IPProtocolTCP, SrcIP: net.IP{10, 0, 0, 1}, DstIP: net.IP{10, 0, 0, 2}, Options: []layers.IPv4Option{{OptionType: 148, OptionLength: 4, OptionData: []byte{0, 0}}}}, syn()),
			layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: map[string]string{"ip.len": "48", "tcp.dstport": "80"}},
		{name: "IPv4, later fragment", link: packet.LinkRaw, data: frame(&layers.IPv4{Version: 4, Protocol: layers.IPProtocolTCP, FragOffset: 185, SrcIP: net.IP{10, 0, 0, 1}, DstIP: net.IP{10, 0, 0, 2}}, syn()),
			layers: lFrame | packet.LayerIP, class: packet.ClassIP, fields: map[string]string{"ip.frag_offset": "185", "ip.flags.mf": "0", "ip.proto": "6"}},
		{name: "IPv4, first fragment", link: packet.LinkRaw, data: frame(&layers.IPv4{Version: 4, Protocol: layers.IPProtocolTCP, Flags: layers.IPv4MoreFragments, SrcIP: net.IP{10, 0, 0, 1}, DstIP: net.IP{10, 0, 0, 2}}, syn()),
			layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: map[string]string{"ip.frag_offset": "0", "ip.flags.mf": "1", "tcp.dstport": "80"}},
		{name: "IPv4 without length", link: packet.LinkRaw, data: join([]byte{0x45, 0, 0, 0}, frame(ip4(layers.IPProtocolTCP), syn(), body("abc"))[4:]), missing: 1000,
			layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: map[string]string{"ip.len": "1047", "tcp.len": "1003", "payload": "abc", "frame.len": "1047", "frame.cap_len": "47"}},
		{name: "IPv4, snapped", link: packet.LinkEthernet, data: frame(eth(layers.EthernetTypeIPv4), ip4(layers.IPProtocolTCP), syn(), body("0123456789"))[:62], missing: 6,
			layers: lIP | lTCP, class: classSYN, fields: map[string]string{"ip.len": "54", "tcp.len": "10", "payload": "0123"}},
		{name: "IPv4, header length 4 words", link: packet.LinkRaw, data: with(synPacket, 0, 0x44), layers: lFrame, malformed: 1},
		{name: "IPv4, options cut", link: packet.LinkIPv4, data: with(synPacket, 0, 0x4f)[:40], layers: lFrame, malformed: 1},
		{name: "IPv4, total length below header", link: packet.LinkRaw, data: with(synPacket, 3, 19), layers: lFrame, malformed: 1},
		{name: "IPv4, version 5", link: packet.LinkIPv4, data: with(synPacket, 0, 0x55), layers: lFrame, malformed: 1},
		{name: "IPv4 cut short", link: packet.LinkEthernet, data: frame(eth(layers.EthernetTypeIPv4), ip4(layers.IPProtocolTCP), syn())[:33], layers: lEth, malformed: 1},
		{name: "IPv4, unknown protocol", link: packet.LinkRaw, data: frame(ip4(200), body("x")), layers: lFrame | packet.LayerIP, class: packet.ClassIP, fields: map[string]string{"ip.proto": "200"}},
		{name: "ICMPv6 in IPv4", link: packet.LinkRaw, data: frame(ip4(layers.IPProtocolICMPv6), body("12345678")), layers: lFrame | packet.LayerIP, class: packet.ClassIP},
		{name: "ICMP in IPv6", link: packet.LinkRaw, data: frame(ip6(layers.IPProtocolICMPv4), body("12345678")), layers: lFrame | packet.LayerIP, class: packet.ClassIP, fields: map[string]string{"ip.proto": "1"}},
		{name: "IPv6", link: packet.LinkEthernet, data: frame(eth(layers.EthernetTypeIPv6), ip6(layers.IPProtocolTCP), syn()), layers: lIP | lTCP, class: classSYN, fields: and(syn6Fields)},
		{name: "IPv6 extensions", link: packet.LinkRaw, data: frame(ip6(layers.IPProtocolIPv6HopByHop), gopacket.Payload(join(
			[]byte{60, 0, 1, 4, 0, 0, 0, 0}, []byte{43, 1}, make([]byte, 14), []byte{51, 0, 0, 0, 0, 0, 0, 0}, []byte{6, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}, frame(ip4(6), syn())[20:]))),
			layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: map[string]string{"ip.proto": "6", "tcp.dstport": "80", "tcp.len": "0", "ip.len": "108"}},
		{name: "IPv6, first fragment", link: packet.LinkEthernet, data: fragment6(6, 0, true, synPacket[20:]), layers: lIP | lTCP, class: classSYN, fields: map[string]string{"ip.proto": "6", "ip.flags.mf": "1", "ip.frag_offset": "0", "ip.id": "66051"}},
		{name: "IPv6, later fragment", link: packet.LinkEthernet, data: fragment6(6, 15, false, synPacket[20:]), layers: lIP, class: packet.ClassIP, fields: map[string]string{"ip.proto": "6", "ip.flags.mf": "0", "ip.frag_offset": "15", "ip.id": "66051"}},
		{name: "IPv6, nothing follows", link: packet.LinkEthernet, data: join(frame(eth(layers.EthernetTypeIPv6), ip6(layers.IPProtocolNoNextHeader)), make([]byte, 6)), layers: lIP, class: packet.ClassIP, fields: map[string]string{"ip.proto": "59", "ip.len": "40"}},
		{name: "IPv6 without length", link: packet.LinkIPv6, data: with(with(syn6Packet, 4, 0), 5, 0), missing: 100, layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: map[string]string{"ip.len": "164", "tcp.len": "100"}},
		{name: "IPv6, ESP", link: packet.LinkRaw, data: frame(ip6(layers.IPProtocolESP), body("secret")), layers: lFrame | packet.LayerIP, class: packet.ClassIP, fields: map[string]string{"ip.proto": "50"}},
		{name: "IPv6, extension cut", link: packet.LinkRaw, data: frame(ip6(layers.IPProtocolIPv6Routing), body("\x06\x02\x00\x00\x00\x00\x00\x00")), layers: lFrame | packet.LayerIP, class: packet.ClassIP, fields: map[string]string{"ip.proto": "43"}, malformed: 1},
		{name: "IPv6, too many extensions", link: packet.LinkRaw, data: frame(ip6(layers.IPProtocolIPv6Destination), gopacket.Payload(bytes.Repeat([]byte{60, 0, 1, 4, 0, 0, 0, 0}, 600))), layers: lFrame | packet.LayerIP, class: packet.ClassIP, malformed: 1},
		{name: "IPv6, 40 extensions", link: packet.LinkRaw, data: frame(ip6(layers.IPProtocolIPv6Destination), gopacket.Payload(join(bytes.Repeat([]byte{60, 0, 1, 4, 0, 0, 0, 0}, 39), []byte{6, 0, 1, 4, 0, 0, 0, 0}, synPacket[20:]))),
			layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: map[string]string{"tcp.dstport": "80", "frame.malformed": "0"}},
		{name: "IPv6, mobility", link: packet.LinkRaw, data: frame(ip6(135), gopacket.Payload(join([]byte{6, 0, 0, 0, 0, 0, 0, 0}, synPacket[20:]))), layers: lFrame | packet.LayerIP, class: packet.ClassIP, fields: map[string]string{"ip.proto": "135"}},
		{name: "IPv6, HIP", link: packet.LinkRaw, data: frame(ip6(139), gopacket.Payload(join([]byte{6, 0, 0, 0, 0, 0, 0, 0}, synPacket[20:]))), layers: lFrame | packet.LayerIP, class: packet.ClassIP, fields: map[string]string{"ip.proto": "139"}},
		{name: "AH in IPv4", link: packet.LinkRaw, data: frame(ip4(51), gopacket.Payload(join([]byte{51, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}, []byte{6, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0}, synPacket[20:]))),
			layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: map[string]string{"ip.proto": "6", "tcp.dstport": "80", "tcp.len": "0"}},
		{name: "AH in IPv4, cut", link: packet.LinkRaw, data: frame(ip4(51), gopacket.Payload([]byte{6, 1, 0, 0, 0, 0, 0, 1})), layers: lFrame | packet.LayerIP, class: packet.ClassIP, fields: map[string]string{"ip.proto": "51"}, malformed: 1},
		{name: "first fragment of 8 bytes", link: packet.LinkRaw, data: frame(&layers.IPv4{Version: 4, Protocol: layers.IPProtocolTCP, Flags: layers.IPv4MoreFragments, SrcIP: net.IP{10, 0, 0, 1}, DstIP: net.IP{10, 0, 0, 2}}, gopacket.Payload(synPacket[20:28])),
			layers: lFrame | packet.LayerIP | packet.LayerPorts, class: packet.ClassIP, fields: map[string]string{"src.port": "40000", "dst.port": "80", "frame.malformed": "0"}},
		{name: "IPv6 cut short", link: packet.LinkIPv6, data: syn6Packet[:39], layers: lFrame, malformed: 1},

		// Transports.
		{name: "TCP, all flags", link: packet.LinkRaw, data: with(with(synPacket, 32, 0x6f), 33, 0xff), layers: lFrame | packet.LayerIP | lTCP, class: packet.ClassTCPReserved + 0xff,
			fields: map[string]string{"tcp.flags": "4095", "tcp.flags.fin": "1", "tcp.flags.reset": "1", "tcp.flags.push": "1", "tcp.flags.urg": "1", "tcp.flags.ece": "1", "tcp.flags.cwr": "1"}},
		{name: "TCP, accurate ECN", link: packet.LinkRaw, data: with(synPacket, 32, 0x61), layers: lFrame | packet.LayerIP | lTCP, class: packet.ClassTCPReserved + packet.FlagSYN, fields: map[string]string{"tcp.flags": "258"}},
		{name: "TCP, data offset 4", link: packet.LinkRaw, data: with(synPacket, 32, 0x40), layers: lFrame | packet.LayerIP, class: packet.ClassIP, malformed: 1},
		{name: "TCP, data offset beyond the packet", link: packet.LinkRaw, data: with(synPacket, 32, 0xf0), layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: map[string]string{"tcp.dstport": "80", "tcp.len": "0", "payload": ""}, malformed: 1},
		{name: "TCP, options snapped", link: packet.LinkRaw, data: frame(ip4(layers.IPProtocolTCP), syn(), body("0123456789"))[:40], missing: 14, layers: lFrame | packet.LayerIP | lTCP, class: classSYN, fields: map[string]string{"tcp.len": "10", "payload": ""}},
		{name: "TCP cut short", link: packet.LinkRaw, data: synPacket[:39], missing: 5, layers: lFrame | packet.LayerIP | packet.LayerPorts, class: packet.ClassIP, fields: map[string]string{"src.port": "40000", "dst.port": "80"}, malformed: 1},
		{name: "UDP", link: packet.LinkRaw, data: frame(ip4(layers.IPProtocolUDP), udp(1234, 1337), body("hello")), layers: lFrame | packet.LayerIP | lUDP, class: packet.ClassUDP,
			fields: map[string]string{"udp.srcport": "1234", "udp.dstport": "1337", "src.port": "1234", "dst.port": "1337", "udp.length": "13", "payload": "hello"}},
		{name: "UDP, length 0", link: packet.LinkRaw, data: with(frame(ip4(layers.IPProtocolUDP), udp(1234, 1337), body("hello")), 25, 0), layers: lFrame | packet.LayerIP | lUDP, class: packet.ClassUDP, fields: map[string]string{"udp.length": "0", "payload": "hello"}},
		{name: "UDP, length 7", link: packet.LinkRaw, data: with(frame(ip4(layers.IPProtocolUDP), udp(1234, 1337), body("hello")), 25, 7), layers: lFrame | packet.LayerIP | lUDP, class: packet.ClassUDP, fields: map[string]string{"udp.length": "7", "payload": ""}, malformed: 1},
		{name: "UDP, length beyond the packet", link: packet.LinkRaw, data: with(frame(ip4(layers.IPProtocolUDP), udp(1234, 1337), body("hello")), 25, 99), layers: lFrame | packet.LayerIP | lUDP, class: packet.ClassUDP, fields: map[string]string{"udp.length": "99", "payload": "hello"}},
		{name: "UDP, length below the packet", link: packet.LinkRaw, data: with(frame(ip4(layers.IPProtocolUDP), udp(1234, 1337), body("hello")), 25, 10), layers: lFrame | packet.LayerIP | lUDP, class: packet.ClassUDP, fields: map[string]string{"payload": "he"}},
		{name: "UDP cut short", link: packet.LinkRaw, data: frame(ip4(layers.IPProtocolUDP), udp(1234, 1337))[:27], layers: lFrame | packet.LayerIP | packet.LayerPorts, class: packet.ClassIP, malformed: 1},
		{name: "ICMP echo", link: packet.LinkRaw, data: frame(ip4(layers.IPProtocolICMPv4), &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(8, 0), Id: 1, Seq: 2}, body("ping")), layers: lFrame | packet.LayerIP | lICMP | packet.LayerICMPEcho, class: packet.ClassICMP,
			fields: map[string]string{"icmp.type": "8", "icmp.code": "0", "icmp.ident": "1", "icmp.seq": "2", "icmp.data_len": "4", "icmp.data": "ping", "payload": "ping"}},
		{name: "ICMP error", link: packet.LinkRaw, data: frame(ip4(layers.IPProtocolICMPv4), &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(3, 4)}, gopacket.Payload(frame(outer4(layers.IPProtocolUDP), udp(1, 2)))), layers: lFrame | packet.LayerIP | lICMP, class: packet.ClassICMP,
			fields: map[string]string{"icmp.type": "3", "icmp.code": "4", "ip.src": "10.0.0.1", "ip.ttl": "64"}},
		{name: "ICMP of 4 bytes", link: packet.LinkRaw, data: frame(ip4(layers.IPProtocolICMPv4), body("\x08\x00\x00\x00")), layers: lFrame | packet.LayerIP | lICMP, class: packet.ClassICMP, fields: map[string]string{"payload": ""}},
		{name: "ICMP cut short", link: packet.LinkRaw, data: frame(ip4(layers.IPProtocolICMPv4), body("\x08\x00\x00")), layers: lFrame | packet.LayerIP, class: packet.ClassIP, malformed: 1},
		{name: "ICMPv6", link: packet.LinkRaw, data: frame(ip6(layers.IPProtocolICMPv6), &layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(128, 0)}, body("\x00\x01\x00\x02ping")), layers: lFrame | packet.LayerIP | lICMP6 | packet.LayerICMPEcho, class: packet.ClassICMPv6,
			fields: map[string]string{"icmpv6.type": "128", "icmpv6.code": "0", "icmpv6.echo.identifier": "1", "icmpv6.echo.sequence_number": "2", "icmpv6.data": "ping", "payload": "ping"}},

		// Tunnels.
		tunnel("IP in IP", outer4(layers.IPProtocolIPv4), ip4(layers.IPProtocolTCP), syn()),
		tunnel("GRE", outer4(layers.IPProtocolGRE), &layers.GRE{Protocol: layers.EthernetTypeIPv4}, ip4(layers.IPProtocolTCP), syn()),
		tunnel("GRE, all options", outer4(layers.IPProtocolGRE), gopacket.Payload(join([]byte{0xf0, 0, 8, 0}, make([]byte, 12), []byte{0, 1, 0, 4, 9, 9, 9, 9}, make([]byte, 4), synPacket))),
		tunnel("GRE, MPLS", outer4(layers.IPProtocolGRE), &layers.GRE{Protocol: layers.EthernetTypeMPLSUnicast}, &layers.MPLS{Label: 99, StackBottom: true, TTL: 3}, ip4(layers.IPProtocolTCP), syn()),
		tunnel("GRE, PPP", outer4(layers.IPProtocolGRE), gopacket.Payload(join([]byte{0x30, 0x81, 0x88, 0x0b, 0, 9, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 3, 0, 0x21}, synPacket))),
		tunnel("IP in IP in IP", outer4(layers.IPProtocolIPv4), outer4(layers.IPProtocolIPv4), ip4(layers.IPProtocolTCP), syn()),
		tunnel("MPLS in IP", outer4(layers.IPProtocolMPLSInIP), &layers.MPLS{Label: 99, StackBottom: true, TTL: 3}, ip4(layers.IPProtocolTCP), syn()),
		tunnel("GTP-U", outer4(layers.IPProtocolUDP), udp(2152, 2152), gopacket.Payload(join([]byte{0x30, 255, 0, byte(len(synPacket)), 0, 0, 0, 1}, synPacket))),
		tunnel("GTP-U, extension", outer4(layers.IPProtocolUDP), udp(2152, 2152), gopacket.Payload(join([]byte{0x34, 255, 0, byte(8 + len(synPacket)), 0, 0, 0, 1, 0, 0, 0, 0x85, 1, 16, 0, 0}, synPacket))),
		tunnel("GTP-U, two extensions", outer4(layers.IPProtocolUDP), udp(2152, 2152), gopacket.Payload(join([]byte{0x34, 255, 0, byte(16 + len(synPacket)), 0, 0, 0, 1, 0, 0, 0, 0x85, 2, 16, 0, 0, 0, 0, 0, 0x40, 1, 0, 0, 0}, synPacket))),
		{name: "6in4", link: packet.LinkEthernet, data: frame(eth(layers.EthernetTypeIPv4), outer4(layers.IPProtocolIPv6), ip6(layers.IPProtocolTCP), syn()), layers: lIP | lTCP | lTun, class: classSYN, fields: and(syn6Fields, "tunnel.type", "6in4")},
		{name: "VXLAN with SNAP", link: packet.LinkEthernet, data: frame(eth(layers.EthernetTypeIPv4), outer4(layers.IPProtocolUDP), udp(50000, 4789), gopacket.Payload(join([]byte{8, 0, 0, 0, 0, 0, 42, 0}, macD, macC, []byte{0, byte(8 + len(synPacket)), 0xaa, 0xaa, 3, 0, 0, 0, 8, 0}, synPacket))),
			layers: lIP&^packet.LayerEthType | lTCP | lTunU, class: classSYN, fields: and(synFields, "eth.src", macC.String())},
		{name: "4in6", link: packet.LinkEthernet, data: frame(eth(layers.EthernetTypeIPv6), ip6(layers.IPProtocolIPv4), ip4(layers.IPProtocolTCP), syn()), layers: lIP | lTCP | lTun, class: classSYN, fields: and(synFields, "tunnel.type", "4in6", "outer.ip.src", "2001:db8::1", "outer.ip.version", "6")},
	}
	for i := range s {
		if strings.HasPrefix(s[i].name, "GTP-U") {
			s[i].layers |= packet.LayerOuterPorts
			s[i].fields = and(s[i].fields, "tunnel.type", "gtp", "outer.dst.port", "2152", "tunnel.depth", "1")
		}
	}
	etherTunnel := func(name string, ls ...gopacket.SerializableLayer) {
		t := tunnel(name, ls...)
		t.fields = and(t.fields, "eth.src", macC.String(), "eth.dst", macD.String())
		if strings.HasPrefix(name, "VXLAN") || strings.HasPrefix(name, "GENEVE") {
			t.layers |= packet.LayerOuterPorts
		}
		s = append(s, t)
	}
	etherTunnel("GRE, bridging", outer4(layers.IPProtocolGRE), &layers.GRE{Protocol: 0x6558, KeyPresent: true, Key: 7}, gopacket.Payload(innerFrame))
	etherTunnel("ERSPAN I", outer4(layers.IPProtocolGRE), &layers.GRE{Protocol: 0x88be}, gopacket.Payload(innerFrame))
	etherTunnel("ERSPAN II", outer4(layers.IPProtocolGRE), &layers.GRE{Protocol: 0x88be, SeqPresent: true}, gopacket.Payload(join([]byte{0x10, 1, 0, 2, 0, 0, 0, 0}, innerFrame)))
	etherTunnel("ERSPAN III", outer4(layers.IPProtocolGRE), &layers.GRE{Protocol: 0x22eb, SeqPresent: true}, gopacket.Payload(join([]byte{0x20, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1}, make([]byte, 8), innerFrame)))
	etherTunnel("EtherIP", outer4(layers.IPProtocolEtherIP), gopacket.Payload(join([]byte{0x30, 0}, innerFrame)))
	etherTunnel("VXLAN", outer4(layers.IPProtocolUDP), udp(50000, 4789), gopacket.Payload(join([]byte{8, 0, 0, 0, 0, 0, 42, 0}, innerFrame)))
	etherTunnel("GENEVE, option", outer4(layers.IPProtocolUDP), udp(50000, 6081), gopacket.Payload(join([]byte{1, 0, 0x65, 0x58, 0, 0, 42, 0, 1, 2, 3, 0}, innerFrame)))

	kept := func(name string, malformed uint64, port layers.UDPPort, content []byte) {
		s = append(s, sample{name: name, link: packet.LinkEthernet, data: frame(eth(layers.EthernetTypeIPv4), outer4(layers.IPProtocolUDP), udp(50000, port), gopacket.Payload(content)),
			layers: lIP | lUDP, class: packet.ClassUDP, fields: and(outerFields, "eth.type", "2048", "payload", string(content)), malformed: malformed})
	}
	vxlan := []byte{8, 0, 0, 0, 0, 0, 42, 0}
	s = append(s, sample{name: "VXLAN with ARP", link: packet.LinkEthernet, data: frame(eth(layers.EthernetTypeIPv4), outer4(layers.IPProtocolUDP), udp(50000, 4789), gopacket.Payload(join(vxlan, innerARP))),
		layers: lEth | lARP | lTunU, class: packet.ClassARP, fields: and(arpFields, "eth.src", macC.String(), "tunnel.type", "vxlan", "outer.ip.src", "192.0.2.1", "outer.src.port", "50000", "outer.ip.proto", "17")})
	kept("VXLAN with ARP cut short", 1, 4789, join(vxlan, innerARP[:16]))
	kept("VXLAN with a broken packet", 1, 4789, join(vxlan, with(innerFrame, 14, 0x41)))
	kept("VXLAN with a tag and a cut packet", 1, 4789, join(vxlan, macD, macC, []byte{0x81, 0, 0, 9, 8, 0, 0x45}))
	kept("VXLAN without a VNI", 0, 4789, join([]byte{0}, vxlan[1:], innerFrame))
	kept("GENEVE options beyond the packet", 1, 6081, []byte{0x3f, 0, 0x65, 0x58, 0, 0, 42, 0})
	kept("GTP-U extension beyond the packet", 1, 2152, []byte{0x34, 255, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0x85, 9, 16, 0, 0})
	kept("GTP-U echo", 0, 2152, []byte{0x32, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0})

	nested := synPacket
	for range 12 {
		nested = frame(outer4(layers.IPProtocolIPv4), gopacket.Payload(nested))
	}
	s = append(s,
		sample{name: "nested too deep", link: packet.LinkRaw, data: nested, layers: lFrame | packet.LayerIP | lTun, class: packet.ClassIP, fields: map[string]string{"ip.src": "192.0.2.1", "ip.proto": "4", "tunnel.depth": "8", "frame.malformed": "1"}, malformed: 1},
		sample{name: "IP in IP, broken", link: packet.LinkRaw, data: frame(outer4(layers.IPProtocolIPv4), body("E")), layers: lFrame | packet.LayerIP, class: packet.ClassIP, fields: map[string]string{"ip.src": "192.0.2.1", "ip.proto": "4"}, malformed: 1},
		sample{name: "GRE cut short", link: packet.LinkRaw, data: frame(outer4(layers.IPProtocolGRE), body("\x30\x00\x08\x00\x00\x00\x00\x00")), layers: lFrame | packet.LayerIP, class: packet.ClassIP, fields: map[string]string{"ip.proto": "47"}, malformed: 1},
		sample{name: "GRE keepalive", link: packet.LinkRaw, data: frame(outer4(layers.IPProtocolGRE), body("\x00\x00\x00\x00")), layers: lFrame | packet.LayerIP, class: packet.ClassIP},
		sample{name: "PPTP acknowledgment", link: packet.LinkRaw, data: frame(outer4(layers.IPProtocolGRE), body("\x20\x81\x88\x0b\x00\x00\x00\x01\x00\x00\x00\x01")), layers: lFrame | packet.LayerIP, class: packet.ClassIP},
	)
	return append(append(s, dnsSamples()...), messageSamples()...)
}

func arp() *layers.ARP {
	return &layers.ARP{AddrType: layers.LinkTypeEthernet, Protocol: layers.EthernetTypeIPv4, HwAddressSize: 6, ProtAddressSize: 4, Operation: 2,
		SourceHwAddress: macA, SourceProtAddress: []byte{10, 0, 0, 1}, DstHwAddress: macB, DstProtAddress: []byte{10, 0, 0, 2}}
}

var arpFields = map[string]string{"arp.opcode": "2", "arp.src.hw_mac": macA.String(), "arp.src.proto_ipv4": "10.0.0.1", "arp.dst.hw_mac": macB.String(), "arp.dst.proto_ipv4": "10.0.0.2"}

func dnsSamples() (s []sample) {
	const layersDNS = lFrame | packet.LayerIP | lUDP
	message := func(name string, layers packet.Layer, malformed uint64, fields map[string]string, b []byte) {
		s = append(s, sample{name: name, link: packet.LinkRaw, data: frame(ip4(17), udp(40000, 53), gopacket.Payload(b)), layers: layersDNS | layers, class: packet.ClassUDP, fields: fields, malformed: malformed})
	}
	header := []byte{0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0}
	tail := []byte{0, 16, 0, 1}
	label := func(n int) []byte { return append([]byte{byte(n)}, bytes.Repeat([]byte{'a'}, n)...) }
	long := func(last int) []byte { return join(label(63), label(63), label(63), label(last), []byte{0}) }
	text := func(last int) string {
		const a = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		return a + "." + a + "." + a + "." + a[:last]
	}

	message("DNS query", lDNS, 0, map[string]string{"dns.qry.name": "WWW.Example.com", "dns.qry.type": "16", "dns.flags.response": "0", "dns.count.answers": "0"}, frame(query("WWW.Example.com")))
	message("DNS response", lDNS|packet.LayerDNSResponse, 0, map[string]string{"dns.qry.name": "a.b", "dns.flags.response": "1", "dns.flags.rcode": "3", "dns.count.answers": "5"},
		join([]byte{0, 1, 0x81, 0x83, 0, 1, 0, 5, 0, 0, 0, 0, 1, 'a', 1, 'b', 0}, tail))
	message("DNS root", lDNS, 0, map[string]string{"dns.qry.name": "<Root>", "dns.qry.type": "16"}, join(header, []byte{0}, tail))
	message("DNS without question", packet.LayerDNS|packet.LayerDNSAnswers, 0, nil, with(header, 5, 0))
	message("DNS name of 255 octets", lDNS, 0, map[string]string{"dns.qry.name": text(61)}, join(header, long(61), tail))
	message("DNS name of 256 octets", lDNS, 1, map[string]string{"dns.qry.name": text(61), "dns.qry.type": "16"}, join(header, long(62), tail))
	message("DNS name of many labels too many", lDNS, 1, nil, join(header, bytes.Repeat([]byte{1, 'x'}, 200), []byte{0}, tail))
	message("DNS name too long through a pointer", lDNS, 1, map[string]string{"dns.qry.type": "16"},
		join([]byte{1, 'x', 1, 'x', 0, 1, 1, 'x', 1, 'x', 1, 'x'}, long(59)[:252], []byte{0xc0, 0}, tail))
	message("DNS pointer into the header", lDNS, 0, map[string]string{"dns.qry.name": "x.\x01"}, join([]byte{1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'x', 0xc0, 0}, tail))
	message("DNS pointer to itself", packet.LayerDNS|packet.LayerDNSAnswers, 1, nil, join(header, []byte{0xc0, 12}, tail))
	message("DNS pointer to its name", packet.LayerDNS|packet.LayerDNSAnswers, 1, nil, join(header, []byte{1, 'x', 0xc0, 12}, tail))
	message("DNS pointer forward", lDNS, 0, map[string]string{"dns.qry.name": "x", "dns.qry.type": "16"}, join(header, []byte{0xc0, 18}, tail, []byte{1, 'x', 0}))
	message("DNS UPDATE", packet.LayerDNS|packet.LayerDNSQuery, 0, map[string]string{"dns.qry.name": "x"}, join(with(with(header, 2, 0x28), 7, 3), []byte{1, 'x', 0}, tail))
	message("DNS pointer cut", packet.LayerDNS|packet.LayerDNSAnswers, 1, nil, join(header, []byte{0xc0}))
	message("DNS label beyond the message", packet.LayerDNS|packet.LayerDNSAnswers, 1, nil, join(header, []byte{9, 'x'}))
	message("DNS label of an unknown kind", packet.LayerDNS|packet.LayerDNSAnswers, 1, nil, join(header, []byte{0x41, 'x', 0}, tail))
	message("DNS question cut", packet.LayerDNS|packet.LayerDNSAnswers, 1, nil, join(header, []byte{1, 'x', 0, 0, 16, 0}))
	message("DNS header cut", 0, 1, nil, header[:11])
	message("DNS port, nothing sent", 0, 0, nil, nil)

	tcp := func() *layers.TCP {
		t := syn()
		t.DstPort, t.SYN, t.ACK, t.PSH, t.Options = 53, false, true, true, nil
		return t
	}
	m := frame(query("example.org"))
	s = append(s,
		sample{name: "DNS over TCP", link: packet.LinkRaw, data: frame(ip4(6), tcp(), gopacket.Payload(join([]byte{0, byte(len(m))}, m))), layers: lFrame | packet.LayerIP | lTCP | lDNS,
			class: packet.ClassTCP + packet.FlagACK + packet.FlagPSH, fields: map[string]string{"dns.qry.name": "example.org", "tcp.len": "31"}},
		sample{name: "DNS over TCP, in parts", link: packet.LinkRaw, data: frame(ip4(6), tcp(), gopacket.Payload(join([]byte{0, byte(len(m) + 1)}, m))), layers: lFrame | packet.LayerIP | lTCP,
			class: packet.ClassTCP + packet.FlagACK + packet.FlagPSH},
	)
	return s
}
