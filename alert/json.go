package alert

import (
	"bytes"
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
	dst = append(dst, `{"timestamp":"`...)
	dst = time.Unix(0, a.Time).UTC().AppendFormat(dst, TimestampLayout)
	dst = append(dst, `","event_type":"alert"`...)
	dst = a.appendFlow(dst)
	dst = a.Tunnel.appendJSON(dst)
	if a.Number != 0 {
		dst = append(dst, `,"pcap_cnt":`...)
		dst = strconv.AppendUint(dst, a.Number, 10)
	}

	dst = append(dst, `,"alert":{"action":"allowed","signature":`...)
	if a.Description != "" {
		dst = appendString(dst, a.Description)
	} else {
		dst = appendString(dst, a.Rule)
	}
	dst = append(dst, `,"category":`...)
	dst = appendString(dst, a.Category)
	dst = append(dst, `,"severity":`...)
	dst = strconv.AppendInt(dst, int64(a.Severity.EVE()), 10)
	dst = append(dst, '}')

	dst = append(dst, `,"ruleids":{"rule":`...)
	dst = appendString(dst, a.Rule)
	dst = append(dst, `,"severity":`...)
	dst = appendString(dst, a.Severity.String())
	dst = append(dst, `,"key":`...)
	dst = appendNamed(dst, a.Key)
	dst = append(dst, `,"values":`...)
	dst = appendNamed(dst, a.Values)
	if a.Threshold != nil {
		dst = append(dst, `,"threshold":`...)
		dst = appendFloat(dst, *a.Threshold)
	}
	dst = append(dst, `,"attack":`...)
	dst = appendStrings(dst, a.Attack)
	dst = append(dst, `,"actions":[`...)
	for i := range a.Actions {
		dst = comma(dst, i)
		dst = appendString(dst, a.Actions[i].Kind)
	}
	dst = append(dst, ']')
	if a.Message != "" {
		dst = append(dst, `,"message":`...)
		dst = appendString(dst, a.Message)
	}
	dst = a.appendExtras(dst)
	return append(dst, '}', '}')
}

// appendJSON appends the key tunnel, as Suricata has it, with the kind of the tunnel besides; nothing for nil.
func (t *Tunnel) appendJSON(dst []byte) []byte {
	if t == nil {
		return dst
	}
	dst = append(dst, `,"tunnel":{"src_ip":"`...)
	dst = t.Src.Netip().AppendTo(dst)
	if t.SrcPort|t.DstPort != 0 {
		dst = append(dst, `","src_port":`...)
		dst = strconv.AppendUint(dst, uint64(t.SrcPort), 10)
		dst = append(dst, `,"dest_ip":"`...)
		dst = t.Dst.Netip().AppendTo(dst)
		dst = append(dst, `","dest_port":`...)
		dst = strconv.AppendUint(dst, uint64(t.DstPort), 10)
		dst = append(dst, `,"proto":"`...)
	} else {
		dst = append(dst, `","dest_ip":"`...)
		dst = t.Dst.Netip().AppendTo(dst)
		dst = append(dst, `","proto":"`...)
	}
	dst = append(dst, protocolName(t.IPProto)...)
	dst = append(dst, `","depth":`...)
	dst = strconv.AppendInt(dst, int64(t.Depth), 10)
	dst = append(dst, `,"type":"`...)
	dst = append(dst, t.Type.String()...)
	return append(dst, '"', '}')
}

// appendFlow appends the keys from src_ip to community_id.
func (a *Alert) appendFlow(dst []byte) []byte {
	ports := a.Layers&packet.LayerPorts != 0
	if a.hasAddresses() {
		dst = append(dst, `,"src_ip":"`...)
		dst = append(a.Src.Netip().AppendTo(dst), '"')
		if ports {
			dst = append(dst, `,"src_port":`...)
			dst = strconv.AppendUint(dst, uint64(a.SrcPort), 10)
		}
		if a.hasDestination() {
			dst = append(dst, `,"dest_ip":"`...)
			dst = append(a.Dst.Netip().AppendTo(dst), '"')
			if ports {
				dst = append(dst, `,"dest_port":`...)
				dst = strconv.AppendUint(dst, uint64(a.DstPort), 10)
			}
		}
	}
	if proto := a.Protocol(); proto != "" {
		dst = append(dst, `,"proto":"`...)
		dst = append(append(dst, proto...), '"')
	}
	if a.hasICMP() {
		dst = append(dst, `,"icmp_type":`...)
		dst = strconv.AppendUint(dst, uint64(a.ICMPType), 10)
		dst = append(dst, `,"icmp_code":`...)
		dst = strconv.AppendUint(dst, uint64(a.ICMPCode), 10)
	}
	const key = `,"community_id":"`
	dst = append(dst, key...)
	before := len(dst)
	if dst = a.appendCommunityID(dst); len(dst) == before {
		return dst[:before-len(key)]
	}
	return append(dst, '"')
}

// appendExtras appends the keys that only some alerts have.
func (a *Alert) appendExtras(dst []byte) []byte {
	if len(a.Actions) > 0 {
		dst = append(dst, `,"responses":`...)
		dst = a.appendResponsesJSON(dst)
	}
	dst = a.Sample.appendJSON(dst)
	dst = a.Assets.appendJSON(dst)
	if a.Suppressed != 0 {
		dst = append(dst, `,"suppressed":`...)
		dst = strconv.AppendUint(dst, a.Suppressed, 10)
	}
	if a.Shadow {
		dst = append(dst, `,"mode":"shadow"`...)
	}
	if r := a.Reputation; r != nil {
		dst = append(dst, `,"reputation":{"source":`...)
		dst = appendString(dst, r.Source)
		dst = append(dst, `,"indicator":`...)
		dst = appendString(dst, r.Indicator)
		dst = append(dst, `,"tier":`...)
		dst = appendString(dst, r.Tier.String())
		if r.Engines != 0 {
			for _, n := range [...]struct {
				key string
				of  int
			}{{`,"malicious":`, r.Malicious}, {`,"suspicious":`, r.Suspicious}, {`,"engines":`, r.Engines}} {
				dst = strconv.AppendInt(append(dst, n.key...), int64(n.of), 10)
			}
		}
		dst = append(dst, '}')
	}
	if a.CaptureLoss != 0 {
		dst = append(dst, `,"capture_loss":`...)
		dst = strconv.AppendUint(dst, a.CaptureLoss, 10)
	}
	if a.Evidence != "" {
		dst = append(dst, `,"evidence":`...)
		dst = appendString(dst, a.Evidence)
	}
	if a.Filter != "" {
		dst = append(dst, `,"filter":`...)
		dst = appendString(dst, a.Filter)
	}
	if len(a.References) > 0 {
		dst = append(dst, `,"references":`...)
		dst = appendStrings(dst, a.References)
	}
	if a.Agent != "" {
		dst = append(dst, `,"agent":`...)
		dst = appendString(dst, a.Agent)
	}
	return dst
}

// appendResponsesJSON appends the array of "responses".
func (a *Alert) appendResponsesJSON(dst []byte) []byte {
	dst = append(dst, '[')
	for i := range a.Actions {
		dst = a.Actions[i].appendJSON(comma(dst, i), a.Message)
	}
	return append(dst, ']')
}

// appendJSON appends one entry of "responses". Its message is left out where it is the alert's.
func (c *Action) appendJSON(dst []byte, message string) []byte {
	dst = append(dst, `{"action":`...)
	dst = appendString(dst, c.Kind)
	if c.Target.IsValid() {
		dst = append(dst, `,"target":`...)
		dst = c.Target.AppendTo(append(dst, '"'))
		dst = append(dst, '"')
	}
	if c.Seconds != 0 {
		dst = append(dst, `,"seconds":`...)
		dst = appendFloat(dst, c.Seconds)
	}
	if c.Share {
		dst = append(dst, `,"share":true`...)
	}
	if len(c.To) > 0 {
		dst = append(dst, `,"to":`...)
		dst = appendStrings(dst, c.To)
	}
	if c.Kind == "notify" && c.Message != message || c.Kind != "notify" && c.Message != "" {
		dst = append(dst, `,"message":`...)
		dst = appendString(dst, c.Message)
	}
	return append(dst, '}')
}

func comma(dst []byte, i int) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	return dst
}

func appendStrings(dst []byte, ss []string) []byte {
	dst = append(dst, '[')
	for i, s := range ss {
		dst = appendString(comma(dst, i), s)
	}
	return append(dst, ']')
}

// appendNamed appends the values as an object, in their order.
func appendNamed(dst []byte, vs []Named) []byte {
	dst = append(dst, '{')
	for i, v := range vs {
		dst = appendString(comma(dst, i), v.Name)
		dst = append(dst, ':')
		switch x := v.Value.(type) {
		case int64:
			dst = strconv.AppendInt(dst, x, 10)
		case float64:
			before := len(dst)
			dst = appendFloat(dst, x)
			// A float stays one for readers that tell 5 from 5.0, as typed indexes do.
			if isWhole(x) && !hasPoint(dst[before:]) {
				dst = append(dst, ".0"...)
			}
		case string:
			dst = appendString(dst, x)
		case bool:
			dst = strconv.AppendBool(dst, x)
		default:
			dst = append(dst, "null"...)
		}
	}
	return append(dst, '}')
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
