//go:build !linux && !windows

package host

import (
	"net/netip"
	"runtime"
)

// A Host is a host of which nothing is known.
type Host struct{ info Info }

// Open returns a Host whose Info is empty but for the reason.
func Open(Options) (*Host, error) {
	return &Host{Info{Limit: "addresses, gateways, resolvers and SSH sessions of this host are not known on " + runtime.GOOS}}, nil
}

// Info returns the reason why nothing is known.
func (h *Host) Info() (*Info, error) { return &h.info, nil }

// SetNames does nothing: on such a system decisions only keep clear of what never_block names.
func (h *Host) SetNames([]Name) {}

// Told does nothing: sessions are not known on such a system.
func (h *Host) Told(netip.Addr, bool) {}

// Changes never gets a value.
func (h *Host) Changes() <-chan struct{} { return nil }

// Close does nothing.
func (h *Host) Close() error { return nil }
