package host

import (
	"net"
	"net/netip"
	"slices"
	"testing"
)

func TestGlobalNetwork(t *testing.T) {
	for text, want := range map[string]string{
		"2001:db8:5:6::17/64":  "2001:db8:5:6::/64",
		"2001:db8:5:6::17/128": "2001:db8:5:6::/64", // as DHCP gives it
		"2001:db8:5::1/48":     "2001:db8:5::/48",
		"fd00:10::7/64":        "",
		"fe80::1/64":           "",
		"::1/128":              "",
		"203.0.113.9/24":       "",
		"10.0.0.1/8":           "",
	} {
		ip, n, err := net.ParseCIDR(text)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := globalNetwork(&net.IPNet{IP: ip, Mask: n.Mask})
		if ok != (want != "") || ok && got != netip.MustParsePrefix(want) {
			t.Errorf("%s is of %v, want %q", text, got, want)
		}
	}
}

// Links has the hardware address of every interface that is up and has one.
func TestLinks(t *testing.T) {
	nets, macs, err := Links()
	if err != nil {
		t.Fatal(err)
	}
	links, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		if l.Flags&net.FlagUp != 0 && len(l.HardwareAddr) == 6 && l.Flags&net.FlagLoopback == 0 && !slices.Contains(macs, l.HardwareAddr.String()) {
			t.Errorf("%s of %s is not among %v", l.HardwareAddr, l.Name, macs)
		}
	}
	for _, n := range nets {
		if !n.Addr().Is6() || n.Bits() > hostBits {
			t.Errorf("the network %v", n)
		}
	}
}
