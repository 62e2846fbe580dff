package agent

import (
	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/capture/afpacket"
	"github.com/ruleids/ruleids/capture/live"
)

// openInterfaces opens the interfaces of the settings, each with a ring for each worker.
func openInterfaces(c *config.Config, filter *live.Filter) (Source, error) {
	is := &c.Capture
	return afpacket.Open(afpacket.Config{
		Interfaces: is.Interfaces, Rings: Workers(c), RingBytes: int(is.Ring), SnapLength: is.Snaplen,
		Promiscuous: is.Promiscuous, Wait: is.WaitForInterfaces, Filter: filter,
	})
}
