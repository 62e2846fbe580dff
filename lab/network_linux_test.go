package lab

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// namespaceFolder is where ip(8) keeps the names of namespaces.
	namespaceFolder = "/run/netns"
	// namespacePrefix begins the names of those of the lab, which go on with the process, a number and a host.
	namespacePrefix = "ruleids-test-"
)

// The addresses of a link. Home is a network that the shipped rules take for ours, the other one is not.
const (
	homeAddress   = "10.0.0.20"
	remoteAddress = "198.51.100.7"
)

// namespaces counts the namespaces that were made.
var namespaces atomic.Int64

// A host is a network namespace.
type host struct {
	t    *testing.T
	name string // of the namespace
}

// newHost makes a namespace, which is deleted when the test ends, and everything in it. IPv6 is off there, so that
// it says nothing by itself.
func newHost(t *testing.T, name string) *host {
	t.Helper()
	h := &host{t, fmt.Sprintf("%s%d-%d-%s", namespacePrefix, os.Getpid(), namespaces.Add(1), name)}
	ip(t, "netns add "+h.name)
	t.Cleanup(func() { ip(t, "netns delete "+h.name) })
	err := h.enter(func() error {
		for name, value := range map[string]string{
			"ipv6/conf/all/disable_ipv6": "1", "ipv6/conf/default/disable_ipv6": "1",
			"ipv4/conf/all/rp_filter": "0", "ipv4/conf/default/rp_filter": "0",
		} {
			err := os.WriteFile("/proc/sys/net/"+name, []byte(value), 0)
			if err != nil && !(os.IsNotExist(err) && strings.HasPrefix(name, "ipv6")) {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	h.ip("link set lo up")
	return h
}

// A lan is a link between a host at home, where the daemon runs, and a remote one.
type lan struct {
	home, remote *host
}

// newLAN makes two hosts with an interface eth0 each, which see each other.
func newLAN(t *testing.T) *lan {
	t.Helper()
	l := &lan{newHost(t, "home"), newHost(t, "remote")}
	l.connect()
	return l
}

// connect makes the interfaces. Offloads are off, so that packets are those that a wire would carry.
func (l *lan) connect() {
	t := l.home.t
	t.Helper()
	ip(t, fmt.Sprintf("link add eth0 netns %s type veth peer name eth0 netns %s", l.home.name, l.remote.name))
	l.home.up("eth0", homeAddress)
	l.remote.up("eth0", remoteAddress)
	l.home.ip("route add 198.51.100.0/24 dev eth0")
	l.remote.ip("route add 10.0.0.0/24 dev eth0")
	// The kernel takes up to a second to take note of a link, and drops what is sent before: all of a short flood.
	for _, h := range []*host{l.home, l.remote} {
		until(t, "the link of "+h.name, patience, func() bool {
			return strings.TrimSpace(h.run("cat", "/sys/class/net/eth0/operstate")) == "up"
		})
	}
}

// up sets an interface up.
func (h *host) up(name, address string) {
	h.t.Helper()
	h.run("ethtool", "-K", name, "tx", "off", "tso", "off", "gso", "off", "gro", "off")
	h.ip("address add " + address + "/24 dev " + name)
	h.ip("link set " + name + " up")
}

// ip runs ip(8).
func ip(t *testing.T, args string) {
	t.Helper()
	if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v\n%s", args, err, out)
	}
}

// ip runs ip(8) on the host.
func (h *host) ip(args string) {
	h.t.Helper()
	ip(h.t, "-n "+h.name+" "+args)
}

// command is a command on the host. It dies with the tests.
func (h *host) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command("ip", append([]string{"netns", "exec", h.name, name}, args...)...)
	cmd.Dir = h.t.TempDir()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	cmd.WaitDelay = patience
	return cmd
}

// run runs a command on the host to its end, which must be a good one, and returns what it printed.
func (h *host) run(name string, args ...string) string {
	h.t.Helper()
	out, err := h.command(name, args...).CombinedOutput()
	if err != nil {
		h.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// counter returns what the kernel counts on eth0.
func (h *host) counter(name string) int {
	h.t.Helper()
	text := strings.TrimSpace(h.run("cat", "/sys/class/net/eth0/statistics/"+name))
	n, err := strconv.Atoi(text)
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

// A process is a command that runs beside the test.
type process struct {
	t     *testing.T
	cmd   *exec.Cmd
	out   *transcript // both of its outputs
	ended chan struct{}
	err   error // of Wait, once ended is closed
}

// start starts a command, which is killed when the test ends.
func (h *host) start(name string, args ...string) *process {
	h.t.Helper()
	return begin(h.t, h.command(name, args...))
}

func begin(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, cmd: cmd, out: newTranscript(), ended: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		p.out.end()
		close(p.ended)
	}()
	t.Cleanup(p.kill)
	return p
}

// serve starts a server, and waits until a line of what it prints has ready in it.
func (h *host) serve(ready, name string, args ...string) *process {
	h.t.Helper()
	p := h.start(name, args...)
	if _, ok := p.out.await(patience, 0, func(line string) bool { return strings.Contains(line, ready) }); !ok {
		h.t.Fatalf("%s does not say %q:\n%s", name, ready, strings.Join(p.out.from(0), "\n"))
	}
	return p
}

// kill ends a process and those that it started.
func (p *process) kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.ended
}

// wait waits for the end of a process, which must be a good one.
func (p *process) wait() {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.kill()
		p.t.Fatalf("%v has not ended after %v:\n%s", p.cmd.Args[4:], patience, strings.Join(p.out.from(0), "\n"))
	}
	if p.err != nil {
		p.t.Fatalf("%v: %v\n%s", p.cmd.Args[4:], p.err, strings.Join(p.out.from(0), "\n"))
	}
}

// enter runs f on a thread that is in the host's network namespace: sockets that it makes belong there.
func (h *host) enter(f func() error) error {
	result := make(chan error)
	go func() {
		result <- func() error {
			runtime.LockOSThread()
			back, err := os.Open("/proc/thread-self/ns/net")
			if err != nil {
				return err
			}
			defer back.Close()
			there, err := os.Open(filepath.Join(namespaceFolder, h.name))
			if err != nil {
				return err
			}
			defer there.Close()
			if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
				return err
			}
			err = f()
			if unix.Setns(int(back.Fd()), unix.CLONE_NEWNET) == nil {
				// A thread that cannot come back stays locked, and ends with the goroutine.
				runtime.UnlockOSThread()
			}
			return err
		}()
	}()
	return <-result
}

// listen listens on a TCP address of the host until the test ends.
func (h *host) listen(address string) net.Listener {
	h.t.Helper()
	var l net.Listener
	err := h.enter(func() (err error) {
		l, err = net.Listen("tcp4", address)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { l.Close() })
	return l
}

// dial connects from the host.
func (h *host) dial(ctx context.Context, network, address string) (net.Conn, error) {
	var c net.Conn
	err := h.enter(func() (err error) {
		c, err = new(net.Dialer).DialContext(ctx, network, address)
		return err
	})
	return c, err
}
