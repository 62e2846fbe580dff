package packet_test

import (
	"bytes"
	"encoding/binary"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"github.com/ruleids/ruleids/packet"
)

// FuzzDecode decodes any bytes as any link type, checks what must always hold, and compares with
// gopacket where that knows the link type.
func FuzzDecode(f *testing.F) {
	for _, s := range samples() {
		f.Add(uint16(s.link), s.data, s.missing)
	}
	f.Fuzz(func(t *testing.T, link uint16, data []byte, missing uint32) {
		data = slices.Clip(data) // gopacket would look beyond its end
		d := everything()
		var p packet.Packet
		frame := packet.Frame{Data: data, Length: uint32(len(data)) + missing%70000, Link: packet.LinkType(link)}
		d.Decode(&p, &frame)
		checkInvariants(t, &p, &frame)
		if d.Malformed+d.Unknown > 1 {
			t.Errorf("counted as malformed %d times, as unknown %d times", d.Malformed, d.Unknown)
		}
		compareWithGopacket(t, &p, &frame)
	})
}

// gopacketLinks are the link types that gopacket decodes to the same end. Its others differ: PPP
// without address and control, OpenBSD's loopback and SLL2 are unknown to it.
var gopacketLinks = map[packet.LinkType]gopacket.Decoder{
	packet.LinkEthernet: layers.LinkTypeEthernet,
	packet.LinkLinuxSLL: layers.LinkTypeLinuxSLL,
	packet.LinkIPv4:     layers.LinkTypeIPv4,
	packet.LinkIPv6:     layers.LinkTypeIPv6,
}

// compareWithGopacket looks for the packet that Decode describes among the IP layers that gopacket
// found, and compares header by header. It cannot ask for the innermost one: gopacket opens tunnels
// by either UDP port, opens GRE with fields that do not belong together, and leaves others closed;
// TestDecode and the comparison with tshark look at that. Where the two differ on purpose:
//
//   - gopacket stops at IP fragments; Decode reads the transport header of a first one.
//   - gopacket rejects a TCP segment that ends within its options, and a UDP length below 8; Decode
//     keeps the layer, as tshark does.
//   - gopacket keeps an IP header that it found broken, does not look at its version, and takes ICMP and ICMPv6 in IP of either version.
//   - gopacket takes what any organisation's SNAP header announces for an EtherType,
//     does not look at the version and stage of PPPoE, and has no bound on MPLS labels.
//   - gopacket bounds a payload by what was captured alone, Decode by what was on the wire too.
func compareWithGopacket(t *testing.T, p *packet.Packet, f *packet.Frame) {
	decoder, ok := gopacketLinks[f.Link]
	if !ok {
		return
	}
	g := gopacket.NewPacket(f.Data, decoder, gopacket.DecodeOptions{NoCopy: true, DecodeStreamsAsDatagrams: true})
	chain := g.Layers()
	if i := slices.IndexFunc(chain, unsoundIP); i >= 0 {
		chain = chain[:i]
	}
	lenient := g.Layer(layers.LayerTypeLLC) != nil || g.Layer(layers.LayerTypePPPoE) != nil || g.Layer(layers.LayerTypeMPLS) != nil
	if lenient && p.Layers&(packet.LayerARP|packet.LayerIP) == 0 {
		return
	}
	first := slices.IndexFunc(chain, isIP)

	if i := slices.IndexFunc(chain, func(l gopacket.Layer) bool { return l.LayerType() == layers.LayerTypeARP }); i >= 0 && first < 0 {
		compareARP(t, p, chain[i].(*layers.ARP))
	}
	if e, ok := g.Layer(layers.LayerTypeEthernet).(*layers.Ethernet); ok && f.Link == packet.LinkEthernet {
		if !p.Has(packet.LayerEth) {
			t.Errorf("no Ethernet, gopacket has %v", e)
		} else if plain(chain) && (p.EthSrc.String() != e.SrcMAC.String() || p.EthDst.String() != e.DstMAC.String()) {
			t.Errorf("Ethernet from %v to %v, gopacket says %v, %v", p.EthSrc, p.EthDst, e.SrcMAC, e.DstMAC)
		}
	}
	if first < 0 {
		return
	}
	if p.Has(packet.LayerARP | packet.LayerTunnel) {
		return // ARP in a tunnel takes the place of what carries it
	}
	if !p.Has(packet.LayerIP) {
		t.Errorf("no IP, gopacket has %v", gopacket.LayerString(chain[first]))
		return
	}
	var differences []string
	for i, l := range chain {
		if !isIP(l) {
			continue
		}
		diff := compareIP(p, l, chain[i+1:])
		if diff == "" {
			return
		}
		differences = append(differences, diff)
	}
	// Decode may have found a packet in a tunnel that gopacket leaves closed or could not decode.
	if tunnelled(chain[first:]) || chain[len(chain)-1].LayerType() == gopacket.LayerTypeFragment {
		return
	}
	t.Errorf("the packet is none of gopacket's:\n%s\n%v", strings.Join(differences, "\n"), g)
}

// isIP reports whether a layer is an IP header.
func isIP(l gopacket.Layer) bool {
	return l.LayerType() == layers.LayerTypeIPv4 || l.LayerType() == layers.LayerTypeIPv6
}

// unsoundIP reports whether a layer is an IP header with a fault that Decode stops at.
func unsoundIP(l gopacket.Layer) bool {
	switch h := l.(type) {
	case *layers.IPv4:
		header := int(h.IHL) * 4
		return h.Version != 4 || h.IHL < 5 || len(h.Contents) != header || h.Length != 0 && int(h.Length) < header
	case *layers.IPv6:
		return h.Version != 6
	}
	return false
}

// plain reports whether there can be but one Ethernet header in the frame.
func plain(chain []gopacket.Layer) bool {
	return !tunnelled(chain) && !slices.ContainsFunc(chain, func(l gopacket.Layer) bool {
		return l.LayerType() == gopacket.LayerTypeFragment
	})
}

// tunnelled reports whether a layer announces a tunnel.
func tunnelled(chain []gopacket.Layer) bool {
	for _, l := range chain {
		switch l := l.(type) {
		case *layers.IPv4:
			switch l.Protocol {
			case layers.IPProtocolIPv4, layers.IPProtocolIPv6, layers.IPProtocolGRE, layers.IPProtocolMPLSInIP, layers.IPProtocolEtherIP:
				return true
			}
		case *layers.IPv6, *layers.MPLS, *layers.PPPoE, *layers.SNAP:
			return true // what they carry may be a tunnel
		case *layers.UDP:
			switch l.DstPort {
			case 2152, 4789, 6081:
				return true
			}
		case *layers.Ethernet:
			switch l.EthernetType {
			case layers.EthernetTypeMPLSUnicast, layers.EthernetTypeMPLSMulticast, 0x6558, 0x880b:
				return true
			}
		case *layers.Dot1Q:
			switch l.Type {
			case layers.EthernetTypeMPLSUnicast, layers.EthernetTypeMPLSMulticast, 0x6558, 0x880b:
				return true
			}
		}
	}
	return false
}

func compareARP(t *testing.T, p *packet.Packet, a *layers.ARP) {
	if !p.Has(packet.LayerARP) {
		t.Errorf("no ARP, gopacket has %v", gopacket.LayerString(a))
		return
	}
	if p.ARPOpcode != a.Operation {
		t.Errorf("ARP operation %d, gopacket says %d", p.ARPOpcode, a.Operation)
	}
	// gopacket keeps eight of the sixteen bits of the hardware type.
	hardware := binary.BigEndian.Uint16(a.Contents)
	ethernet := (hardware == 1 || hardware == 6) && a.Protocol == layers.EthernetTypeIPv4 && a.HwAddressSize == 6 && a.ProtAddressSize == 4
	if p.Has(packet.LayerARPIPv4) != ethernet {
		t.Errorf("layers %v, gopacket has %v", p.Layers, gopacket.LayerString(a))
		return
	}
	if ethernet && (p.ARPSrcMAC.String() != net.HardwareAddr(a.SourceHwAddress).String() || p.ARPDstMAC.String() != net.HardwareAddr(a.DstHwAddress).String() ||
		p.ARPSrcIP != packet.AddrFrom4([4]byte(a.SourceProtAddress)) || p.ARPDstIP != packet.AddrFrom4([4]byte(a.DstProtAddress))) {
		t.Errorf("ARP %v %v %v %v, gopacket has %v", p.ARPSrcMAC, p.ARPSrcIP, p.ARPDstMAC, p.ARPDstIP, gopacket.LayerString(a))
	}
}

// extensionHeaders mean nothing behind IPv4, where gopacket decodes them all the same.
var extensionHeaders = []gopacket.LayerType{layers.LayerTypeIPv6HopByHop, layers.LayerTypeIPv6Routing, layers.LayerTypeIPv6Fragment, layers.LayerTypeIPv6Destination, layers.LayerTypeIPSecAH}

// compareIP returns how p differs from an IP layer and the layers above it, or "".
func compareIP(p *packet.Packet, ip gopacket.Layer, above []gopacket.Layer) string {
	var fragment bool
	switch h := ip.(type) {
	case *layers.IPv4:
		fragment = h.Flags&layers.IPv4MoreFragments != 0 || h.FragOffset != 0
		length := binary.BigEndian.Uint16(h.Contents[2:])
		switch {
		case p.IPVersion != 4:
			return "version 4"
		case p.Src != packet.AddrFrom4([4]byte(h.SrcIP)) || p.Dst != packet.AddrFrom4([4]byte(h.DstIP)):
			return "addresses"
		case p.TTL != h.TTL || p.IPProto != uint8(h.Protocol) || p.IPID != uint32(h.Id) || length != 0 && p.IPLen != uint32(length):
			return "TTL, protocol, id or length"
		case p.DF != (h.Flags&layers.IPv4DontFragment != 0) || p.MF != (h.Flags&layers.IPv4MoreFragments != 0) || p.FragOffset != h.FragOffset:
			return "fragmentation"
		}
	case *layers.IPv6:
		switch {
		case p.IPVersion != 6:
			return "version 6"
		case p.Src != packet.AddrFrom16([16]byte(h.SrcIP)) || p.Dst != packet.AddrFrom16([16]byte(h.DstIP)):
			return "addresses"
		case p.TTL != h.HopLimit:
			return "hop limit"
		}
		if length := binary.BigEndian.Uint16(h.Contents[4:]); length != 0 && p.IPLen != uint32(length)+40 {
			return "length"
		}
	}
	const transports = packet.LayerTCP | packet.LayerUDP | packet.LayerICMP | packet.LayerICMPv6
	for i, l := range above {
		// The headers of a broken transport are there, or zero, and then it has no contents.
		broken := i+1 < len(above) && above[i+1].LayerType() == gopacket.LayerTypeDecodeFailure && len(l.LayerContents()) == 0
		if tcp, ok := l.(*layers.TCP); ok && tcp.DataOffset < 5 || broken {
			return ""
		}
		if _, v4 := ip.(*layers.IPv4); v4 && slices.Contains(extensionHeaders, l.LayerType()) {
			return ""
		}
		switch l := l.(type) {
		case *layers.IPv6HopByHop, *layers.IPv6Routing, *layers.IPv6Destination, *layers.IPSecAH:
			continue
		case *layers.IPv6Fragment:
			if p.MF != l.MoreFragments || p.FragOffset != l.FragmentOffset || p.IPID != l.Identification {
				return "fragment header"
			}
			fragment = true
			continue
		case *layers.TCP:
			if !p.Has(packet.LayerTCP) {
				return "no TCP"
			}
			ns := uint16(0)
			if l.NS {
				ns = 0x100
			}
			if p.SrcPort != uint16(l.SrcPort) || p.DstPort != uint16(l.DstPort) || p.TCPSeq != l.Seq || p.TCPAck != l.Ack || p.TCPWindow != l.Window ||
				p.TCPFlags != binary.BigEndian.Uint16(l.Contents[12:])&0xfff || p.TCPFlags&0x100 != ns {
				return "TCP"
			}
			return comparePayload(p, l.Payload)
		case *layers.UDP:
			if !p.Has(packet.LayerUDP) {
				return "no UDP"
			}
			if p.SrcPort != uint16(l.SrcPort) || p.DstPort != uint16(l.DstPort) || p.UDPLength != l.Length {
				return "UDP"
			}
			return comparePayload(p, l.Payload)
		case *layers.ICMPv4:
			if p.IPVersion != 4 {
				return ""
			}
			if !p.Has(packet.LayerICMP) || p.ICMPType != l.TypeCode.Type() || p.ICMPCode != l.TypeCode.Code() {
				return "ICMP"
			}
			return comparePayload(p, l.Payload)
		case *layers.ICMPv6:
			if p.IPVersion != 6 {
				return ""
			}
			if !p.Has(packet.LayerICMPv6) || p.ICMPType != l.TypeCode.Type() || p.ICMPCode != l.TypeCode.Code() {
				return "ICMPv6"
			}
			return comparePayload(p, l.Payload[min(4, len(l.Payload)):])
		case *gopacket.DecodeFailure, *gopacket.Fragment:
			fragment = true
		}
		break
	}
	if p.Layers&transports != 0 && !fragment {
		return "a transport that gopacket does not have"
	}
	return ""
}

func comparePayload(p *packet.Packet, theirs []byte) string {
	if !bytes.Equal(p.Payload, theirs) {
		return "payload"
	}
	return ""
}
