package afpacket

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// openNotices returns a socket on which the kernel tells of changes of interfaces (rtnetlink(7)).
func openNotices() (int, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return -1, fmt.Errorf("live capture: opening a netlink socket: %w", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: unix.RTMGRP_LINK}); err != nil {
		return -1, errors.Join(fmt.Errorf("live capture: asking for notices of interfaces: %w", err), unix.Close(fd))
	}
	return fd, nil
}

// drainNotices reads what came and reports whether that was anything. What it says does not matter: whoever
// is told looks at all interfaces, so notices that are cut to buf are no loss, nor those that the kernel had no
// room for (ENOBUFS).
func drainNotices(fd int, buf []byte) bool {
	for any := false; ; any = true {
		_, err := unix.Read(fd, buf)
		switch {
		case err == nil, errors.Is(err, unix.EINTR), errors.Is(err, unix.ENOBUFS):
		default:
			return any
		}
	}
}
