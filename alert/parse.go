package alert

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"strings"
	"time"

	"github.com/ruleids/ruleids/packet"
)

// wire is an alert as AppendJSON writes it.
type wire struct {
	Timestamp string      `json:"timestamp"`
	EventType string      `json:"event_type"`
	SrcIP     *netip.Addr `json:"src_ip"`
	SrcPort   *uint16     `json:"src_port"`
	DestIP    *netip.Addr `json:"dest_ip"`
	DestPort  *uint16     `json:"dest_port"`
	Proto     string      `json:"proto"`
	ICMPType  *uint8      `json:"icmp_type"`
	ICMPCode  *uint8      `json:"icmp_code"`
	Tunnel    *struct {
		SrcIP    netip.Addr `json:"src_ip"`
		SrcPort  uint16     `json:"src_port"`
		DestIP   netip.Addr `json:"dest_ip"`
		DestPort uint16     `json:"dest_port"`
		Proto    string     `json:"proto"`
		Depth    int        `json:"depth"`
		Type     string     `json:"type"`
	} `json:"tunnel"`
	Number uint64 `json:"pcap_cnt"`
	Alert  struct {
		Signature string `json:"signature"`
		Category  string `json:"category"`
	} `json:"alert"`
	Ruleids struct {
		Rule       string    `json:"rule"`
		Severity   Severity  `json:"severity"`
		Key        wireNamed `json:"key"`
		Values     wireNamed `json:"values"`
		Threshold  *float64  `json:"threshold"`
		Attack     []string  `json:"attack"`
		Message    string    `json:"message"`
		Suppressed uint64    `json:"suppressed"`
		Mode       string    `json:"mode"`
		References []string  `json:"references"`
		Agent      string    `json:"agent"`
		Loss       uint64    `json:"capture_loss"`
		Evidence   string    `json:"evidence"`
		Filter     string    `json:"filter"`
		Responses  []struct {
			Action  string     `json:"action"`
			Target  netip.Addr `json:"target"`
			Seconds float64    `json:"seconds"`
			Share   bool       `json:"share"`
			To      []string   `json:"to"`
			Message *string    `json:"message"`
		} `json:"responses"`
		Model      *wireSample `json:"model"`
		Assets     *wireAssets `json:"assets"`
		Reputation *struct {
			Source    string `json:"source"`
			Indicator string `json:"indicator"`
			Tier      Tier   `json:"tier"`

			Malicious  int `json:"malicious"`
			Suspicious int `json:"suspicious"`
			Engines    int `json:"engines"`
		} `json:"reputation"`
	} `json:"ruleids"`
}

// UnmarshalJSON reads an alert that AppendJSON wrote; keys that it does not know are skipped. Time
// comes back in whole microseconds, Layers has the layers that the JSON tells of and no others, and a
// value that JSON could not write comes back as NaN. After an error the alert is unchanged.
func (a *Alert) UnmarshalJSON(data []byte) error {
	var w wire
	if err := json.Unmarshal(data, &w); err != nil {
		return fmt.Errorf("alert: %w", err)
	}
	if w.EventType != "alert" {
		return fmt.Errorf("alert: event_type is %q, not \"alert\"", w.EventType)
	}
	if w.Ruleids.Rule == "" {
		return errors.New("alert: no ruleids.rule: the event was not written by ruleids")
	}
	at, err := time.Parse(TimestampLayout, w.Timestamp)
	if err != nil {
		return fmt.Errorf("alert: timestamp: %w", err)
	}
	if !time.Unix(0, at.UnixNano()).Equal(at) {
		return fmt.Errorf("alert: timestamp %s is not between 1677 and 2262", w.Timestamp)
	}
	r := &w.Ruleids
	out := Alert{
		Time: at.UnixNano(), Number: w.Number,
		Rule: r.Rule, Description: w.Alert.Signature, Category: w.Alert.Category, Severity: r.Severity,
		Attack: nonEmpty(r.Attack), References: nonEmpty(r.References), Agent: r.Agent,
		Key: r.Key, Values: r.Values, Threshold: r.Threshold,
		Message: r.Message, Shadow: r.Mode == "shadow", Suppressed: r.Suppressed, CaptureLoss: r.Loss, Evidence: r.Evidence, Filter: r.Filter,
	}
	if out.Description == r.Rule { // a rule without description
		out.Description = ""
	}
	if err := w.flow(&out); err != nil {
		return err
	}
	if t := w.Tunnel; t != nil {
		kind, _ := packet.TunnelByName(t.Type)
		proto, ok := protocolNumber(t.Proto)
		if !ok || !t.SrcIP.IsValid() || !t.DestIP.IsValid() {
			return errors.New("alert: tunnel has no known protocol or no addresses")
		}
		out.Tunnel = &Tunnel{Type: kind, Src: packet.AddrFromNetip(t.SrcIP), Dst: packet.AddrFromNetip(t.DestIP), SrcPort: t.SrcPort, DstPort: t.DestPort, IPProto: proto, Depth: t.Depth}
	}
	for _, c := range r.Responses {
		act := Action{Kind: c.Action, Target: c.Target, Seconds: c.Seconds, Share: c.Share, To: nonEmpty(c.To)}
		switch {
		case c.Message != nil:
			act.Message = *c.Message
		case c.Action == "notify":
			act.Message = r.Message
		}
		out.Actions = append(out.Actions, act)
	}
	out.Sample = r.Model.sample()
	out.Assets = r.Assets.assets()
	if p := r.Reputation; p != nil {
		out.Reputation = &Reputation{Source: p.Source, Indicator: p.Indicator, Tier: p.Tier, Malicious: p.Malicious, Suspicious: p.Suspicious, Engines: p.Engines}
	}
	*a = out
	return nil
}

// flow sets addresses, ports and protocol.
func (w *wire) flow(a *Alert) error {
	a.Layers = packet.LayerFrame
	if w.SrcIP != nil {
		a.Src = packet.AddrFromNetip(*w.SrcIP)
		if w.DestIP != nil {
			a.Dst = packet.AddrFromNetip(*w.DestIP)
		} else if a.Src.Is4() {
			a.Dst = packet.AddrFrom4([4]byte{})
		}
		if w.Proto == "ARP" {
			a.Layers |= packet.LayerARPIPv4
		} else {
			a.Layers |= packet.LayerIP
		}
	}
	if w.SrcPort != nil {
		a.SrcPort = *w.SrcPort
		if w.DestPort != nil {
			a.DstPort = *w.DestPort
		}
		a.Layers |= packet.LayerPorts
	}
	switch w.Proto {
	case "":
		return nil
	case "ARP":
		a.Layers |= packet.LayerARP
		return nil
	}
	n, ok := protocolNumber(w.Proto)
	if !ok {
		return fmt.Errorf("alert: proto %q is neither a known protocol nor a number", w.Proto)
	}
	a.IPProto, a.IPVersion = n, 6
	if a.Src.Is4() && a.Dst.Is4() {
		a.IPVersion = 4
	}
	if w.SrcPort != nil {
		switch n {
		case protoTCP:
			a.Layers |= packet.LayerTCP
		case protoUDP:
			a.Layers |= packet.LayerUDP
		}
	}
	if w.ICMPType != nil && w.ICMPCode != nil {
		a.ICMPType, a.ICMPCode = *w.ICMPType, *w.ICMPCode
		a.Layers |= packet.LayerICMP
		if n == protoICMPv6 {
			a.Layers ^= packet.LayerICMP | packet.LayerICMPv6
		}
	}
	return nil
}

func nonEmpty(ss []string) []string {
	if len(ss) == 0 {
		return nil
	}
	return ss
}

// wireNamed is an object whose order is kept.
type wireNamed []Named

// UnmarshalJSON reads an object of scalars. A number with a point or an exponent is a float64, as
// is one that does not fit an int64; null is NaN.
func (vs *wireNamed) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if t, err := dec.Token(); err != nil || t == nil {
		return err
	} else if t != json.Delim('{') {
		return fmt.Errorf("key and values must be objects, not %v", t)
	}
	var out []Named
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		t, err := dec.Token()
		if err != nil {
			return err
		}
		v := Named{Name: name.(string)} // the name of a member is always a string
		switch x := t.(type) {
		case string, bool:
			v.Value = x
		case nil:
			v.Value = math.NaN()
		case json.Number:
			if n, err := x.Int64(); err == nil && !strings.ContainsAny(x.String(), ".eE") {
				v.Value = n
			} else if v.Value, err = x.Float64(); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%q must be a number, a string or a boolean", v.Name)
		}
		out = append(out, v)
	}
	*vs = out
	return nil
}

// orNaN is the number, or NaN for null.
func orNaN(x *float64) float64 {
	if x == nil {
		return math.NaN()
	}
	return *x
}
