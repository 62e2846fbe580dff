// Package host finds out what decisions must never cut off on the machine that the program runs on: its addresses, gateways,
// broadcast addresses, resolvers, and the peers of its SSH sessions.
package host

import (
	"log/slog"
	"net/netip"
	"slices"
	"time"
)

// Info is what is known of the host. It does not change; a Host has another one later.
type Info struct {
	Addresses  []netip.Addr // of all interfaces
	Broadcasts []netip.Addr // of the networks that the interfaces are in
	Gateways   []netip.Addr // next hops of all routes
	Resolvers  []netip.Addr
	SSHPeers   []netip.Addr // of established sessions with this host's SSH server
	Limit      string       // why more is not known on this system; "" where all is
}

// equal reports whether two say the same; their lists are sorted.
func (f *Info) equal(g *Info) bool {
	return slices.Equal(f.Addresses, g.Addresses) && slices.Equal(f.Broadcasts, g.Broadcasts) && slices.Equal(f.Gateways, g.Gateways) &&
		slices.Equal(f.Resolvers, g.Resolvers) && slices.Equal(f.SSHPeers, g.SSHPeers)
}

// sortedAddresses sorts addresses, without zones and mapped forms, and drops what is double.
func sortedAddresses(in []netip.Addr) []netip.Addr {
	out := make([]netip.Addr, 0, len(in))
	for _, a := range in {
		if a.IsValid() {
			out = append(out, a.Unmap().WithZone(""))
		}
	}
	slices.SortFunc(out, netip.Addr.Compare)
	return slices.Compact(out)
}

// Options say how to look at the host.
type Options struct {
	SSHPorts      []uint16      // local ports of SSH servers; none for those that sshd_config names
	SSHLoginGrace time.Duration // how long sshd lets a connection be without a login; 0 where each one is a session
	Log           *slog.Logger  // default: nothing is logged

	resolvConfs []string
}
