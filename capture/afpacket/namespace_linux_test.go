package afpacket

import (
	"encoding/binary"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ruleids/ruleids/capture/live"
	"github.com/ruleids/ruleids/packet"
)

// patience is how long a test waits for something that happens at once on a machine that is not busy.
const patience = 10 * time.Second

// enterNamespace puts the test into a network namespace of its own, which vanishes with the thread that the test
// runs on. IPv6 is off there, so that no host says anything by itself.
func enterNamespace(t testing.TB) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("network namespaces and packet sockets need root")
	}
	runtime.LockOSThread() // and never unlocked: the thread ends with the test
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skipf("no network namespace can be made here: %v", err)
	}
	for _, name := range []string{"all", "default"} {
		// Where there is no IPv6 there is no file.
		_ = os.WriteFile("/proc/sys/net/ipv6/conf/"+name+"/disable_ipv6", []byte("1"), 0)
	}
}

// ip runs ip(8) in the namespace of the test.
func ip(t testing.TB, args string) {
	t.Helper()
	if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v\n%s", args, err, out)
	}
}

// veth makes a pair of interfaces, and waits until both carry packets.
func veth(t testing.TB, a, b string) {
	t.Helper()
	ip(t, "link add "+a+" type veth peer name "+b)
	for _, name := range []string{a, b} {
		ip(t, "link set "+name+" arp off up")
	}
	waitRunning(t, a, b)
}

// waitRunning waits for the kernel's notices until interfaces carry packets.
func waitRunning(t testing.TB, names ...string) {
	t.Helper()
	fd, err := openNotices()
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	deadline := time.Now().Add(patience)
	for _, name := range names {
		for {
			d, err := lookup(fd, name)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if d.running {
				break
			}
			left := time.Until(deadline)
			if left < 0 {
				t.Fatalf("%s has no carrier", name)
			}
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(left.Milliseconds()))
			drainNotices(fd, make([]byte, 64))
		}
	}
}

// A sender puts frames on an interface.
type sender struct {
	t  testing.TB
	fd int
}

func newSender(t testing.TB, name string) sender {
	t.Helper()
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	d, err := lookup(fd, name)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Ifindex: d.index}); err != nil {
		t.Fatal(err)
	}
	return sender{t, fd}
}

func (s sender) send(frames ...[]byte) {
	s.t.Helper()
	for _, f := range frames {
		for {
			_, err := unix.Write(s.fd, f)
			if err == unix.EINTR {
				continue
			}
			if err != nil {
				s.t.Fatalf("sending %d bytes: %v", len(f), err)
			}
			break
		}
	}
}

// open opens a source and closes it when the test ends.
func open(t testing.TB, c Config) *Source {
	t.Helper()
	if c.RingBytes == 0 {
		// Blocks enough for some seconds: tests send first and read later.
		c.RingBytes, c.BlockBytes = 8<<20, 16<<10
	}
	s, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Release()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// A heard is what a test has read, copied.
type heard struct {
	frames []packet.Frame
	events []live.Event
	lost   uint64
	losing bool
}

// read reads until enough says so.
func (h *heard) read(t testing.TB, s *Source, enough func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	var b live.Batch
	for !enough() {
		left := time.Until(deadline)
		if left < 0 {
			t.Fatalf("after %v there are %d frames, events %v, counts %+v", patience, len(h.frames), h.events, s.Stats())
		}
		if err := s.Read(&b, min(left, 100*time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		for _, f := range b.Frames {
			f.Data = slices.Clone(f.Data)
			h.frames = append(h.frames, f)
		}
		h.events = append(h.events, b.Events...)
		h.lost += b.Lost
		h.losing = h.losing || b.Losing
	}
	s.Release()
}

// readFrames reads until there are n frames.
func readFrames(t testing.TB, s *Source, n int) []packet.Frame {
	t.Helper()
	var h heard
	h.read(t, s, func() bool { return len(h.frames) >= n })
	return h.frames
}

// kinds lists the events of a kind of interface.
func (h *heard) kinds() []live.EventKind {
	var out []live.EventKind
	for _, e := range h.events {
		out = append(out, e.Kind)
	}
	return out
}

// numbered is a UDP packet to a host and a port, with a number in it.
func numbered(n int, host byte, port uint16) []byte {
	b := make([]byte, 12, 60)
	copy(b, "\xff\xff\xff\xff\xff\xff\x02")
	b = append(b, 8, 0, 0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, host)
	b = binary.BigEndian.AppendUint16(b, 1000)
	b = binary.BigEndian.AppendUint16(b, port)
	b = append(b, 0, 26, 0, 0)
	b = binary.BigEndian.AppendUint64(b, uint64(n))
	return b[:60]
}

// number returns the number of a packet made by numbered.
func number(f packet.Frame) int { return int(binary.BigEndian.Uint64(f.Data[42:])) }
