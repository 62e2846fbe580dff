package login

import (
	"net/netip"
	"strconv"
	"strings"
)

// parseAddr reads the address of a client as logs have it: in brackets or not, with a zone, as an IPv4-mapped address. A
// host name has none, and is never resolved: who answers for the name may be the client.
func parseAddr(s string) netip.Addr {
	s = strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap().WithZone("")
}

// parseEnd reads an address and a port, "" for none.
func parseEnd(addr, port string) netip.AddrPort {
	a := parseAddr(addr)
	if !a.IsValid() {
		return netip.AddrPort{}
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		n = 0
	}
	return netip.AddrPortFrom(a, uint16(n))
}

// parsePair reads "192.0.2.1:80" and "[2001:db8::1]:80", and OpenVPN's and VNC's forms: the port stands behind the last colon,
// or the last two.
func parsePair(s string) netip.AddrPort {
	if p, err := netip.ParseAddrPort(s); err == nil {
		return netip.AddrPortFrom(p.Addr().Unmap().WithZone(""), p.Port())
	}
	if host, port, ok := strings.Cut(s, "::"); ok && !strings.Contains(port, ":") && strings.Contains(host, ".") {
		return parseEnd(host, port)
	}
	if i := strings.LastIndexByte(s, ':'); i > 0 && strings.Trim(s[i+1:], "0123456789") == "" {
		if p := parseEnd(strings.TrimSuffix(s[:i], ":"), s[i+1:]); p.IsValid() {
			return p
		}
	}
	return parseEnd(s, "")
}

// agreed returns the address that all candidates are, the zero value where they differ: then somebody has written an
// address into a name, and which of them is that of the client cannot be told.
func agreed(candidates []netip.AddrPort) netip.AddrPort {
	var out netip.AddrPort
	for i, c := range candidates {
		if i > 0 && c != out {
			return netip.AddrPort{}
		}
		out = c
	}
	return out
}
