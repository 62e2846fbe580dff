package host

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"
)

// TestEstablishedIn reads tables as Windows lays them out: of one remote desktop, one connection that is not established, one
// with another port, and one of IPv6.
func TestEstablishedIn(t *testing.T) {
	le := binary.LittleEndian
	row4 := func(state uint32, local, peer string) (b []byte) {
		l, p := netip.MustParseAddrPort(local), netip.MustParseAddrPort(peer)
		b = le.AppendUint32(b, state)
		for _, a := range []netip.AddrPort{l, p} {
			b = append(b, a.Addr().AsSlice()...)
			b = append(binary.BigEndian.AppendUint16(b, a.Port()), 0xaa, 0xbb) // what is above the port may be anything
		}
		return le.AppendUint32(b, 4711)
	}
	row6 := func(state uint32, local, peer string) (b []byte) {
		for _, s := range []string{local, peer} {
			a := netip.MustParseAddrPort(s)
			b = append(b, a.Addr().AsSlice()...)
			b = le.AppendUint32(b, 7) // zone
			b = append(binary.BigEndian.AppendUint16(b, a.Port()), 0, 0)
		}
		return le.AppendUint32(le.AppendUint32(b, state), 4711)
	}
	ports := []uint16{22, 3389}
	four := slices.Concat(le.AppendUint32(nil, 3), row4(5, "192.0.2.1:3389", "198.51.100.7:50000"), row4(2, "192.0.2.1:22", "198.51.100.8:50000"), row4(5, "192.0.2.1:80", "198.51.100.9:50000"))
	want := connection{netip.MustParseAddrPort("192.0.2.1:3389"), netip.MustParseAddrPort("198.51.100.7:50000")}
	if got := establishedIn(four, false, ports); !slices.Equal(got, []connection{want}) {
		t.Errorf("%v", got)
	}
	six := slices.Concat(le.AppendUint32(nil, 1), row6(5, "[2001:db8::1]:22", "[2001:db8::7]:50000"))
	want = connection{netip.MustParseAddrPort("[2001:db8::1]:22"), netip.MustParseAddrPort("[2001:db8::7]:50000")}
	if got := establishedIn(six, true, ports); !slices.Equal(got, []connection{want}) {
		t.Errorf("%v", got)
	}
	for n := range four { // a table that is cut short has what is whole of it
		establishedIn(four[:n], false, ports)
		establishedIn(four[:n], true, ports)
	}
}
