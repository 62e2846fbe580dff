//go:build darwin || freebsd || openbsd

package bpf

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"runtime"
	"slices"
	"time"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"github.com/ruleids/ruleids/packet"
)

// tick is how long a read waits where nothing comes: Close and changes of the interface are seen as late as that.
const tick = 250 * time.Millisecond

// maxDevices is how many /dev/bpf* are tried where they are not made on demand: macOS makes up to 256.
const maxDevices = 256

// A file is an open device.
type file int

// Read reads what is in the kernel's buffer.
func (f file) Read(b []byte) (int, error) {
	n, err := unix.Read(int(f), b)
	switch {
	case errors.Is(err, unix.EINTR) || errors.Is(err, unix.EAGAIN):
		return 0, nil
	case errors.Is(err, unix.ENXIO) || errors.Is(err, unix.EIO):
		return 0, errNoInterface
	}
	return max(n, 0), err
}

// Close closes the device, which ends promiscuous mode.
func (f file) Close() error { return unix.Close(int(f)) }

// control makes a request of bpf(4). The standard library has the system call for all of these systems; golang.org/x/sys
// has no such requests.
func (f file) control(request uint, argument unsafe.Pointer) error {
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(f), uintptr(request), uintptr(argument)); errno != 0 {
		return errno
	}
	return nil
}

// openDevice opens a device for an interface.
func openDevice(name string, c *Config) (*device, error) {
	f, err := openFile()
	if err != nil {
		return nil, err
	}
	d, err := f.setUp(name, c)
	if err != nil {
		_ = f.Close() // the first error is the one to tell
		return nil, err
	}
	return d, nil
}

// openFile opens a device that is not in use: FreeBSD and OpenBSD make one with each open of /dev/bpf, macOS has a file for each.
func openFile() (file, error) {
	names := []string{"/dev/bpf"}
	if runtime.GOOS == "darwin" {
		names = nil
		for i := range maxDevices {
			names = append(names, fmt.Sprintf("/dev/bpf%d", i))
		}
	}
	for _, name := range names {
		fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		switch {
		case err == nil:
			return file(fd), nil
		case errors.Is(err, unix.EBUSY):
		case errors.Is(err, fs.ErrPermission):
			return -1, fmt.Errorf("%s may not be read: run as root, or as somebody who may read it: %w", name, err)
		default:
			return -1, fmt.Errorf("%s: %w", name, err)
		}
	}
	return -1, fmt.Errorf("all of %d devices of bpf are in use", len(names))
}

// setUp binds the device to an interface and has it give frames as they come. The size of the buffer is set before.
func (f file) setUp(name string, c *Config) (*device, error) {
	size := int32(min(c.BufferBytes, 1<<30)) // the kernel makes it less where it gives less
	if err := f.control(unix.BIOCSBLEN, unsafe.Pointer(&size)); err != nil {
		return nil, fmt.Errorf("BIOCSBLEN: %w", err)
	}
	var ifreq [32]byte // struct ifreq: the name, and room for what it may hold besides
	if len(name) >= unix.IFNAMSIZ {
		return nil, errNoInterface
	}
	copy(ifreq[:], name)
	switch err := f.control(unix.BIOCSETIF, unsafe.Pointer(&ifreq)); {
	case errors.Is(err, unix.ENXIO):
		return nil, errNoInterface
	case err != nil:
		return nil, fmt.Errorf("BIOCSETIF: %w", err)
	}
	on := int32(1)
	if err := f.control(unix.BIOCIMMEDIATE, unsafe.Pointer(&on)); err != nil {
		return nil, fmt.Errorf("BIOCIMMEDIATE: %w", err)
	}
	timeout := unix.NsecToTimeval(int64(tick))
	if err := f.control(unix.BIOCSRTIMEOUT, unsafe.Pointer(&timeout)); err != nil {
		return nil, fmt.Errorf("BIOCSRTIMEOUT: %w", err)
	}
	if c.Promiscuous {
		if err := f.control(unix.BIOCPROMISC, nil); errors.Is(err, unix.ENETDOWN) {
			return nil, errDown // so it is on macOS
		} else if err != nil {
			return nil, fmt.Errorf("setting promiscuous mode; it can be turned off in the settings: %w", err)
		}
	}
	var link, got uint32
	if err := f.control(unix.BIOCGDLT, unsafe.Pointer(&link)); err != nil {
		return nil, fmt.Errorf("BIOCGDLT: %w", err)
	}
	if err := f.control(unix.BIOCGBLEN, unsafe.Pointer(&got)); err != nil {
		return nil, fmt.Errorf("BIOCGBLEN: %w", err)
	}
	return &device{ReadCloser: f, layout: native, link: linkType(link), size: int(got), setFilter: f.setFilter, dropped: f.dropped,
		up: func() bool { return isUp(name) }}, nil
}

// isUp reports whether an interface is up; one that is not known is.
func isUp(name string) bool {
	all, _ := net.Interfaces()
	return !slices.ContainsFunc(all, func(i net.Interface) bool { return i.Name == name && i.Flags&net.FlagUp == 0 })
}

// linkType returns what the numbers mean that differ between systems; the others are those of pcap files.
func linkType(dlt uint32) packet.LinkType {
	switch dlt {
	case unix.DLT_LOOP:
		return packet.LinkLoop
	case unix.DLT_RAW:
		return packet.LinkRaw
	}
	return packet.LinkType(dlt)
}

// setFilter implements device.
func (f file) setFilter(program []bpf.RawInstruction) error {
	instructions := make([]unix.BpfInsn, len(program))
	for i, p := range program {
		instructions[i] = unix.BpfInsn{Code: p.Op, Jt: p.Jt, Jf: p.Jf, K: p.K}
	}
	if err := f.control(setFilterRequest, unsafe.Pointer(&unix.BpfProgram{Len: uint32(len(program)), Insns: &instructions[0]})); err != nil {
		return fmt.Errorf("BIOCSETF: %w", err)
	}
	return nil
}

// dropped implements device.
func (f file) dropped() (uint32, error) {
	var s unix.BpfStat
	err := f.control(unix.BIOCGSTATS, unsafe.Pointer(&s))
	return s.Drop, err
}
