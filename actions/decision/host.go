package decision

import (
	"log/slog"
	"net/netip"
	"slices"
	"time"
)

// Facts are what is known of the host that decisions could cut off. They do not change; a Host has others later.
type Facts struct {
	Addresses  []netip.Addr // of all interfaces
	Broadcasts []netip.Addr // of the networks that the interfaces are in
	Gateways   []netip.Addr // next hops of all routes
	Resolvers  []netip.Addr
	SSHPeers   []netip.Addr // of established sessions with this host's SSH server
}

// A Host tells what there is to know of the host that the Book runs on. NewLiveHost is the real one.
type Host interface {
	// Facts returns what is known now. It returns the same pointer as long as nothing has changed. With an error,
	// what it returns is the last that is known, nil where nothing ever was. It is called before each decision,
	// so it must be quick.
	Facts() (*Facts, error)
	// Changes gets a value after something changed. It has room for one.
	Changes() <-chan struct{}
	// Close ends the watching.
	Close() error
}

// equal reports whether two facts say the same; their lists are sorted.
func (f *Facts) equal(g *Facts) bool {
	return slices.Equal(f.Addresses, g.Addresses) && slices.Equal(f.Broadcasts, g.Broadcasts) && slices.Equal(f.Gateways, g.Gateways) &&
		slices.Equal(f.Resolvers, g.Resolvers) && slices.Equal(f.SSHPeers, g.SSHPeers)
}

// sortedAddrs sorts addresses, without zones and mapped forms, and drops what is double.
func sortedAddrs(in []netip.Addr) []netip.Addr {
	out := make([]netip.Addr, 0, len(in))
	for _, a := range in {
		if a.IsValid() {
			out = append(out, a.Unmap().WithZone(""))
		}
	}
	slices.SortFunc(out, netip.Addr.Compare)
	return slices.Compact(out)
}

// LiveOptions are what NewLiveHost needs.
type LiveOptions struct {
	SSHPorts      []uint16      // local ports of SSH servers; none for those that sshd_config names
	SSHLoginGrace time.Duration // see Config
	Log           *slog.Logger  // default: nothing is logged

	resolvConfs []string
}
