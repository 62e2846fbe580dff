package host

import (
	"bufio"
	"bytes"
	"net/netip"
	"os"
	"regexp"
	"strings"
)

// resolvConfs are the files that name resolvers. Where a local resolver stands between, the first names only that, and
// the others, of systemd-resolved and NetworkManager, those that it asks.
func resolvConfs() []string {
	return []string{"/etc/resolv.conf", "/run/systemd/resolve/resolv.conf", "/run/NetworkManager/no-stub-resolv.conf"}
}

// forwarderFiles are the settings of resolvers that ask others: dnsmasq and unbound.
func forwarderFiles() []string {
	return []string{"/etc/dnsmasq.conf", "/etc/dnsmasq.d/*.conf", "/etc/unbound/unbound.conf", "/etc/unbound/unbound.conf.d/*.conf"}
}

// forwarderLine is how they name those that they ask: server=/domain/192.0.2.53#5353, forward-addr: 192.0.2.53@853#name.
var forwarderLine = regexp.MustCompile(`(?m)^\s*(?:server=(?:(?:/[^/\n]*)*/)?|forward-addr:\s*)"?([0-9a-fA-F.:]+)(?:[@#%].*)?"?\s*$`)

// readForwarders returns the resolvers that local resolvers ask.
func readForwarders(patterns []string) []netip.Addr { return addressesIn(patterns, forwarderLine) }

// readResolvers returns the resolvers that the files name; those that are not there name none.
func readResolvers(paths []string) []netip.Addr {
	var out []netip.Addr
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			continue
		}
		out = append(out, parseResolvers(text)...)
	}
	return sortedAddresses(out)
}

// parseResolvers reads the nameserver lines of resolv.conf(5).
func parseResolvers(text []byte) []netip.Addr {
	var out []netip.Addr
	in := bufio.NewScanner(bytes.NewReader(text))
	for in.Scan() {
		words := strings.Fields(in.Text())
		if len(words) < 2 || words[0] != "nameserver" {
			continue
		}
		if a, err := netip.ParseAddr(words[1]); err == nil {
			out = append(out, a)
		}
	}
	return out
}
