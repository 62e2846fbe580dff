// Package packet turns the bytes of a captured frame into fields.
//
// A Decoder fills a Packet in place: it walks the headers once, copies what the fields need, and
// leaves the payload where it is. It allocates nothing, and any bytes are safe to decode. Layers
// says what was found; only fields of those layers mean anything.
//
// Which fields there are, what they are called, what they hold and where, is said once, in Fields.
// Their names are those of Wireshark's display filters.
//
// Link types are those of LinkType. On the way to IP, Decode goes through VLAN tags, MPLS, PPPoE,
// PPP and LLC/SNAP; at IP, through options, IPv6 extension headers and the tunnels GRE (with
// bridging, ERSPAN and PPTP), IP in IP, 6in4, EtherIP, MPLS in IP, VXLAN, GENEVE and GTP-U. Inside a
// tunnel the fields are those of the innermost IP packet. All of these are bounded in number.
//
// Lengths come from the headers and are bounded by what was captured: tcp.len of a capture with a
// short snapshot length is right, the payload is what there is of it. A header that is broken or
// cut short ends decoding; the layers before it stay valid, and Malformed counts the frame.
package packet

// TCP flag bits, as in tcp.flags (RFC 9293 section 3.1, RFC 3168 for ECE and CWR).
const (
	FlagFIN = 1 << iota
	FlagSYN
	FlagRST
	FlagPSH
	FlagACK
	FlagURG
	FlagECE
	FlagCWR
)

// MaxName is the longest DNS name in text form that is kept: 255 octets on the wire (RFC 1035,
// section 2.3.4) are at most 254 characters.
const MaxName = 255

// A Packet holds the fields of one event: a packet, or another event that shares addresses and
// ports with packets. Fields of layers that are not in Layers hold values of earlier packets and
// mean nothing. Inside a tunnel they are those of the innermost IP packet.
//
// Data and Payload point into the caller's buffer and are valid as long as that is. A Packet must
// not be copied while it is in use, since DNS names live in its own buffer; reuse it with Decode.
type Packet struct {
	// What all packets have comes first, and what few have last: decoding and matching touch four cache lines of a packet.

	Number uint64 // place in the input, from 1
	Time   int64  // nanoseconds since 1970-01-01 00:00:00 UTC, may be negative
	Clock  int64  // the newest Time seen up to and with this packet; set by the engine
	Layers Layer
	Class  Class

	EthType   uint16 // EtherType of the Ethernet header itself: that of its first tag, if it has tags
	VLAN      uint16 // VLAN id of the innermost tag
	VLANDepth uint16 // tags of the innermost Ethernet header with any

	FrameLen uint32 // bytes on the wire
	CapLen   uint32 // bytes captured
	Data     []byte // the frame as captured

	// What a Reassembler and Faults go by. Bytes are as captured, lengths as on the wire.
	sum           Sum    // what is known of the checksums
	beyond        bool   // the data offset of TCP is beyond the packet
	apart         bool   // the transport header is not in Data: it was put together of fragments
	sourceRouted  bool   // an IPv6 routing header with a way to go
	fragmentProto uint8  // what the fragment is of
	ipAt          uint32 // where the IP header is in Data
	segmentAt     uint32 // where the transport header is in Data
	segmentCap    uint32 // bytes of the IP packet from there on, as captured
	segmentLen    uint32 // and as on the wire

	EthSrc MAC
	EthDst MAC

	Src, Dst   Addr
	IPLen      uint32 // total length from the header; for IPv6 payload length + 40; the rest of the frame where the header says 0
	IPID       uint32
	FragOffset uint16 // in units of 8 bytes
	IPVersion  uint8
	IPProto    uint8 // protocol of the transport layer, after IPv6 extension headers
	TTL        uint8 // time to live, hop limit
	DF, MF     bool

	// FragOverlap says that a fragment has bytes that another of its packet had; set by a Reassembler.
	FragOverlap bool
	// Malformed says that a header is broken or cut short, or that there are too many; layers after it are not there.
	Malformed bool

	SrcPort, DstPort uint16 // TCP or UDP
	TCPFlags         uint16 // twelve bits, see FlagFIN and following
	TCPWindow        uint16
	TCPSeq, TCPAck   uint32 // as on the wire, not relative
	TCPLen           uint32 // payload bytes by the IP header, not by what was captured
	UDPLength        uint16 // from the header

	ICMPType, ICMPCode uint8  // of ICMP or ICMPv6, see Layers
	ICMPIdent, ICMPSeq uint16 // with LayerICMPEcho
	ICMPLength         uint32 // bytes behind the first eight, by the IP header

	DNSRcode    uint8
	DNSResponse bool
	DNSQType    uint16
	DNSAnswers  uint16
	nameLen     uint8

	Payload []byte // the transport payload as captured

	Attrs *Attributes // what other events than packets carry; nil for packets

	heads *heads // texts of message heads, once there were any

	// Of a packet in its conversation, with LayerConn.
	ConnOpen       bool // the handshake of its TCP connection was seen whole
	ConnAgain      bool // the same bytes, or the same SYN, came before
	ConnToServer   bool // from the side that opened it
	ConnState      ConnState
	ConnService    Service
	ConnDuration   float64 // of an event of kind EventConnection, as the following; seconds
	ConnBytesOut   uint64  // bytes of IP packets from the opener
	ConnBytesIn    uint64  // and to it
	ConnPacketsOut uint64
	ConnPacketsIn  uint64

	FlowPackets    uint64  // packets of this direction of the 5-tuple, with this one
	FlowBytes      uint64  // their frame bytes
	FlowDuration   float64 // seconds from the first of them to this one
	FlowPacketRate float64 // packets per second over max(duration, 1 s)
	FlowByteRate   float64 // bytes per second over max(duration, 1 s)

	ARPOpcode uint16
	ARPSrcMAC MAC
	ARPDstMAC MAC
	ARPSrcIP  Addr
	ARPDstIP  Addr

	NDTarget Addr // with LayerNDTarget
	NDLink   MAC  // with LayerNDLink

	HTTPCode   uint16 // with LayerHTTPResponse
	TLSVersion uint16 // with LayerTLS
	TLSType    uint8  // with LayerTLS
	DHCPClient MAC    // with LayerDHCPClient

	Outer Outer // the outermost IP packet, with LayerTunnel

	Asset Asset // what the map of hosts and services knew

	fragmentLen uint32 // bytes on the wire of what
	fragment    []byte // the fragment carries, with MF or FragOffset

	name [MaxName]byte
}

// Attributes are the text fields of events that are not packets. Which of them mean anything is
// told by the event's layer.
type Attributes struct {
	Service, Action, User, Client         string  // honeypot; User and Service also auth
	Host, Method, Reason, Result          string  // auth
	Success                               bool    // auth
	Rule, Severity, Category, Mode, Agent string  // alert
	Model, Top                            string  // model
	Score, TopBits                        float64 // model
}

// Has reports whether the packet has all of the layers.
func (p *Packet) Has(l Layer) bool { return p.Layers&l == l }

// QueryName returns the name of the first question of a DNS message as Wireshark shows it: its
// labels with dots between them, case kept, without the final dot; the root is "<Root>". Bytes that
// are no text are there as they are. It is valid until the next Decode.
func (p *Packet) QueryName() []byte { return p.name[:p.nameLen] }

// at returns where a part of Data is in it.
func (p *Packet) at(b []byte) uint32 { return uint32(cap(p.Data) - cap(b)) }

// setQueryName sets the name that QueryName returns, cut to MaxName bytes.
func (p *Packet) setQueryName(name []byte) { p.nameLen = uint8(copy(p.name[:], name)) }
