package decision

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/ruleids/ruleids/internal/host"
)

// A Protection is an address or prefix that must stay reachable, and why.
type Protection struct {
	Target Target
	What   string // "an address of this host", "a gateway of this host", …
}

// String says what is protected, and what it is.
func (p Protection) String() string { return fmt.Sprintf("%s is %s", p.Target, p.What) }

// What protected addresses are.
const (
	ownAddress = "an address of this host"
	gateway    = "a gateway of this host"
	broadcast  = "a broadcast address of this host"
	router     = "an address of a gateway of this host"
	resolver   = "a resolver of this host"
	server     = "a DHCP or time server of this host"
	sshPeer    = "the peer of an SSH session with this host"
	neverBlock = "in never_block"
)

// always are the prefixes that no host can do without, whatever its addresses are.
func always() []Protection {
	var out []Protection
	for _, p := range [...]struct{ prefix, what string }{
		{"0.0.0.0/32", "the unspecified address, which DHCP asks from"},            // RFC 1122, section 3.2.1.3; RFC 2131
		{"0.0.0.0/8", "an address of this network, which no packet may have"},      // RFC 1122, section 3.2.1.3
		{"240.0.0.0/4", "reserved, and no address of a host"},                      // RFC 1112, section 4
		{"127.0.0.0/8", "loopback"},                                                // RFC 1122, section 3.2.1.3
		{"224.0.0.0/4", "multicast"},                                               // RFC 5771
		{"255.255.255.255/32", "broadcast"},                                        // RFC 919
		{"::/128", "the unspecified address, which neighbour discovery asks from"}, // RFC 4291, section 2.5.2
		{"::1/128", "loopback"},                                                    // RFC 4291, section 2.5.3
		{"ff00::/8", "multicast"},                                                  // RFC 4291, section 2.7
	} {
		out = append(out, Protection{TargetOfPrefix(netip.MustParsePrefix(p.prefix)), p.what})
	}
	// Held as it is, since TargetOfPrefix makes it all of IPv4. RFC 4291, section 2.5.5.2.
	return append(out, Protection{Target{netip.MustParsePrefix("::ffff:0:0/96")}, "IPv4-mapped, and no address of a host on any wire"})
}

// linkLocal is the prefix of addresses that hosts give themselves, gateways too, which advertise their routes from them
// (RFC 4291, section 2.5.6; RFC 4861, section 6.1.2): no rule is to cut one off.
var linkLocal = Target{netip.MustParsePrefix("fe80::/10")}

// forRules returns what protects a target from rules and other sensors alone.
func forRules(t Target) (Protection, bool) {
	if linkLocal.prefix.Overlaps(t.prefix) {
		return Protection{linkLocal, "link-local, where gateways are; only a person may keep such an address out"}, true
	}
	return Protection{}, false
}

// The shortest prefixes that are kept out without force.
const (
	shortest4 = 8
	shortest6 = 32
)

// huge says why a prefix is too large to be kept out without force; "" where it is not.
func huge(t Target) string {
	least := shortest6
	if t.Is4() {
		least = shortest4
	}
	if t.prefix.Bits() >= least {
		return ""
	}
	return fmt.Sprintf("%s is larger than a /%d, which is more than one network; write a longer prefix, or force it at the command line.", t, least)
}

// A shield finds what is protected of a target. It does not change once it is made.
type shield struct {
	of      map[Target]Protection
	lengths lengths
	sorted  []Target
}

// newShield makes a shield. Of several reasons for one target the first is kept.
func newShield(ps []Protection) *shield {
	s := &shield{of: make(map[Target]Protection, len(ps))}
	for _, p := range ps {
		if _, known := s.of[p.Target]; known || !p.Target.IsValid() {
			continue
		}
		s.of[p.Target] = p
		s.lengths.add(p.Target, 1)
		s.sorted = append(s.sorted, p.Target)
	}
	slices.SortFunc(s.sorted, Target.Compare)
	return s
}

// find returns a protection that covers the target or lies within it.
func (s *shield) find(t Target) (Protection, bool) {
	for around := range s.lengths.around(t) {
		if p, ok := s.of[around]; ok {
			return p, true
		}
	}
	if t.Single() {
		return Protection{}, false
	}
	i, _ := slices.BinarySearchFunc(s.sorted, t, Target.Compare)
	if i < len(s.sorted) && t.prefix.Contains(s.sorted[i].prefix.Addr()) {
		return s.of[s.sorted[i]], true
	}
	return Protection{}, false
}

// A guard is all that is protected at a time: what may not be overridden, and the lists.
type guard struct {
	hard, lists *shield
}

// newGuard makes the guard of a host and its lists.
func newGuard(f *host.Info, lists []Target) *guard {
	var hard, soft []Protection
	add := func(what string, addrs []netip.Addr) {
		for _, a := range addrs {
			if a.IsValid() {
				hard = append(hard, Protection{TargetOf(a), what})
			}
		}
	}
	add(ownAddress, f.Addresses)
	add(gateway, f.Gateways)
	add(router, f.Routers)
	add(broadcast, f.Broadcasts)
	add(resolver, f.Resolvers)
	add(server, f.Servers)
	add(sshPeer, f.SSHPeers)
	for _, t := range lists {
		soft = append(soft, Protection{t, neverBlock})
	}
	for _, n := range f.Needed {
		soft = append(soft, Protection{TargetOf(n.Addr), n.What})
	}
	return &guard{newShield(append(hard, always()...)), newShield(soft)}
}

// check returns what protects a target. What may not be overridden comes first; with force the lists do not count.
func (g *guard) check(t Target, force bool) (Protection, bool) {
	if p, ok := g.hard.find(t); ok {
		return p, true
	}
	if force {
		return Protection{}, false
	}
	return g.lists.find(t)
}

// since returns what g protects and an earlier guard did not, sorted; of lists only what no decision was forced
// against, which the caller looks at.
func (g *guard) since(before *guard) (hard, lists []Protection) {
	return g.hard.since(before.hard), g.lists.since(before.lists)
}

func (s *shield) since(before *shield) []Protection {
	var out []Protection
	for _, t := range s.sorted {
		if _, known := before.of[t]; !known {
			out = append(out, s.of[t])
		}
	}
	return out
}
