package packet

// LinkType says what a frame begins with: a LINKTYPE_ number of the pcap registry
// (draft-ietf-opsawg-pcaplinktype).
type LinkType uint16

// The link types that Decode knows.
const (
	LinkNull      LinkType = 0   // BSD loopback: address family in the byte order of the capturing host
	LinkEthernet  LinkType = 1   // Ethernet
	LinkPPP       LinkType = 9   // PPP, with or without HDLC address and control
	LinkRawBSD    LinkType = 12  // raw IP, as some systems number it
	LinkRawBSDI   LinkType = 14  // raw IP, as some systems number it
	LinkPPPHDLC   LinkType = 50  // PPP in HDLC-like framing (RFC 1662)
	LinkPPPoE     LinkType = 51  // PPPoE session (RFC 2516)
	LinkRaw       LinkType = 101 // raw IP, version from its first four bits
	LinkLoop      LinkType = 108 // OpenBSD loopback: address family in network byte order
	LinkLinuxSLL  LinkType = 113 // Linux cooked capture
	LinkIPv4      LinkType = 228 // raw IPv4
	LinkIPv6      LinkType = 229 // raw IPv6
	LinkLinuxSLL2 LinkType = 276 // Linux cooked capture v2
)

// A Frame is one captured frame, not yet decoded.
type Frame struct {
	Data   []byte   // as captured; owned by whoever read it
	Time   int64    // nanoseconds since 1970-01-01 00:00:00 UTC, may be negative
	Length uint32   // bytes on the wire; may be less than len(Data) in odd captures
	Link   LinkType // what Data begins with
}
