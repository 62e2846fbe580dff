package packet_test

import (
	"encoding/binary"
	"strings"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"github.com/ruleids/ruleids/packet"
)

// everything decodes all there is, each packet alone.
func everything() packet.Decoder {
	return packet.Decoder{NeedDNS: true, Need: packet.AllNeeds, Single: true}
}

// vector puts the length of its parts before them, in n bytes.
func vector(n int, parts ...[]byte) []byte {
	b := join(parts...)
	length := binary.BigEndian.AppendUint32(nil, uint32(len(b)))
	return join(length[4-n:], b)
}

// extension is one of a hello.
func extension(kind byte, body ...[]byte) []byte { return join([]byte{0, kind}, vector(2, body...)) }

// clientHello is a handshake message in a record of TLS.
func clientHello(extensions ...[]byte) []byte {
	m := join([]byte{1}, vector(3, []byte{3, 3}, make([]byte, 32), []byte{0}, vector(2, []byte{0x13, 1, 0x13, 2}), []byte{1, 0}, vector(2, extensions...)))
	return join([]byte{22, 3, 1}, vector(2, m))
}

func serverName(name string) []byte {
	return extension(0, vector(2, []byte{0}, vector(2, []byte(name))))
}

// messageSamples are frames that carry what applications say.
func messageSamples() (s []sample) {
	const (
		lHTTP    = lFrame | packet.LayerIP | lTCP | packet.LayerHTTP
		lRequest = lHTTP | packet.LayerHTTPRequest
		lHello   = lFrame | packet.LayerIP | lTCP | packet.LayerTLS
		lPrints  = packet.LayerJA3 | packet.LayerJA4
		lUDPIP   = lFrame | packet.LayerIP | lUDP
		lAnswer  = lUDPIP | lDNS | packet.LayerDNSResponse | packet.LayerDNSRecords // OPT
	)
	tcp := func(name string, l packet.Layer, fields map[string]string, payload []byte) {
		t := &layers.TCP{SrcPort: 40000, DstPort: 8001, ACK: true, PSH: true}
		s = append(s, sample{name: name, link: packet.LinkRaw, data: frame(ip4(6), t, gopacket.Payload(payload)), layers: l, class: packet.ClassTCP + packet.FlagACK + packet.FlagPSH, fields: fields})
	}
	tcp("HTTP request", lRequest|packet.LayerHTTPHost|packet.LayerHTTPAgent,
		map[string]string{"http.request.method": "GET", "http.request.uri": "/?x=${jndi}", "http.host": "a.example", "http.user_agent": "sqlmap/1.7"},
		[]byte("GET /?x=${jndi} HTTP/1.1\r\nHost: a.example\r\nUser-Agent: sqlmap/1.7\r\n\r\n"))
	tcp("HTTP request without fields", lRequest, map[string]string{"http.request.method": "HEAD", "http.request.uri": "/"}, []byte("HEAD / HTTP/1.0\r\n\r\n"))
	tcp("HTTP request with a body", lRequest|packet.LayerHTTPContent, map[string]string{"http.content_type": "text/plain"}, []byte("POST /b HTTP/1.1\r\ncontent-type: text/plain\r\n\r\nhello"))
	tcp("HTTP request in parts", lFrame|packet.LayerIP|lTCP, nil, []byte("GET / HTTP/1.1\r\nHost: a.example\r\n"))
	tcp("HTTP response", lHTTP|packet.LayerHTTPResponse|packet.LayerHTTPContent, map[string]string{"http.response.code": "404", "http.content_type": "text/html"},
		[]byte("HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\n\r\n<html>"))
	tcp("TLS client", lHello|lPrints|packet.LayerTLSName|packet.LayerTLSALPN, map[string]string{"tls.handshake.type": "1", "tls.handshake.version": "771",
		"tls.handshake.extensions_server_name": "www.example.com", "tls.handshake.extensions_alpn_str": "h2 http/1.1", "tls.handshake.ja4": "t13d0203h2_62ed6f6ca7ad_b9a491fefe05"},
		clientHello(serverName("www.example.com"), extension(16, vector(2, vector(1, []byte("h2")), vector(1, []byte("http/1.1")))), extension(43, vector(1, []byte{3, 4}))))
	tcp("TLS client without extensions", lHello|lPrints, map[string]string{"tls.handshake.ja3": "3d406cfeb27540a8d99cecd58f281004", "tls.handshake.ja4": "t12i020000_62ed6f6ca7ad_000000000000"}, clientHello())
	tcp("TLS client in parts", lFrame|packet.LayerIP|lTCP, nil, clientHello(serverName("www.example.com"))[:60])
	tcp("TLS server", lHello, map[string]string{"tls.handshake.type": "2", "tls.handshake.version": "769"},
		join([]byte{22, 3, 1}, vector(2, []byte{2}, vector(3, []byte{3, 1}, make([]byte, 32), []byte{0, 0, 10, 0}))))
	tcp("TLS certificate", lFrame|packet.LayerIP|lTCP, nil, join([]byte{22, 3, 1}, vector(2, []byte{11}, vector(3, make([]byte, 40)))))
	tcp("SSH banner", lFrame|packet.LayerIP|lTCP|packet.LayerSSH, map[string]string{"ssh.protocol": "SSH-2.0-libssh_0.9.6"}, []byte("SSH-2.0-libssh_0.9.6\r\n"))

	record := func(kind uint16, data ...[]byte) []byte {
		return join([]byte{0xc0, 12}, binary.BigEndian.AppendUint16(nil, kind), []byte{0, 1, 0, 0, 1, 44}, vector(2, data...))
	}
	opt := join([]byte{0, 0, 41, 4, 208, 0, 0, 0, 0}, []byte{0, 0})
	answer := func(name string, l packet.Layer, fields map[string]string, records ...[]byte) {
		m := join([]byte{0, 1, 0x81, 0x80, 0, 1, 0, byte(len(records)), 0, 0, 0, 1}, []byte("\x01a\x07example\x00"), []byte{0, 1, 0, 1}, join(records...), opt)
		s = append(s, sample{name: name, link: packet.LinkRaw, data: frame(ip4(17), udp(53, 40000), gopacket.Payload(m)), layers: lAnswer | l, class: packet.ClassUDP, fields: fields})
	}
	answer("DNS answers", packet.LayerDNSTTL|packet.LayerDNSA|packet.LayerDNSAAAA|packet.LayerDNSCNAME,
		map[string]string{"dns.a": "198.51.100.1 198.51.100.2", "dns.aaaa": "2001:db8::7", "dns.cname": "b.a.example", "dns.resp.ttl": "300 300 300 300", "dns.resp.len": "4 4 4 16 0"},
		record(5, []byte("\x01b\xc0\x0c")), record(1, []byte{198, 51, 100, 1}), record(1, []byte{198, 51, 100, 2}), record(28, []byte{0x20, 1, 0xd, 0xb8, 15: 7}))
	answer("DNS texts and servers", packet.LayerDNSTTL|packet.LayerDNSTXT|packet.LayerDNSNS, map[string]string{"dns.txt": "one two three", "dns.ns": "ns.a.example"},
		record(16, vector(1, []byte("one")), vector(1, []byte("two"))), record(16, vector(1, []byte("three"))), record(2, []byte("\x02ns\xc0\x0c")))
	answer("DNS records of a wrong length", packet.LayerDNSTTL, map[string]string{"dns.resp.len": "5 3 1 0 0"}, record(1, make([]byte, 5)), record(28, make([]byte, 3)), record(16, []byte{9}), record(16))
	answer("DNS name to itself", packet.LayerDNSTTL, nil, record(5, []byte{0xc0, 43}))
	answer("DNS without records", 0, nil)

	dhcp := make([]byte, 240)
	dhcp[0], dhcp[1], dhcp[2] = 1, 1, 6
	copy(dhcp[28:], macA)
	copy(dhcp[236:], "\x63\x82\x53\x63")
	s = append(s,
		sample{name: "DHCP", link: packet.LinkRaw, data: frame(ip4(17), udp(68, 67), gopacket.Payload(join(dhcp, []byte{53, 1, 3, 255}))), layers: lUDPIP | packet.LayerDHCP | packet.LayerDHCPType | packet.LayerDHCPClient,
			class: packet.ClassUDP, fields: map[string]string{"dhcp.type": "request", "dhcp.hw.mac_addr": macA.String()}},
		sample{name: "BOOTP", link: packet.LinkRaw, data: frame(ip4(17), udp(67, 68), gopacket.Payload(with(dhcp, 2, 8))), layers: lUDPIP | packet.LayerDHCP, class: packet.ClassUDP},
		sample{name: "ICMP timestamp", link: packet.LinkRaw, data: frame(ip4(layers.IPProtocolICMPv4), body("\x0d\x00\x00\x00\x00\x05\x00\x06abcdefghijkl")), layers: lFrame | packet.LayerIP | lICMP | packet.LayerICMPEcho, class: packet.ClassICMP,
			fields: map[string]string{"icmp.ident": "5", "icmp.seq": "6", "icmp.data_len": "12"}},
		sample{name: "neighbor solicitation", link: packet.LinkRaw, data: frame(ip6(layers.IPProtocolICMPv6), gopacket.Payload(join([]byte{135, 0, 0, 0, 0, 0, 0, 0, 0x20, 1, 0xd, 0xb8, 23: 5}, []byte{1, 1}, macA))),
			layers: lFrame | packet.LayerIP | lICMP6 | packet.LayerNDTarget | packet.LayerNDLink, class: packet.ClassICMPv6, fields: map[string]string{"icmpv6.nd.target": "2001:db8::5", "icmpv6.opt.linkaddr": macA.String()}},
		sample{name: "router advertisement", link: packet.LinkRaw, data: frame(ip6(layers.IPProtocolICMPv6), gopacket.Payload(join([]byte{134, 0, 0, 0, 15: 0}, []byte{5, 1, 0, 0, 0, 0, 5, 220}, []byte{1, 1}, macB))),
			layers: lFrame | packet.LayerIP | lICMP6 | packet.LayerNDLink, class: packet.ClassICMPv6, fields: map[string]string{"icmpv6.opt.linkaddr": macB.String(), "icmpv6.data_len": "24"}},
		sample{name: "neighbor advertisement without options", link: packet.LinkRaw, data: frame(ip6(layers.IPProtocolICMPv6), gopacket.Payload([]byte{136, 0, 0, 0, 0, 0, 0, 0, 0x20, 1, 0xd, 0xb8, 23: 9})),
			layers: lFrame | packet.LayerIP | lICMP6 | packet.LayerNDTarget, class: packet.ClassICMPv6, fields: map[string]string{"icmpv6.nd.target": "2001:db8::9"}},
		sample{name: "redirect with an option of no length", link: packet.LinkRaw, data: frame(ip6(layers.IPProtocolICMPv6), gopacket.Payload(join([]byte{137, 0, 0, 0, 39: 0}, make([]byte, 8)))),
			layers: lFrame | packet.LayerIP | lICMP6 | packet.LayerNDTarget, class: packet.ClassICMPv6, fields: map[string]string{"icmpv6.nd.target": "::"}},
	)
	return s
}

// values writes all values of a field that may have several.
func values(f *packet.Field, p *packet.Packet) string {
	var c packet.Cursor
	var out []string
	for c.Begin(f, p); c.Next(); {
		switch f.Kind {
		case packet.KindIP:
			out = append(out, c.Addr.String())
		case packet.KindInt:
			out = append(out, decimal(c.Int))
		default:
			out = append(out, string(c.Bytes))
		}
	}
	return strings.Join(out, " ")
}
