package packet

import (
	"encoding/binary"

	"github.com/ruleids/ruleids/packet/application"
)

// Bounds on what a hostile frame can make Decode do. A frame with more of either counts as malformed.
const (
	// maxHeaders is how many VLAN tags, MPLS labels or IPv6 extension headers Decode walks in a row. Hosts take any
	// number (RFC 8200 section 4.1), so it is more than a frame of 1,500 bytes has room for: tags take four bytes.
	maxHeaders = 512

	// maxNesting is how many tunnels and pseudowires Decode opens within each other.
	maxNesting = 8
)

// EtherTypes (IEEE 802 Numbers, IANA).
const (
	etherIPv4      = 0x0800
	etherARP       = 0x0806
	etherTEB       = 0x6558 // transparent Ethernet bridging (RFC 1701): an Ethernet frame follows
	etherRARP      = 0x8035 // reverse ARP (RFC 903), the layout of ARP
	etherVLAN      = 0x8100 // IEEE 802.1Q
	etherIPv6      = 0x86dd
	etherPPP       = 0x880b // PPP, in GRE (RFC 2637)
	etherMPLS      = 0x8847 // RFC 5332
	etherMPLSUp    = 0x8848 // upstream-assigned label (RFC 5332)
	etherPPPoE     = 0x8864 // PPPoE session stage (RFC 2516)
	etherQinQ      = 0x88a8 // IEEE 802.1ad service tag
	etherERSPAN    = 0x88be // ERSPAN type I and II (draft-foschiano-erspan)
	etherERSPAN3   = 0x22eb // ERSPAN type III
	etherQinQOld   = 0x9100 // service tag before 802.1ad
	etherVNTag     = 0x8926 // Cisco VN-Tag
	etherMaxLength = 1500   // up to here the field is a length (IEEE 802.3 section 3.2.6)
)

// A Decoder turns frames into packets. The zero value is ready. It keeps no state between frames
// but its counters, so its owner may read and reset them whenever Decode is not running; it must
// not be used by two goroutines at once.
type Decoder struct {
	// NeedDNS says whether DNS messages are looked into; without it no packet has LayerDNS, and
	// broken messages are not counted. DNS is what TCP and UDP carry from or to port 53; multicast
	// DNS and LLMNR are protocols of their own, as in Wireshark.
	NeedDNS bool

	// Need are the layers of AllNeeds that are to be looked for; others are not there. Those of DNS need NeedDNS too.
	Need Layer
	// Single says that HeadLayers are looked for in each packet alone: a head is there where the payload of one packet
	// begins with it and has all of it. Without it Head has to be called, by who knows what came before.
	Single bool

	// Unknown counts frames of a link type that Decode does not know.
	Unknown uint64
	// Malformed counts frames with a header that is broken or cut short, at most one a frame. The
	// layers before that header are valid, those after it are not there.
	Malformed uint64

	quic application.QUIC // with Single
}

// Decode fills p from a frame: its time and lengths, its Layers and Class, and every field of those
// layers. Number and Clock are left to the caller, the fields of other layers as they were.
//
// Any bytes are safe to decode, and nothing is allocated. p.Data and p.Payload point into f.Data.
//
// Where a tunnel carries an IP packet with a sound header, the fields are those of the inner packet;
// its Ethernet header and VLAN tag too, if it has them. Otherwise the outer packet stays as it is,
// with the tunnel's bytes as its payload.
func (d *Decoder) Decode(p *Packet, f *Frame) {
	b := f.Data
	p.Time = f.Time
	p.FrameLen = f.Length
	p.CapLen = uint32(len(b))
	p.Layers = LayerFrame
	p.Class = ClassOther
	p.Attrs = nil
	p.Data = b
	p.sum, p.beyond, p.apart = f.Sum, false, false
	broken := d.Malformed
	d.frame(p, f)
	p.Malformed = d.Malformed != broken
}

// frame decodes a frame by its link type.
func (d *Decoder) frame(p *Packet, f *Frame) {
	b := f.Data
	// What was on the wire decides the lengths that headers leave open. Some captures say less
	// than they hold; their bytes are there nonetheless.
	wire := max(len(b), int(f.Length))
	if f.Link == LinkEthernet { // before all others, which a binary search would tell apart
		d.ethernet(p, b, wire, 0)
		return
	}
	switch f.Link {
	case LinkPPI:
		d.ppi(p, b, wire)
	case LinkPKTAP:
		d.pktap(p, b, wire)
	default:
		d.link(p, f.Link, b, wire)
	}
}

// link decodes what begins with a header of a link type that carries packets, not other link types.
func (d *Decoder) link(p *Packet, link LinkType, b []byte, wire int) {
	switch link {
	case LinkEthernet:
		d.ethernet(p, b, wire, 0)
	case LinkRaw, LinkRawBSD, LinkRawBSDI:
		d.rawIP(p, b, wire, 0)
	case LinkIPv4:
		d.ipv4(p, b, wire, 0)
	case LinkIPv6:
		d.ipv6(p, b, wire, 0)
	case LinkNull, LinkLoop:
		d.loopback(p, b, wire, link)
	case LinkLinuxSLL:
		d.cooked(p, b, wire)
	case LinkLinuxSLL2:
		d.cooked2(p, b, wire)
	case LinkPPP, LinkPPPHDLC, LinkCiscoHDLC:
		d.hdlc(p, b, wire)
	case LinkPPPoE:
		d.pppoe(p, b, wire, 0)
	case LinkFDDI:
		d.fddi(p, b, wire)
	case LinkWireless:
		d.wireless(p, b, wire, false)
	case LinkRadiotap:
		d.radiotap(p, b, wire)
	case LinkNFLOG:
		d.nflog(p, b, wire)
	default:
		d.Unknown++
	}
}

// fault notes that the frame's next header is broken or cut short. It returns false, what every
// decoding step returns that did not get as far as an ARP or IP packet.
func (d *Decoder) fault() bool {
	d.Malformed++
	return false
}

// network decodes what an EtherType announces. Like every step below it takes the bytes from its
// own header on, how many of them were on the wire, and how many tunnels it is in; and it reports
// whether p now describes the packet in there.
func (d *Decoder) network(p *Packet, etherType uint16, b []byte, wire, depth int) bool {
	switch etherType {
	case etherIPv4:
		return d.ipv4(p, b, wire, depth)
	case etherIPv6:
		return d.ipv6(p, b, wire, depth)
	case etherARP, etherRARP:
		return d.arp(p, b)
	case etherMPLS, etherMPLSUp:
		return d.mpls(p, b, wire, depth)
	case etherPPPoE:
		return d.pppoe(p, b, wire, depth)
	case etherPPP:
		return d.ppp(p, b, wire, depth)
	case etherTEB:
		return d.ethernet(p, b, wire, depth+1)
	case etherVLAN, etherQinQ, etherQinQOld:
		return d.vlan(p, b, wire, depth)
	case etherVNTag: // direction and interfaces in four octets, then the EtherType of what follows
		if len(b) < 6 || depth > maxNesting {
			return d.fault()
		}
		return d.network(p, binary.BigEndian.Uint16(b[4:]), b[6:], wire-6, depth+1)
	}
	return false
}

// rawIP decodes an IP packet whose version only its first four bits tell.
func (d *Decoder) rawIP(p *Packet, b []byte, wire, depth int) bool {
	if len(b) == 0 {
		return d.fault()
	}
	switch b[0] >> 4 {
	case 4:
		return d.ipv4(p, b, wire, depth)
	case 6:
		return d.ipv6(p, b, wire, depth)
	}
	return d.fault()
}
