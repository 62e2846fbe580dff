package packet_test

import (
	"net"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"github.com/ruleids/ruleids/packet"
)

func TestFaults(t *testing.T) {
	whole := frame(eth(layers.EthernetTypeIPv4), ip4(layers.IPProtocolTCP), syn(), body("an odd text"))
	const ip, tcp = 14, 34
	rst := syn()
	rst.RST = true
	options := ip4(layers.IPProtocolTCP)
	options.Options = []layers.IPv4Option{{OptionType: 1}, {OptionType: 131, OptionLength: 7, OptionData: []byte{4, 10, 0, 0, 9}}}
	other := ip4(layers.IPProtocolTCP)
	other.Options = []layers.IPv4Option{{OptionType: 148, OptionLength: 4, OptionData: []byte{0, 0}}}
	routing := func(kind, left byte) []byte {
		b := frame(ip6(layers.IPProtocolIPv6Routing), gopacket.Payload(join([]byte{6, 2, kind, left, 0, 0, 0, 0}, make([]byte, 16), frame(ip6(6), syn())[40:])))
		return join([]byte{0x60}, b[1:])
	}
	pseudo := func() []byte { // what is left to a network card: the sum of the pseudo header
		b := with(with(whole, tcp+16, 0), tcp+17, 0)
		sum := uint32(0x0a00+1) + uint32(0x0a00+2) + 6 + uint32(len(whole)-tcp)
		return with(with(b, tcp+16, byte(sum>>8)), tcp+17, byte(sum))
	}()
	vxlan := frame(eth(layers.EthernetTypeIPv4), outer4(layers.IPProtocolUDP), udp(50000, 4789), gopacket.Payload(join([]byte{8, 0, 0, 0, 0, 0, 42, 0}, with(whole, tcp+16, 1))))
	for _, c := range []struct {
		name   string
		link   packet.LinkType
		data   []byte
		cut    uint32
		sum    packet.Sum
		want   packet.Fault
		proven bool
	}{
		{name: "right", data: whole, proven: true},
		{name: "wrong", data: with(whole, tcp+16, 1), want: packet.FaultTransportSum},
		{name: "wrong payload", data: with(whole, len(whole)-1, 'x'), want: packet.FaultTransportSum},
		{name: "wrong header", data: with(whole, ip+8, 9), want: packet.FaultIPSum, proven: true},
		{name: "wrong, not whole", data: with(whole, tcp+16, 1)[:len(whole)-1], cut: 1},
		{name: "none, from a file", data: with(with(whole, tcp+16, 0), tcp+17, 0)},
		{name: "none, from a wire", data: with(with(whole, tcp+16, 0), tcp+17, 0), sum: packet.SumWire, want: packet.FaultTransportSum},
		{name: "pseudo header, from a file", data: pseudo},
		{name: "pseudo header, from a wire", data: pseudo, sum: packet.SumWire, want: packet.FaultTransportSum},
		{name: "not computed yet", data: with(whole, tcp+16, 1), sum: packet.SumPending},
		{name: "found right", data: with(whole, tcp+16, 1), sum: packet.SumValid},
		{name: "in a tunnel whose own was found right", data: vxlan, sum: packet.SumValid, want: packet.FaultTransportSum},
		{name: "padded", data: join(whole, make([]byte, 7)), proven: true},
		{name: "IPv6", data: frame(eth(layers.EthernetTypeIPv6), ip6(layers.IPProtocolTCP), syn(), body("x")), proven: true},
		{name: "IPv6, wrong", data: with(frame(eth(layers.EthernetTypeIPv6), ip6(layers.IPProtocolTCP), syn()), 70, 1), want: packet.FaultTransportSum},
		{name: "UDP", data: frame(eth(layers.EthernetTypeIPv4), ip4(layers.IPProtocolUDP), udp(1, 2), body("xyz")), proven: true},
		{name: "UDP, wrong", data: with(frame(eth(layers.EthernetTypeIPv4), ip4(layers.IPProtocolUDP), udp(1, 2), body("xyz")), 40, 1), want: packet.FaultTransportSum},
		{name: "UDP, none", data: with(with(frame(eth(layers.EthernetTypeIPv4), ip4(layers.IPProtocolUDP), udp(1, 2), body("xyz")), 40, 0), 41, 0), sum: packet.SumWire},
		{name: "ICMP", data: frame(eth(layers.EthernetTypeIPv4), ip4(layers.IPProtocolICMPv4), &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(8, 0)}, body("abc")), proven: true},
		{name: "ICMP, wrong", data: with(frame(eth(layers.EthernetTypeIPv4), ip4(layers.IPProtocolICMPv4), &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(8, 0)}, body("abc")), 36, 1), want: packet.FaultTransportSum},
		{name: "ICMPv6", data: frame(eth(layers.EthernetTypeIPv6), ip6(layers.IPProtocolICMPv6), &layers.ICMPv6{TypeCode: layers.CreateICMPv6TypeCode(128, 0)}, body("12345678")), proven: true},
		{name: "SYN and RST", data: frame(eth(layers.EthernetTypeIPv4), ip4(layers.IPProtocolTCP), rst), want: packet.FaultFlags, proven: true},
		{name: "data offset", data: with(whole, tcp+12, 0xf0), want: packet.FaultOffset | packet.FaultTransportSum},
		{name: "LSRR", data: frame(eth(layers.EthernetTypeIPv4), options, syn()), want: packet.FaultRoute, proven: true},
		{name: "router alert", data: frame(eth(layers.EthernetTypeIPv4), other, syn()), proven: true},
		{name: "routing type 0", link: packet.LinkRaw, data: routing(0, 1), want: packet.FaultRoute, proven: true},
		{name: "routing type 4", link: packet.LinkRaw, data: routing(4, 2), want: packet.FaultRoute, proven: true},
		{name: "routing type 2", link: packet.LinkRaw, data: routing(2, 1), proven: true},
		{name: "routing at its end", link: packet.LinkRaw, data: routing(4, 0), proven: true},
		{name: "a fragment", data: with(frame(eth(layers.EthernetTypeIPv4), &layers.IPv4{Version: 4, Protocol: 6, Flags: layers.IPv4MoreFragments, SrcIP: net.IP{10, 0, 0, 1}, DstIP: net.IP{10, 0, 0, 2}}, syn()), tcp+16, 1)},
		{name: "ARP", data: frame(eth(layers.EthernetTypeARP), arp())},
	} {
		link := c.link
		if link == packet.LinkNull {
			link = packet.LinkEthernet
		}
		var d packet.Decoder
		var p packet.Packet
		d.Decode(&p, &packet.Frame{Data: c.data, Length: uint32(len(c.data)) + c.cut, Link: link, Sum: c.sum})
		if got, proven := p.Faults(true); got != c.want || proven != c.proven {
			t.Errorf("%s: %q, proven %v; want %q, %v", c.name, got, proven, c.want, c.proven)
		}
		if got, proven := p.Faults(false); got != c.want&^packet.FaultSums || proven {
			t.Errorf("%s, without checksums: %q, proven %v", c.name, got, proven)
		}
	}
	if got := (packet.FaultIPSum | packet.FaultRoute).String(); got != "IP checksum, source route" {
		t.Errorf("got %q", got)
	}
}

func BenchmarkFaults(b *testing.B) {
	for name, data := range map[string][]byte{
		"syn":  frame(eth(layers.EthernetTypeIPv4), ip4(layers.IPProtocolTCP), syn()),
		"1500": frame(eth(layers.EthernetTypeIPv4), ip4(layers.IPProtocolTCP), syn(), gopacket.Payload(make([]byte, 1456))),
	} {
		b.Run(name, func(b *testing.B) {
			var d packet.Decoder
			p := new(packet.Packet)
			d.Decode(p, &packet.Frame{Data: data, Length: uint32(len(data)), Link: packet.LinkEthernet})
			for b.Loop() {
				p.Faults(true)
			}
		})
	}
}
