//go:build darwin || freebsd || openbsd

package agent

import (
	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/capture/bpf"
	"github.com/ruleids/ruleids/capture/live"
)

// openInterfaces opens the interfaces of the settings, each with one device: flows are shared out among workers later.
func openInterfaces(c *config.Config, filter *live.Filter) (Source, error) {
	is := &c.Capture
	return bpf.Open(bpf.Config{
		Interfaces: is.Interfaces, BufferBytes: int(is.Ring), SnapLength: is.Snaplen,
		Promiscuous: is.Promiscuous, Wait: is.WaitForInterfaces, Filter: filter,
	})
}
