package npcap

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/windows"

	"github.com/ruleids/ruleids/packet"
)

// A library is Npcap's wpcap.dll, which has the functions of libpcap (pcap(3PCAP)).
type library struct {
	dll                                                           *windows.DLL
	create, setSnaplen, setPromisc, setTimeout, setBuffer         *windows.Proc
	activate, datalink, setfilter, nextEx, stats, closeIt, geterr *windows.Proc
	breakloop                                                     *windows.Proc
}

// errNoNpcap says that Npcap is not installed.
var errNoNpcap = errors.New("npcap is not installed")

// libraryPath returns where Npcap has its library: in a directory of its own, which no search path has.
func libraryPath() (string, error) {
	system, err := windows.GetSystemDirectory()
	return filepath.Join(system, "Npcap", "wpcap.dll"), err
}

// load loads the library from its full path, and what it needs from beside it or from the system, never from elsewhere.
func load() (*library, error) {
	path, err := libraryPath()
	if err != nil {
		return nil, err
	}
	h, err := windows.LoadLibraryEx(path, 0, windows.LOAD_LIBRARY_SEARCH_DLL_LOAD_DIR|windows.LOAD_LIBRARY_SEARCH_SYSTEM32)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, windows.ERROR_MOD_NOT_FOUND) || errors.Is(err, windows.ERROR_PATH_NOT_FOUND) {
		return nil, errNoNpcap
	}
	if err != nil {
		return nil, fmt.Errorf("%s cannot be loaded: %w; install Npcap again, from https://npcap.com/", path, err)
	}
	l := &library{dll: &windows.DLL{Name: path, Handle: h}}
	for _, p := range []struct {
		name string
		to   **windows.Proc
	}{
		{"pcap_create", &l.create}, {"pcap_set_snaplen", &l.setSnaplen}, {"pcap_set_promisc", &l.setPromisc}, {"pcap_set_timeout", &l.setTimeout},
		{"pcap_set_buffer_size", &l.setBuffer}, {"pcap_activate", &l.activate}, {"pcap_datalink", &l.datalink}, {"pcap_setfilter", &l.setfilter},
		{"pcap_next_ex", &l.nextEx}, {"pcap_stats", &l.stats}, {"pcap_close", &l.closeIt}, {"pcap_geterr", &l.geterr}, {"pcap_breakloop", &l.breakloop},
	} {
		if *p.to, err = l.dll.FindProc(p.name); err != nil {
			_ = l.dll.Release()
			return nil, fmt.Errorf("%s is no library of Npcap: %w; install Npcap again, from https://npcap.com/", path, err)
		}
	}
	return l, nil
}

func (l *library) name() (driver, limit string) { return "Npcap", "" }

func (l *library) interfaces() ([]Interface, error) { return adapters() }

const (
	// readTimeout is how long the driver gathers frames before it hands them over.
	readTimeout = 10 // milliseconds

	// What the library returns (pcap/pcap.h); warnings are above zero.
	pcapErrNoSuchDevice = -5
	interrupted         = -2 // PCAP_ERROR_BREAK, of pcap_next_ex
	pcapErrPermDenied   = -8
	pcapErrPromiscPerm  = -11

	// errbufSize is PCAP_ERRBUF_SIZE.
	errbufSize = 256
)

// open implements driver.
func (l *library) open(i Interface, c *Config) (device, error) {
	name, err := windows.BytePtrFromString(i.Device)
	if err != nil {
		return nil, err
	}
	var why [errbufSize]byte
	p, _, _ := l.create.Call(uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(&why[0])))
	if p == 0 {
		return nil, errors.New(windows.ByteSliceToString(why[:]))
	}
	h := &handle{l: l, p: p}
	promiscuous := uintptr(0)
	if c.Promiscuous {
		promiscuous = 1
	}
	l.setSnaplen.Call(p, uintptr(c.SnapLength))
	l.setPromisc.Call(p, promiscuous)
	l.setTimeout.Call(p, readTimeout)
	l.setBuffer.Call(p, uintptr(c.RingBytes))
	code, _, _ := l.activate.Call(p)
	if n := int32(code); n < 0 {
		err := h.err()
		h.close()
		switch n {
		case pcapErrNoSuchDevice:
			return nil, errGone
		case pcapErrPermDenied, pcapErrPromiscPerm:
			return nil, fmt.Errorf("only administrators may capture here: %w", err)
		}
		return nil, err
	}
	kind, _, _ := l.datalink.Call(p)
	h.kind = packet.LinkType(kind)
	return h, nil
}

// A handle is a pcap_t.
type handle struct {
	l    *library
	p    uintptr
	kind packet.LinkType
	// What the library puts its answers into.
	header *header
	data   *byte
}

// A header is struct pcap_pkthdr. On Windows a long has 32 bits.
type header struct {
	seconds, micros  uint32
	captured, length uint32
}

func (h *handle) err() error {
	text, _, _ := h.l.geterr.Call(h.p)
	if text == 0 {
		return errors.New("the driver does not say why")
	}
	return errors.New(windows.BytePtrToString(*(**byte)(unsafe.Pointer(&text))))
}

func (h *handle) link() packet.LinkType { return h.kind }

// setFilter implements device.
func (h *handle) setFilter(prog []bpf.RawInstruction) error {
	program := struct {
		length       uint32
		instructions *bpf.RawInstruction // which has the form of struct bpf_insn
	}{uint32(len(prog)), &prog[0]}
	var pinned runtime.Pinner
	defer pinned.Unpin()
	pinned.Pin(&prog[0])
	if code, _, _ := h.l.setfilter.Call(h.p, uintptr(unsafe.Pointer(&program))); int32(code) != 0 {
		return h.err()
	}
	return nil
}

// next implements device.
func (h *handle) next() (packet.Frame, bool, error) {
	code, _, _ := syscall.SyscallN(h.l.nextEx.Addr(), h.p, uintptr(unsafe.Pointer(&h.header)), uintptr(unsafe.Pointer(&h.data)))
	switch n := int32(code); {
	case n == 0, n == interrupted:
		return packet.Frame{}, false, nil
	case n < 0:
		return packet.Frame{}, false, h.err()
	}
	at := int64(h.header.seconds)*1e9 + int64(h.header.micros)*1e3
	return packet.Frame{Data: unsafe.Slice(h.data, h.header.captured), Time: at, Length: h.header.length, Link: h.kind}, true, nil
}

// dropped implements device.
func (h *handle) dropped() (uint32, error) {
	// struct pcap_stat: received, dropped for want of room, dropped by the interface, and what only Windows has.
	var s [6]uint32
	if code, _, _ := h.l.stats.Call(h.p, uintptr(unsafe.Pointer(&s[0]))); int32(code) != 0 {
		return 0, h.err()
	}
	return s[1] + s[2], nil
}

// interrupt implements device.
func (h *handle) interrupt() { h.l.breakloop.Call(h.p) }

func (h *handle) close() {
	h.l.closeIt.Call(h.p)
	h.p = 0
}
