package reputation

import (
	"bytes"
	"net/netip"
	"strings"

	"github.com/ruleids/ruleids/internal/scale"
)

// specialPrefixes are the addresses that mean nothing to anyone outside, or no host at all: the
// registries of special-purpose addresses (RFC 6890, as IANA keeps them), multicast, and all of IPv6
// that is not global unicast, 2000::/3 (RFC 4291, section 2.4).
const specialPrefixes = `
0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
::/3 4000::/2 8000::/1 2001::/23 2001:db8::/32 2002::/16 3fff::/20`

// specialNames are domains that are not in the public DNS, or without an owner: special-use names (RFC 6761 and
// its registry, RFC 6762, 7686, 8375, 9476), "internal" as ICANN reserved it, and top-level domains that
// ICANN does not delegate because so many networks use them inside. Their names are not to be disclosed.
const specialNames = `
alt arpa example example.com example.net example.org internal invalid local localhost onion test
corp home intranet lan localdomain mail private`

// withSpecial returns a table of the special-purpose addresses and names and of some patterns besides.
func withSpecial(patterns []Pattern) *table {
	t := newTable()
	for s := range strings.FieldsSeq(specialPrefixes) {
		t.add(Pattern{prefix: netip.MustParsePrefix(s)}, scale.TierClean)
	}
	for s := range strings.FieldsSeq(specialNames) {
		t.add(Pattern{name: s}, scale.TierClean)
	}
	for _, p := range patterns {
		t.add(p, scale.TierClean)
	}
	t.build()
	return t
}

// askable reports whether an outside service may be asked about what canonical made of an indicator:
// it is not in the table, and a name has two labels at least.
func askable(never *table, text []byte, addr netip.Addr) bool {
	if addr.IsValid() {
		if addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast() { // most of them, found quickest
			return false
		}
	} else if bytes.IndexByte(text, '.') < 0 {
		return false
	}
	_, listed := never.find(text, addr)
	return !listed
}
