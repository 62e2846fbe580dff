package honeypot

import (
	"net/netip"
	"sync"
)

// A room counts the connections that are open, and bounds them: in all, and of one source.
type room struct {
	most, mostOfSource int

	mu      sync.Mutex
	closed  bool
	conns   map[*conn]bool
	sources map[netip.Prefix]int // never empty counts, so no more than conns
}

func newRoom(most, mostOfSource int) *room {
	return &room{most: most, mostOfSource: mostOfSource, conns: map[*conn]bool{}, sources: map[netip.Prefix]int{}}
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
func (r *room) enter(c *conn, src netip.Addr) bool {
	from := source(src)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || len(r.conns) >= r.most || r.sources[from] >= r.mostOfSource {
		return false
	}
	r.conns[c] = true
	r.sources[from]++
	return true
}

// leave ends what enter began.
func (r *room) leave(c *conn, src netip.Addr) {
	from := source(src)
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.conns, c)
	if r.sources[from]--; r.sources[from] == 0 {
		delete(r.sources, from)
	}
}

// open returns the number of connections.
func (r *room) open() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.conns)
}

// close ends all connections and lets no more in.
func (r *room) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for c := range r.conns {
		_ = c.Close() // nothing that was sent matters any more
	}
}
