package alert

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ruleids/ruleids/packet"
)

// A Subject is which packets an alert is about: those of its key, in both directions; of a key without addresses those of the
// conversation that the alert's packet is of. Of an alert without either it is that packet alone.
type Subject struct {
	nets  []netip.Prefix // each must be at one end of a packet
	macs  []packet.MAC   // likewise
	ports []uint16       // likewise
	vlan  uint16         // 0 for any
	proto packet.Layer   // 0 for any
	arp   bool           // the addresses are those of ARP
	time  int64          // of the one packet, where there is nothing above
}

// ends are the fields of a key that tell one end of a packet, and network those of which a key has the network.
var (
	addressEnds = []string{"ip.src", "ip.dst", "outer.ip.src", "outer.ip.dst", "arp.src.proto_ipv4", "arp.dst.proto_ipv4"}
	macEnds     = []string{"eth.src", "eth.dst", "arp.src.hw_mac", "arp.dst.hw_mac"}
	portEnds    = []string{"src.port", "dst.port", "tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport"}
	network     = regexp.MustCompile(`^network\(\s*([a-z0-9_.]+)\s*,\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)$`)
)

// network6 is how many bits of an IPv6 address network takes where its third argument is left out.
const network6 = 64

// Subject returns which packets the alert is about.
func (a *Alert) Subject() Subject {
	s := Subject{arp: a.Layers&packet.LayerARPIPv4 != 0, proto: a.Layers & (packet.LayerTCP | packet.LayerUDP | packet.LayerICMP | packet.LayerICMPv6)}
	for _, k := range a.Key {
		name := strings.TrimSpace(k.Name)
		switch v := k.Value.(type) {
		case int64:
			if slices.Contains(portEnds, name) && v >= 0 && v <= 0xffff {
				s.ports = append(s.ports, uint16(v))
			} else if name == "vlan.id" {
				s.vlan = uint16(v)
			}
		case string:
			if p, ok := addressOf(name, v); ok {
				s.nets = append(s.nets, p)
			} else if slices.Contains(macEnds, name) {
				if mac, ok := parseMAC(v); ok {
					s.macs = append(s.macs, mac)
				}
			}
		}
	}
	if len(s.ports) == 0 {
		s.proto = 0
	}
	if len(s.nets)+len(s.macs) > 0 {
		return s
	}
	// The conversation of the packet.
	if a.hasAddresses() {
		s.proto = a.Layers & (packet.LayerTCP | packet.LayerUDP | packet.LayerICMP | packet.LayerICMPv6)
		s.nets = append(s.nets, single(a.Src.Netip()))
		if a.hasDestination() && a.Dst != a.Src {
			s.nets = append(s.nets, single(a.Dst.Netip()))
		}
		s.ports = nil
		if a.Layers&packet.LayerPorts != 0 && a.hasDestination() {
			s.ports = append(s.ports, a.SrcPort)
			if a.DstPort != a.SrcPort {
				s.ports = append(s.ports, a.DstPort)
			}
		}
		return s
	}
	if s.vlan == 0 {
		s.time = a.Time
	}
	return s
}

// addressOf reads the value of a part of a key that tells where a packet comes from or goes to.
func addressOf(name, value string) (netip.Prefix, bool) {
	at, err := netip.ParseAddr(value)
	if err != nil {
		return netip.Prefix{}, false
	}
	if slices.Contains(addressEnds, name) {
		return single(at), true
	}
	m := network.FindStringSubmatch(name)
	if m == nil || !slices.Contains(addressEnds, m[1]) {
		return netip.Prefix{}, false
	}
	bits, _ := strconv.Atoi(m[2]) // they are digits
	if at.Is6() {
		bits, _ = strconv.Atoi(cmp.Or(m[3], strconv.Itoa(network6)))
	}
	p, err := at.Prefix(bits)
	return p, err == nil
}

// parseMAC reads a hardware address as alerts have it.
func parseMAC(s string) (out packet.MAC, ok bool) {
	hw, err := net.ParseMAC(s)
	if err != nil || len(hw) != 6 {
		return 0, false
	}
	for _, o := range hw {
		out = out<<8 | packet.MAC(o)
	}
	return out, true
}

func single(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, a.BitLen()) }

// Addresses returns the single addresses of which each packet of the subject has one at an end, unless it is in a tunnel;
// none where the subject goes by something else.
func (s *Subject) Addresses() []netip.Addr {
	for _, n := range s.nets {
		if n.IsSingleIP() {
			return []netip.Addr{n.Addr()}
		}
	}
	return nil
}

// Has reports whether a packet is one of the subject.
func (s *Subject) Has(p *packet.Packet) bool {
	if s.time != 0 {
		return p.Time == s.time
	}
	if s.proto != 0 && p.Layers&s.proto == 0 || s.vlan != 0 && (p.Layers&packet.LayerVLAN == 0 || p.VLAN != s.vlan) {
		return false
	}
	for _, m := range s.macs {
		if p.Layers&packet.LayerEth == 0 || p.EthSrc != m && p.EthDst != m {
			return false
		}
	}
	for _, port := range s.ports {
		if p.Layers&packet.LayerPorts == 0 || p.SrcPort != port && p.DstPort != port {
			return false
		}
	}
	for _, n := range s.nets {
		if !s.at(p, n) {
			return false
		}
	}
	return true
}

// at reports whether an end of a packet is in a network.
func (s *Subject) at(p *packet.Packet, n netip.Prefix) bool {
	in := func(a packet.Addr) bool { return n.Contains(a.Netip()) }
	if s.arp {
		return p.Layers&packet.LayerARPIPv4 != 0 && (in(p.ARPSrcIP) || in(p.ARPDstIP))
	}
	return p.Layers&packet.LayerIP != 0 && (in(p.Src) || in(p.Dst)) ||
		p.Layers&packet.LayerTunnel != 0 && (in(p.Outer.Src) || in(p.Outer.Dst))
}

// Filter returns the display filter by which Wireshark and tshark show the packets of the subject and no others.
func (s *Subject) Filter() string {
	if s.time != 0 {
		at := time.Unix(0, s.time)
		return fmt.Sprintf("frame.time_epoch == %d.%09d", at.Unix(), at.Nanosecond())
	}
	var terms []string
	add := func(format string, args ...any) { terms = append(terms, fmt.Sprintf(format, args...)) }
	if s.vlan != 0 {
		add("vlan.id == %d", s.vlan)
	}
	for _, m := range s.macs {
		add("eth.addr == %s", m)
	}
	for _, n := range s.nets {
		text := n.String()
		if n.IsSingleIP() {
			text = n.Addr().String()
		}
		switch {
		case s.arp:
			add("(arp.src.proto_ipv4 == %s || arp.dst.proto_ipv4 == %s)", text, text)
		case n.Addr().Is4():
			add("ip.addr == %s", text)
		default:
			add("ipv6.addr == %s", text)
		}
	}
	for _, port := range s.ports {
		switch {
		case s.proto&packet.LayerTCP != 0:
			add("tcp.port == %d", port)
		case s.proto&packet.LayerUDP != 0:
			add("udp.port == %d", port)
		default:
			add("(tcp.port == %d || udp.port == %d)", port, port)
		}
	}
	if len(s.ports) == 0 {
		switch {
		case s.proto&packet.LayerICMP != 0:
			add("icmp")
		case s.proto&packet.LayerICMPv6 != 0:
			add("icmpv6")
		}
	}
	return strings.Join(terms, " && ")
}

// DisplayFilter returns the display filter by which Wireshark and tshark show the packets that the alert is about; "" where it is
// about none, as one that counts other alerts.
func (a *Alert) DisplayFilter() string {
	s := a.Subject()
	if a.Layers == 0 && s.time != 0 {
		return ""
	}
	return s.Filter()
}
