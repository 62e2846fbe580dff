package agent

import (
	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/capture/live"
	"github.com/ruleids/ruleids/capture/npcap"
)

// openInterfaces opens the interfaces of the settings.
func openInterfaces(c *config.Config, filter *live.Filter) (Source, error) {
	is := &c.Capture
	return npcap.Open(npcap.Config{
		Interfaces: is.Interfaces, RingBytes: int(is.Ring), SnapLength: is.Snaplen,
		Promiscuous: is.Promiscuous, Wait: is.WaitForInterfaces, Filter: filter,
	})
}
