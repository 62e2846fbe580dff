package agent

import (
	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/capture/afpacket"
	"github.com/ruleids/ruleids/capture/live"
)

// keepShare is what a ring keeps of packets for evidence, for each byte of those: small ones take more of the ring than their
// length. mostKept is where it ends, since a ring takes its memory at once: what is beyond is copied.
const (
	keepShare = 4.0 / 3
	mostKept  = 64 << 20
)

// openInterfaces opens the interfaces of the settings, each with a ring for each worker.
func openInterfaces(c *config.Config, filter *live.Filter) (Source, error) {
	is := &c.Capture
	keep := 0
	if c.Evidence.Dir != "" {
		keep = int(min(float64(c.Evidence.Memory)*keepShare, mostKept))
	}
	return afpacket.Open(afpacket.Config{
		Interfaces: is.Interfaces, Rings: Workers(c), RingBytes: int(is.Ring), KeepBytes: keep, SnapLength: is.Snaplen,
		Promiscuous: is.Promiscuous, Wait: is.WaitForInterfaces, Filter: filter,
	})
}
