//go:build !linux

package host

import "net/netip"

// A Tunnel is a tunnel that an interface of this host is an end of.
type Tunnel struct {
	Kind string     // as tunnel.type has it
	Peer netip.Addr // whose packets the kernel takes; the zero Addr is anybody
}

// Tunnels returns none: they are known on Linux alone.
func Tunnels() ([]Tunnel, error) { return nil, nil }
