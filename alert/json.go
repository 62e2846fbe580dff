package alert

import (
	"bytes"
	"cmp"
	"math"
	"strconv"
	"time"

	"github.com/ruleids/ruleids/internal/printable"
	"github.com/ruleids/ruleids/packet"
)

// TimestampLayout is how EVE writes a time, for time.Time.Format: UTC, microseconds (what is finer is cut off), offset without a colon.
const TimestampLayout = "2006-01-02T15:04:05.000000-0700"

// MarshalJSON returns the alert as AppendJSON writes it. Package json escapes HTML characters in
// it, which AppendJSON does not.
func (a *Alert) MarshalJSON() ([]byte, error) { return a.AppendJSON(nil), nil }

// AppendJSON appends the alert to dst as one JSON object without a newline: Suricata's EVE keys,
// and ours under "ruleids". The order of the keys is fixed, so that equal alerts give equal lines.
//
// Addresses, ports, protocol, ICMP type and Community ID are there when the packet has them,
// threshold, message and what follows message when the rule does. Numbers that JSON cannot write
// (NaN and the infinities) are null. Text is always valid UTF-8 that prints, once decoded too, whatever
// was in the packet: what does not print is in it as \x1b, \u202e or, for a byte that is not UTF-8, \xff.
func (a *Alert) AppendJSON(dst []byte) []byte {
	o := object{b: dst}
	o.begin("", '{')
	o.key("timestamp")
	o.b = append(time.Unix(0, a.Time).UTC().AppendFormat(append(o.b, '"'), TimestampLayout), '"')
	o.text("event_type", "alert")
	a.writeFlow(&o)
	a.Tunnel.write(&o)
	if a.Number != 0 {
		o.count("pcap_cnt", a.Number)
	}

	o.begin("alert", '{')
	o.text("action", "allowed")
	o.text("signature", cmp.Or(a.Description, a.Rule))
	o.text("category", a.Category)
	o.integer("severity", a.Severity.EVE())
	o.end('}')

	o.begin("ruleids", '{')
	o.text("rule", a.Rule)
	o.text("severity", a.Severity.String())
	o.named("key", a.Key)
	o.named("values", a.Values)
	if a.Threshold != nil {
		o.number("threshold", *a.Threshold)
	}
	o.texts("attack", a.Attack)
	o.begin("actions", '[')
	for i := range a.Actions {
		o.text("", a.Actions[i].Kind)
	}
	o.end(']')
	o.some("message", a.Message)
	a.writeExtras(&o)
	o.end('}')
	o.end('}')
	return o.b
}

// endpoint writes an address and, where it has one, its port.
func (o *object) endpoint(end string, addr packet.Addr, port uint16, ports bool) {
	o.key(end + "_ip")
	o.b = append(addr.Netip().AppendTo(append(o.b, '"')), '"')
	if ports {
		o.count(end+"_port", uint64(port))
	}
}

// write writes the key tunnel, as Suricata has it, with the kind of the tunnel besides; nothing for nil.
func (t *Tunnel) write(o *object) {
	if t == nil {
		return
	}
	ports := t.SrcPort|t.DstPort != 0
	o.begin("tunnel", '{')
	o.endpoint("src", t.Src, t.SrcPort, ports)
	o.endpoint("dest", t.Dst, t.DstPort, ports)
	o.text("proto", protocolName(t.IPProto))
	o.integer("depth", t.Depth)
	o.text("type", t.Type.String())
	o.end('}')
}

// writeFlow writes the keys from src_ip to community_id.
func (a *Alert) writeFlow(o *object) {
	ports := a.Layers&packet.LayerPorts != 0
	if a.hasAddresses() {
		o.endpoint("src", a.Src, a.SrcPort, ports)
		if a.hasDestination() {
			o.endpoint("dest", a.Dst, a.DstPort, ports)
		}
	}
	o.some("proto", a.Protocol())
	if a.hasICMP() {
		o.count("icmp_type", uint64(a.ICMPType))
		o.count("icmp_code", uint64(a.ICMPCode))
	}
	var room [32]byte
	if id := a.appendCommunityID(room[:0]); len(id) > 0 {
		o.key("community_id")
		o.b = append(append(append(o.b, '"'), id...), '"')
	}
}

// writeExtras writes the keys that only some alerts have.
func (a *Alert) writeExtras(o *object) {
	if len(a.Actions) > 0 {
		a.writeResponses(o, "responses")
	}
	a.Sample.write(o)
	a.Assets.write(o)
	if a.Suppressed != 0 {
		o.count("suppressed", a.Suppressed)
	}
	if a.Shadow {
		o.text("mode", "shadow")
	}
	if r := a.Reputation; r != nil {
		o.begin("reputation", '{')
		o.text("source", r.Source)
		o.text("indicator", r.Indicator)
		o.text("tier", r.Tier.String())
		if r.Engines != 0 {
			o.integer("malicious", r.Malicious)
			o.integer("suspicious", r.Suspicious)
			o.integer("engines", r.Engines)
		}
		o.end('}')
	}
	if a.CaptureLoss != 0 {
		o.count("capture_loss", a.CaptureLoss)
	}
	o.some("evidence", a.Evidence)
	o.some("filter", a.Filter)
	if len(a.References) > 0 {
		o.texts("references", a.References)
	}
	o.some("agent", a.Agent)
}

// writeResponses writes what the rule asks for. The message of an entry is left out where it is the alert's.
func (a *Alert) writeResponses(o *object, key string) {
	o.begin(key, '[')
	for i := range a.Actions {
		c := &a.Actions[i]
		o.begin("", '{')
		o.text("action", c.Kind)
		if c.Target.IsValid() {
			o.key("target")
			o.b = append(c.Target.AppendTo(append(o.b, '"')), '"')
		}
		if c.Seconds != 0 {
			o.number("seconds", c.Seconds)
		}
		if c.Share {
			o.key("share")
			o.b = append(o.b, "true"...)
		}
		if len(c.To) > 0 {
			o.texts("to", c.To)
		}
		if c.Kind == "notify" && c.Message != a.Message || c.Kind != "notify" && c.Message != "" {
			o.text("message", c.Message)
		}
		o.end('}')
	}
	o.end(']')
}

func isWhole(x float64) bool { return x == math.Trunc(x) && !math.IsInf(x, 0) }

func hasPoint(number []byte) bool { return bytes.ContainsAny(number, ".e") }

// appendFloat appends the shortest number that reads back as x, whole ones without a point; null
// for what JSON cannot write.
func appendFloat(dst []byte, x float64) []byte {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return append(dst, "null"...)
	}
	if m := math.Abs(x); m != 0 && (m < 1e-6 || m >= 1e21) {
		return strconv.AppendFloat(dst, x, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, x, 'f', -1, 64)
}

// appendString appends s in quotes: safe text (package printable), with the escapes of RFC 8259, section 7, for the two
// marks that need them. HTML characters stay as they are.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, c := range []byte(printable.Text(s)) {
		if c == '"' || c == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, c)
	}
	return append(dst, '"')
}
