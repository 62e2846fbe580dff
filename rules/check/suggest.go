package check

import (
	"slices"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
)

// foreignFields are names that Wireshark or other tools have and that are written differently here.
var foreignFields = map[string]string{
	"ip.addr":          "Write ip.src == … or ip.dst == ….",
	"ip.host":          "Write ip.src == … or ip.dst == ….",
	"ipv6.addr":        "Write ip.src == … or ip.dst == …; ip.* covers IPv6 too.",
	"ipv6.src":         "Write ip.src; ip.* covers IPv6 too.",
	"ipv6.dst":         "Write ip.dst; ip.* covers IPv6 too.",
	"ipv6.hlim":        "Write ip.ttl; ip.* covers IPv6 too.",
	"ipv6.nxt":         "Write ip.proto; ip.* covers IPv6 too.",
	"ipv6.plen":        "Write ip.len - 40; ip.* covers IPv6 too.",
	"eth.addr":         "Write eth.src == … or eth.dst == ….",
	"tcp.port":         "Write tcp.srcport == … or tcp.dstport == ….",
	"udp.port":         "Write udp.srcport == … or udp.dstport == ….",
	"tcp.window_size":  "Write tcp.window_size_value, the window before scaling.",
	"tcp.seq_raw":      "Write tcp.seq, which is the number on the wire here.",
	"tcp.ack_raw":      "Write tcp.ack, which is the number on the wire here.",
	"tcp.payload":      "Write payload.",
	"udp.payload":      "Write payload.",
	"data.data":        "Write payload.",
	"dns.qry.name.len": "Write len(dns.qry.name).",
	"frame.time":       "Write frame.time_epoch.",
}

// fieldAdvice says what to write instead of a field that does not exist: a foreign name's
// translation, or the nearest name.
func fieldAdvice(name string) string {
	if s, ok := foreignFields[name]; ok && s != "" {
		return " " + s
	}
	names := make([]string, 0, len(packet.Fields()))
	for i := range packet.Fields() {
		names = append(names, packet.Fields()[i].Name)
	}
	slices.Sort(names)
	return diag.DidYouMean(name, names)
}
