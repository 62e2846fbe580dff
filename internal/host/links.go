package host

import (
	"net"
	"net/netip"
	"slices"
)

// hostBits is the part of an IPv6 network that is left to hosts (RFC 4291, section 2.5.4): an address that was given alone, as by DHCP, is
// of such a network.
const hostBits = 64

// Links returns what the interfaces of this host that are up tell of its place: the networks of their global IPv6 addresses, sorted, and
// their hardware addresses, in lower case with colons, sorted. Unique local and link-local addresses are left out, and IPv4: the
// neighbors of a public IPv4 address are seldom of the same house.
func Links() (nets []netip.Prefix, macs []string, err error) {
	links, err := net.Interfaces()
	if err != nil {
		return nil, nil, err
	}
	for _, l := range links {
		if l.Flags&net.FlagUp == 0 || l.Flags&net.FlagLoopback != 0 {
			continue
		}
		if len(l.HardwareAddr) == 6 {
			macs = append(macs, l.HardwareAddr.String())
		}
		addrs, err := l.Addrs()
		if err != nil {
			continue // it vanished
		}
		for _, a := range addrs {
			if n, ok := globalNetwork(a); ok {
				nets = append(nets, n)
			}
		}
	}
	slices.SortFunc(nets, netip.Prefix.Compare)
	slices.Sort(macs)
	return slices.Compact(nets), slices.Compact(macs), nil
}

// globalNetwork returns the network of an interface's address, if that is a global one of IPv6.
func globalNetwork(a net.Addr) (netip.Prefix, bool) {
	p, err := netip.ParsePrefix(a.String())
	if err != nil {
		return netip.Prefix{}, false
	}
	ip := p.Addr().Unmap()
	if ip.Is4() || !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(ip, min(p.Bits(), hostBits)).Masked(), true
}
