package capture_test

import (
	"strings"
	"testing"

	"github.com/ruleids/ruleids/packet"
)

// Why TestOracle does not compare a field.
const (
	elsewhere   = "TestOracle of engine/conversation compares it"
	noPacket    = "it is of an event that is no packet"
	memory      = "what was known before the packet is in no field of tshark"
	noFault     = "tshark says of more packets than those with broken headers that they are malformed"
	noJA4       = "tshark has it from 4.2 on: package application compares it with what its authors published"
	noOverlap   = "tshark has it where it puts fragments together, which is off here: a test of the reassembler compares bytes"
	unread      = "it is what both read"
	samePayload = "it is payload, which is compared"
	byEndpoint  = "it stands for the field of ARP or IP that is compared"
)

// oracleTable has a row for every field of packets and conversations: "" where TestOracle compares it with tshark, otherwise why it
// does not.
var oracleTable = map[string]string{
	"frame.len": "", "frame.cap_len": "", "frame.time_epoch": "", "frame.malformed": noFault, "frame.bytes": unread,
	"eth.src": "", "eth.dst": "", "eth.type": "", "vlan.id": "", "vlan.depth": "",
	"arp.opcode": "", "arp.src.hw_mac": "", "arp.src.proto_ipv4": "", "arp.dst.hw_mac": "", "arp.dst.proto_ipv4": "",
	"ip.version": "", "ip.src": "", "ip.dst": "", "ip.proto": "", "ip.ttl": "", "ip.len": "", "ip.id": "",
	"ip.flags.df": "", "ip.flags.mf": "", "ip.frag_offset": "", "ip.fragment.overlap": noOverlap,
	"tunnel.type": "", "tunnel.depth": "", "outer.ip.version": "", "outer.ip.src": "", "outer.ip.dst": "", "outer.ip.proto": "",
	"outer.ip.ttl": "", "outer.ip.len": "", "outer.src.port": "", "outer.dst.port": "",
	"tcp.srcport": "", "tcp.dstport": "", "tcp.seq": "", "tcp.ack": "", "tcp.len": "", "tcp.window_size_value": "", "tcp.flags": "",
	"tcp.flags.fin": "", "tcp.flags.syn": "", "tcp.flags.reset": "", "tcp.flags.push": "", "tcp.flags.ack": "", "tcp.flags.urg": "",
	"tcp.flags.ece": "", "tcp.flags.cwr": "", "udp.srcport": "", "udp.dstport": "", "udp.length": "", "src.port": "", "dst.port": "",
	"icmp.type": "", "icmp.code": "", "icmp.ident": "", "icmp.seq": "", "icmp.data_len": "", "icmp.data": samePayload,
	"icmpv6.type": "", "icmpv6.code": "", "icmpv6.echo.identifier": "", "icmpv6.echo.sequence_number": "", "icmpv6.data_len": "", "icmpv6.data": samePayload,
	"icmpv6.nd.target": "", "icmpv6.opt.linkaddr": "",
	"dns.flags.response": "", "dns.flags.rcode": "", "dns.qry.name": "", "dns.qry.type": "", "dns.count.answers": "",
	"dns.a": "", "dns.aaaa": "", "dns.cname": "", "dns.ns": "", "dns.txt": "", "dns.resp.ttl": "", "dns.resp.len": "",
	"http.request.method": "", "http.request.uri": "", "http.host": "", "http.user_agent": "", "http.content_type": "", "http.response.code": "",
	"tls.handshake.type": "", "tls.handshake.version": "", "tls.handshake.extensions_server_name": "",
	"tls.handshake.extensions_alpn_str": "", "tls.handshake.ja3": "", "tls.handshake.ja4": noJA4,
	"ssh.protocol": "", "dhcp.type": "", "dhcp.hw.mac_addr": "", "payload": "",

	"flow.packets": elsewhere, "flow.bytes": elsewhere, "flow.duration": elsewhere, "flow.packet_rate": elsewhere, "flow.byte_rate": elsewhere,
	"conn.established": elsewhere, "conn.retransmission": elsewhere, "conn.to_server": elsewhere,
	"conn.state": elsewhere, "conn.duration": elsewhere, "conn.bytes_out": elsewhere, "conn.bytes_in": elsewhere,
	"conn.packets_out": elsewhere, "conn.packets_in": elsewhere, "conn.service": elsewhere,

	"asset.src.ip": byEndpoint, "asset.src.known": memory, "asset.src.age": memory, "asset.src.mac": memory,
	"asset.dst.known": memory, "asset.dst.age": memory, "asset.dst.service": memory, "asset.watched": memory,
}

// TestOracleTable holds the table against that of the fields: a new field needs a row.
func TestOracleTable(t *testing.T) {
	for i := range packet.Fields() {
		f := &packet.Fields()[i]
		if _, ok := oracleTable[f.Name]; !ok && why(f) != noPacket {
			t.Errorf("%s has no row in oracleTable: compare it with tshark, or say why not", f.Name)
		}
	}
	for name := range oracleTable {
		if packet.FieldByName(name) == nil {
			t.Errorf("oracleTable has a row for %s, which is no field", name)
		}
	}
}

// why returns why TestOracle does not compare a field, "" where it does.
func why(f *packet.Field) string {
	if reason, ok := oracleTable[f.Name]; ok {
		return reason
	}
	switch layer, _, _ := strings.Cut(f.Name, "."); layer {
	case "honeypot", "alert", "auth", "model":
		return noPacket
	}
	return ""
}
