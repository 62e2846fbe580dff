package assets

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"

	"github.com/ruleids/ruleids/engine/snapshot"
	"github.com/ruleids/ruleids/packet"
)

// section is the name of a map in a snapshot, with the version of its form.
const (
	kept    = "assets"
	version = 1
	section = kept + " 1"
)

// saved is a host in a snapshot, with all that is known of it.
type saved struct {
	IP             netip.Addr
	MAC, MACBefore packet.MAC
	MACMoved       int64
	First, Last    int64
	Flags          hostFlags
	TTL            uint8
	System         string
	SystemBy       evidence
	Says           [numSayings]string
	Names          []Name
	Services       []savedService
}

type savedService struct {
	Key                  uint32
	Speaks               string // by its word: numbers may change
	Named, Product       string
	First, Last, Refused int64
	Few                  []netip.Addr
	Sketch               []byte
}

type savedHead struct {
	Began, Clock int64
	Hosts        int
	Glimpses     []savedGlimpse
}

type savedGlimpse struct {
	IP          netip.Addr
	First, Last int64
}

// Save returns the map as sections of a snapshot.
func (m *Map) Save() []snapshot.Section {
	m.mu.Lock()
	all := slices.Clone(m.hosts)
	head := savedHead{Began: m.began, Clock: m.clock, Hosts: len(all)}
	if !m.started {
		m.mu.Unlock()
		return nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for a, g := range m.bothGlimpses() {
		head.Glimpses = append(head.Glimpses, savedGlimpse{a.Netip(), g.first, g.last})
	}
	m.mu.Unlock()
	slices.SortFunc(head.Glimpses, func(a, b savedGlimpse) int { return a.IP.Compare(b.IP) })
	_ = enc.Encode(head) // to memory, of what has no cycles: it cannot fail
	for from := 0; from < len(all); from += chunk {
		m.mu.Lock()
		for _, h := range all[from:min(from+chunk, len(all))] {
			_ = enc.Encode(h.save())
		}
		m.mu.Unlock()
	}
	return []snapshot.Section{{Name: section, Data: b.Bytes()}}
}

func (h *host) save() *saved {
	s := &saved{IP: h.addr.Netip(), MAC: h.mac, MACBefore: h.macBefore, MACMoved: h.macMoved, First: h.first, Last: h.last, Flags: h.flags, TTL: h.ttl,
		System: h.system, SystemBy: h.systemBy, Says: h.says}
	for _, n := range h.names {
		s.Names = append(s.Names, Name{n.text, n.by.String()})
	}
	for _, v := range h.services {
		o := savedService{Key: v.key, Speaks: v.speaks.String(), Named: v.named, Product: v.product, First: v.first, Last: v.last, Refused: v.refused}
		for _, a := range v.clients.few {
			o.Few = append(o.Few, a.Netip())
		}
		if v.clients.sketch != nil {
			o.Sketch = v.clients.sketch[:]
		}
		s.Services = append(s.Services, o)
	}
	return s
}

// Restore returns the map that Save gave the sections of. What is over the limits is left out. An error wraps
// snapshot.ErrDamaged, or stateversion.ErrLater.
func Restore(sections []snapshot.Section, l Limits) (*Map, error) {
	m := New(l)
	if len(sections) == 0 {
		return m, nil
	}
	data, err := snapshot.Find(sections, kept, version)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	var head savedHead
	if err := dec.Decode(&head); err != nil {
		return nil, fmt.Errorf("%w: %w", snapshot.ErrDamaged, err)
	}
	m.began, m.clock, m.started = head.Began, head.Clock, true
	for _, g := range head.Glimpses[:min(len(head.Glimpses), m.limits.Hosts/glimpsesOf)] {
		m.glimpses[1][packet.AddrFromNetip(g.IP)] = glimpse{g.First, g.Last}
	}
	for n := 0; ; n++ {
		var s saved
		if err := dec.Decode(&s); err != nil {
			if errors.Is(err, io.EOF) && n == head.Hosts {
				break
			}
			return nil, fmt.Errorf("%w: host %d of %d: %w", snapshot.ErrDamaged, n+1, head.Hosts, err)
		}
		if len(m.hosts) < m.limits.Hosts {
			m.restore(&s)
		}
	}
	return m, nil
}

func (m *Map) restore(s *saved) {
	h := &host{addr: packet.AddrFromNetip(s.IP), first: s.First, last: s.Last, mac: s.MAC, macBefore: s.MACBefore, macMoved: s.MACMoved, flags: s.Flags,
		ttl: s.TTL, system: s.System, says: s.Says, systemBy: min(s.SystemBy, numEvidence-1)}
	if m.at[h.addr] != nil || !single(h.addr) {
		return
	}
	for _, n := range s.Names {
		if by := slices.Index(sources[:], n.By); by >= 0 && len(h.names) < maxNames {
			h.names = append(h.names, name{n.Name, Source(by)})
		}
	}
	for _, o := range s.Services {
		if len(h.services) >= m.limits.PerHost || m.services >= m.limits.Services {
			break
		}
		at, there := h.find(o.Key)
		if there {
			continue
		}
		speaks, _ := packet.ServiceByName(o.Speaks)
		v := &service{key: o.Key, speaks: speaks, named: o.Named, product: o.Product, first: o.First, last: o.Last, refused: o.Refused}
		for _, a := range o.Few[:min(len(o.Few), fewClients)] {
			v.clients.few = append(v.clients.few, packet.AddrFromNetip(a))
		}
		if len(o.Sketch) == registers {
			v.clients.sketch = (*[registers]uint8)(o.Sketch)
		}
		h.services = slices.Insert(h.services, at, v)
		m.services++
	}
	m.hosts = append(m.hosts, h)
	m.at[h.addr] = h
	if c := m.card(h.mac); c != nil {
		c.addr = h.addr
	}
	m.identify(h)
	m.change(h)
}
