//go:build darwin || freebsd || openbsd

package host

import (
	"fmt"
	"net/netip"
	"os/exec"
	"runtime"

	"golang.org/x/net/route"
	"golang.org/x/sys/unix"
)

// systemFacts are what the kernel, netstat and, on macOS, scutil tell.
func systemFacts() facts {
	return facts{
		addresses: listInterfaces, gateways: gateways, resolvers: resolvers, connections: connections,
		limit: "DHCP and time servers, and other addresses of routers, are not known on " + runtime.GOOS,
	}
}

// gateways are the next hops of all routes (route(4)).
func gateways() ([]netip.Addr, error) {
	rib, err := route.FetchRIB(unix.AF_UNSPEC, route.RIBTypeRoute, 0)
	if err != nil {
		return nil, fmt.Errorf("routes of this host: %w", err)
	}
	messages, err := route.ParseRIB(route.RIBTypeRoute, rib)
	if err != nil {
		return nil, fmt.Errorf("routes of this host: %w", err)
	}
	var out []netip.Addr
	for _, m := range messages {
		r, ok := m.(*route.RouteMessage)
		if !ok || r.Flags&unix.RTF_GATEWAY == 0 || len(r.Addrs) <= unix.RTAX_GATEWAY {
			continue
		}
		switch a := r.Addrs[unix.RTAX_GATEWAY].(type) {
		case *route.Inet4Addr:
			out = append(out, netip.AddrFrom4(a.IP))
		case *route.Inet6Addr:
			out = append(out, netip.AddrFrom16(a.IP))
		}
	}
	return out, nil
}

// resolvers are those of resolv.conf, and on macOS those that its configuration has for each interface and domain.
func resolvers() []netip.Addr {
	out := readResolvers([]string{"/etc/resolv.conf"})
	if runtime.GOOS == "darwin" {
		if text, err := exec.Command("scutil", "--dns").Output(); err == nil {
			out = append(out, parseScutil(string(text))...)
		}
	}
	return append(out, readForwarders(forwarderFiles())...)
}

// connections are the established TCP connections with local ports.
func connections(ports []uint16) ([]connection, error) {
	args := []string{"-a", "-n", "-p", "tcp"}
	if runtime.GOOS != "openbsd" {
		args = append(args, "-W") // whole addresses
	}
	text, err := exec.Command("netstat", args...).Output()
	if err != nil {
		return nil, fmt.Errorf("TCP connections: netstat: %w", err)
	}
	return parseNetstat(string(text), ports), nil
}
