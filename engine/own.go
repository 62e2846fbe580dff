package engine

import (
	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/packet"
)

// own says in an alert whose hosts its addresses are, as the map knew them with its packet.
func (e *Engine) own(a *alert.Alert) {
	if e.assets == nil || a.Layers&(packet.LayerIP|packet.LayerARPIPv4) == 0 {
		return
	}
	if as := (alert.Assets{Src: e.whose(a.Src, a.Number), Dst: e.whose(a.Dst, a.Number)}); as != (alert.Assets{}) {
		a.Assets = &as
	}
}

// whose returns what alerts say of a host.
func (e *Engine) whose(ip packet.Addr, number uint64) alert.Asset {
	o := e.assets.Whose(ip, number)
	out := alert.Asset{Name: o.Name, System: o.System}
	if o.MAC != 0 {
		out.MAC, out.Vendor = o.MAC.String(), e.cfg.Vendors.Of(o.MAC)
	}
	return out
}

// emitted notes that all alerts were emitted that packets up to a number raised.
func (e *Engine) emitted(number uint64) {
	if e.assets != nil {
		e.assets.Settled(number)
	}
	if e.cfg.Emitted != nil {
		e.cfg.Emitted(number)
	}
}
