package packet

import (
	"encoding/binary"

	"github.com/ruleids/ruleids/packet/application"
)

// UDP and TCP ports that Decode looks behind (Service Name and Port Number Registry, IANA).
const (
	portDNS        = 53
	portDHCPServer = 67
	portDHCPClient = 68
	portGTPU       = 2152
	portVXLAN      = 4789
	portGENEVE     = 6081
)

// tcp decodes a TCP header (RFC 9293 section 3.1). The layer is there with the fixed twenty octets;
// options that were cut off leave the payload empty.
func (d *Decoder) tcp(p *Packet, b []byte, wire int) {
	if len(b) < 20 {
		d.short(p, b)
		return
	}
	h := (*[20]byte)(b)
	header := int(h[12]>>4) * 4
	if header < 20 {
		d.fault()
		return
	}
	src, dst := binary.BigEndian.Uint16(h[0:]), binary.BigEndian.Uint16(h[2:])
	flags := binary.BigEndian.Uint16(h[12:]) & 0xfff
	p.Layers |= LayerTCP | LayerPorts | LayerPayload
	p.Class = ClassTCP + Class(flags&0xff)
	if flags > 0xff {
		p.Class = ClassTCPReserved + Class(flags&0xff)
	}
	p.SrcPort, p.DstPort = src, dst
	p.TCPSeq = binary.BigEndian.Uint32(h[4:])
	p.TCPAck = binary.BigEndian.Uint32(h[8:])
	p.TCPFlags = flags
	p.TCPWindow = binary.BigEndian.Uint16(h[14:])
	if header > wire {
		if !p.MF { // the packet ends within its own options
			d.Malformed++
			p.beyond = true
		}
		header = wire
	}
	p.TCPLen = uint32(wire - header)
	p.Payload = b[min(header, len(b)):]
	if d.NeedDNS && (src == portDNS || dst == portDNS) {
		d.dnsOverTCP(p)
	}
	if d.Single && d.Need&HeadLayers != 0 && len(p.Payload) > 0 {
		data := application.PastCipherChange(p.Payload)
		if kind, need := application.Scan(data); need == 0 && kind.Head() {
			d.Head(p, kind, data)
		}
	}
}

// short takes the ports from a TCP or UDP header that is cut short. In a first fragment that is no fault: others may
// bring the rest (see Reassembler).
func (d *Decoder) short(p *Packet, b []byte) {
	if !p.MF {
		d.fault()
	}
	if len(b) >= 4 {
		p.Layers |= LayerPorts
		p.SrcPort, p.DstPort = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	}
}

// udp decodes a UDP header (RFC 768) and the tunnels over UDP.
func (d *Decoder) udp(p *Packet, b []byte, wire, depth int) {
	if len(b) < 8 {
		d.short(p, b)
		return
	}
	h := (*[8]byte)(b)
	src, dst := binary.BigEndian.Uint16(h[0:]), binary.BigEndian.Uint16(h[2:])
	length := int(binary.BigEndian.Uint16(h[4:]))
	p.Layers |= LayerUDP | LayerPorts | LayerPayload
	p.Class = ClassUDP
	p.SrcPort, p.DstPort = src, dst
	p.UDPLength = uint16(length)
	switch {
	case length >= 8:
		wire = min(wire, length)
	case length != 0: // 0 is a jumbogram (RFC 2675 section 4) or segmentation offload
		d.Malformed++
		p.Payload = b[8:8]
		return
	}
	b = b[8:min(len(b), wire)]
	p.Payload = b
	switch {
	case dst == portDNS || src == portDNS:
		if d.NeedDNS && len(b) > 0 {
			d.dns(p, b)
		}
	case dst == portVXLAN:
		d.vxlan(p, b, wire-8, depth)
	case dst == portGENEVE:
		d.geneve(p, b, wire-8, depth)
	case dst == portGTPU:
		d.gtpu(p, b, wire-8, depth)
	case dst == portDHCPServer || dst == portDHCPClient:
		if d.Need&dhcpParts != 0 {
			d.dhcp(p)
		}
	case d.Single && d.Need&tlsParts != 0:
		if message := d.quic.Hello(0, b); message != nil {
			d.QUICHello(p, message)
		}
	}
}

// icmp decodes the head of ICMP (RFC 792) or ICMPv6 (RFC 4443): type, code and checksum, then one
// word that depends on the type. Its payload is what follows that word, so that it is the same
// bytes in an echo of either version. A packet that an error message quotes is payload.
func (d *Decoder) icmp(p *Packet, b []byte, wire int, layer Layer, class Class) {
	if len(b) < 4 {
		if !p.MF {
			d.fault()
		}
		return
	}
	p.Layers |= layer | LayerPayload
	p.Class = class
	p.ICMPType, p.ICMPCode = b[0], b[1]
	p.ICMPLength = uint32(max(wire-8, 0))
	p.Payload = b[min(8, len(b)):]
	if d.Need&(LayerICMPEcho|neighborParts) != 0 {
		d.icmpParts(p, b)
	}
}
