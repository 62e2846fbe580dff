package host

import (
	"bufio"
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// maxRouterAddresses is how many addresses one router has at most: one that answers for all others (proxy ARP, RFC 1027)
// has the hardware address of everybody, and is not to protect them.
const maxRouterAddresses = 16

// listRouters finds the other addresses of the gateways, by their hardware addresses in the kernel's table of neighbours:
// a router whose next hop is a global address asks for its neighbours from its link-local one.
func (h *Host) listRouters(f *Info) error {
	list, err := h.handle.NeighList(0, netlink.FAMILY_ALL)
	if err != nil && !interrupted(err) {
		return fmt.Errorf("neighbours of this host: %w", err)
	}
	type station struct {
		link int
		mac  string
	}
	of := map[station][]netip.Addr{}
	var routers []station
	for _, n := range list {
		a, ok := addrOf(n.IP)
		if !ok || len(n.HardwareAddr) == 0 || bytes.Equal(n.HardwareAddr, make([]byte, len(n.HardwareAddr))) || n.State&unix.NUD_NOARP != 0 {
			continue
		}
		a = a.Unmap().WithZone("")
		s := station{n.LinkIndex, string(n.HardwareAddr)}
		of[s] = append(of[s], a)
		if slices.Contains(f.Gateways, a) {
			routers = append(routers, s)
		}
	}
	for _, s := range routers {
		if len(of[s]) <= maxRouterAddresses {
			f.Routers = append(f.Routers, of[s]...)
		}
	}
	f.Routers = sortedAddresses(f.Routers)
	return nil
}

// ntp is the port of time servers (RFC 5905, section 7.2).
const ntp = 123

// timeServers returns the servers that a program on this host asks for the time: those of its connected UDP sockets
// (chrony, systemd-timesyncd, ntpd).
func timeServers(dir string) []netip.Addr {
	var out []netip.Addr
	for _, name := range []string{"udp", "udp6"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			continue
		}
		in := bufio.NewScanner(bytes.NewReader(text))
		for in.Scan() {
			if w := strings.Fields(in.Text()); len(w) >= 4 && w[3] == established {
				if peer, ok := parseProcAddr(w[2]); ok && peer.Port() == ntp {
					out = append(out, peer.Addr())
				}
			}
		}
	}
	return sortedAddresses(out)
}
