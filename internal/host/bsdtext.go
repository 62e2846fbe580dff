package host

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// parseNetstat reads the established TCP connections with local ports from what "netstat -a -n -p tcp" of a BSD prints.
func parseNetstat(text string, ports []uint16) []connection {
	var out []connection
	for line := range strings.Lines(text) {
		// Proto Recv-Q Send-Q Local-Address Foreign-Address (state) …
		w := strings.Fields(line)
		if len(w) < 6 || !strings.HasPrefix(w[0], "tcp") || w[5] != "ESTABLISHED" {
			continue
		}
		local, ok := parseDotted(w[3])
		peer, ok2 := parseDotted(w[4])
		if ok && ok2 && slices.Contains(ports, local.Port()) {
			out = append(out, connection{local, peer})
		}
	}
	return out
}

// parseDotted reads an address with a port behind a dot: "192.0.2.1.22", "fe80::1%en0.22".
func parseDotted(s string) (netip.AddrPort, bool) {
	i := strings.LastIndexByte(s, '.')
	if i < 0 {
		return netip.AddrPort{}, false
	}
	a, err := netip.ParseAddr(s[:i])
	port, err2 := strconv.ParseUint(s[i+1:], 10, 16)
	if err != nil || err2 != nil {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(a.Unmap().WithZone(""), uint16(port)), true
}

// parseScutil reads the resolvers from what "scutil --dns" of macOS prints: "  nameserver[0] : 192.0.2.53".
func parseScutil(text string) []netip.Addr {
	var out []netip.Addr
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), " : ")
		if !ok || !strings.HasPrefix(name, "nameserver[") {
			continue
		}
		if a, err := netip.ParseAddr(value); err == nil {
			out = append(out, a)
		}
	}
	return out
}
