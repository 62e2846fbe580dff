package host

import (
	"encoding/binary"
	"net/netip"
	"slices"
)

const (
	tcpRow4, tcpRow6 = 24, 56 // bytes of MIB_TCPROW_OWNER_PID and MIB_TCP6ROW_OWNER_PID
	mibEstablished   = 5      // MIB_TCP_STATE_ESTAB
)

// establishedIn returns the established connections with local ports in a table of GetExtendedTcpTable, which begins with the
// number of its rows.
func establishedIn(table []byte, v6 bool, ports []uint16) (out []connection) {
	if len(table) < 4 {
		return nil
	}
	le, size := binary.LittleEndian, tcpRow4
	if v6 {
		size = tcpRow6
	}
	n := int(le.Uint32(table))
	for row := table[4:]; n > 0 && len(row) >= size; row, n = row[size:], n-1 {
		var c connection
		state := le.Uint32(row)
		port := func(at int) uint16 { return binary.BigEndian.Uint16(row[at:]) } // in network byte order, in a DWORD
		if v6 {
			state = le.Uint32(row[48:])
			c.local = netip.AddrPortFrom(netip.AddrFrom16([16]byte(row)).Unmap(), port(20))
			c.peer = netip.AddrPortFrom(netip.AddrFrom16([16]byte(row[24:])).Unmap(), port(44))
		} else {
			c.local = netip.AddrPortFrom(netip.AddrFrom4([4]byte(row[4:])), port(8))
			c.peer = netip.AddrPortFrom(netip.AddrFrom4([4]byte(row[12:])), port(16))
		}
		if state == mibEstablished && slices.Contains(ports, c.local.Port()) {
			out = append(out, c)
		}
	}
	return out
}
