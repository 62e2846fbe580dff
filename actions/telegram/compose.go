package telegram

import (
	"cmp"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/actions/notify"
	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
)

// Bounds of the parts of a message, in UTF-16 code units. They leave room below the message for what its buttons did.
const (
	maxAlertText = maxText - 600
	maxTitle     = 200
	maxBody      = 1800
	maxValue     = 120
)

// sign is a mark that shows a severity from afar.
func sign(severity scale.Severity) string {
	return cmp.Or(map[scale.Severity]string{scale.SeverityCritical: "🔴", scale.SeverityHigh: "🟠", scale.SeverityMedium: "🟡", scale.SeverityLow: "🔵"}[severity], "⚪")
}

// A composer makes the text of messages.
type composer struct {
	title bool // the settings have a title of their own
	text  bool // and a text: the built-in one says when, how often and about what keys
}

// compose returns the HTML of a message and the target of its buttons, which is not valid where it has none.
func (c composer) compose(m *notify.Message) (string, decision.Target) {
	p := newPage(maxAlertText)
	p.plain(sign(m.Severity) + " ")
	if title := clean(m.Title, maxTitle); title != "" && (c.title || m.Rule == "") {
		p.code(title)
	} else {
		p.bold(strings.ToUpper(m.Severity.String())).plain(" ").code(clean(m.Rule, maxTitle))
		if m.Count > 1 {
			p.plain(fmt.Sprintf(" × %d", m.Count))
		}
	}
	p.plain("\n")
	if text := cleanLines(m.Text, maxBody); text != "" {
		p.block(text).plain("\n")
	}
	var target decision.Target
	if m.Alert != nil {
		target = offender(m.Alert)
		p.alert(m.Alert)
	}
	if c.text {
		p.group(m)
	}
	p.line("sensor", clean(m.Agent, maxValue))
	if m.Count > 1 && target.IsValid() {
		p.line("newest, which buttons are for", target.String())
	}
	return p.String(), target
}

// line adds a name and a value; nothing where there is no value.
func (p *page) line(name, value string) {
	if value != "" {
		p.plain(name + ": ").code(value).plain("\n")
	}
}

// alert adds what an alert says.
func (p *page) alert(a *alert.Alert) {
	if a.Layers&(packet.LayerIP|packet.LayerARPIPv4) != 0 {
		p.line("source", endpoint(a, a.Src, a.SrcPort))
		p.line("target", endpoint(a, a.Dst, a.DstPort))
		p.line("protocol", a.Protocol())
	}
	p.line("key", named(a.Key))
	values := named(a.Values)
	if a.Threshold != nil {
		if values != "" {
			values += ", "
		}
		values += "threshold " + strconv.FormatFloat(*a.Threshold, 'g', -1, 64)
	}
	p.line("values", values)
	if a.Suppressed > 0 {
		p.line("suppressed", strconv.FormatUint(a.Suppressed, 10))
	}
	if r := a.Reputation; r != nil {
		p.line("reputation", clean(fmt.Sprintf("%s of %s by %s", r.Tier, r.Indicator, r.Source), maxValue))
	}
	p.line("response", responses(a))
}

// group adds when the alerts of a message were, and their keys where they are several.
func (p *page) group(m *notify.Message) {
	last := m.Last.UTC().Format("2006-01-02 15:04:05 UTC")
	if m.Count <= 1 {
		p.line("time", last)
		return
	}
	p.line("alerts", fmt.Sprintf("%d from %s to %s", m.Count, m.First.UTC().Format("2006-01-02 15:04:05"), last))
	for i, k := range m.Keys {
		if i == 0 {
			p.plain("keys:\n")
		}
		p.code(clean(k, maxValue)).plain("\n")
	}
	if m.MoreKeys > 0 {
		p.plain(fmt.Sprintf("and %d more\n", m.MoreKeys))
	}
}

// endpoint is an address with its port where it has one.
func endpoint(a *alert.Alert, addr packet.Addr, port uint16) string {
	if a.Layers&packet.LayerPorts == 0 {
		return addr.Netip().String()
	}
	return netip.AddrPortFrom(addr.Netip(), port).String()
}

// named writes names with their values, as "ports=15, ip.src=198.51.100.7".
func named(list []alert.Named) string {
	var b []byte
	for i, n := range list {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(append(b, n.Name...), '=')
		b = n.AppendValue(b)
	}
	return clean(string(b), 2*maxValue)
}

// responses writes what the rule asks for besides to be told.
func responses(a *alert.Alert) string {
	var list []string
	for _, act := range a.Actions {
		if act.Kind == "notify" || !act.Target.IsValid() {
			continue
		}
		s := act.Kind + " " + act.Target.String()
		if act.Seconds > 0 {
			s += " for " + time.Duration(min(act.Seconds, (100*365*24*time.Hour).Seconds())*float64(time.Second)).Round(time.Second).String()
		}
		list = append(list, s)
	}
	if len(list) == 0 {
		return ""
	}
	s := strings.Join(list, ", ")
	if a.Shadow {
		s += " (not done: the rule is in shadow mode)"
	}
	return clean(s, 2*maxValue)
}

// offender returns the address that an alert is about: the target of a block or quarantine, else the source in the
// key, else the source of the packet.
func offender(a *alert.Alert) decision.Target {
	for _, act := range a.Actions {
		if act.Kind != string(decision.Block) && act.Kind != string(decision.Quarantine) {
			continue
		}
		if act.Target.IsValid() {
			return onWire(act.Target)
		}
	}
	for _, k := range a.Key {
		if text, ok := k.Value.(string); ok && k.Name == "ip.src" {
			if src, err := netip.ParseAddr(text); err == nil {
				return onWire(src)
			}
		}
	}
	if a.Layers&(packet.LayerIP|packet.LayerARPIPv4) == 0 {
		return decision.Target{}
	}
	return onWire(a.Src.Netip())
}

// onWire returns an address of a packet as a target; no target for one that an IPv6 header writes as IPv4-mapped: the
// IPv4 address that it looks like sent nothing.
func onWire(a netip.Addr) decision.Target {
	if a.Is4In6() {
		return decision.Target{}
	}
	return decision.TargetOf(a)
}
