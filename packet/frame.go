package packet

// LinkType says what a frame begins with: a LINKTYPE_ number of the pcap registry
// (draft-ietf-opsawg-pcaplinktype).
type LinkType uint16

// The link types that Decode knows.
const (
	LinkNull      LinkType = 0
	LinkEthernet  LinkType = 1
	LinkPPP       LinkType = 9
	LinkFDDI      LinkType = 10
	LinkRawBSD    LinkType = 12
	LinkRawBSDI   LinkType = 14
	LinkPPPHDLC   LinkType = 50
	LinkPPPoE     LinkType = 51
	LinkRaw       LinkType = 101
	LinkCiscoHDLC LinkType = 104
	LinkWireless  LinkType = 105
	LinkLoop      LinkType = 108
	LinkLinuxSLL  LinkType = 113
	LinkRadiotap  LinkType = 127
	LinkPPI       LinkType = 192
	LinkIPv4      LinkType = 228
	LinkIPv6      LinkType = 229
	LinkNFLOG     LinkType = 239
	LinkPKTAP     LinkType = 258
	LinkLinuxSLL2 LinkType = 276
)

// A Frame is one captured frame, not yet decoded.
type Frame struct {
	Data   []byte   // as captured; owned by whoever read it
	Time   int64    // nanoseconds since 1970-01-01 00:00:00 UTC, may be negative
	Length uint32   // bytes on the wire; may be less than len(Data) in odd captures
	Link   LinkType // what Data begins with
	Sum    Sum      // what is known of the checksums in Data
}
