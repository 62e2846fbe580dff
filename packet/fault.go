package packet

import (
	"encoding/binary"
	"math/bits"
	"strings"
)

// A Sum says what is known of the checksums of a frame before anybody computes them.
type Sum uint8

// What may be known of checksums. SumUnknown is the zero value.
const (
	SumUnknown Sum = iota // of a capture file: they may have been left to a network card, or lost as addresses were changed
	SumWire               // came from a network, so they are to be right
	SumValid              // the kernel or the network card found that of the transport header right
	SumPending            // sent by this host, which left them to the network card
)

// A Fault is a set of reasons why no host accepts a packet, so that it tells nothing of what goes on between hosts.
type Fault uint8

// The faults.
const (
	FaultIPSum        Fault  = 1 << iota // the checksum of the IPv4 header is wrong (RFC 1122 section 3.2.1.2)
	FaultTransportSum                    // the checksum of TCP, UDP, ICMP or ICMPv6 is wrong
	FaultFlags                           // SYN and RST at once
	FaultOffset                          // the data offset of TCP is beyond the end of the packet
	FaultRoute                           // source route: LSRR, SSRR (RFC 7126 section 4.3), routing types 0 and 4 that are not at their end
	NumFaults         = iota             // how many there are

	// FaultSums are the faults that offload explains as well.
	FaultSums = FaultIPSum | FaultTransportSum
)

// Faults returns the faults, each alone, in the order of the reference.
func Faults() []Fault {
	fs := make([]Fault, NumFaults)
	for i := range fs {
		fs[i] = 1 << i
	}
	return fs
}

// String names the faults in f, separated by commas.
func (f Fault) String() string {
	names := [NumFaults]string{"IP checksum", "transport checksum", "SYN and RST", "TCP data offset", "source route"}
	var s []string
	for i, name := range names {
		if f&(1<<i) != 0 {
			s = append(s, name)
		}
	}
	return strings.Join(s, ", ")
}

// Sum returns what was known of the checksums of the packet's frame.
func (p *Packet) Sum() Sum { return p.sum }

// Faults returns what is wrong with a packet that Decode filled, the innermost one. sums says whether checksums are
// computed; proven is true where the packet has a checksum that is right. A checksum is looked at where the frame has all
// that it covers, and not where this host left it to the network card. In a capture file one that is 0, or that covers the
// pseudo header alone, has been left to a network card too.
func (p *Packet) Faults(sums bool) (f Fault, proven bool) {
	if p.Layers&LayerIP == 0 || len(p.Data) == 0 { // ARP, or no frame
		return 0, false
	}
	if p.sourceRouted {
		f = FaultRoute
	}
	if p.beyond {
		f |= FaultOffset
	}
	if p.Layers&LayerTCP != 0 && p.TCPFlags&(FlagSYN|FlagRST) == FlagSYN|FlagRST {
		f |= FaultFlags
	}
	var header []byte // of IPv4; a packet put together of fragments has none
	if p.IPVersion == 4 && !p.apart {
		h := p.Data[p.ipAt:]
		header = h[:int(h[0]&15)*4]
		if len(header) > 20 && routed(header[20:]) {
			f |= FaultRoute
		}
	}
	if !sums || p.sum == SumPending {
		return f, false
	}
	if header != nil && fold(addHeader(header)) != 0xffff && (p.sum != SumUnknown || header[10]|header[11] != 0) {
		f |= FaultIPSum
	}
	if p.sum == SumValid && p.Layers&LayerTunnel == 0 {
		return f, false
	}
	ok, known := p.transportSum()
	if known && !ok {
		f |= FaultTransportSum
	}
	return f, known && ok
}

// transportSum reports whether the checksum of the transport header is right; known is false where that cannot be told.
func (p *Packet) transportSum() (ok, known bool) {
	if p.apart || p.MF || p.FragOffset != 0 || p.segmentCap != p.segmentLen {
		return false, false
	}
	b := p.Data[p.segmentAt:][:p.segmentCap]
	at, pseudo := 0, true
	switch {
	case p.Layers&LayerTCP != 0:
		at = 16
	case p.Layers&LayerUDP != 0:
		at = 6
		if n := int(p.UDPLength); n >= 8 && n <= len(b) {
			b = b[:n]
		} else if n != 0 {
			return false, false
		}
	case p.Layers&LayerICMP != 0:
		at, pseudo = 2, false
	case p.Layers&LayerICMPv6 != 0:
		at = 2
	default:
		return false, false
	}
	if len(b) < at+2 {
		return false, false
	}
	var sum uint64
	if pseudo {
		var carry uint64
		if p.IPVersion == 6 {
			addresses := p.Data[p.ipAt+8:][:32]
			sum, carry = bits.Add64(binary.LittleEndian.Uint64(addresses), binary.LittleEndian.Uint64(addresses[8:]), 0)
			sum, carry = bits.Add64(sum, binary.LittleEndian.Uint64(addresses[16:]), carry)
			sum, carry = bits.Add64(sum, binary.LittleEndian.Uint64(addresses[24:]), carry)
		} else {
			sum = binary.LittleEndian.Uint64(p.Data[p.ipAt+12:])
		}
		rest := uint64(bits.ReverseBytes16(uint16(p.IPProto))) + uint64(bits.ReverseBytes16(uint16(len(b)))) + uint64(bits.ReverseBytes16(uint16(len(b)>>16)))
		sum, carry = bits.Add64(sum, rest, carry)
		sum += carry
	}
	stored := binary.LittleEndian.Uint16(b[at:])
	if stored == 0 && (p.Layers&LayerUDP != 0 || p.sum == SumUnknown) {
		return false, false // UDP without a checksum (RFC 768, RFC 6935), or one that is not there yet
	}
	if p.sum == SumUnknown && pseudo && stored == fold(sum) {
		return false, false
	}
	return fold(add(sum, b)) == 0xffff, true
}

// add adds the 16-bit words of b to a sum in one's complement, in the byte order of little-endian machines, which comes to
// the same (RFC 1071 section 2).
func add(sum uint64, b []byte) uint64 {
	var carry uint64
	for len(b) >= 64 {
		sum, carry = bits.Add64(sum, binary.LittleEndian.Uint64(b), 0)
		sum, carry = bits.Add64(sum, binary.LittleEndian.Uint64(b[8:]), carry)
		sum, carry = bits.Add64(sum, binary.LittleEndian.Uint64(b[16:]), carry)
		sum, carry = bits.Add64(sum, binary.LittleEndian.Uint64(b[24:]), carry)
		sum, carry = bits.Add64(sum, binary.LittleEndian.Uint64(b[32:]), carry)
		sum, carry = bits.Add64(sum, binary.LittleEndian.Uint64(b[40:]), carry)
		sum, carry = bits.Add64(sum, binary.LittleEndian.Uint64(b[48:]), carry)
		sum, carry = bits.Add64(sum, binary.LittleEndian.Uint64(b[56:]), carry)
		sum += carry
		b = b[64:]
	}
	end := b
	for len(b) >= 8 {
		sum, carry = bits.Add64(sum, binary.LittleEndian.Uint64(b), 0)
		sum += carry
		b = b[8:]
	}
	if len(b) == 0 {
		return sum
	}
	var rest uint64
	if len(end) >= 8 { // the last eight bytes, without those that were added
		rest = binary.LittleEndian.Uint64(end[len(end)-8:]) >> (8 * (8 - len(b)))
	} else {
		for i, c := range b {
			rest |= uint64(c) << (8 * i)
		}
	}
	sum, carry = bits.Add64(sum, rest, 0)
	return sum + carry
}

// addHeader adds the words of an IPv4 header, which most often has no options.
func addHeader(b []byte) uint64 {
	if len(b) != 20 {
		return add(0, b)
	}
	sum, carry := bits.Add64(binary.LittleEndian.Uint64(b), binary.LittleEndian.Uint64(b[8:]), 0)
	sum, carry = bits.Add64(sum, uint64(binary.LittleEndian.Uint32(b[16:])), carry)
	return sum + carry
}

// fold brings a sum to sixteen bits.
func fold(sum uint64) uint16 {
	sum = sum>>32 + sum&0xffffffff
	sum = sum>>32 + sum&0xffffffff
	sum = sum>>16 + sum&0xffff
	sum = sum>>16 + sum&0xffff
	return uint16(sum)
}

// routed reports whether IPv4 options have a loose or strict source route (RFC 791 section 3.1), which hosts and routers
// drop unless told otherwise.
func routed(options []byte) bool {
	const (
		end, nop   = 0, 1
		lsrr, ssrr = 131, 137
	)
	for len(options) > 0 {
		switch options[0] {
		case end:
			return false
		case nop:
			options = options[1:]
			continue
		case lsrr, ssrr:
			return true
		}
		if len(options) < 2 || options[1] < 2 || int(options[1]) > len(options) {
			return false
		}
		options = options[options[1]:]
	}
	return false
}
