package host

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// connectionsTo returns the established TCP connections with local ports. The kernel is asked by sock_diag(7), which
// skips all other states; /proc/net/tcp, where there is no sock_diag, is told in full.
func connectionsTo(ports []uint16) ([]connection, error) {
	var out []connection
	for _, f := range []uint8{unix.AF_INET, unix.AF_INET6} {
		conns, err := diagConnections(f, ports)
		if err != nil {
			return procConnections("/proc/thread-self/net", ports)
		}
		out = append(out, conns...)
	}
	return out, nil
}

// diagRequest is struct inet_diag_req_v2 of linux/inet_diag.h, for a dump of established TCP sockets of a family.
type diagRequest struct{ family uint8 }

const (
	diagSocketID   = 48 // bytes of struct inet_diag_sockid
	diagRequestLen = 8 + diagSocketID
	diagMessageLen = 4 + diagSocketID // of struct inet_diag_msg, as far as it is read
	tcpEstablished = 1                // TCP_ESTABLISHED of net/tcp_states.h
)

func (r *diagRequest) Len() int { return diagRequestLen }

func (r *diagRequest) Serialize() []byte {
	b := make([]byte, diagRequestLen)
	b[0], b[1] = r.family, unix.IPPROTO_TCP
	binary.NativeEndian.PutUint32(b[4:], 1<<tcpEstablished)
	return b
}

func diagConnections(family uint8, ports []uint16) ([]connection, error) {
	req := nl.NewNetlinkRequest(nl.SOCK_DIAG_BY_FAMILY, unix.NLM_F_DUMP)
	req.AddData(&diagRequest{family})
	var out []connection
	err := req.ExecuteIter(unix.NETLINK_INET_DIAG, nl.SOCK_DIAG_BY_FAMILY, func(m []byte) bool {
		if c, ok := parseDiag(m); ok && slices.Contains(ports, c.local.Port()) {
			out = append(out, c)
		}
		return true
	})
	// A table that changes while it is told is the rule, not an error: it is looked at again soon.
	if err != nil && !errors.Is(err, nl.ErrDumpInterrupted) {
		return nil, fmt.Errorf("TCP connections: %w", err)
	}
	return out, nil
}

// parseDiag reads a struct inet_diag_msg: family, state, timer, retrans, then ports and addresses in network order.
func parseDiag(m []byte) (connection, bool) {
	if len(m) < diagMessageLen || m[1] != tcpEstablished {
		return connection{}, false
	}
	addr := func(b []byte) netip.Addr {
		if m[0] == unix.AF_INET {
			return netip.AddrFrom4([4]byte(b))
		}
		return netip.AddrFrom16([16]byte(b)).Unmap()
	}
	return connection{
		local: netip.AddrPortFrom(addr(m[8:24]), binary.BigEndian.Uint16(m[4:])),
		peer:  netip.AddrPortFrom(addr(m[24:40]), binary.BigEndian.Uint16(m[6:])),
	}, true
}
