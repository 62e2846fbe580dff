package host

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// A Host is the host that the program runs on, in the network namespace that it was opened in.
//
// Addresses and routes come from the kernel's notices (rtnetlink(7)), resolvers from files that are watched, and are
// looked at again every minute in case a notice was lost. The connections of the SSH server are looked at when Info is
// called, but not more often than once a second.
type Host struct {
	watched
	ports      []uint16
	confs      []string
	forwarders []string
	leases     []string
	log        *slog.Logger
	handle     *netlink.Handle
	files      *fsnotify.Watcher // nil where the kernel has none to give
}

const (
	lookAgain = time.Minute // at everything
	// noticeSettle is how long notices are gathered: an interface that comes up makes a dozen.
	noticeSettle = 20 * time.Millisecond
	// noticeRoom is how many notices wait to be read; beyond, the kernel's buffer holds them.
	noticeRoom = 256
)

// Open looks at the host and begins to watch it. It needs no privileges.
func Open(opt Options) (*Host, error) {
	opt.complete()
	if opt.resolvConfs == nil {
		opt.resolvConfs = resolvConfs()
	}
	if opt.forwarders == nil {
		opt.forwarders = forwarderFiles()
	}
	if opt.leases == nil {
		opt.leases = leaseFiles()
	}
	handle, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("the kernel does not tell the addresses of this host: %w", err)
	}
	h := &Host{
		ports: opt.SSHPorts, confs: opt.resolvConfs, leases: opt.leases, forwarders: opt.forwarders, log: opt.Log, handle: handle,
	}
	h.watch(&opt)
	// The subscriptions come before the first look, so that nothing falls between.
	n := &notices{faults: make(chan error, 1), ending: h.ending}
	if err := n.subscribe(); err != nil {
		close(h.ending)
		handle.Close()
		return nil, fmt.Errorf("the kernel does not tell of changes of addresses and routes: %w", err)
	}
	h.watchFiles()
	h.look()
	if h.info == nil {
		err := h.err
		h.Close()
		return nil, err
	}
	h.ended.Go(func() { h.run(n) })
	h.ended.Go(h.resolve)
	return h, nil
}

// watchFiles watches the directories of the resolvers' files and of those that these are links to.
func (h *Host) watchFiles() {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		h.log.Warn("changes of resolvers are only noticed once a minute", "error", err)
		return
	}
	h.files = w
	h.watchDirectories()
}

func (h *Host) watchDirectories() {
	if h.files == nil {
		return
	}
	for _, path := range h.confs {
		dirs := []string{filepath.Dir(path)}
		if real, err := filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(real))
		}
		for _, dir := range dirs {
			if !slices.Contains(h.files.WatchList(), dir) {
				_ = h.files.Add(dir) // one that is not there has no resolvers either, and is tried again
			}
		}
	}
}

// notices are subscriptions to what the kernel tells of addresses and routes.
type notices struct {
	addrs  chan netlink.AddrUpdate  // nil while there is none
	routes chan netlink.RouteUpdate // nil while there is none
	faults chan error
	ending chan struct{}
}

// subscribe makes the subscriptions that are missing.
func (n *notices) subscribe() error {
	fault := func(err error) {
		select {
		case n.faults <- err:
		default: // one is enough
		}
	}
	if n.addrs == nil {
		c := make(chan netlink.AddrUpdate, noticeRoom)
		if err := netlink.AddrSubscribeWithOptions(c, n.ending, netlink.AddrSubscribeOptions{ErrorCallback: fault}); err != nil {
			return err
		}
		n.addrs = c
	}
	if n.routes == nil {
		c := make(chan netlink.RouteUpdate, noticeRoom)
		if err := netlink.RouteSubscribeWithOptions(c, n.ending, netlink.RouteSubscribeOptions{ErrorCallback: fault}); err != nil {
			return err
		}
		n.routes = c
	}
	return nil
}

// drain lets the subscriptions end, which may be waiting for a reader.
func (n *notices) drain() {
	if n.addrs != nil {
		for range n.addrs {
		}
	}
	if n.routes != nil {
		for range n.routes {
		}
	}
}

// run looks at the host when something changed.
func (h *Host) run(n *notices) {
	defer n.drain()
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	var events <-chan fsnotify.Event
	if h.files != nil {
		events = h.files.Events
	}
	var settled <-chan time.Time
	for {
		select {
		case <-h.ending:
			return
		case _, ok := <-n.addrs:
			if !ok { // it broke, as when the kernel's buffer ran over
				n.addrs = nil
			}
			settled = orAfter(settled, noticeSettle)
		case u, ok := <-n.routes:
			// A router has so many routes that listing them for each notice would take a processor of its own: a
			// new gateway is added, and one that is gone is found out with the next look.
			switch {
			case !ok:
				n.routes = nil
				settled = orAfter(settled, noticeSettle)
			case u.Type == unix.RTM_NEWROUTE:
				h.addGateways(&u.Route)
			}
		case err := <-n.faults:
			h.log.Warn("kernel notices about addresses or routes were lost; listing all of them again", "error", err)
		case _, ok := <-events:
			if !ok {
				events = nil
				continue
			}
			h.lookAtResolvers()
		case <-settled:
			settled = nil
			h.refresh(n)
		case <-again.C:
			h.watchDirectories()
			h.refresh(n)
		}
	}
}

// refresh takes in everything, with the subscriptions in place again where they can be.
func (h *Host) refresh(n *notices) {
	if err := n.subscribe(); err != nil {
		h.log.Warn("changes of addresses and routes are only noticed once a minute", "error", err)
	}
	h.look()
}

func orAfter(c <-chan time.Time, d time.Duration) <-chan time.Time {
	if c != nil {
		return c
	}
	return time.After(d)
}

// look takes in addresses, gateways and resolvers.
func (h *Host) look() {
	f := &Info{Resolvers: h.resolvers(), Servers: sortedAddresses(append(readLeases(h.leases), timeServers("/proc/thread-self/net")...))}
	err := errors.Join(h.listAddresses(f), h.listGateways(f))
	if err == nil {
		err = h.listRouters(f)
	}
	h.mu.Lock()
	h.err = err
	if err == nil || h.info == nil && len(f.Addresses) > 0 {
		h.take(func(now *Info) {
			now.Addresses, now.Broadcasts, now.Gateways, now.Routers = f.Addresses, f.Broadcasts, f.Gateways, f.Routers
			now.Resolvers, now.Servers = f.Resolvers, f.Servers
		})
	}
	h.mu.Unlock()
}

// resolvers returns the resolvers of this host, and those that they ask.
func (h *Host) resolvers() []netip.Addr {
	return sortedAddresses(append(readResolvers(h.confs), readForwarders(h.forwarders)...))
}

// interrupted reports an error of a list that changed while it was told. It may miss something, but what changed is
// told in a notice as well.
func interrupted(err error) bool { return errors.Is(err, netlink.ErrDumpInterrupted) }

func (h *Host) listAddresses(f *Info) error {
	list, err := h.handle.AddrList(nil, netlink.FAMILY_ALL)
	if err != nil && !interrupted(err) {
		return fmt.Errorf("addresses of this host: %w", err)
	}
	for _, a := range list {
		if ip, ok := addrOf(a.IP); ok {
			f.Addresses = append(f.Addresses, ip)
			if b, ok := directedBroadcast(ip, a.IPNet); ok {
				f.Broadcasts = append(f.Broadcasts, b)
			}
		}
		if ip, ok := addrOf(a.Broadcast); ok {
			f.Broadcasts = append(f.Broadcasts, ip)
		}
	}
	f.Addresses, f.Broadcasts = sortedAddresses(f.Addresses), sortedAddresses(f.Broadcasts)
	return nil
}

func (h *Host) listGateways(f *Info) error {
	all := &netlink.Route{Table: unix.RT_TABLE_UNSPEC}
	err := h.handle.RouteListFilteredIter(netlink.FAMILY_ALL, all, netlink.RT_FILTER_TABLE, func(r netlink.Route) bool {
		for _, gw := range gatewaysOf(&r) {
			if n := len(f.Gateways); n == 0 || f.Gateways[n-1] != gw { // a million routes have a few gateways
				f.Gateways = append(f.Gateways, gw)
			}
		}
		return true
	})
	if err != nil && !interrupted(err) {
		return fmt.Errorf("routes of this host: %w", err)
	}
	f.Gateways = sortedAddresses(f.Gateways)
	return nil
}

// gatewaysOf returns the next hops of a route.
func gatewaysOf(r *netlink.Route) []netip.Addr {
	var out []netip.Addr
	add := func(gw net.IP, via netlink.Destination) {
		if ip, ok := addrOf(gw); ok {
			out = append(out, ip)
		}
		if v, ok := via.(*netlink.Via); ok && v != nil { // an IPv4 route over an IPv6 gateway (RFC 5549)
			if ip, ok := addrOf(v.Addr); ok {
				out = append(out, ip)
			}
		}
	}
	add(r.Gw, r.Via)
	for _, hop := range r.MultiPath {
		add(hop.Gw, hop.Via)
	}
	return out
}

func (h *Host) addGateways(r *netlink.Route) {
	gws := gatewaysOf(r)
	if len(gws) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.take(func(f *Info) { f.Gateways = sortedAddresses(slices.Concat(f.Gateways, gws)) })
}

func (h *Host) lookAtResolvers() {
	rs := h.resolvers()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.take(func(f *Info) { f.Resolvers = rs })
}

// addrOf converts an address, unless it is none or the unspecified one.
func addrOf(ip net.IP) (netip.Addr, bool) {
	a, ok := netip.AddrFromSlice(ip)
	a = a.Unmap()
	return a, ok && !a.IsUnspecified()
}

// Info returns what is known now: the same pointer as long as nothing has changed. With an error, what it returns is the
// last that is known. It is quick.
func (h *Host) Info() (*Info, error) {
	return h.current(func() ([]connection, error) { return connectionsTo(h.ports) })
}

// Close ends the watching.
func (h *Host) Close() error {
	var err error
	h.once.Do(func() {
		close(h.ending)
		h.ended.Wait()
		h.handle.Close()
		if h.files != nil {
			err = h.files.Close()
		}
	})
	return err
}
