package alert

import (
	"encoding/json"
	"testing"

	"github.com/ruleids/ruleids/packet"
)

// about makes an alert with a key, on a packet from 198.51.100.7 port 40000 to 192.0.2.10 port 443.
func about(layers packet.Layer, key ...Named) *Alert {
	return &Alert{Time: 1_500_000_000, Rule: "r", Severity: 1, Layers: packet.LayerFrame | layers, Key: key, IPProto: protoTCP, IPVersion: 4, SrcPort: 40000, DstPort: 443,
		Src: packet.AddrFrom4([4]byte{198, 51, 100, 7}), Dst: packet.AddrFrom4([4]byte{192, 0, 2, 10})}
}

const overTCP = packet.LayerIP | packet.LayerTCP | packet.LayerPorts

func TestDisplayFilter(t *testing.T) {
	for _, c := range []struct {
		alert *Alert
		want  string
	}{
		{about(overTCP, Named{"ip.src", "198.51.100.7"}), "ip.addr == 198.51.100.7"},
		{about(overTCP, Named{"ip.src", "2001:db8::7"}), "ipv6.addr == 2001:db8::7"},
		{about(overTCP, Named{"ip.src", "198.51.100.7"}, Named{"ip.dst", "192.0.2.10"}, Named{"dst.port", int64(443)}),
			"ip.addr == 198.51.100.7 && ip.addr == 192.0.2.10 && tcp.port == 443"},
		{about(packet.LayerIP|packet.LayerUDP|packet.LayerPorts, Named{"ip.dst", "192.0.2.10"}, Named{"udp.dstport", int64(53)}), "ip.addr == 192.0.2.10 && udp.port == 53"},
		{about(overTCP, Named{"network(ip.src, 24, 64)", "198.51.100.0"}), "ip.addr == 198.51.100.0/24"},
		{about(overTCP, Named{"network(ip.src, 24)", "2001:db8::"}), "ipv6.addr == 2001:db8::/64"},
		{about(packet.LayerEth, Named{"eth.src", "02:00:00:00:00:01"}), "eth.addr == 02:00:00:00:00:01"},
		{about(packet.LayerARP|packet.LayerARPIPv4, Named{"arp.src.proto_ipv4", "192.0.2.1"}), "(arp.src.proto_ipv4 == 192.0.2.1 || arp.dst.proto_ipv4 == 192.0.2.1)"},
		{about(packet.LayerEth|packet.LayerVLAN, Named{"vlan.id", int64(7)}), "vlan.id == 7"},
		// Without an address in the key it is the conversation.
		{about(overTCP), "ip.addr == 198.51.100.7 && ip.addr == 192.0.2.10 && tcp.port == 40000 && tcp.port == 443"},
		{about(overTCP, Named{"dns.qry.name", "evil.example"}), "ip.addr == 198.51.100.7 && ip.addr == 192.0.2.10 && tcp.port == 40000 && tcp.port == 443"},
		{about(packet.LayerIP | packet.LayerICMP), "ip.addr == 198.51.100.7 && ip.addr == 192.0.2.10 && icmp"},
		{about(packet.LayerEth), "frame.time_epoch == 1.500000000"},
	} {
		if got := c.alert.DisplayFilter(); got != c.want {
			t.Errorf("%v: %s, want %s", c.alert.Key, got, c.want)
		}
		// An alert that was read back is about the same packets.
		if len(c.alert.Key) > 0 && c.alert.Layers&overTCP == overTCP {
			var back Alert
			if err := json.Unmarshal(c.alert.AppendJSON(nil), &back); err != nil {
				t.Fatal(err)
			}
			if got := back.DisplayFilter(); got != c.want {
				t.Errorf("%v, read back: %s, want %s", c.alert.Key, got, c.want)
			}
		}
	}
}

func TestSubjectHas(t *testing.T) {
	a, b, c := packet.AddrFrom4([4]byte{198, 51, 100, 7}), packet.AddrFrom4([4]byte{192, 0, 2, 10}), packet.AddrFrom4([4]byte{192, 0, 2, 11})
	tcp := func(src, dst packet.Addr, sport, dport uint16) *packet.Packet {
		return &packet.Packet{Layers: overTCP, Src: src, Dst: dst, SrcPort: sport, DstPort: dport}
	}
	tunneled := tcp(c, c, 1, 2)
	tunneled.Layers |= packet.LayerTunnel
	tunneled.Outer.Src, tunneled.Outer.Dst = a, b
	key := about(overTCP, Named{"ip.src", "198.51.100.7"}, Named{"ip.dst", "192.0.2.10"}, Named{"dst.port", int64(443)})
	flow := about(overTCP)
	for _, x := range []struct {
		what      string
		p         *packet.Packet
		key, flow bool
	}{
		{"the packet", tcp(a, b, 40000, 443), true, true},
		{"the answer", tcp(b, a, 443, 40000), true, true},
		{"another connection", tcp(a, b, 40001, 443), true, false},
		{"another port", tcp(a, b, 40000, 80), false, false},
		{"another host", tcp(a, c, 40000, 443), false, false},
		{"what carries it, at other ports", tunneled, false, false},
		{"another protocol", &packet.Packet{Layers: packet.LayerIP | packet.LayerUDP | packet.LayerPorts, Src: a, Dst: b, SrcPort: 40000, DstPort: 443}, false, false},
		{"no ports", &packet.Packet{Layers: packet.LayerIP, Src: a, Dst: b}, false, false},
	} {
		ks, fs := key.Subject(), flow.Subject()
		if got := ks.Has(x.p); got != x.key {
			t.Errorf("%s: of the key %v", x.what, got)
		}
		if got := fs.Has(x.p); got != x.flow {
			t.Errorf("%s: of the flow %v", x.what, got)
		}
	}
	outer := about(overTCP, Named{"outer.ip.src", "198.51.100.7"})
	if s := outer.Subject(); !s.Has(tunneled) {
		t.Error("the outer source is no end of a packet in a tunnel")
	}
}

func TestEvidenceInJSON(t *testing.T) {
	a := about(overTCP)
	a.Evidence, a.Filter = "/var/lib/ruleids/evidence/x.pcapng", "ip.addr == 192.0.2.1 && tcp"
	var back Alert
	if err := json.Unmarshal(a.AppendJSON(nil), &back); err != nil || back.Evidence != a.Evidence || back.Filter != a.Filter {
		t.Errorf("%q %q, error %v", back.Evidence, back.Filter, err)
	}
}
