package assets

import (
	"encoding/binary"

	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/packet/application"
)

// A card is what is known of a hardware address.
type card struct {
	addr    packet.Addr // the IPv4 address that its frames come from, or that it claims; of several the first
	many    bool        // its frames come from several: it is a router's
	claims  int         // addresses that it claims
	name    string      // what it calls itself when it asks for an address
	vendor  string
	applied bool // these are those of addr
}

// maxClaims is how many addresses of one hardware address count as what is on the link: who claims more makes them up.
const maxClaims = 64

// card returns what is known of a hardware address; nil where there is no room, or it is no card's.
func (m *Map) card(mac packet.MAC) *card {
	if mac == 0 || mac>>40&1 != 0 { // of a group
		return nil
	}
	c := m.cards[mac]
	if c == nil && len(m.cards) < m.limits.Hosts {
		c = &card{}
		m.cards[mac] = c
	}
	return c
}

// onLink reports whether an address is likely to be on the link where its frames are seen: of a private network, or of the
// link itself (RFC 1918, RFC 4193, RFC 3927, RFC 4291 section 2.5.6).
func onLink(a packet.Addr) bool {
	n := a.Netip()
	return n.IsPrivate() || n.IsLinkLocalUnicast()
}

// sends notes that frames of a host come from a hardware address: its own, unless other addresses do, too.
func (m *Map) sends(mac packet.MAC, h *host) {
	c := m.card(mac)
	if c == nil || !h.addr.Is4() && h.addr.Netip().IsPrivate() || c.many {
		return
	}
	if !h.addr.Is4() { // no router passes these on
		m.setMAC(h, mac, fromFrame)
		return
	}
	switch {
	case c.addr == h.addr:
	case c.addr == packet.Addr{}:
		c.addr = h.addr
	default:
		c.many = true
		m.forgetFrames(c.addr, mac)
		return
	}
	m.setMAC(h, mac, fromFrame)
}

// forgetFrames takes a hardware address from a host that it was not its own of: a router passed its frames on.
func (m *Map) forgetFrames(a packet.Addr, mac packet.MAC) {
	if was := m.at[a]; was != nil && was.flags&fromFrame != 0 && was.mac == mac {
		was.mac, was.flags = 0, was.flags&^fromFrame
		m.identify(was)
		m.change(was)
	}
}

func (m *Map) setMAC(h *host, mac packet.MAC, how hostFlags) {
	if h.mac == mac && h.flags&how != 0 {
		return
	}
	if h.mac != 0 && h.mac != mac && h.flags&claimed != 0 {
		h.macBefore, h.macMoved = h.mac, m.clock
	}
	h.mac = mac
	h.flags = h.flags&^(claimed|fromFrame) | how
	m.identify(h)
	m.change(h)
}

// claim notes that a hardware address says that it has an address.
func (m *Map) claim(a packet.Addr, mac packet.MAC) {
	c := m.card(mac)
	if c == nil || !single(a) {
		return
	}
	h := m.touch(a)
	if h.mac != mac || h.flags&claimed == 0 {
		if c.claims++; c.claims > maxClaims {
			return
		}
		m.setMAC(h, mac, claimed)
	}
	if a.Is4() && c.addr != a {
		m.forgetFrames(c.addr, mac)
		c.addr, c.applied = a, false
	}
	if c.name+c.vendor != "" && !c.applied {
		c.applied = true
		m.nameHost(h, c.name, SourceDHCP)
		m.say(h, sayDHCP, c.vendor)
	}
}

// arp learns from a message of ARP (RFC 826): its sender has the address that it names, but for one that asks whether it
// may (RFC 5227).
func (m *Map) arp(p *packet.Packet) {
	const request, reply = 1, 2
	if p.ARPOpcode == request || p.ARPOpcode == reply {
		m.claim(p.ARPSrcIP, p.ARPSrcMAC)
	}
}

// neighbor learns from neighbor discovery (RFC 4861 section 4).
func (m *Map) neighbor(p *packet.Packet) {
	const (
		routerSolicitation   = 133
		routerAdvertisement  = 134
		neighborSolicitation = 135
		neighborAdvertise    = 136
		sourceAddress        = 1 // options
		targetAddress        = 2
	)
	b, a, option := p.Payload, p.Src, byte(sourceAddress)
	skip := 0
	switch p.ICMPType {
	case routerSolicitation:
	case routerAdvertisement:
		skip = 8
		if h := m.at[p.Src]; h != nil && h.flags&router == 0 {
			h.flags |= router
			m.change(h)
		}
	case neighborSolicitation:
		skip = 16
	case neighborAdvertise:
		skip, option = 16, targetAddress
		if len(b) < skip {
			return
		}
		a = packet.AddrFrom16([16]byte(b[:16]))
	default:
		return
	}
	const unrouted = 255 // the hop limit of what no router has passed on (RFC 4861 section 7.1)
	if len(b) < skip || p.TTL != unrouted {
		return
	}
	for b = b[skip:]; len(b) >= 8; {
		size := int(b[1]) * 8
		if size == 0 || size > len(b) {
			return
		}
		if b[0] == option && size == 8 {
			m.claim(a, packet.MAC(binary.BigEndian.Uint64(b)&(1<<48-1)))
			return
		}
		b = b[size:]
	}
}

// Options of DHCP (RFC 2132).
const (
	optionHostName    = 12
	optionMessageType = 53
	optionVendorClass = 60
)

// dhcp learns from a message of DHCP: what a client calls itself, and which address it was given.
func (m *Map) dhcp(p *packet.Packet) {
	const (
		reply          = 2
		ciaddr, yiaddr = 12, 16 // places of addresses in the message (RFC 2131 section 2)
	)
	var d application.DHCP
	if !d.Read(p.Payload) || !d.HasHardware {
		return
	}
	c := m.card(packet.MAC(d.Hardware))
	if c == nil {
		return
	}
	at := ciaddr
	if p.Payload[0] == reply {
		at = yiaddr
		if server := m.touch(p.Src); server != nil {
			m.offer(server, p.IPProto, p.SrcPort, nil).speaks = packet.ServiceDHCP
		}
	} else {
		for code, data := range application.DHCPOptions(p.Payload) {
			switch text := clean(data); {
			case code == optionHostName && text != c.name && text != "":
				c.name, c.applied = text, false
			case code == optionVendorClass && text != c.vendor && text != "":
				c.vendor, c.applied = text, false
			}
		}
	}
	if d.Type != "ack" && d.Type != "request" && d.Type != "inform" {
		return
	}
	if a := packet.AddrFrom4([4]byte(p.Payload[at:])); single(a) {
		m.claim(a, packet.MAC(d.Hardware))
	}
}
