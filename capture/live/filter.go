package live

import (
	"fmt"
	"net/netip"
	"slices"

	"golang.org/x/net/bpf"

	"github.com/ruleids/ruleids/packet"
)

// A Filter says which packets are captured. It becomes a classic BPF program, which the kernel runs on each
// packet before that takes room in a ring. A Filter never changes; nil lets everything through.
type Filter struct {
	ignore   []netip.Prefix // masked, sorted, each once; of IPv4 or IPv6
	ranges   []addrRange    // the same addresses, for Match
	interest *Interest
}

// NewFilter returns a Filter that drops
//
//   - IPv4 and IPv6 packets whose source or destination is in one of the networks of ignore. In a tunnel, the
//     outermost header counts. VLAN tags, up to three, make no difference; packets behind MPLS,
//     PPPoE or LLC are let through, and so is what is not IP.
//   - packets that are not in interest, where that is not nil.
//
// The networks are what users write. One that is not valid is an error, as are more of them than fit the 4,096
// instructions that the kernel allows for, which is about 900 scattered networks of IPv4 or 200 of IPv6.
// Networks that touch or overlap count as one.
func NewFilter(ignore []netip.Prefix, interest *Interest) (*Filter, error) {
	f := &Filter{}
	for _, p := range ignore {
		if !p.IsValid() {
			return nil, fmt.Errorf("capture filter: %v is no network; write 10.0.0.0/8 or 2001:db8::/32", p)
		}
		if a := p.Addr(); a.Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(a.Unmap(), p.Bits()-96)
		}
		f.ignore = append(f.ignore, p.Masked())
	}
	slices.SortFunc(f.ignore, netip.Prefix.Compare) // those of one address: the widest first
	f.ignore = slices.Compact(f.ignore)
	f.ranges = rangesOf(f.ignore)
	if interest != nil {
		i := Interest{Classes: interest.Classes, TCPPorts: slices.Clone(interest.TCPPorts), UDPPorts: slices.Clone(interest.UDPPorts)}
		for _, r := range slices.Concat(i.TCPPorts, i.UDPPorts) {
			if r.First > r.Last {
				return nil, fmt.Errorf("capture filter: ports from %d to %d are none; write the lower one first", r.First, r.Last)
			}
		}
		f.interest = &i
	}
	for _, link := range []packet.LinkType{packet.LinkEthernet, packet.LinkRaw} {
		if n := len(f.program(link, DefaultSnapLength, true)); n > maxInstructions {
			return nil, fmt.Errorf("capture filter: %d networks and %d ranges of ports need %d instructions, and the kernel takes %d; ignore fewer, larger networks",
				len(f.ignore), f.portRanges(), n, maxInstructions)
		}
	}
	return f, nil
}

// portRanges returns how many ranges of ports the filter tests.
func (f *Filter) portRanges() int {
	if f.interest == nil {
		return 0
	}
	return len(f.interest.TCPPorts) + len(f.interest.UDPPorts)
}

// empty reports whether the filter lets everything through.
func (f *Filter) empty() bool {
	return f == nil || len(f.ignore) == 0 && f.interest == nil
}

// wantsIP reports whether the filter lets every IP packet through whose addresses are not ignored, as it does for
// most rule sets: then there is no need to look for its class.
func (f *Filter) wantsIP() bool {
	if f.interest == nil {
		return true
	}
	has := f.interest.Classes.Has
	if !has(packet.ClassIP) || !has(packet.ClassICMP) || !has(packet.ClassICMPv6) || !has(packet.ClassUDP) {
		return false
	}
	for flags := range packet.Class(256) {
		if !has(packet.ClassTCP+flags) || !has(packet.ClassTCPReserved+flags) {
			return false
		}
	}
	return true
}

// Instructions returns the length of the program for a link type, for those who wonder what the kernel does
// with each packet. Link types are those that a Source captures: Ethernet and raw IP.
func (f *Filter) Instructions(link packet.LinkType) int {
	return len(f.program(link, DefaultSnapLength, false))
}

// Assemble returns the program of the filter for frames of a link type, of which snap bytes are captured, as kernels take it.
// Besides what every BPF machine knows it uses Linux' extension of the packet's type, where loopback is true: on the
// loopback interface a packet is dropped on its way out there, since it comes in at once. It returns snap for a packet
// that is wanted, and 0 for others.
func (f *Filter) Assemble(link packet.LinkType, snap uint32, loopback bool) ([]bpf.RawInstruction, error) {
	raw, err := bpf.Assemble(f.program(link, snap, loopback))
	if err != nil {
		return nil, fmt.Errorf("capture filter: %w", err)
	}
	return raw, nil
}

// An addrRange is the addresses of one family from first to last.
type addrRange struct {
	first, last netip.Addr
}

// rangesOf returns the addresses of sorted networks as disjoint ranges in ascending order.
func rangesOf(ps []netip.Prefix) []addrRange {
	var out []addrRange
	for _, p := range ps {
		r := addrRange{p.Addr(), lastAddr(p)}
		if n := len(out); n > 0 && r.first.Compare(out[n-1].last) <= 0 {
			continue // a network in the one before it: two networks never overlap in part
		}
		out = append(out, r)
	}
	return out
}

// lastAddr returns the highest address of a masked network.
func lastAddr(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for bit := p.Bits(); bit < len(b)*8; bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	a, _ := netip.AddrFromSlice(b) // four or sixteen bytes, as they were
	return a
}
