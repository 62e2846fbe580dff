package host

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// alone has the test's thread in a network namespace of its own, which ends with it.
func alone(t *testing.T) *netlink.Handle {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("making a network namespace needs root")
	}
	runtime.LockOSThread() // and never unlocked: the thread ends with the test's goroutine
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skipf("a network namespace cannot be made: %v", err)
	}
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// until waits for the Info to be as it should.
func until(t *testing.T, h *Host, what string, is func(*Info) bool) {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		f, err := h.Info()
		must(t, err)
		if is(f) {
			return
		}
		select {
		case <-h.Changes():
		case <-deadline:
			t.Fatalf("%s: not seen, the Info is %+v", what, f)
		}
	}
}

func TestHost(t *testing.T) {
	nl := alone(t)
	dir := t.TempDir()
	conf := filepath.Join(dir, "resolv.conf")
	write(t, conf, []byte("nameserver 192.0.2.53\n"))
	lo, err := nl.LinkByName("lo")
	must(t, err)
	must(t, nl.LinkSetUp(lo))
	must(t, nl.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "dec0"}, PeerName: "dec1"}))
	link, err := nl.LinkByName("dec0")
	must(t, err)
	peer, err := nl.LinkByName("dec1")
	must(t, err)
	must(t, nl.LinkSetUp(peer))
	must(t, nl.LinkSetUp(link))
	addr := func(s string) *netlink.Addr {
		a, err := netlink.ParseAddr(s)
		must(t, err)
		return a
	}
	must(t, nl.AddrAdd(link, addr("192.0.2.10/24")))

	h, err := Open(Options{SSHPorts: []uint16{22}, resolvConfs: []string{conf}})
	must(t, err)
	defer h.Close()
	f, err := h.Info()
	must(t, err)
	has := func(list []netip.Addr, a string) bool { return slices.Contains(list, netip.MustParseAddr(a)) }
	if !has(f.Addresses, "192.0.2.10") || !has(f.Addresses, "127.0.0.1") || !has(f.Broadcasts, "192.0.2.255") || !has(f.Resolvers, "192.0.2.53") || len(f.Gateways) > 0 {
		t.Errorf("%+v", f)
	}
	if g, _ := h.Info(); g != f {
		t.Error("the same Info is another pointer")
	}

	must(t, nl.AddrAdd(link, addr("198.51.100.10/30")))
	until(t, h, "a new address", func(f *Info) bool { return has(f.Addresses, "198.51.100.10") && has(f.Broadcasts, "198.51.100.11") })
	must(t, nl.AddrDel(link, addr("198.51.100.10/30")))
	until(t, h, "an address that is gone", func(f *Info) bool { return !has(f.Addresses, "198.51.100.10") })

	hop := func(gw string) *netlink.NexthopInfo {
		return &netlink.NexthopInfo{LinkIndex: link.Attrs().Index, Gw: net.ParseIP(gw)}
	}
	any4 := &net.IPNet{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)}
	must(t, nl.RouteAdd(&netlink.Route{Dst: any4, LinkIndex: link.Attrs().Index, Gw: net.ParseIP("192.0.2.1")}))
	until(t, h, "a gateway", func(f *Info) bool { return has(f.Gateways, "192.0.2.1") })
	must(t, nl.RouteAdd(&netlink.Route{Dst: any4, Table: 100, MultiPath: []*netlink.NexthopInfo{hop("192.0.2.2"), hop("192.0.2.3")}}))
	until(t, h, "gateways of another table", func(f *Info) bool { return has(f.Gateways, "192.0.2.2") && has(f.Gateways, "192.0.2.3") })

	write(t, conf+".new", []byte("nameserver 192.0.2.54\n"))
	must(t, os.Rename(conf+".new", conf))
	until(t, h, "a resolver", func(f *Info) bool { return has(f.Resolvers, "192.0.2.54") && !has(f.Resolvers, "192.0.2.53") })

	// A neighbour entry of the router's, and one more at the same hardware address; and one that answers for everybody.
	neighbour := func(ip, mac string) {
		t.Helper()
		hw, err := net.ParseMAC(mac)
		must(t, err)
		must(t, nl.NeighSet(&netlink.Neigh{LinkIndex: link.Attrs().Index, IP: net.ParseIP(ip), HardwareAddr: hw, State: unix.NUD_PERMANENT}))
	}
	neighbour("192.0.2.1", "02:00:00:00:00:01")
	neighbour("fe80::1", "02:00:00:00:00:01")
	neighbour("192.0.2.77", "02:00:00:00:00:77")
	neighbour("192.0.2.2", "02:00:00:00:00:02")
	for i := range maxRouterAddresses {
		neighbour(fmt.Sprintf("192.0.2.%d", 100+i), "02:00:00:00:00:02")
	}
	must(t, nl.AddrAdd(link, addr("198.51.100.14/30"))) // a change, so that it looks
	until(t, h, "another address of the router", func(f *Info) bool { return has(f.Routers, "fe80::1") })
	if f, _ := h.Info(); has(f.Routers, "192.0.2.77") || has(f.Routers, "192.0.2.100") {
		t.Errorf("%+v", f)
	}
	h.SetNames([]Name{{"203.0.113.9", "the server of a test"}})
	until(t, h, "a host that the program needs", func(f *Info) bool {
		return slices.Equal(f.Needed, []Needed{{netip.MustParseAddr("203.0.113.9"), "the server of a test"}})
	})
	h.SetNames(nil)
	until(t, h, "nothing that the program needs", func(f *Info) bool { return len(f.Needed) == 0 })

	// A second look finds the same, and the gateways through a list this time.
	g, err := Open(Options{SSHPorts: []uint16{22}, resolvConfs: []string{conf}})
	must(t, err)
	defer g.Close()
	want, err := h.Info()
	must(t, err)
	if got, err := g.Info(); err != nil || !got.equal(want) {
		t.Errorf("%+v, want %+v; %v", got, want, err)
	}
}

// TestConnections asks the kernel and /proc for the same connections.
func TestConnections(t *testing.T) {
	for _, at := range []string{"127.0.0.1:0", "[::1]:0"} {
		l, err := net.Listen("tcp", at)
		if err != nil {
			t.Logf("%s: %v", at, err)
			continue
		}
		defer l.Close()
		c, err := net.Dial("tcp", l.Addr().String())
		must(t, err)
		defer c.Close()
		s, err := l.Accept()
		must(t, err)
		defer s.Close()
		port := netip.MustParseAddrPort(l.Addr().String()).Port()
		want := []connection{{netip.MustParseAddrPort(l.Addr().String()), netip.MustParseAddrPort(c.LocalAddr().String())}}
		for name, ask := range map[string]func() ([]connection, error){
			"either": func() ([]connection, error) { return connectionsTo([]uint16{port}) },
			"proc":   func() ([]connection, error) { return procConnections("/proc/thread-self/net", []uint16{port}) },
		} {
			if got, err := ask(); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: %v, %v; want %v", name, got, err, want)
			}
		}
		for _, family := range []uint8{unix.AF_INET, unix.AF_INET6} {
			got, err := diagConnections(family, []uint16{port})
			if err != nil {
				t.Logf("sock_diag is not to be had: %v", err)
				continue
			}
			if mine := (family == unix.AF_INET) == want[0].peer.Addr().Is4(); mine != slices.Equal(got, want) {
				t.Errorf("sock_diag: %v, want %v", got, want)
			}
		}
	}
}
