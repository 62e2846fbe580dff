package application

import (
	"encoding/binary"
	"iter"
)

// Places in a message of BOOTP (RFC 951, RFC 2131 section 2).
const (
	dhcpHardwareType   = 1
	dhcpHardwareLength = 2
	dhcpHardware       = 28
	dhcpCookie         = 236
	dhcpOptions        = 240
)

// dhcpTypes are the values of option 53, from 1 (RFC 2132 section 9.6, RFC 3203, RFC 4388, RFC 6926, RFC 7724).
var dhcpTypes = []string{"discover", "offer", "request", "decline", "ack", "nak", "release", "inform", "forcerenew", "leasequery", "leaseunassigned",
	"leaseunknown", "leaseactive", "bulkleasequery", "leasequerydone", "activeleasequery", "leasequerystatus", "tls"}

// DHCPTypes returns the words for types of DHCP messages.
func DHCPTypes() []string { return dhcpTypes }

// DHCP is what a message of DHCP for IPv4 says.
type DHCP struct {
	Type     string // "discover", "offer" and so on; "" where it has none, as BOOTP
	Hardware uint64 // the client's hardware address, where HasHardware
	// HasHardware is false where the address is none of six octets.
	HasHardware bool
}

func isDHCP(b []byte) bool {
	return (b[0] == 1 || b[0] == 2) && binary.BigEndian.Uint32(b[dhcpCookie:]) == 0x63825363
}

// Read reads a message and reports whether there is one: a request or a reply with the cookie of RFC 1497.
func (d *DHCP) Read(b []byte) bool {
	*d = DHCP{}
	if len(b) < dhcpOptions || !isDHCP(b) {
		return false
	}
	if b[dhcpHardwareType] == 1 && b[dhcpHardwareLength] == 6 {
		d.HasHardware = true
		d.Hardware = uint64(binary.BigEndian.Uint16(b[dhcpHardware:]))<<32 | uint64(binary.BigEndian.Uint32(b[dhcpHardware+2:]))
	}
	const messageType = 53
	for code, data := range DHCPOptions(b) {
		if code == messageType && len(data) == 1 && data[0] >= 1 && int(data[0]) <= len(dhcpTypes) {
			d.Type = dhcpTypes[data[0]-1]
			break
		}
	}
	return true
}

// DHCPOptions walks the options of a message that DHCP.Read takes for one, as far as they are whole (RFC 2132).
func DHCPOptions(b []byte) iter.Seq2[uint8, []byte] {
	return func(yield func(uint8, []byte) bool) {
		const pad, end = 0, 255
		for o := b[min(dhcpOptions, len(b)):]; len(o) > 0; {
			switch o[0] {
			case pad:
				o = o[1:]
				continue
			case end:
				return
			}
			if len(o) < 2 || len(o) < 2+int(o[1]) || !yield(o[0], o[2:2+int(o[1])]) {
				return
			}
			o = o[2+int(o[1]):]
		}
	}
}
