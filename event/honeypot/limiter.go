package honeypot

import (
	"net/netip"
	"sync"
)

// A limiter counts the connections that are open, and bounds them: in all, and of one source.
type limiter struct {
	total, perSource int

	mu      sync.Mutex
	closed  bool
	conns   map[*conn]bool
	sources map[netip.Prefix]int // never empty counts, so no more than conns
}

func newLimiter(total, perSource int) *limiter {
	return &limiter{total: total, perSource: perSource, conns: map[*conn]bool{}, sources: map[netip.Prefix]int{}}
}

// source returns what counts as one: an IPv4 address, or the 64 bits of IPv6 that one host usually has to itself.
func source(a netip.Addr) netip.Prefix {
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, _ := a.Prefix(bits) // the bits are of the family
	return p
}

// enter lets a connection in and returns true, or leaves it to the caller where there is no room.
func (l *limiter) enter(c *conn, src netip.Addr) bool {
	from := source(src)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || len(l.conns) >= l.total || l.sources[from] >= l.perSource {
		return false
	}
	l.conns[c] = true
	l.sources[from]++
	return true
}

// leave ends what enter began.
func (l *limiter) leave(c *conn, src netip.Addr) {
	from := source(src)
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
	if l.sources[from]--; l.sources[from] == 0 {
		delete(l.sources, from)
	}
}

// open returns the number of connections.
func (l *limiter) open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.conns)
}

// close ends all connections and lets no more in.
func (l *limiter) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for c := range l.conns {
		_ = c.Close() // nothing that was sent matters any more
	}
}
