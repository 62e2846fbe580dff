package ruletest

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"github.com/ruleids/ruleids/packet"
)

// blocksOf reads packets blocks from the text of a test's body.
func blocksOf(t testing.TB, text string) []*packets {
	t.Helper()
	tests, diags := parse([]byte("test \"x\" {\n"+text+"\nquiet = true\n}\n"), "x_test.hcl")
	if diags.HasErrors() {
		t.Fatalf("%s: %v", text, diags)
	}
	return tests[0].packets
}

// decoded replays packets blocks and calls each with every packet, decoded.
func decoded(t testing.TB, text string, each func(f packet.Frame, p *packet.Packet)) {
	t.Helper()
	dec := packet.Decoder{NeedDNS: true}
	var p packet.Packet
	diags := replay(blocksOf(t, text), player{frames: func(frames []packet.Frame) {
		for i := range frames {
			dec.Decode(&p, &frames[i])
			each(frames[i], &p)
		}
	}})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
}

// show writes what the packet kinds can set, as the decoder of the engine reads it.
func show(p *packet.Packet) string {
	var b strings.Builder
	if p.Has(packet.LayerEth) {
		fmt.Fprintf(&b, "%s>%s", p.EthSrc, p.EthDst)
	}
	if p.Has(packet.LayerVLAN) {
		fmt.Fprintf(&b, " vlan %d", p.VLAN)
	}
	if p.Has(packet.LayerARPIPv4) {
		fmt.Fprintf(&b, " arp %d %s %s > %s %s", p.ARPOpcode, p.ARPSrcMAC, p.ARPSrcIP, p.ARPDstMAC, p.ARPDstIP)
	}
	if p.Has(packet.LayerIP) {
		fmt.Fprintf(&b, " ip%d %s>%s ttl %d len %d id %d", p.IPVersion, p.Src, p.Dst, p.TTL, p.IPLen, p.IPID)
	}
	if p.Has(packet.LayerTCP) {
		fmt.Fprintf(&b, " tcp %d>%d flags %#x seq %d ack %d win %d len %d", p.SrcPort, p.DstPort, p.TCPFlags, p.TCPSeq, p.TCPAck, p.TCPWindow, p.TCPLen)
	}
	if p.Has(packet.LayerUDP) {
		fmt.Fprintf(&b, " udp %d>%d len %d", p.SrcPort, p.DstPort, p.UDPLength)
	}
	if p.Has(packet.LayerICMP) || p.Has(packet.LayerICMPv6) {
		fmt.Fprintf(&b, " icmp %d/%d", p.ICMPType, p.ICMPCode)
	}
	if p.Has(packet.LayerDNSQuery) {
		fmt.Fprintf(&b, " dns %s type %d response %v answers %d", p.QueryName(), p.DNSQType, p.DNSResponse, p.DNSAnswers)
		if p.Has(packet.LayerDNSResponse) {
			fmt.Fprintf(&b, " rcode %d", p.DNSRcode)
		}
	} else if p.Has(packet.LayerPayload) && len(p.Payload) < 20 {
		fmt.Fprintf(&b, " payload %q", p.Payload)
	}
	return b.String()
}

const macs = "02:00:00:00:00:01>02:00:00:00:00:02 "

func TestKindsReachTheDecoder(t *testing.T) {
	for _, c := range []struct{ block, want string }{
		{`tcp {
			src = "10.0.0.1"
			dst = "10.0.0.2"
			dstport = 80
		}`,
			macs + `ip4 10.0.0.1>10.0.0.2 ttl 64 len 40 id 0 tcp 40000>80 flags 0x2 seq 0 ack 0 win 64240 len 0 payload ""`},
		{`tcp {
			src = "2001:db8::1"
			dst = "2001:db8::2"
			srcport = 1
			dstport = 65535
			flags = "CEUAPRSF"
			seq = 4294967295
			ack = 7
			window = 0
			ttl = 1
			payload = "hello\r\n"
		}`,
			macs + `ip6 2001:db8::1>2001:db8::2 ttl 1 len 67 id 0 tcp 1>65535 flags 0xff seq 4294967295 ack 7 win 0 len 7 payload "hello\r\n"`},
		{`tcp {
			src = "10.0.0.1"
			dst = "10.0.0.2"
			dstport = "80"
			flags = ""
			payload = 3
			vlan = 42
			id = 9
			src_mac = "00-11-22-33-44-55"
		}`,
			`00:11:22:33:44:55>02:00:00:00:00:02 vlan 42 ip4 10.0.0.1>10.0.0.2 ttl 64 len 43 id 9 tcp 40000>80 flags 0x0 seq 0 ack 0 win 64240 len 3 payload "\x00\x00\x00"`},
		{`udp {
			src = "10.0.0.1"
			dst = "10.0.0.2"
			dstport = 1900
			payload_hex = "de ad beef"
		}`,
			macs + `ip4 10.0.0.1>10.0.0.2 ttl 64 len 32 id 0 udp 40000>1900 len 12 payload "ޭ\xbe\xef"`},
		{`icmp {
			src = "10.0.0.1"
			dst = "10.0.0.2"
			payload = "ping"
		}`,
			macs + `ip4 10.0.0.1>10.0.0.2 ttl 64 len 32 id 0 icmp 8/0 payload "ping"`},
		{`icmp {
			src = "fe80::1"
			dst = "fe80::2"
			payload = "ping"
		}`,
			macs + `ip6 fe80::1>fe80::2 ttl 64 len 52 id 0 icmp 128/0 payload "ping"`},
		{`icmp {
			src = "10.0.0.1"
			dst = "10.0.0.2"
			type = 3
			code = 1
		}`,
			macs + `ip4 10.0.0.1>10.0.0.2 ttl 64 len 28 id 0 icmp 3/1 payload ""`},
		{`arp {
			src_ip = "10.0.0.1"
			dst_ip = "10.0.0.2"
		}`,
			`02:00:00:00:00:01>ff:ff:ff:ff:ff:ff arp 1 02:00:00:00:00:01 10.0.0.1 > 00:00:00:00:00:00 10.0.0.2`},
		{`arp {
			opcode = 2
			src_mac = "aa:bb:cc:dd:ee:ff"
			src_ip = "10.0.0.1"
			dst_mac = "02:00:00:00:00:09"
			dst_ip = "10.0.0.2"
		}`,
			`aa:bb:cc:dd:ee:ff>02:00:00:00:00:09 arp 2 aa:bb:cc:dd:ee:ff 10.0.0.1 > 02:00:00:00:00:09 10.0.0.2`},
		{`dns {
			src = "10.0.0.1"
			dst = "10.0.0.53"
			qname = "www.Example.com."
		}`,
			macs + `ip4 10.0.0.1>10.0.0.53 ttl 64 len 61 id 0 udp 40000>53 len 41 dns www.Example.com type 1 response false answers 0`},
		{`dns {
			src = "2001:db8::53"
			dst = "2001:db8::1"
			qname = "example.com"
			qtype = "TXT"
			response = true
			rcode = "NXDOMAIN"
			answers = 2
			dstport = 5000
		}`,
			macs + `ip6 2001:db8::53>2001:db8::1 ttl 64 len 109 id 0 udp 53>5000 len 69 dns example.com type 16 response true answers 2 rcode 3`},
		{`dns {
			src = "10.0.0.1"
			dst = "10.0.0.53"
			qname = ""
			qtype = 2
		}`,
			macs + `ip4 10.0.0.1>10.0.0.53 ttl 64 len 45 id 0 udp 40000>53 len 25 dns <Root> type 2 response false answers 0`},
		{`dns {
			src = "10.0.0.1"
			dst = "10.0.0.53"
			qname = "${repeat("a", 52)}.example.com"
		}`,
			macs + `ip4 10.0.0.1>10.0.0.53 ttl 64 len 110 id 0 udp 40000>53 len 90 dns ` + strings.Repeat("a", 52) + `.example.com type 1 response false answers 0`},
	} {
		n := 0
		decoded(t, "packets {\n"+c.block+"\n}", func(f packet.Frame, p *packet.Packet) {
			n++
			if got := show(p); got != c.want {
				t.Errorf("%s:\n got %s\nwant %s", c.block, got, c.want)
			}
			if len(f.Data) < 60 || int(f.Length) != len(f.Data) {
				t.Errorf("%s: frame has %d bytes, Length %d; Ethernet has at least 60", c.block, len(f.Data), f.Length)
			}
			checkSums(t, c.block, f.Data)
		})
		if n != 1 {
			t.Errorf("%s: %d packets, want 1", c.block, n)
		}
	}
}

// checkSums verifies the checksums of a frame with a sum of its own (RFC 1071): over a header or a
// pseudo-header with its checksum the sum is all ones.
func checkSums(t *testing.T, name string, data []byte) {
	t.Helper()
	pkt := gopacket.NewPacket(data, layers.LayerTypeEthernet, gopacket.Default)
	if e := pkt.ErrorLayer(); e != nil {
		t.Errorf("%s: gopacket cannot decode it: %v", name, e.Error())
		return
	}
	sum := func(parts ...[]byte) uint16 {
		var s uint32
		for _, b := range parts {
			for i := 0; i < len(b); i += 2 {
				s += uint32(b[i]) << 8
				if i+1 < len(b) {
					s += uint32(b[i+1])
				}
			}
		}
		for s > 0xffff {
			s = s>>16 + s&0xffff
		}
		return uint16(s)
	}
	switch ip := pkt.NetworkLayer().(type) {
	case *layers.IPv4:
		if sum(ip.Contents) != 0xffff {
			t.Errorf("%s: wrong checksum of the IPv4 header", name)
		}
		n := len(ip.Payload)
		pseudo := []byte{0, byte(ip.Protocol), byte(n >> 8), byte(n)}
		if ip.Protocol == layers.IPProtocolICMPv4 {
			if sum(ip.Payload) != 0xffff {
				t.Errorf("%s: wrong checksum of ICMP", name)
			}
		} else if sum(ip.SrcIP.To4(), ip.DstIP.To4(), pseudo, ip.Payload) != 0xffff {
			t.Errorf("%s: wrong checksum of %s", name, ip.Protocol)
		}
	case *layers.IPv6:
		n := len(ip.Payload)
		pseudo := []byte{0, byte(ip.NextHeader), byte(n >> 8), byte(n)}
		if sum(ip.SrcIP, ip.DstIP, pseudo, ip.Payload) != 0xffff {
			t.Errorf("%s: wrong checksum of %s", name, ip.NextHeader)
		}
	}
}

func TestExpressionsOfI(t *testing.T) {
	var got []string
	decoded(t, `packets {
		count = 3
		every = "500ms"
		dns {
			src     = cidrhost("10.0.0.0/8", 255 + i)
			dst     = "10.0.0.${53 + i}"
			qname   = format("%03d.%s.test", i, upper(substr("abc", i, 1)))
			qtype   = [1, 16, "AAAA"][i]
			srcport = 1000 + i * 2
		}
	}`, func(f packet.Frame, p *packet.Packet) {
		got = append(got, fmt.Sprintf("%v %s>%s %d %s %d", time.Duration(f.Time-epoch), p.Src, p.Dst, p.SrcPort, p.QueryName(), p.DNSQType))
	})
	want := "0s 10.0.0.255>10.0.0.53 1000 000.A.test 1\n" +
		"500ms 10.0.1.0>10.0.0.54 1002 001.B.test 16\n" +
		"1s 10.0.1.1>10.0.0.55 1004 002.C.test 28"
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("got\n%s\nwant\n%s", s, want)
	}
}

// Packets of several blocks come by time, at one time in the order of the file; more of them than
// fit a batch keep their bytes.
func TestReplayMergesBlocks(t *testing.T) {
	var last int64
	var order []byte
	n, sum := 0, 0
	decoded(t, `
	packets {
		start = "1ms"
		count = 3000
		every = "2ms"
		udp {
			src = "10.0.0.1"
			dst = "10.0.0.2"
			dstport = 1 + i
		}
	}
	packets {
		count = 0
		tcp {
			src = "10.0.0.1"
			dst = "10.0.0.2"
			dstport = 1 + i
		}
	}
	packets {
		count = 3000
		every = "1ms"
		tcp {
			src = "10.0.0.1"
			dst = "10.0.0.2"
			dstport = 7
		}
	}`, func(f packet.Frame, p *packet.Packet) {
		if f.Time < last {
			t.Fatalf("packet %d comes %d ns before the one before it", n, last-f.Time)
		}
		last = f.Time
		if n < 6 {
			order = append(order, "UT"[b2i(p.Has(packet.LayerTCP))])
		}
		n++
		if p.Has(packet.LayerUDP) {
			sum += int(p.DstPort)
		}
	})
	if n != 6000 || sum != 3000*3001/2 {
		t.Errorf("%d packets with a sum of ports of %d, want 6000 and %d", n, sum, 3000*3001/2)
	}
	if string(order) != "TUTTUT" {
		t.Errorf("order is %s, want TUTTUT", order)
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestEpochIsMidnight(t *testing.T) {
	if got := time.Unix(0, epoch).UTC().Format(time.RFC3339); got != "2026-01-01T00:00:00Z" {
		t.Errorf("epoch is %s", got)
	}
}

func TestCidrhostAndRepeat(t *testing.T) {
	for _, c := range []struct{ expr, want string }{
		{`cidrhost("10.0.0.0/24", 255)`, "10.0.0.255"},
		{`cidrhost("10.0.0.9/24", 1)`, "10.0.0.1"},
		{`cidrhost("2001:db8::/32", 65536)`, "2001:db8::1:0"},
	} {
		p := blocksOf(t, "packets {\ntcp {\nsrc = "+c.expr+"\ndst = "+c.expr+"\ndstport = 1\n}\n}")[0]
		if p.base.src != netip.MustParseAddr(c.want) {
			t.Errorf("%s is %s, want %s", c.expr, p.base.src, c.want)
		}
	}
}

func BenchmarkReplay(b *testing.B) {
	for name, text := range map[string]string{
		"equal": `packets {
			count = 100000
			every = "1ms"
			tcp {
				src = "10.0.0.1"
				dst = "10.0.0.2"
				dstport = 80
			}
		}`,
		"varying": `packets {
			count = 100000
			every = "1ms"
			tcp {
				src = "10.0.${floor(i / 250)}.${i % 250}"
				dst = "10.0.0.2"
				dstport = 1000 + i % 100
			}
		}`,
	} {
		b.Run(name, func(b *testing.B) {
			blocks := blocksOf(b, text[:strings.Index(text, "count")]+"count = 10000"+text[strings.Index(text, "100000")+6:])
			for b.Loop() {
				if diags := replay(blocks, player{frames: func([]packet.Frame) {}}); diags.HasErrors() {
					b.Fatal(diags)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/10000, "ns/packet")
		})
	}
}
