package assets

import (
	"cmp"
	"iter"
	"net/netip"
	"slices"
	"time"

	"github.com/ruleids/ruleids/packet"
)

// A Host is what is known of an address, to be shown.
type Host struct {
	IP  netip.Addr `json:"ip"`
	MAC string     `json:"mac,omitempty"`
	// MACBefore is the hardware address that said until MACMoved that it has this address.
	MACBefore string     `json:"mac_before,omitempty"`
	MACMoved  *time.Time `json:"mac_moved,omitempty"`
	Vendor    string     `json:"vendor,omitempty"` // who made the hardware
	Names     []Name     `json:"names,omitempty"`  // the most believed first
	System    string     `json:"system,omitempty"`
	SystemBy  string     `json:"system_by,omitempty"` // "dhcp", "ssh", "user agent", "server", "ttl" or "scan"
	TTL       uint8      `json:"ttl,omitempty"`       // of its last packets, as they came here
	First     time.Time  `json:"first"`
	Last      time.Time  `json:"last"`
	// Answered is false for an address that only sent: anybody can make one up.
	Answered bool              `json:"answered"`
	Local    bool              `json:"local,omitempty"` // its hardware address is what ARP, neighbor discovery or DHCP say
	Router   bool              `json:"router,omitempty"`
	Scanned  bool              `json:"scanned,omitempty"` // a scan has told of it
	Says     map[string]string `json:"says,omitempty"`
	Services []Service         `json:"services,omitempty"` // by protocol and port
}

// A Name is one of a host.
type Name struct {
	Name string `json:"name"`
	By   string `json:"by"` // "dhcp", "mdns", "netbios", "llmnr", "ptr", "dns" or "scan"
}

// A Service is what a host offers at a port.
type Service struct {
	Port    uint16     `json:"port"`
	Proto   string     `json:"proto"`             // "tcp" or "udp"
	Service string     `json:"service,omitempty"` // what is spoken, as conn.service; of a scan its word
	Product string     `json:"product,omitempty"` // what it says that it is
	First   time.Time  `json:"first"`
	Last    time.Time  `json:"last"`
	Closed  *time.Time `json:"closed,omitempty"` // since when it refuses connections, after it took some
	Clients int        `json:"clients"`          // above 16 an estimate
	// From are the first 16 of them.
	From []netip.Addr `json:"from,omitempty"`
}

// Name returns the name that is believed most, "" where there is none.
func (h *Host) Name() string {
	if len(h.Names) == 0 {
		return ""
	}
	return h.Names[0].Name
}

// chunk is how many hosts are copied while the map cannot learn.
const chunk = 512

// Changed returns the hosts of which something but the time was learned after the change number seq, in the order of their
// changes, max at most, and the number of the last of these changes.
func (m *Map) Changed(v *Vendors, seq uint64, most int) ([]Host, uint64) {
	m.mu.Lock()
	var changed []*host
	for _, h := range m.hosts {
		if h.seq > seq {
			changed = append(changed, h)
		}
	}
	slices.SortFunc(changed, func(a, b *host) int { return cmp.Compare(a.seq, b.seq) })
	changed = changed[:min(len(changed), most)]
	out := make([]Host, len(changed))
	for i, h := range changed {
		out[i] = h.view(v)
		seq = h.seq
	}
	m.mu.Unlock()
	return out, seq
}

// Host returns what is known of an address.
func (m *Map) Host(v *Vendors, a netip.Addr) (Host, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := packet.AddrFromNetip(a.Unmap())
	if h := m.at[at]; h != nil {
		return h.view(v), true
	}
	g, ok := m.glimpsed(at)
	return Host{IP: a, First: clockTime(g.first), Last: clockTime(g.last)}, ok
}

// bothGlimpses walks the glimpses.
func (m *Map) bothGlimpses() iter.Seq2[packet.Addr, glimpse] {
	return func(yield func(packet.Addr, glimpse) bool) {
		for i, gs := range m.glimpses {
			for a, g := range gs {
				if _, newer := m.glimpses[0][a]; i == 1 && newer {
					continue
				}
				if !yield(a, g) {
					return
				}
			}
		}
	}
}

// Hosts returns all hosts in the order of their addresses. Learning goes on meanwhile, but for short times: two hosts may be as
// they were at different moments.
func (m *Map) Hosts(v *Vendors) []Host {
	m.mu.Lock()
	all := slices.Clone(m.hosts)
	out := make([]Host, 0, len(all)+len(m.glimpses[0]))
	for a, g := range m.bothGlimpses() {
		out = append(out, Host{IP: a.Netip(), First: clockTime(g.first), Last: clockTime(g.last)})
	}
	m.mu.Unlock()
	for from := 0; from < len(all); from += chunk {
		m.mu.Lock()
		for _, h := range all[from:min(from+chunk, len(all))] {
			out = append(out, h.view(v))
		}
		m.mu.Unlock()
	}
	slices.SortFunc(out, func(a, b Host) int { return a.IP.Compare(b.IP) })
	return out
}

// view copies a host. The map is locked.
func (h *host) view(v *Vendors) Host {
	out := Host{IP: h.addr.Netip(), System: h.system, SystemBy: evidences[h.systemBy], TTL: h.ttl, First: clockTime(h.first), Last: clockTime(h.last),
		Answered: h.flags&answered != 0, Local: h.flags&claimed != 0, Router: h.flags&router != 0, Scanned: h.flags&imported != 0}
	if h.mac != 0 {
		out.MAC, out.Vendor = h.mac.String(), v.Of(h.mac)
	}
	if h.macBefore != 0 {
		at := clockTime(h.macMoved)
		out.MACBefore, out.MACMoved = h.macBefore.String(), &at
	}
	names := slices.Clone(h.names)
	slices.SortStableFunc(names, func(a, b name) int { return cmp.Compare(a.by, b.by) })
	for _, n := range names {
		out.Names = append(out.Names, Name{n.text, n.by.String()})
	}
	for i, text := range h.says {
		if text != "" {
			if out.Says == nil {
				out.Says = map[string]string{}
			}
			out.Says[sayings[i]] = text
		}
	}
	for _, s := range h.services {
		out.Services = append(out.Services, s.view())
	}
	return out
}

func (s *service) view() Service {
	out := Service{Port: uint16(s.key), Proto: "tcp", Service: s.speaks.String(), Product: s.product, First: clockTime(s.first), Last: clockTime(s.last),
		Clients: s.clients.number()}
	if s.key>>16 == protoUDP {
		out.Proto = "udp"
	}
	out.Service = cmp.Or(out.Service, s.named)
	if s.refused != 0 {
		at := clockTime(s.refused)
		out.Closed = &at
	}
	for _, a := range s.clients.few {
		out.From = append(out.From, a.Netip())
	}
	slices.SortFunc(out.From, netip.Addr.Compare)
	return out
}

// Protocols of services.
const (
	protoTCP = 6
	protoUDP = 17
)

func clockTime(ns int64) time.Time { return time.Unix(0, ns).UTC() }
