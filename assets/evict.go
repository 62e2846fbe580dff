package assets

import (
	"cmp"
	"slices"

	"github.com/ruleids/ruleids/packet"
)

// roomEach is the part of what there is room for that is given up at once.
const roomEach = 8

// worth orders hosts by what would be lost with them: nothing of an address that anybody may have made up, most of one that is on
// the link or offers something to others.
func (h *host) worth() int {
	switch {
	case h.flags&(claimed|imported) != 0:
		return 3
	case h.flags&answered != 0 && len(h.services) > 0:
		return 2
	case h.flags&answered != 0:
		return 1
	}
	return 0
}

// makeRoom gives up the hosts that are worth least, of those the ones that were silent for longest.
func (m *Map) makeRoom() {
	slices.SortFunc(m.hosts, func(a, b *host) int {
		return cmp.Or(cmp.Compare(b.worth(), a.worth()), cmp.Compare(b.last, a.last), a.addr.Compare(b.addr))
	})
	keep := len(m.hosts) - max(len(m.hosts)/roomEach, 1)
	m.forgetSettled()
	for i, h := range m.hosts[keep:] {
		delete(m.at, h.addr)
		m.forget(h)
		m.services -= len(h.services)
		m.evicted.Services += uint64(len(h.services))
		if c := m.cards[h.mac]; c != nil && c.addr == h.addr {
			delete(m.cards, h.mac)
		}
		m.hosts[keep+i] = nil
		m.evicted.Hosts++
	}
	m.hosts = m.hosts[:keep]
	if len(m.cards) >= m.limits.Hosts { // of addresses that are gone, or never were
		for mac, c := range m.cards {
			if m.at[c.addr] == nil {
				delete(m.cards, mac)
			}
		}
	}
}

// lesser orders services by what would be lost with them.
func lesser(a, b *service) int {
	known := func(s *service) int {
		if s.speaks != packet.ServiceUnknown || s.named != "" {
			return 1
		}
		return 0
	}
	return cmp.Or(cmp.Compare(known(a), known(b)), cmp.Compare(min(a.clients.number(), 2), min(b.clients.number(), 2)), cmp.Compare(a.last, b.last), cmp.Compare(a.key, b.key))
}

// dropService gives up the service of a host that is worth least.
func (m *Map) dropService(h *host) {
	if len(h.services) == 0 {
		return
	}
	least := 0
	for i, s := range h.services {
		if lesser(s, h.services[least]) < 0 {
			least = i
		}
	}
	h.services = slices.Delete(h.services, least, least+1)
	m.services--
	m.evicted.Services++
}

// thinServices gives up services of the hosts that have most, until there is room again.
func (m *Map) thinServices() {
	goal := m.services - max(m.services/roomEach, 1)
	most := 1
	for _, h := range m.hosts {
		most = max(most, len(h.services))
	}
	order := slices.SortedFunc(slices.Values(m.hosts), func(a, b *host) int { return a.addr.Compare(b.addr) })
	for ; m.services > goal && most > 0; most-- {
		for _, h := range order {
			if len(h.services) >= most && m.services > goal {
				m.dropService(h)
			}
		}
	}
}
