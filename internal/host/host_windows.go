package host

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// A Host is the host that the program runs on. Adapters, resolvers and names are looked at every few seconds; the connections of
// the SSH server and of remote desktops when Info is called, but not more often than once a second.
type Host struct {
	ports   []uint16
	log     *slog.Logger
	changes chan struct{}
	ending  chan struct{}
	ended   sync.WaitGroup
	once    sync.Once
	named   chan struct{}

	mu       sync.Mutex
	names    []Name
	info     *Info
	sessions sessions
	looked   time.Time // at the connections
	err      error     // of the last look at the adapters
	sshErr   error
}

const (
	lookAgain   = 5 * time.Second // at the adapters: a call that takes a millisecond
	connsMaxAge = time.Second
)

// Open looks at the host and begins to watch it. It needs no privileges.
func Open(opt Options) (*Host, error) {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	ports := opt.SSHPorts
	if len(ports) == 0 {
		var err error
		if ports, err = SSHPorts(); err != nil {
			opt.Log.Warn("the ports of the SSH server are not known for sure: only peers of sessions with these are protected; set ssh_ports", "ports", ports, "error", err)
		}
	}
	info, err := lookAt()
	if err != nil {
		return nil, fmt.Errorf("this system does not tell the addresses of this host: %w", err)
	}
	h := &Host{
		ports: slices.Concat(ports, remotePorts()), log: opt.Log, names: opt.Names, info: info, named: make(chan struct{}, 1),
		changes: make(chan struct{}, 1), ending: make(chan struct{}), sessions: sessions{grace: opt.SSHLoginGrace},
	}
	h.ended.Go(h.watch)
	h.ended.Go(h.resolve)
	return h, nil
}

// watch looks at the adapters again and again.
func (h *Host) watch() {
	tick := time.NewTicker(lookAgain)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-h.ending:
			return
		}
		next, err := lookAt()
		if err != nil {
			h.log.Warn("the addresses of this host cannot be looked at; those of before are protected", "error", err)
		} else {
			h.take(func(f *Info) {
				f.Addresses, f.Broadcasts, f.Gateways, f.Resolvers, f.Servers = next.Addresses, next.Broadcasts, next.Gateways, next.Resolvers, next.Servers
			})
		}
		h.mu.Lock()
		h.err = err
		h.mu.Unlock()
	}
}

// take changes what is known, and says so where that makes a difference.
func (h *Host) take(change func(*Info)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	next := *h.info
	change(&next)
	if next.equal(h.info) {
		return
	}
	h.info = &next
	select {
	case h.changes <- struct{}{}:
	default:
	}
}

// resolve looks names up again and again.
func (h *Host) resolve() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	h.ended.Go(func() { <-h.ending; cancel() })
	n := newNeeds()
	for {
		h.mu.Lock()
		names := slices.Clone(h.names)
		h.mu.Unlock()
		needed := n.resolve(ctx, slices.Concat(names, timeServers()), time.Now())
		h.take(func(f *Info) { f.Needed = needed })
		select {
		case <-time.After(resolveAgain):
		case <-h.named:
		case <-h.ending:
			return
		}
	}
}

// SetNames sets the hosts that the program talks to.
func (h *Host) SetNames(names []Name) {
	h.mu.Lock()
	h.names = slices.Clone(names)
	h.mu.Unlock()
	select {
	case h.named <- struct{}{}:
	default:
	}
}

// Info returns what is known. Where the connections cannot be listed, it has the peers of before, and there is an error.
func (h *Host) Info() (*Info, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := time.Now(); now.Sub(h.looked) >= connsMaxAge {
		h.looked = now
		conns, err := connectionsTo(h.ports)
		if h.sshErr = err; err == nil {
			next := *h.info
			next.SSHPeers = h.sessions.peers(now, conns)
			h.info = &next
		}
	}
	if h.sshErr != nil {
		return h.info, fmt.Errorf("the connections of this host cannot be listed: %w", h.sshErr)
	}
	return h.info, h.err
}

// Told takes down what a log says of a login of a peer.
func (h *Host) Told(peer netip.Addr, entered bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sessions.told(peer.Unmap().WithZone(""), entered)
}

// Changes gets a value after Info has changed, connections aside.
func (h *Host) Changes() <-chan struct{} { return h.changes }

// Close ends the watch.
func (h *Host) Close() error {
	h.once.Do(func() { close(h.ending) })
	h.ended.Wait()
	return nil
}
