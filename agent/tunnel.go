package agent

import (
	"log/slog"
	"net/netip"
	"slices"

	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/internal/host"
	"github.com/ruleids/ruleids/packet"
)

// tunnelEnds returns the tunnels that end here by the settings and, where own says so, at interfaces of this host.
func tunnelEnds(c *config.Config, own bool, log *slog.Logger) []engine.TunnelEnd {
	var ends []engine.TunnelEnd
	for _, t := range c.Capture.Tunnels {
		ends = append(ends, engine.TunnelEnd(t))
	}
	if !own {
		return ends
	}
	tunnels, err := host.Tunnels()
	if err != nil {
		log.Warn("the interfaces of tunnels cannot be listed; name those that end here in capture.tunnels", "error", err)
	}
	return slices.Concat(ends, ownEnds(tunnels))
}

// ownEnds returns tunnels of this host as engines take them.
func ownEnds(tunnels []host.Tunnel) []engine.TunnelEnd {
	ends := make([]engine.TunnelEnd, len(tunnels))
	for i, t := range tunnels {
		ends[i].Tunnel, _ = packet.TunnelByName(t.Kind)
		if t.Peer.IsValid() {
			ends[i].Peer = netip.PrefixFrom(t.Peer, t.Peer.BitLen())
		}
	}
	return ends
}
