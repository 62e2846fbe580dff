package npcap

import (
	"errors"
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/windows"

	"github.com/ruleids/ruleids/packet"
)

// rawSockets is the driver for hosts without Npcap: a raw socket for the address of an interface, to which Windows gives
// the IPv4 packets of that interface (SIO_RCVALL of mstcpip.h).
type rawSockets struct{}

func (rawSockets) name() (driver, limit string) {
	return "raw socket", "Npcap is not installed, so only IPv4 is seen, without Ethernet headers: no ARP, no IPv6, and perhaps not all that this host sends; install Npcap from https://npcap.com/ and start the daemon again"
}

func (rawSockets) interfaces() ([]Interface, error) { return adapters() }

const (
	sioRcvall     = 0x98000001 // _WSAIOW(IOC_VENDOR, 1)
	rcvallOn      = 1          // RCVALL_ON: what the interface sees
	rcvallIPLevel = 3          // RCVALL_IPLEVEL: what is for this host
	soRcvTimeo    = 0x1006     // SO_RCVTIMEO
	rawRoom       = 1 << 16    // the longest packet of IPv4
)

// open implements driver.
func (rawSockets) open(i Interface, c *Config) (device, error) {
	addr, ok, err := ipv4Of(i.Device)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errors.New("it has no IPv4 address, and without Npcap only IPv4 can be seen; install Npcap from https://npcap.com/")
	}
	var started windows.WSAData
	if err := windows.WSAStartup(0x202, &started); err != nil {
		return nil, err
	}
	fd, err := windows.Socket(windows.AF_INET, windows.SOCK_RAW, windows.IPPROTO_IP)
	if err != nil {
		return nil, denied(err)
	}
	on := uint32(rcvallIPLevel)
	if c.Promiscuous {
		on = rcvallOn
	}
	var n uint32
	err = errors.Join(
		windows.Bind(fd, &windows.SockaddrInet4{Addr: addr}),
		windows.SetsockoptInt(fd, windows.SOL_SOCKET, windows.SO_RCVBUF, c.RingBytes),
		windows.SetsockoptInt(fd, windows.SOL_SOCKET, soRcvTimeo, readTimeout),
		windows.WSAIoctl(fd, sioRcvall, (*byte)(unsafe.Pointer(&on)), uint32(unsafe.Sizeof(on)), nil, 0, &n, nil, 0),
	)
	if err != nil {
		_ = windows.Closesocket(fd)
		return nil, denied(err)
	}
	return &rawSocket{fd: fd, room: make([]byte, rawRoom)}, nil
}

func denied(err error) error {
	if errors.Is(err, windows.WSAEACCES) {
		return fmt.Errorf("only administrators may capture: %w", err)
	}
	return err
}

type rawSocket struct {
	fd   windows.Handle
	room []byte
}

func (*rawSocket) link() packet.LinkType { return packet.LinkRaw }

// setFilter implements device.
func (*rawSocket) setFilter([]bpf.RawInstruction) error { return errNoFilter }

// next implements device.
func (s *rawSocket) next() (packet.Frame, bool, error) {
	n, _, err := windows.Recvfrom(s.fd, s.room, 0)
	if errors.Is(err, windows.WSAETIMEDOUT) || errors.Is(err, windows.WSAEMSGSIZE) {
		return packet.Frame{}, false, nil
	}
	if err != nil {
		return packet.Frame{}, false, err
	}
	return packet.Frame{Data: s.room[:n], Time: time.Now().UnixNano(), Length: uint32(n), Link: packet.LinkRaw}, true, nil
}

// dropped implements device: Windows does not say.
func (*rawSocket) dropped() (uint32, error) { return 0, nil }

// interrupt implements device: next waits for some milliseconds at most.
func (*rawSocket) interrupt() {}

func (s *rawSocket) close() { _ = windows.Closesocket(s.fd) }
