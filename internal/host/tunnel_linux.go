package host

import (
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
)

// A Tunnel is a tunnel that an interface of this host is an end of.
type Tunnel struct {
	Kind string     // as tunnel.type has it
	Peer netip.Addr // whose packets the kernel takes; the zero Addr is anybody
}

// Tunnels returns the tunnels that end at interfaces which are up, in the network namespace of the calling thread.
// Those of GENEVE and VXLAN count where they use the port that IANA gave them.
func Tunnels() ([]Tunnel, error) {
	links, err := netlink.LinkList()
	if err != nil {
		return nil, err
	}
	return tunnelsOf(links), nil
}

func tunnelsOf(links []netlink.Link) (ts []Tunnel) {
	const portVXLAN, portGENEVE = 4789, 6081
	add := func(peer net.IP, kinds ...string) {
		a, _ := netip.AddrFromSlice(peer)
		if a = a.Unmap(); a.IsUnspecified() {
			a = netip.Addr{}
		}
		for _, k := range kinds {
			ts = append(ts, Tunnel{Kind: k, Peer: a})
		}
	}
	for _, l := range links {
		if l.Attrs().Flags&net.FlagUp == 0 {
			continue
		}
		switch t := l.(type) {
		case *netlink.Vxlan:
			if t.Port == portVXLAN {
				add(nil, "vxlan") // the kernel takes them from anybody
			}
		case *netlink.Geneve:
			if t.Dport == portGENEVE {
				add(t.Remote, "geneve")
			}
		case *netlink.Gretun:
			add(t.Remote, "gre")
		case *netlink.Gretap:
			add(t.Remote, "gre")
		case *netlink.Iptun:
			add(t.Remote, "ipip")
		case *netlink.Sittun:
			add(t.Remote, "6in4")
		case *netlink.Ip6tnl:
			add(t.Remote, "4in6", "6in6")
		}
	}
	return ts
}
