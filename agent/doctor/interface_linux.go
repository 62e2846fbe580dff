package doctor

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"unsafe"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// lossShare is the share of packets that a card or the kernel may lose before it is a problem: a sensor's counts are wrong then.
const lossShare = 0.001

// interfaces looks at the interfaces of the settings: whether they are there and up, what they join, and what they lose.
func (d *doctor) interfaces() {
	names := d.config.Capture.Interfaces
	if len(names) == 0 {
		d.found("", Note, "the settings name none to watch; there are "+strings.Join(present(), ", "), `Name one: capture { interfaces = ["eth0"] }, or ruleids doctor -i eth0.`)
	}
	for _, name := range names {
		d.netInterface(name)
	}
}

// present names the interfaces that there are.
func present() (out []string) {
	list, err := net.Interfaces()
	if err != nil {
		return nil
	}
	for _, i := range list {
		out = append(out, i.Name)
	}
	return out
}

func (d *doctor) netInterface(name string) {
	l, err := netlink.LinkByName(name)
	if err != nil {
		state := Problem
		if d.config.Capture.WaitForInterfaces {
			state = Note
		}
		d.found(name, state, "there is no such interface; there are "+strings.Join(present(), ", "), "Name one of these, or wait for it with capture { wait_for_interfaces = true }.")
		return
	}
	a := l.Attrs()
	switch {
	case a.Flags&net.FlagUp == 0:
		d.found(name, Problem, "it is down", "ip link set "+name+" up")
	case a.OperState == netlink.OperDown || a.OperState == netlink.OperLowerLayerDown:
		d.found(name, Problem, "it is up and has no carrier", "Look at the cable, or at the port of the switch.")
	default:
		d.found(name, OK, fmt.Sprintf("it is up, with an MTU of %d", a.MTU), "")
	}
	if max := d.config.Capture.Snaplen; a.MTU+22 > max {
		d.found(name, Note, fmt.Sprintf("its packets have up to %d bytes, of which %d are captured", a.MTU, max), "Where rules look at payload: capture { snaplen = 65535 }")
	}
	if joins := joining(name); len(joins) > 0 {
		d.found(name, Note, "it joins packets before the daemon sees them: "+strings.Join(joins, ", "), fmt.Sprintf("Where rules count packets: ethtool -K %s gro off lro off", name))
	}
	if now, most, ok := ringOf(name); ok && now < most {
		d.found(name, Note, fmt.Sprintf("the card's ring has %d of %d places", now, most), fmt.Sprintf("Where packets are lost before the daemon's ring: ethtool -G %s rx %d", name, most))
	}
	if s := a.Statistics; s != nil && s.RxPackets > 0 {
		lost := s.RxDropped + s.RxMissedErrors + s.RxFifoErrors
		says := fmt.Sprintf("of %d packets since it came up, card and kernel lost %d", s.RxPackets, lost)
		if float64(lost) > lossShare*float64(s.RxPackets) {
			d.found(name, Problem, says, fmt.Sprintf("Give the card more room (ethtool -G %s rx N), its interrupts other CPUs than the daemon's, and see \"When it is too much\" in docs/operations.md.", name))
		} else {
			d.found(name, OK, says, "")
		}
	}
}

// Commands of SIOCETHTOOL (linux/ethtool.h).
const (
	ethtoolRing  = 0x10
	ethtoolFlags = 0x25
	ethtoolGRO   = 0x2b
	flagLRO      = 1 << 15
)

// ethtool asks the driver of an interface. what begins with the command.
func ethtool(name string, what unsafe.Pointer) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var q struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte
	}
	if len(name) >= len(q.name) {
		return errors.New("the name is too long")
	}
	copy(q.name[:], name)
	q.data = what
	if _, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&q))); e != 0 {
		return e
	}
	return nil
}

// joining names what makes one packet of several.
func joining(name string) (out []string) {
	value := struct{ cmd, data uint32 }{cmd: ethtoolGRO}
	if ethtool(name, unsafe.Pointer(&value)) == nil && value.data != 0 {
		out = append(out, "generic-receive-offload")
	}
	value = struct{ cmd, data uint32 }{cmd: ethtoolFlags}
	if ethtool(name, unsafe.Pointer(&value)) == nil && value.data&flagLRO != 0 {
		out = append(out, "large-receive-offload")
	}
	return out
}

// ringOf returns how many places the card's ring for what it receives has, and how many it could have; not ok where it has none.
func ringOf(name string) (now, most uint32, ok bool) {
	var r struct {
		cmd, maxRx, maxMini, maxJumbo, maxTx, rx, mini, jumbo, tx uint32
	}
	r.cmd = ethtoolRing
	if ethtool(name, unsafe.Pointer(&r)) != nil || r.maxRx == 0 {
		return 0, 0, false
	}
	return r.rx, r.maxRx, true
}
