package assets

import "github.com/ruleids/ruleids/packet"

// A host is what is known of an address. Times are clocks of events, in nanoseconds.
type host struct {
	addr        packet.Addr
	first, last int64
	seq         uint64 // of its last change
	mac         packet.MAC
	macBefore   packet.MAC // 0 for none
	macMoved    int64      // when mac was another last
	flags       hostFlags
	ttl         uint8
	systemBy    evidence
	system      string
	says        [numSayings]string
	names       []name
	services    []*service // in the order of their keys
	is          *identity  // what alerts say of it; nil for nothing
}

type hostFlags uint8

const (
	answered  hostFlags = 1 << iota // it answered somebody, so that its address is its own
	claimed                         // its hardware address is what ARP, neighbor discovery or DHCP say
	fromFrame                       // or that of the frames that it sends
	router                          // it advertises itself as one
	imported                        // a scan has told of it
)

// A name is one of a host, and who says so.
type name struct {
	text string
	by   Source
}

// maxNames bounds the names of a host: more than that have the addresses of large hosters, and no list shows them.
const maxNames = 8

// A service is what a host offers at a port.
type service struct {
	key         uint32 // the protocol, then the port
	speaks      packet.Service
	named       string // what a scan calls it
	product     string // what it says that it is
	first, last int64
	refused     int64 // when it was closed last, after it had been open; 0 while it is open
	clients     clients
}

func serviceKey(proto uint8, port uint16) uint32 { return uint32(proto)<<16 | uint32(port) }

// find returns the place of a service among those of a host, and whether it is there.
func (h *host) find(key uint32) (int, bool) {
	lo, hi := 0, len(h.services)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if h.services[mid].key < key {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, lo < len(h.services) && h.services[lo].key == key
}

// single reports whether an address is one host's: no group, not the unspecified address, not the broadcast address.
func single(a packet.Addr) bool {
	if a.Is4() {
		first := byte(a.Lo >> 24) // RFC 1122 section 3.2.1.3, RFC 5771, RFC 919
		return first != 0 && first>>4 != 14 && uint32(a.Lo) != 1<<32-1
	}
	return a.Hi>>56 != 0xff && a != packet.Addr{}
}

// A glimpse is what is known of an address that sent something and never answered anybody. Whoever makes addresses up makes many.
type glimpse struct{ first, last int64 }

// glimpsesOf is the part of the limit of hosts that each half of them may have.
const glimpsesOf = 2

// glimpse notes that something came from an address.
func (m *Map) glimpse(a packet.Addr) {
	if h := m.at[a]; h != nil {
		h.last = max(h.last, m.clock)
		return
	}
	g, ok := m.glimpses[0][a]
	if !ok {
		if !single(a) {
			return
		}
		if g, ok = m.glimpses[1][a]; !ok {
			g.first = m.clock
		}
		if len(m.glimpses[0]) >= max(m.limits.Hosts/glimpsesOf, 1) {
			m.evicted.Hosts += uint64(len(m.glimpses[1]))
			m.glimpses[0], m.glimpses[1] = m.glimpses[1], m.glimpses[0]
			clear(m.glimpses[0])
		}
	}
	g.last = m.clock
	m.glimpses[0][a] = g
}

// glimpsed returns what is known of an address that is no host's.
func (m *Map) glimpsed(a packet.Addr) (glimpse, bool) {
	g, ok := m.glimpses[0][a]
	if !ok {
		g, ok = m.glimpses[1][a]
	}
	return g, ok
}

// unanswered returns how many glimpses there are.
func (m *Map) unanswered() int {
	n := len(m.glimpses[0])
	for a := range m.glimpses[1] {
		if _, ok := m.glimpses[0][a]; !ok {
			n++
		}
	}
	return n
}

// touch notes that a host is at an address. It returns nil for an address that is no host's.
func (m *Map) touch(a packet.Addr) *host {
	if h := m.at[a]; h != nil {
		h.last = max(h.last, m.clock)
		return h
	}
	if !single(a) {
		return nil
	}
	if len(m.hosts) >= m.limits.Hosts {
		m.makeRoom()
	}
	h := &host{addr: a, first: m.clock, last: m.clock}
	for _, gs := range m.glimpses {
		if g, ok := gs[a]; ok {
			h.first = min(h.first, g.first)
			delete(gs, a)
		}
	}
	m.hosts = append(m.hosts, h)
	m.at[a] = h
	for _, names := range m.heard {
		if n, ok := names[a]; ok {
			m.nameHost(h, n.text, n.by)
		}
	}
	m.change(h)
	return h
}

// offer notes that a host offers something at a port, to a client where that is not nil.
func (m *Map) offer(h *host, proto uint8, port uint16, client *host) *service {
	key := serviceKey(proto, port)
	i, ok := h.find(key)
	if !ok {
		if len(h.services) >= m.limits.PerHost {
			m.dropService(h)
			i, _ = h.find(key)
		}
		if m.services >= m.limits.Services {
			m.thinServices()
			i, _ = h.find(key)
		}
		h.services = append(h.services, nil)
		copy(h.services[i+1:], h.services[i:])
		h.services[i] = &service{key: key, first: m.clock}
		m.services++
		m.change(h)
	}
	s := h.services[i]
	s.last = max(s.last, m.clock)
	if s.refused != 0 {
		s.refused = 0
		m.change(h)
	}
	if client != nil && s.clients.add(client.addr) {
		m.change(h)
	}
	return s
}
