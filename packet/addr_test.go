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
}

// An IPv4-mapped address in an IPv6 header is not the IPv4 address, and is shown as it was written.
func TestMappedAddr(t *testing.T) {
	v4 := AddrFrom4([4]byte{1, 2, 3, 4})
	text := netip.MustParseAddr("::ffff:1.2.3.4")
	mapped := AddrFromNetip(text)
	if mapped == v4 || mapped.Is4() || mapped.Netip() != text || mapped.String() != text.String() {
		t.Errorf("%s is held as %#v and read as %s", text, mapped, mapped)
	}
	if got := AddrFromNetip(text.Unmap()); got != v4 {
		t.Errorf("unmapped it is %s", got)
	}
	b := make([]byte, 40)
	b[0], b[6], b[7] = 6<<4, 59, 64 // no next header
	copy(b[8:], text.AsSlice())
	copy(b[24:], text.AsSlice())
	var p Packet
	d := new(Decoder)
	d.Decode(&p, &Frame{Link: LinkRaw, Data: b, Length: uint32(len(b))})
	if p.IPVersion != 6 || p.Src != mapped || p.Dst != mapped {
		t.Errorf("the header is of %s and %s, IPv%d", p.Src, p.Dst, p.IPVersion)
	}
}

func TestMAC(t *testing.T) {
	if got := MAC(0x0200deadbeef).String(); got != "02:00:de:ad:be:ef" {
		t.Error(got)
	}
}
