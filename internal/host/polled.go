package host

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// facts are what a system tells when it is asked. What it does not tell is nil.
type facts struct {
	addresses   func(*Info) error // takes in those of this host, and what else it knows of them
	gateways    func() ([]netip.Addr, error)
	resolvers   func() []netip.Addr
	connections func(ports []uint16) ([]connection, error) // with local ports
	names       func() []Name                              // of hosts that the system itself talks to
	limit       string                                     // what is not known, for people
}

// polled is a Host that asks again and again.
type polled struct {
	watched
	facts facts
	ports []uint16
}

// openPolled looks at the host by complete options, and again every while until Close.
func openPolled(opt Options, f facts, every time.Duration) (*polled, error) {
	h := &polled{facts: f, ports: opt.SSHPorts}
	h.watch(&opt)
	h.also = f.names
	h.look()
	if h.info == nil {
		return nil, h.err
	}
	h.ended.Go(func() {
		again := time.NewTicker(every)
		defer again.Stop()
		for {
			select {
			case <-h.ending:
				return
			case <-again.C:
				h.look()
			}
		}
	})
	h.ended.Go(h.resolve)
	return h, nil
}

// look takes in addresses, gateways and resolvers.
func (h *polled) look() {
	next := Info{Limit: h.facts.limit}
	err := h.facts.addresses(&next)
	if h.facts.gateways != nil {
		gateways, failed := h.facts.gateways()
		next.Gateways = sortedAddresses(gateways)
		err = errors.Join(err, failed)
	}
	if h.facts.resolvers != nil {
		next.Resolvers = sortedAddresses(h.facts.resolvers())
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = err
	if err == nil || h.info == nil && len(next.Addresses) > 0 {
		h.take(func(now *Info) {
			now.Addresses, now.Broadcasts, now.Gateways, now.Resolvers = next.Addresses, next.Broadcasts, next.Gateways, next.Resolvers
			now.Servers, now.Limit = next.Servers, next.Limit
		})
	}
}

// listInterfaces adds the addresses of the interfaces, and the broadcast addresses of their networks.
func listInterfaces(f *Info) error {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return fmt.Errorf("addresses of this host: %w", err)
	}
	for _, a := range addrs {
		n, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		ip, ok := netip.AddrFromSlice(n.IP)
		if ip = ip.Unmap(); !ok || ip.IsUnspecified() {
			continue
		}
		f.Addresses = append(f.Addresses, ip)
		if b, ok := directedBroadcast(ip, n); ok {
			f.Broadcasts = append(f.Broadcasts, b)
		}
	}
	f.Addresses, f.Broadcasts = sortedAddresses(f.Addresses), sortedAddresses(f.Broadcasts)
	return nil
}

// Info returns what is known now: the same pointer as long as nothing has changed. With an error, what it returns is the
// last that is known.
func (h *polled) Info() (*Info, error) {
	return h.current(func() ([]connection, error) {
		if h.facts.connections == nil {
			return nil, nil
		}
		return h.facts.connections(h.ports)
	})
}

// Close ends the watching.
func (h *polled) Close() error {
	h.once.Do(func() {
		close(h.ending)
		h.ended.Wait()
	})
	return nil
}
