package host

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// A Name is a host that the program itself talks to.
type Name struct {
	Host string // a name, or an address
	What string // what it is to the program: "the server of output syslog"
}

// A Needed is an address of a Name.
type Needed struct {
	Addr netip.Addr
	What string
}

const (
	// resolveAgain is how often names are looked up. Answers of services in a cloud live for about as long.
	resolveAgain = time.Minute
	// resolveWithin bounds one lookup.
	resolveWithin = 10 * time.Second
	// rememberAddress is how long an address that a name had once is kept: a large service hands out some of its
	// addresses in turn, and connections live on.
	rememberAddress = time.Hour
	// maxAddresses is how many addresses of one name are kept.
	maxAddresses = 64
)

// needs keeps the addresses of names. It is for one goroutine.
type needs struct {
	lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	known  map[Name]map[netip.Addr]time.Time // when an address was last an answer
}

func newNeeds() *needs {
	return &needs{lookup: func(ctx context.Context, host string) ([]netip.Addr, error) {
		return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	}}
}

// resolve looks names up and returns all addresses that they have or had lately, sorted. Those of a name that cannot be
// looked up stay.
func (n *needs) resolve(ctx context.Context, names []Name, now time.Time) []Needed {
	next := make(map[Name]map[netip.Addr]time.Time, len(names))
	for _, name := range names {
		addrs := n.known[name]
		if addrs == nil {
			addrs = map[netip.Addr]time.Time{}
		}
		next[name] = addrs
		for _, a := range n.answers(ctx, name.Host) {
			if a = a.Unmap().WithZone(""); a.IsLoopback() || a.IsUnspecified() {
				continue // this host's own
			}
			if _, kept := addrs[a]; kept || len(addrs) < maxAddresses {
				addrs[a] = now
			}
		}
		for a, last := range addrs {
			if now.Sub(last) > rememberAddress && n.parse(name.Host) == nil {
				delete(addrs, a)
			}
		}
	}
	n.known = next
	var out []Needed
	for name, addrs := range next {
		for a := range addrs {
			out = append(out, Needed{a, name.What})
		}
	}
	slices.SortFunc(out, func(a, b Needed) int { return cmp.Or(a.Addr.Compare(b.Addr), strings.Compare(a.What, b.What)) })
	return slices.Compact(out)
}

// parse returns the address that a name is; nil for one that has to be looked up.
func (n *needs) parse(host string) []netip.Addr {
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return []netip.Addr{a}
	}
	return nil
}

func (n *needs) answers(ctx context.Context, host string) []netip.Addr {
	if as := n.parse(host); as != nil || host == "" {
		return as
	}
	ctx, cancel := context.WithTimeout(ctx, resolveWithin)
	defer cancel()
	as, err := n.lookup(ctx, host)
	if err != nil {
		return nil
	}
	return as
}
