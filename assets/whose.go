package assets

import (
	"cmp"
	"maps"
	"slices"

	"github.com/ruleids/ruleids/packet"
)

// An Owner is whose host an address is, as far as hosts say so themselves or servers that know them: what a time to live alone
// makes likely is no system.
type Owner struct {
	Name   string     // the one that is believed most
	MAC    packet.MAC // 0 where it is not known
	System string
}

// An identity is whose host an address was from a packet on.
type identity struct {
	Owner
	number uint64 // of that packet in the input
	before *identity
}

// gone is a host that was given up to make room.
type gone struct {
	is     *identity
	number uint64 // of the packet that it made room for
	before *gone  // one of the same address
}

// Whose returns whose host an address was as of the packet with a number, that packet included: the map may have learned from
// later ones since, but for Settled. Number 0 stands for what is known now.
func (m *Map) Whose(a packet.Addr, number uint64) Owner {
	m.mu.Lock()
	defer m.mu.Unlock()
	number = cmp.Or(number, m.number)
	if h := m.at[a]; h != nil {
		if v := h.is.asOf(number); v != nil {
			return v.Owner
		}
	}
	for g := m.gone[a]; g != nil && g.number > number; g = g.before {
		if v := g.is.asOf(number); v != nil {
			return v.Owner
		}
	}
	return Owner{}
}

// asOf returns the newest one that is not of a later packet; nil for none.
func (v *identity) asOf(number uint64) *identity {
	for v != nil && v.number > number {
		v = v.before
	}
	return v
}

// Settled says that Whose will not be asked of a packet before the one with this number. It may be called while the map learns.
func (m *Map) Settled(number uint64) { m.settled.Store(number) }

// identify keeps whose host an address is, once something of it may have changed.
func (m *Map) identify(h *host) {
	is := Owner{MAC: h.mac}
	if len(h.names) > 0 {
		is.Name = slices.MinFunc(h.names, func(a, b name) int { return cmp.Compare(a.by, b.by) }).text
	}
	if h.systemBy > byTTL {
		is.System = h.system
	}
	switch v := h.is; {
	case v == nil && is == Owner{} || v != nil && v.Owner == is:
	case v != nil && v.number == m.number:
		v.Owner = is
	default:
		h.is = &identity{Owner: is, number: m.number, before: v}
		if old := h.is.asOf(m.settled.Load()); old != nil {
			old.before = nil
		}
	}
}

// forget keeps whose a host was that is given up, for packets before that are not settled yet.
func (m *Map) forget(h *host) {
	if h.is == nil {
		return
	}
	before := m.gone[h.addr]
	if before != nil && before.number <= m.settled.Load() {
		before = nil
	}
	m.gone[h.addr] = &gone{h.is, m.number, before}
}

// goneMost bounds the hosts that were given up where Settled is never called.
const goneMost = 1 << 16

// forgetSettled drops what will not be asked for any more.
func (m *Map) forgetSettled() {
	settled := m.settled.Load()
	maps.DeleteFunc(m.gone, func(_ packet.Addr, g *gone) bool { return g.number <= settled })
	if len(m.gone) > goneMost {
		clear(m.gone)
	}
}
