package alert

import (
	"net/netip"
	"testing"

	"github.com/ruleids/ruleids/packet"
)

func addr(s string) packet.Addr { return packet.AddrFromNetip(netip.MustParseAddr(s)) }

// flow makes the alert of a packet as decoded; for ICMP a and b are type and code.
func flow(proto uint8, src, dst string, a, b uint16) *Alert {
	al := &Alert{Layers: packet.LayerFrame | packet.LayerIP, IPProto: proto, IPVersion: 4, Src: addr(src), Dst: addr(dst)}
	if !al.Src.Is4() {
		al.IPVersion = 6
	}
	switch proto {
	case protoTCP:
		al.Layers |= packet.LayerTCP | packet.LayerPorts
	case protoUDP:
		al.Layers |= packet.LayerUDP | packet.LayerPorts
	case protoICMP:
		al.Layers |= packet.LayerICMP
	case protoICMPv6:
		al.Layers |= packet.LayerICMPv6
	}
	if al.hasICMP() {
		al.ICMPType, al.ICMPCode = uint8(a), uint8(b)
	} else {
		al.SrcPort, al.DstPort = a, b
	}
	return al
}

// The values are those of the baseline table of the specification, seed 0; for ICMP its "ports"
// are type and code.
func TestCommunityIDBaseline(t *testing.T) {
	for _, c := range []struct {
		proto    uint8
		src, dst string
		a, b     uint16
		want     string
	}{
		{58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 135, 0, "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="},
		{58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 136, 0, "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="},
		{58, "fe80::260:97ff:fe07:69ea", "fe80::200:86ff:fe05:80da", 135, 0, "1:zavyT/cezQr1fmImYCwYnMXbgck="},
		{58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", 136, 0, "1:zavyT/cezQr1fmImYCwYnMXbgck="},
		{58, "3ffe:501:1800:2345::2", "3ffe:507:0:1:200:86ff:fe05:80da", 3, 0, "1:2ObVBgIn28oZvibYZhZMBgh7WdQ="},
		{58, "3ffe:501:410:0:2c0:dfff:fe47:33e", "3ffe:507:0:1:200:86ff:fe05:80da", 1, 4, "1:hLZd0XGWojozrvxqE0dWB1iM6R0="},
		{58, "3ffe:507:0:1:200:86ff:fe05:80da", "3ffe:501:0:1001::2", 128, 0, "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg="},
		{58, "3ffe:501:0:1001::2", "3ffe:507:0:1:200:86ff:fe05:80da", 129, 0, "1:+TW+HtLHvV1xnGhV1lv7XoJrqQg="},
		{58, "fe80::200:86ff:fe05:80da", "ff02::2", 133, 0, "1:hO+sN4H+MG5MY/8hIrXPqc4ZQz0="},
		{58, "fe80::260:97ff:fe07:69ea", "ff02::1", 134, 0, "1:pkvHqCL88/tg1k4cPigmZXUtL00="},
		{1, "192.168.0.89", "192.168.0.1", 8, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
		{1, "192.168.0.1", "192.168.0.89", 0, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
		{1, "10.0.0.1", "10.0.0.2", 11, 0, "1:YHxtAirCG//0OzkcVAukqKQN9xM="},
		{6, "2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a", 63943, 25, "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
		{6, "2607:f8b0:400c:c03::1a", "2001:470:e5bf:dead:4957:2174:e82c:4887", 25, 63943, "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="},
		{6, "128.232.110.120", "66.35.250.204", 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
		{6, "66.35.250.204", "128.232.110.120", 80, 34855, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
		{17, "192.168.1.52", "8.8.8.8", 54585, 53, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
		{17, "8.8.8.8", "192.168.1.52", 53, 54585, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
		{46, "10.1.12.1", "10.1.12.2", 0, 0, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw="},
		{46, "10.1.12.2", "10.1.12.1", 0, 0, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw="},
	} {
		if got := flow(c.proto, c.src, c.dst, c.a, c.b).CommunityID(); got != c.want {
			t.Errorf("proto %d, %s %d -> %s %d: got %s, want %s", c.proto, c.src, c.a, c.dst, c.b, got, c.want)
		}
	}
}

func TestCommunityIDOfUnknownFlows(t *testing.T) {
	fragment := flow(protoUDP, "10.0.0.1", "10.0.0.2", 0, 0)
	fragment.Layers = packet.LayerFrame | packet.LayerIP
	cutICMP := flow(protoICMP, "10.0.0.1", "10.0.0.2", 8, 0)
	cutICMP.Layers = packet.LayerFrame | packet.LayerIP
	for name, a := range map[string]*Alert{
		"no network layer": {Layers: packet.LayerFrame},
		"ARP":              {Layers: packet.LayerFrame | packet.LayerARP | packet.LayerARPIPv4, Src: addr("10.0.0.1")},
		"later fragment":   fragment,
		"cut ICMP":         cutICMP,
		"SCTP":             flow(protoSCTP, "10.0.0.1", "10.0.0.2", 7, 7),
		"no packet":        {Layers: packet.LayerIP | packet.LayerPorts | packet.LayerHoneypot, Src: addr("10.0.0.1"), Dst: addr("10.0.0.2")},
	} {
		if got := a.CommunityID(); got != "" {
			t.Errorf("%s: got %s, want none", name, got)
		}
	}
}

// An IPv4-mapped address in an IPv6 header is sixteen bytes of the hash: the flow is IPv6.
func TestCommunityIDKeepsTheHeadersFamily(t *testing.T) {
	four := flow(protoTCP, "10.0.0.1", "10.0.0.2", 1, 2)
	six := flow(protoTCP, "10.0.0.1", "10.0.0.2", 1, 2)
	six.IPVersion = 6
	if four.CommunityID() == six.CommunityID() {
		t.Error("an IPv6 flow of mapped addresses has the Community ID of the IPv4 flow")
	}
}
