package packet

import (
	"net/netip"
	"testing"
)

func TestAddr(t *testing.T) {
	for _, c := range []struct {
		text, next string
	}{
		{"0.0.0.0", "0.0.0.1"},
		{"10.0.0.255", "10.0.1.0"},
		{"255.255.255.255", "::1:0:0:0"},
		{"::", "::1"},
		{"2001:db8::ffff:ffff:ffff:ffff", "2001:db8:0:1::"},
		{"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::"},
	} {
		a := AddrFromNetip(netip.MustParseAddr(c.text))
		if a.String() != c.text {
			t.Errorf("%s is %s", c.text, a)
		}
		if got := a.Next().String(); got != c.next {
			t.Errorf("after %s comes %s, want %s", c.text, got, c.next)
		}
		if last := c.next == "::"; a.Less(a.Next()) == last || a.Next().Less(a) != last {
			t.Errorf("%s and %s are in the wrong order", a, a.Next())
		}
		if netip.MustParseAddr(c.text).Is4() != a.Is4() {
			t.Errorf("%s: Is4 is %v", c.text, a.Is4())
		}
	}
	if AddrFrom4([4]byte{1, 2, 3, 4}) != AddrFromNetip(netip.MustParseAddr("::ffff:1.2.3.4")) {
		t.Error("a mapped address is not the address")
	}
}

func TestMAC(t *testing.T) {
	if got := MAC(0x0200deadbeef).String(); got != "02:00:de:ad:be:ef" {
		t.Error(got)
	}
}
