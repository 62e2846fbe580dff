package engine

import (
	"net/netip"
	"testing"

	"github.com/ruleids/ruleids/packet"
)

// The target of an action is the address on the wire: what an IPv6 header writes as IPv4-mapped is not the IPv4 address.
func TestTargetIsOnTheWire(t *testing.T) {
	v4 := packet.AddrFrom4([4]byte{198, 51, 100, 7})
	for version, want := range map[uint8]string{4: "198.51.100.7", 6: "::ffff:198.51.100.7"} {
		p := &packet.Packet{Layers: packet.LayerIP, IPVersion: version}
		if got := wireAddr(p, v4); got != netip.MustParseAddr(want) {
			t.Errorf("IPv%d: %s, want %s", version, got, want)
		}
	}
	if got := wireAddr(&packet.Packet{Layers: packet.LayerARP, IPVersion: 6}, v4); !got.Is4() {
		t.Errorf("ARP: %s", got)
	}
}
