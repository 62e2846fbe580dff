package assets

import "github.com/ruleids/ruleids/packet"

// Tell gives an event the fields asset.*, as they are before it. Its Clock must be set, and the map be locked.
func (m *Map) Tell(p *packet.Packet) {
	src, dst := p.Src, p.Dst
	switch {
	case p.Layers&packet.LayerIP != 0:
	case p.Layers&packet.LayerARPIPv4 != 0:
		src, dst = p.ARPSrcIP, p.ARPDstIP
	default:
		return
	}
	p.Asset = packet.Asset{}
	if m.started {
		p.Asset.Watched = seconds(p.Clock - m.began)
	}
	if single(src) {
		p.Layers |= packet.LayerAssetSrc
		p.Asset.Src = src
		if h := m.at[src]; h != nil {
			p.Asset.SrcKnown, p.Asset.SrcAge = true, seconds(p.Clock-h.first)
			if h.mac != 0 && h.flags&claimed != 0 {
				p.Layers |= packet.LayerAssetSrcMAC
				p.Asset.SrcMAC = h.mac
			}
		} else if g, ok := m.glimpsed(src); ok {
			p.Asset.SrcKnown, p.Asset.SrcAge = true, seconds(p.Clock-g.first)
		}
	}
	if single(dst) {
		p.Layers |= packet.LayerAssetDst
		if h := m.at[dst]; h != nil {
			p.Asset.DstKnown, p.Asset.DstAge = true, seconds(p.Clock-h.first)
			if p.Layers&packet.LayerPorts != 0 {
				if i, ok := h.find(serviceKey(p.IPProto, p.DstPort)); ok {
					p.Asset.DstService = h.services[i].speaks
				}
			}
		} else if g, ok := m.glimpsed(dst); ok {
			p.Asset.DstKnown, p.Asset.DstAge = true, seconds(p.Clock-g.first)
		}
	}
}

// seconds returns a span that is none where the clock was set back.
func seconds(ns int64) float64 { return float64(max(ns, 0)) / 1e9 }
