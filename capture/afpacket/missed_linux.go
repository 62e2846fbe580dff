package afpacket

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// openAsking returns a socket on which the kernel answers questions about interfaces (rtnetlink(7)).
func openAsking() (int, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return -1, fmt.Errorf("live capture: opening a netlink socket: %w", err)
	}
	return fd, nil
}

// statsRequest asks for the counters of an interface: struct nlmsghdr and struct if_stats_msg of linux/if_link.h.
type statsRequest struct {
	unix.NlMsghdr
	_          [4]byte
	index      uint32
	filterMask uint32
}

const (
	statsLink64 = 1 // IFLA_STATS_LINK_64 of linux/if_link.h

	// Where struct rtnl_link_stats64 has its fields.
	rxDropped = 6 * 8
	rxMissed  = 15 * 8
)

// askMissed returns how many packets the interface, or the kernel on its behalf, has dropped on their way in, before
// they came to any socket: for want of room in the card (rx_missed_errors), or in the queues of the kernel
// (rx_dropped). It needs Linux 4.7.
func askMissed(fd, index int) (uint64, error) {
	req := statsRequest{index: uint32(index), filterMask: 1 << (statsLink64 - 1)}
	req.Len, req.Type, req.Flags = uint32(unsafe.Sizeof(req)), unix.RTM_GETSTATS, unix.NLM_F_REQUEST
	if _, err := unix.Write(fd, unsafe.Slice((*byte)(unsafe.Pointer(&req)), unsafe.Sizeof(req))); err != nil {
		return 0, err
	}
	var buf [1024]byte
	n, err := unix.Read(fd, buf[:]) // the answer is there when the question has been sent
	if err != nil {
		return 0, err
	}
	const header = unix.SizeofNlMsghdr + 12 // and struct if_stats_msg
	if n < header || binary.NativeEndian.Uint16(buf[4:]) != unix.RTM_NEWSTATS {
		return 0, errNoCounters
	}
	for b := buf[header:n]; len(b) >= unix.SizeofRtAttr; {
		size, kind := int(binary.NativeEndian.Uint16(b)), binary.NativeEndian.Uint16(b[2:])
		if size < unix.SizeofRtAttr || size > len(b) {
			break
		}
		if v := b[unix.SizeofRtAttr:size]; kind == statsLink64 && len(v) >= rxMissed+8 {
			return binary.NativeEndian.Uint64(v[rxDropped:]) + binary.NativeEndian.Uint64(v[rxMissed:]), nil
		}
		b = b[min((size+3)&^3, len(b)):]
	}
	return 0, errNoCounters
}

var errNoCounters = errors.New("the kernel does not tell the counters of the interface")

// countMissed brings t.missed up to date.
func (s *Source) countMissed(t *tap) {
	if len(t.rings) == 0 {
		return
	}
	n, err := askMissed(s.asking, t.index)
	if err != nil {
		return // it is gone, or the kernel is too old: what was counted stays
	}
	if n > t.missedAt {
		t.missed += n - t.missedAt
	}
	t.missedAt = n
}
