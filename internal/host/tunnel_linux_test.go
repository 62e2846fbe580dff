package host

import (
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/vishvananda/netlink"
)

func TestTunnelsOf(t *testing.T) {
	up := netlink.LinkAttrs{Flags: net.FlagUp}
	peer := net.ParseIP("192.0.2.9")
	got := tunnelsOf([]netlink.Link{
		&netlink.Dummy{LinkAttrs: up},
		&netlink.Vxlan{LinkAttrs: up, Port: 4789, Group: peer},
		&netlink.Vxlan{LinkAttrs: up, Port: 8472},
		&netlink.Geneve{LinkAttrs: up, Dport: 6081, Remote: peer},
		&netlink.Gretun{LinkAttrs: up, Remote: peer},
		&netlink.Iptun{LinkAttrs: up, Remote: net.IPv4zero},
		&netlink.Sittun{Remote: peer}, // down
		&netlink.Ip6tnl{LinkAttrs: up, Remote: net.ParseIP("2001:db8::9")},
	})
	four, six := netip.MustParseAddr("192.0.2.9"), netip.MustParseAddr("2001:db8::9")
	want := []Tunnel{{Kind: "vxlan"}, {"geneve", four}, {"gre", four}, {Kind: "ipip"}, {"4in6", six}, {"6in6", six}}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
