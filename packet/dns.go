package packet

import "encoding/binary"

// dnsOverTCP looks for a DNS message in the payload, with its length before it (RFC 1035 section
// 4.2.2). Only a message that the segment holds whole is decoded.
func (d *Decoder) dnsOverTCP(p *Packet) {
	b := p.Payload
	if len(b) < 2+12 {
		return
	}
	n := 2 + int(binary.BigEndian.Uint16(b))
	if n < 2+12 || n > len(b) {
		return
	}
	d.dns(p, b[2:n])
}

// dns decodes the header and the first question of a DNS message (RFC 1035 section 4.1).
func (d *Decoder) dns(p *Packet, b []byte) {
	if len(b) < 12 {
		d.fault()
		return
	}
	response := b[2]&0x80 != 0
	p.Layers |= LayerDNS
	if response {
		p.Layers |= LayerDNSResponse
	}
	p.DNSResponse = response
	p.DNSRcode = b[3] & 15
	const update = 5 // RFC 2136: prerequisites are where answers would be
	if b[2]>>3&15 != update {
		p.Layers |= LayerDNSAnswers
	}
	p.DNSAnswers = binary.BigEndian.Uint16(b[6:])
	if d.Need&recordParts != 0 {
		p.records(b)
	}
	if binary.BigEndian.Uint16(b[4:]) == 0 {
		return
	}
	n, end, ok := dnsName(b, 12, &p.name)
	p.nameLen = n
	if !ok {
		d.Malformed++
	}
	if end == 0 || end+4 > len(b) {
		if ok {
			d.Malformed++
		}
		return
	}
	p.DNSQType = binary.BigEndian.Uint16(b[end:])
	p.Layers |= LayerDNSQuery
}

// DNSName returns the name at an offset of a DNS message, as QueryName has names; ok is false where there is none.
func DNSName(message []byte, at int) (name string, ok bool) {
	var room [MaxName]byte
	n, _, ok := dnsName(message, at, &room)
	return string(room[:n]), ok
}

// dnsName reads the name at an offset of a message, and returns its length as text and the offset after it. It
// returns 0 and false where the labels or compression pointers make no sense. Pointers may point forward, as some
// that look for gaps between parsers do; no more than maxPointers are followed. A name of more than
// 255 octets (RFC 1035 section 2.3.4) is false too, but it has an end, and its beginning is kept: a
// resolver refuses it, yet what sends it may be a tunnel that talks to no resolver.
func dnsName(b []byte, at int, name *[MaxName]byte) (size uint8, end int, ok bool) {
	const (
		maxText     = 254 // 255 octets less the root label; each label's length is its dot here
		maxPointers = 16  // a name of more cannot be told from a loop, for Wireshark either
	)
	n, pointers := 0, 0 // bytes of text, a dot after each label
	ok = true
	for at < len(b) {
		length := int(b[at])
		switch length >> 6 {
		case 0:
			at++
			if length == 0 {
				if end == 0 {
					end = at
				}
				if n == 0 {
					n = copy(name[:], "<Root>.")
				}
				return uint8(n - 1), end, ok
			}
			if at+length > len(b) {
				return 0, 0, false
			}
			if n+length+1 > maxText {
				ok = false
				length = maxText - n - 1
			}
			if length >= 0 {
				copy(name[n:], b[at:at+length])
				name[n+length] = '.'
				n += length + 1
			}
			if !ok && end != 0 {
				return uint8(n - 1), end, ok
			}
			at += int(b[at-1])
		case 3:
			if at+2 > len(b) {
				return 0, 0, false
			}
			if end == 0 {
				end = at + 2
			}
			if pointers++; pointers > maxPointers {
				return 0, 0, false
			}
			at = int(binary.BigEndian.Uint16(b[at:])) & 0x3fff
		default: // 01 was given up (RFC 6891 section 5), 10 was never used
			return 0, 0, false
		}
	}
	return 0, 0, false
}
