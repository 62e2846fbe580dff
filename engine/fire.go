package engine

import (
	"net/netip"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/engine/window"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules"
)

// fire makes the alert of a rule whose when holds, unless the rule is silent or the key is in its cooldown.
func (e *Engine) fire(w *worker, l *lane, r *rule, ev *event, row window.Row) {
	e.track(w, r)
	if r.Silent {
		return
	}
	suppressed, severity, step := uint64(0), r.Severity, rules.Severity(0)
	if len(r.levels) > 0 {
		w.load(r, ev.table, row)
		severity = w.severity(r)
		step = severity
	}
	if r.cooldown > 0 {
		var quiet bool
		if quiet, suppressed = e.cool(r, &ev.key, w.p.Clock, step); quiet {
			e.state.suppress(r)
			return
		}
	}
	if len(r.levels) == 0 {
		w.load(r, ev.table, row)
	}
	l.fired = append(l.fired, fired{alert: e.alert(w, r, severity, suppressed), number: w.p.Number, rule: r, clock: w.p.Clock, order: w.order})
}

// alert describes the packet at hand, for which a rule fired with a severity that reputation may raise.
func (e *Engine) alert(w *worker, r *rule, severity rules.Severity, suppressed uint64) *alert.Alert {
	p := w.p
	a := &alert.Alert{
		Time: p.Time, Number: p.Number, Layers: p.Layers,
		Rule: r.Name, Description: r.Description, Category: r.Category, Attack: r.Attack, References: r.References,
		Agent: e.cfg.Agent, Shadow: r.Mode == rules.ModeShadow, Suppressed: suppressed,
	}
	switch {
	case p.Has(packet.LayerIP):
		a.Src, a.Dst, a.IPProto, a.IPVersion = p.Src, p.Dst, p.IPProto, p.IPVersion
		a.SrcPort, a.DstPort, a.ICMPType, a.ICMPCode = p.SrcPort, p.DstPort, p.ICMPType, p.ICMPCode
	case p.Has(packet.LayerARPIPv4):
		a.Src, a.Dst = p.ARPSrcIP, p.ARPDstIP
	}
	if p.Has(packet.LayerTunnel) {
		o := &p.Outer
		a.Tunnel = &alert.Tunnel{Type: o.Tunnel, Src: o.Src, Dst: o.Dst, SrcPort: o.SrcPort, DstPort: o.DstPort, IPProto: o.IPProto, Depth: int(o.Depth)}
		if !p.Has(packet.LayerOuterPorts) {
			a.Tunnel.SrcPort, a.Tunnel.DstPort = 0, 0
		}
	}
	if r.Threshold != nil {
		v := r.Threshold.Value
		if r.scaled {
			v = w.threshold(r, atThreshold)
		}
		a.Threshold = &v
	}
	if s := w.standing(r, atThreshold); s.Tier != scale.TierClean {
		severity = s.Tier.Raise(severity)
		a.Reputation = &alert.Reputation{Source: r.Escalate.Source, Indicator: r.inquiry.indicator(&w.scope), Tier: s.Tier,
			Malicious: int(s.Malicious), Suspicious: int(s.Suspicious), Engines: int(s.Engines)}
	}
	a.Severity = severity
	for i := range r.key {
		a.Key = append(a.Key, alert.Named{Name: r.key[i].name, Value: r.key[i].value(&w.scope)})
	}
	for i := range r.values {
		a.Values = append(a.Values, alert.Named{Name: r.values[i].name, Value: r.values[i].value(&w.scope)})
	}
	for i := range r.actions {
		act := &r.actions[i]
		out := alert.Action{Kind: act.kind, Share: act.share, Seconds: act.seconds, To: act.to}
		if act.target != nil {
			out.Target = e.target(w, act)
			out.Spoofable = act.spoofable && out.Target.IsValid()
		}
		if act.message != nil {
			out.Message = act.message.render(&w.scope)
		}
		a.Actions = append(a.Actions, out)
	}
	a.Sample = e.alertSample(p)
	if r.message != nil {
		a.Message = r.message.render(&w.scope)
	} else if a.Sample != nil {
		a.Message = a.Sample.Odd
	}
	return a
}

// target returns whom an action is to keep out. Of a packet that came through a tunnel it is the outermost address in the
// place of the inner one, unless the tunnel ends here: the inner one is whatever the sender of the outermost wrote there.
func (e *Engine) target(w *worker, act *action) netip.Addr {
	p := w.p
	if p.Has(packet.LayerTunnel) && !e.ends(p) {
		outside := *p // others may read p at the same time
		outside.Src, outside.Dst, outside.ARPSrcIP, outside.ARPDstIP = p.Outer.Src, p.Outer.Dst, p.Outer.Src, p.Outer.Dst
		outside.IPVersion = p.Outer.IPVersion
		outside.Layers |= packet.LayerIP
		w.p = &outside
		w.gen++ // conditions remembered of the inner packet
		defer func() {
			w.p = p
			w.gen++
		}()
	}
	if !w.test(act.present) {
		return netip.Addr{}
	}
	return act.target(&w.scope).Netip()
}

// compareTunnels orders alerts of one rule and one frame: that of the outermost datagram, which is in no tunnel, comes first.
func compareTunnels(x, y *alert.Alert) int {
	switch {
	case x.Tunnel == nil && y.Tunnel != nil:
		return -1
	case x.Tunnel != nil && y.Tunnel == nil:
		return 1
	}
	return 0
}

// alertEvent is an alert as an event for the rules that look at alerts.
func (e *Engine) alertEvent(f fired) *packet.Packet {
	a, mode := f.alert, "enforce"
	if a.Shadow {
		mode = "shadow"
	}
	ev := &packet.Packet{
		Number: a.Number, Time: a.Time, Clock: e.events.pass(f.clock), Class: packet.ClassAlert, Layers: packet.LayerFrame | packet.LayerAlert,
		Attrs: &packet.Attributes{Rule: a.Rule, Severity: a.Severity.String(), Category: a.Category, Mode: mode, Agent: a.Agent},
	}
	if a.Layers&packet.LayerIP != 0 {
		ev.Layers |= packet.LayerIP
		ev.Src, ev.Dst, ev.IPProto, ev.IPVersion = a.Src, a.Dst, a.IPProto, a.IPVersion
	}
	if t := a.Tunnel; t != nil {
		ev.Layers |= packet.LayerTunnel
		ev.Outer = packet.Outer{Tunnel: t.Type, Src: t.Src, Dst: t.Dst, SrcPort: t.SrcPort, DstPort: t.DstPort, IPProto: t.IPProto, Depth: uint8(t.Depth)}
		if t.SrcPort|t.DstPort != 0 {
			ev.Layers |= packet.LayerOuterPorts
		}
	}
	if a.Layers&packet.LayerPorts != 0 {
		// Which protocol the ports are of is for the alert that this event may lead to.
		ev.Layers |= packet.LayerPorts | a.Layers&(packet.LayerTCP|packet.LayerUDP)
		ev.SrcPort, ev.DstPort = a.SrcPort, a.DstPort
	}
	return ev
}
