// Package host finds out what decisions must never cut off on the machine that the program runs on: its addresses, gateways,
// broadcast addresses, resolvers, time and DHCP servers, the peers of its SSH sessions, and the hosts that the program itself
// talks to.
package host

import (
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"time"
)

// Info is what is known of the host. It does not change; a Host has another one later.
type Info struct {
	Addresses  []netip.Addr // of all interfaces
	Broadcasts []netip.Addr // of the networks that the interfaces are in
	Gateways   []netip.Addr // next hops of all routes
	Routers    []netip.Addr // other addresses at the hardware address of a gateway
	Resolvers  []netip.Addr
	Servers    []netip.Addr // that gave this host its address, or tell it the time
	SSHPeers   []netip.Addr // of established sessions with this host's SSH server
	Needed     []Needed     // what the program itself talks to
	Limit      string       // why more is not known on this system; "" where all is
}

// equal reports whether two say the same; their lists are sorted.
func (f *Info) equal(g *Info) bool {
	return slices.Equal(f.Addresses, g.Addresses) && slices.Equal(f.Broadcasts, g.Broadcasts) && slices.Equal(f.Gateways, g.Gateways) &&
		slices.Equal(f.Routers, g.Routers) && slices.Equal(f.Resolvers, g.Resolvers) && slices.Equal(f.Servers, g.Servers) &&
		slices.Equal(f.SSHPeers, g.SSHPeers) && slices.Equal(f.Needed, g.Needed)
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
	Names         []Name        // hosts that the program talks to, as SetNames takes them
	Log           *slog.Logger  // default: nothing is logged

	resolvConfs, forwarders, leases []string
}

// complete gives what is not set its default.
func (opt *Options) complete() {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if len(opt.SSHPorts) == 0 {
		var err error
		if opt.SSHPorts, err = SSHPorts(); err != nil {
			opt.Log.Warn("the ports of the SSH server are not known for sure: only peers of sessions with these are protected; set ssh_ports",
				"ports", opt.SSHPorts, "error", err)
		}
	}
}

// directedBroadcast returns the last address of an IPv4 network (RFC 919, section 7). Networks of one or two addresses
// have none (RFC 3021).
func directedBroadcast(ip netip.Addr, n *net.IPNet) (netip.Addr, bool) {
	ones, bits := n.Mask.Size()
	if !ip.Is4() || bits != 32 || ones > 30 {
		return netip.Addr{}, false
	}
	b := ip.As4()
	for i := range b {
		b[i] |= ^n.Mask[i]
	}
	return netip.AddrFrom4(b), true
}
