package host

import (
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
)

// leaseFiles are where DHCP clients note who gave them their address: systemd-networkd, dhclient, NetworkManager.
func leaseFiles() []string {
	return []string{"/run/systemd/netif/leases/*", "/var/lib/dhcp/*.leases", "/var/lib/dhclient/*.leases*", "/var/lib/NetworkManager/*.lease*"}
}

// serverLine is how each of them names the server (option 54, RFC 2132, section 9.7).
var serverLine = regexp.MustCompile(`(?m)^\s*(?:SERVER_ADDRESS=|option dhcp-server-identifier |dhcp-server-identifier=)([0-9.]+);?\s*$`)

// readLeases returns the DHCP servers that files name.
func readLeases(patterns []string) []netip.Addr { return addressesIn(patterns, serverLine) }

// addressesIn returns the addresses that a line of the files that match patterns gives. What cannot be read gives none.
func addressesIn(patterns []string, line *regexp.Regexp) []netip.Addr {
	var out []netip.Addr
	for _, p := range patterns {
		paths, _ := filepath.Glob(p)
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				continue
			}
			for _, m := range line.FindAllSubmatch(text, -1) {
				if a, err := netip.ParseAddr(string(m[1])); err == nil {
					out = append(out, a)
				}
			}
		}
	}
	return sortedAddresses(out)
}
