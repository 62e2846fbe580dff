package packet

import (
	"slices"
	"unsafe"

	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet/application"
)

// Kind is the type of a field's value.
type Kind uint8

// The kinds of values. KindBytes compares and matches like KindString.
const (
	KindBool Kind = iota
	KindInt
	KindFloat
	KindString
	KindBytes
	KindIP
	KindMAC
)

// String returns the word that diagnostics and the reference use.
func (k Kind) String() string {
	return [...]string{"boolean", "integer", "number", "string", "bytes", "IP address", "MAC address"}[k]
}

// IsNumber reports whether values are integers or floats.
func (k Kind) IsNumber() bool { return k == KindInt || k == KindFloat }

// IsText reports whether values are strings or bytes.
func (k Kind) IsText() bool { return k == KindString || k == KindBytes }

// Store says how a field is held in a Packet, at its Offset.
type Store uint8

// The ways to hold a field. StoreFlag is a bit of TCPFlags given by Field.Bit; StoreTime is Time,
// read in seconds; StoreName is QueryName; StoreBytes is a slice of bytes; StoreAttr is a string of
// Attributes, StoreAttrBool a boolean and StoreAttrF64 a number of it, Offset within Attributes; StoreTunnel is the name of a
// Tunnel, StoreState that of a ConnState and StoreService that of a Service; StoreHead is a text of a
// message head; of StoreMany a packet may have several values, which a Cursor walks.
const (
	StoreBool Store = iota
	StoreU8
	StoreU16
	StoreU32
	StoreU64
	StoreF64
	StoreAddr
	StoreMAC
	StoreFlag
	StoreTime
	StoreName
	StoreBytes
	StoreAttr
	StoreAttrBool
	StoreAttrF64
	StoreTunnel
	StoreState
	StoreService
	StoreHead
	StoreMany
)

// A Field is one row of the table of fields.
type Field struct {
	Name   string // Wireshark's display filter name where Wireshark has one
	Doc    string // one line, with the unit
	Kind   Kind
	Layer  Layer // what a packet must have for the field to be there
	Store  Store
	Offset uintptr // within Packet, within Attributes or within what StoreHead is held in; of StoreMany it is a Many
	Bit    uint16  // StoreFlag: the mask
	Max    uint64  // KindInt: the largest value that can occur
	Events []Event // the kinds of events that can have it
	Enum   []string
	ID     int // its index in Fields()
}

var (
	onPacket = []Event{EventPacket}
	onAny    = Events()
	onHoney  = []Event{EventHoneypot}
	onAlert  = []Event{EventAlert}
	onAuth   = []Event{EventAuth, EventModel}
	onConn   = []Event{EventConnection}
	onProto  = []Event{EventPacket, EventConnection, EventModel}
	onModel  = []Event{EventModel}
	onAsset  = []Event{EventPacket, EventHoneypot, EventAuth, EventConnection}
	onKey    = []Event{EventPacket, EventModel} // what a model may go by besides what all events have
)

const (
	max8  = 1<<8 - 1
	max12 = 1<<12 - 1
	max13 = 1<<13 - 1
	max16 = 1<<16 - 1
	max32 = 1<<32 - 1
	max63 = 1<<63 - 1
)

// fields is THE table. Everything that knows fields reads it: the decoder's tests, the expression
// checker, the plan, the reference in docs.
var fields = number([]Field{
	{Name: "frame.len", Doc: "Bytes of the frame on the wire.", Kind: KindInt, Layer: LayerFrame, Store: StoreU32, Offset: unsafe.Offsetof(Packet{}.FrameLen), Max: max32, Events: onPacket},
	{Name: "frame.cap_len", Doc: "Bytes of the frame that were captured.", Kind: KindInt, Layer: LayerFrame, Store: StoreU32, Offset: unsafe.Offsetof(Packet{}.CapLen), Max: max32, Events: onPacket},
	{Name: "frame.time_epoch", Doc: "Time of the event in seconds since 1970-01-01 UTC.", Kind: KindFloat, Layer: LayerFrame, Store: StoreTime, Offset: unsafe.Offsetof(Packet{}.Time), Events: onAny},
	{Name: "frame.bytes", Doc: "Bytes of the frame as captured, from its first on: what no other field is of, such as a header of LLC. Of a packet that was put together of fragments, those of the last.", Kind: KindBytes, Layer: LayerFrame, Store: StoreBytes, Offset: unsafe.Offsetof(Packet{}.Data), Events: onPacket},
	{Name: "frame.malformed", Doc: "A header of the frame is broken or cut short, or it has more headers in a row than are looked through (512).", Kind: KindBool, Layer: LayerFrame, Store: StoreBool, Offset: unsafe.Offsetof(Packet{}.Malformed), Events: onPacket},

	{Name: "eth.src", Doc: "Source hardware address.", Kind: KindMAC, Layer: LayerEth, Store: StoreMAC, Offset: unsafe.Offsetof(Packet{}.EthSrc), Events: onKey},
	{Name: "eth.dst", Doc: "Destination hardware address.", Kind: KindMAC, Layer: LayerEth, Store: StoreMAC, Offset: unsafe.Offsetof(Packet{}.EthDst), Events: onKey},
	{Name: "eth.type", Doc: "EtherType of the Ethernet header (0x0800 IPv4, 0x86dd IPv6, 0x8100 a VLAN tag follows); frames of IEEE 802.3 have none.", Kind: KindInt, Layer: LayerEthType, Store: StoreU16, Offset: unsafe.Offsetof(Packet{}.EthType), Max: max16, Events: onPacket},
	{Name: "vlan.id", Doc: "VLAN id of the innermost tag.", Kind: KindInt, Layer: LayerVLAN, Store: StoreU16, Offset: unsafe.Offsetof(Packet{}.VLAN), Max: max12, Events: onKey},
	{Name: "vlan.depth", Doc: "How many VLAN tags are in front of the packet: 2 with QinQ, and with an attack that hops VLANs.", Kind: KindInt, Layer: LayerVLAN, Store: StoreU16, Offset: unsafe.Offsetof(Packet{}.VLANDepth), Max: maxHeaders, Events: onPacket},
	{Name: "arp.opcode", Doc: "ARP operation: 1 request, 2 reply.", Kind: KindInt, Layer: LayerARP, Store: StoreU16, Offset: unsafe.Offsetof(Packet{}.ARPOpcode), Max: max16, Events: onPacket},
	{Name: "arp.src.hw_mac", Doc: "Hardware address that the sender claims.", Kind: KindMAC, Layer: LayerARPIPv4, Store: StoreMAC, Offset: unsafe.Offsetof(Packet{}.ARPSrcMAC), Events: onPacket},
	{Name: "arp.src.proto_ipv4", Doc: "IPv4 address that the sender claims.", Kind: KindIP, Layer: LayerARPIPv4, Store: StoreAddr, Offset: unsafe.Offsetof(Packet{}.ARPSrcIP), Events: onPacket},
	{Name: "arp.dst.hw_mac", Doc: "Hardware address of the target.", Kind: KindMAC, Layer: LayerARPIPv4, Store: StoreMAC, Offset: unsafe.Offsetof(Packet{}.ARPDstMAC), Events: onPacket},
	{Name: "arp.dst.proto_ipv4", Doc: "IPv4 address of the target.", Kind: KindIP, Layer: LayerARPIPv4, Store: StoreAddr, Offset: unsafe.Offsetof(Packet{}.ARPDstIP), Events: onPacket},

	{Name: "ip.version", Doc: "4 or 6.", Kind: KindInt, Layer: LayerIP, Store: StoreU8, Offset: unsafe.Offsetof(Packet{}.IPVersion), Max: 6, Events: onKey},
	{Name: "ip.src", Doc: "Source address, IPv4 or IPv6.", Kind: KindIP, Layer: LayerIP, Store: StoreAddr, Offset: unsafe.Offsetof(Packet{}.Src), Events: onAny},
	{Name: "ip.dst", Doc: "Destination address, IPv4 or IPv6.", Kind: KindIP, Layer: LayerIP, Store: StoreAddr, Offset: unsafe.Offsetof(Packet{}.Dst), Events: onAny},
	{Name: "ip.proto", Doc: "Transport protocol number, after IPv6 extension headers (1 ICMP, 6 TCP, 17 UDP, 58 ICMPv6).", Kind: KindInt, Layer: LayerIP, Store: StoreU8, Offset: unsafe.Offsetof(Packet{}.IPProto), Max: max8, Events: onProto},
	{Name: "ip.ttl", Doc: "Time to live, or hop limit.", Kind: KindInt, Layer: LayerIP, Store: StoreU8, Offset: unsafe.Offsetof(Packet{}.TTL), Max: max8, Events: onPacket},
	{Name: "ip.len", Doc: "Bytes of the IP packet, header included; the rest of the frame where the header says 0.", Kind: KindInt, Layer: LayerIP, Store: StoreU32, Offset: unsafe.Offsetof(Packet{}.IPLen), Max: max32, Events: onPacket},
	{Name: "ip.id", Doc: "Identification; of the fragment header for IPv6, 0 without one.", Kind: KindInt, Layer: LayerIP, Store: StoreU32, Offset: unsafe.Offsetof(Packet{}.IPID), Max: max32, Events: onPacket},
	{Name: "ip.flags.df", Doc: "Don't fragment (IPv4).", Kind: KindBool, Layer: LayerIP, Store: StoreBool, Offset: unsafe.Offsetof(Packet{}.DF), Events: onPacket},
	{Name: "ip.flags.mf", Doc: "More fragments follow.", Kind: KindBool, Layer: LayerIP, Store: StoreBool, Offset: unsafe.Offsetof(Packet{}.MF), Events: onPacket},
	{Name: "ip.frag_offset", Doc: "Fragment offset in units of 8 bytes, as on the wire and in Wireshark.", Kind: KindInt, Layer: LayerIP, Store: StoreU16, Offset: unsafe.Offsetof(Packet{}.FragOffset), Max: max13, Events: onPacket},

	{Name: "ip.fragment.overlap", Doc: "The fragment has bytes that another fragment of its packet had, and others or in another place.", Kind: KindBool, Layer: LayerIP, Store: StoreBool, Offset: unsafe.Offsetof(Packet{}.FragOverlap), Events: onPacket},

	{Name: "tunnel.type", Doc: "What carries the packet: the kind of the outermost tunnel that was opened.", Kind: KindString, Layer: LayerTunnel, Store: StoreTunnel, Offset: unsafe.Offsetof(Packet{}.Outer) + unsafe.Offsetof(Outer{}.Tunnel), Events: onPacket, Enum: tunnelNames()},
	{Name: "tunnel.depth", Doc: "How many tunnels within each other carry the packet.", Kind: KindInt, Layer: LayerTunnel, Store: StoreU8, Offset: unsafe.Offsetof(Packet{}.Outer) + unsafe.Offsetof(Outer{}.Depth), Max: maxNesting, Events: onPacket},
	{Name: "outer.ip.version", Doc: "4 or 6, of the outermost IP packet of a tunnel.", Kind: KindInt, Layer: LayerTunnel, Store: StoreU8, Offset: unsafe.Offsetof(Packet{}.Outer) + unsafe.Offsetof(Outer{}.IPVersion), Max: 6, Events: onPacket},
	{Name: "outer.ip.src", Doc: "Source address of the outermost IP packet of a tunnel: who sent it here.", Kind: KindIP, Layer: LayerTunnel, Store: StoreAddr, Offset: unsafe.Offsetof(Packet{}.Outer) + unsafe.Offsetof(Outer{}.Src), Events: onPacket},
	{Name: "outer.ip.dst", Doc: "Destination address of the outermost IP packet of a tunnel.", Kind: KindIP, Layer: LayerTunnel, Store: StoreAddr, Offset: unsafe.Offsetof(Packet{}.Outer) + unsafe.Offsetof(Outer{}.Dst), Events: onPacket},
	{Name: "outer.ip.proto", Doc: "Protocol of the outermost IP packet of a tunnel (4 IP in IP, 17 UDP, 47 GRE).", Kind: KindInt, Layer: LayerTunnel, Store: StoreU8, Offset: unsafe.Offsetof(Packet{}.Outer) + unsafe.Offsetof(Outer{}.IPProto), Max: max8, Events: onPacket},
	{Name: "outer.ip.ttl", Doc: "Time to live, or hop limit, of the outermost IP packet of a tunnel.", Kind: KindInt, Layer: LayerTunnel, Store: StoreU8, Offset: unsafe.Offsetof(Packet{}.Outer) + unsafe.Offsetof(Outer{}.TTL), Max: max8, Events: onPacket},
	{Name: "outer.ip.len", Doc: "Bytes of the outermost IP packet of a tunnel.", Kind: KindInt, Layer: LayerTunnel, Store: StoreU32, Offset: unsafe.Offsetof(Packet{}.Outer) + unsafe.Offsetof(Outer{}.IPLen), Max: max32, Events: onPacket},
	{Name: "outer.src.port", Doc: "UDP source port of the outermost packet of a tunnel over UDP.", Kind: KindInt, Layer: LayerOuterPorts, Store: StoreU16, Offset: unsafe.Offsetof(Packet{}.Outer) + unsafe.Offsetof(Outer{}.SrcPort), Max: max16, Events: onPacket},
	{Name: "outer.dst.port", Doc: "UDP destination port of the outermost packet of a tunnel over UDP.", Kind: KindInt, Layer: LayerOuterPorts, Store: StoreU16, Offset: unsafe.Offsetof(Packet{}.Outer) + unsafe.Offsetof(Outer{}.DstPort), Max: max16, Events: onPacket},

	{Name: "tcp.srcport", Doc: "TCP source port.", Kind: KindInt, Layer: LayerTCP, Store: StoreU16, Offset: unsafe.Offsetof(Packet{}.SrcPort), Max: max16, Events: onPacket},
	{Name: "tcp.dstport", Doc: "TCP destination port.", Kind: KindInt, Layer: LayerTCP, Store: StoreU16, Offset: unsafe.Offsetof(Packet{}.DstPort), Max: max16, Events: onPacket},
	{Name: "tcp.seq", Doc: "Sequence number as on the wire (Wireshark shows it relative; its tcp.seq_raw).", Kind: KindInt, Layer: LayerTCP, Store: StoreU32, Offset: unsafe.Offsetof(Packet{}.TCPSeq), Max: max32, Events: onPacket},
	{Name: "tcp.ack", Doc: "Acknowledgment number as on the wire (Wireshark shows it relative; its tcp.ack_raw).", Kind: KindInt, Layer: LayerTCP, Store: StoreU32, Offset: unsafe.Offsetof(Packet{}.TCPAck), Max: max32, Events: onPacket},
	{Name: "tcp.len", Doc: "Bytes of TCP payload, by the IP header.", Kind: KindInt, Layer: LayerTCP, Store: StoreU32, Offset: unsafe.Offsetof(Packet{}.TCPLen), Max: max32, Events: onPacket},
	{Name: "tcp.window_size_value", Doc: "Window as on the wire, not scaled.", Kind: KindInt, Layer: LayerTCP, Store: StoreU16, Offset: unsafe.Offsetof(Packet{}.TCPWindow), Max: max16, Events: onPacket},
	{Name: "tcp.flags", Doc: "The twelve flag and reserved bits: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128.", Kind: KindInt, Layer: LayerTCP, Store: StoreU16, Offset: unsafe.Offsetof(Packet{}.TCPFlags), Max: max12, Events: onPacket},
	{Name: "tcp.flags.fin", Doc: "No more data from the sender.", Kind: KindBool, Layer: LayerTCP, Store: StoreFlag, Offset: unsafe.Offsetof(Packet{}.TCPFlags), Bit: FlagFIN, Events: onPacket},
	{Name: "tcp.flags.syn", Doc: "Synchronize sequence numbers.", Kind: KindBool, Layer: LayerTCP, Store: StoreFlag, Offset: unsafe.Offsetof(Packet{}.TCPFlags), Bit: FlagSYN, Events: onPacket},
	{Name: "tcp.flags.reset", Doc: "Reset the connection.", Kind: KindBool, Layer: LayerTCP, Store: StoreFlag, Offset: unsafe.Offsetof(Packet{}.TCPFlags), Bit: FlagRST, Events: onPacket},
	{Name: "tcp.flags.push", Doc: "Push function.", Kind: KindBool, Layer: LayerTCP, Store: StoreFlag, Offset: unsafe.Offsetof(Packet{}.TCPFlags), Bit: FlagPSH, Events: onPacket},
	{Name: "tcp.flags.ack", Doc: "The acknowledgment number is valid.", Kind: KindBool, Layer: LayerTCP, Store: StoreFlag, Offset: unsafe.Offsetof(Packet{}.TCPFlags), Bit: FlagACK, Events: onPacket},
	{Name: "tcp.flags.urg", Doc: "The urgent pointer is valid.", Kind: KindBool, Layer: LayerTCP, Store: StoreFlag, Offset: unsafe.Offsetof(Packet{}.TCPFlags), Bit: FlagURG, Events: onPacket},
	{Name: "tcp.flags.ece", Doc: "ECN echo (RFC 3168).", Kind: KindBool, Layer: LayerTCP, Store: StoreFlag, Offset: unsafe.Offsetof(Packet{}.TCPFlags), Bit: FlagECE, Events: onPacket},
	{Name: "tcp.flags.cwr", Doc: "Congestion window reduced (RFC 3168).", Kind: KindBool, Layer: LayerTCP, Store: StoreFlag, Offset: unsafe.Offsetof(Packet{}.TCPFlags), Bit: FlagCWR, Events: onPacket},

	{Name: "udp.srcport", Doc: "UDP source port.", Kind: KindInt, Layer: LayerUDP, Store: StoreU16, Offset: unsafe.Offsetof(Packet{}.SrcPort), Max: max16, Events: onPacket},
	{Name: "udp.dstport", Doc: "UDP destination port.", Kind: KindInt, Layer: LayerUDP, Store: StoreU16, Offset: unsafe.Offsetof(Packet{}.DstPort), Max: max16, Events: onPacket},
	{Name: "udp.length", Doc: "Length in the UDP header, header included.", Kind: KindInt, Layer: LayerUDP, Store: StoreU16, Offset: unsafe.Offsetof(Packet{}.UDPLength), Max: max16, Events: onPacket},
	{Name: "src.port", Doc: "Source port, TCP or UDP.", Kind: KindInt, Layer: LayerPorts, Store: StoreU16, Offset: unsafe.Offsetof(Packet{}.SrcPort), Max: max16, Events: onAny},
	{Name: "dst.port", Doc: "Destination port, TCP or UDP.", Kind: KindInt, Layer: LayerPorts, Store: StoreU16, Offset: unsafe.Offsetof(Packet{}.DstPort), Max: max16, Events: onAny},

	{Name: "icmp.type", Doc: "ICMP type (8 echo request, 0 echo reply).", Kind: KindInt, Layer: LayerICMP, Store: StoreU8, Offset: unsafe.Offsetof(Packet{}.ICMPType), Max: max8, Events: onPacket},
	{Name: "icmp.code", Doc: "ICMP code.", Kind: KindInt, Layer: LayerICMP, Store: StoreU8, Offset: unsafe.Offsetof(Packet{}.ICMPCode), Max: max8, Events: onPacket},
	{Name: "icmp.ident", Doc: "Identifier of an ICMP message that is answered, such as an echo.", Kind: KindInt, Layer: LayerICMP | LayerICMPEcho, Store: StoreU16, Offset: unsafe.Offsetof(Packet{}.ICMPIdent), Max: max16, Events: onPacket},
	{Name: "icmp.seq", Doc: "Sequence number of an ICMP message that is answered, such as an echo.", Kind: KindInt, Layer: LayerICMP | LayerICMPEcho, Store: StoreU16, Offset: unsafe.Offsetof(Packet{}.ICMPSeq), Max: max16, Events: onPacket},
	{Name: "icmp.data", Doc: "Bytes of an ICMP message after its first eight, as captured.", Kind: KindBytes, Layer: LayerICMP, Store: StoreBytes, Offset: unsafe.Offsetof(Packet{}.Payload), Events: onPacket},
	{Name: "icmp.data_len", Doc: "Bytes of an ICMP message after its first eight, by the IP header.", Kind: KindInt, Layer: LayerICMP, Store: StoreU32, Offset: unsafe.Offsetof(Packet{}.ICMPLength), Max: max32, Events: onPacket},
	{Name: "icmpv6.type", Doc: "ICMPv6 type (128 echo request, 129 echo reply).", Kind: KindInt, Layer: LayerICMPv6, Store: StoreU8, Offset: unsafe.Offsetof(Packet{}.ICMPType), Max: max8, Events: onPacket},
	{Name: "icmpv6.code", Doc: "ICMPv6 code.", Kind: KindInt, Layer: LayerICMPv6, Store: StoreU8, Offset: unsafe.Offsetof(Packet{}.ICMPCode), Max: max8, Events: onPacket},

	{Name: "icmpv6.echo.identifier", Doc: "Identifier of an ICMPv6 echo.", Kind: KindInt, Layer: LayerICMPv6 | LayerICMPEcho, Store: StoreU16, Offset: unsafe.Offsetof(Packet{}.ICMPIdent), Max: max16, Events: onPacket},
	{Name: "icmpv6.echo.sequence_number", Doc: "Sequence number of an ICMPv6 echo.", Kind: KindInt, Layer: LayerICMPv6 | LayerICMPEcho, Store: StoreU16, Offset: unsafe.Offsetof(Packet{}.ICMPSeq), Max: max16, Events: onPacket},
	{Name: "icmpv6.data", Doc: "Bytes of an ICMPv6 message after its first eight, as captured.", Kind: KindBytes, Layer: LayerICMPv6, Store: StoreBytes, Offset: unsafe.Offsetof(Packet{}.Payload), Events: onPacket},
	{Name: "icmpv6.data_len", Doc: "Bytes of an ICMPv6 message after its first eight, by the IP header.", Kind: KindInt, Layer: LayerICMPv6, Store: StoreU32, Offset: unsafe.Offsetof(Packet{}.ICMPLength), Max: max32, Events: onPacket},
	{Name: "icmpv6.nd.target", Doc: "Address that a neighbor solicitation, advertisement or redirect is about.", Kind: KindIP, Layer: LayerNDTarget, Store: StoreAddr, Offset: unsafe.Offsetof(Packet{}.NDTarget), Events: onPacket},
	{Name: "icmpv6.opt.linkaddr", Doc: "Link-layer address in the first option of neighbor discovery that has one of six octets.", Kind: KindMAC, Layer: LayerNDLink, Store: StoreMAC, Offset: unsafe.Offsetof(Packet{}.NDLink), Events: onPacket},

	{Name: "dns.flags.response", Doc: "The message is a response.", Kind: KindBool, Layer: LayerDNS, Store: StoreBool, Offset: unsafe.Offsetof(Packet{}.DNSResponse), Events: onPacket},
	{Name: "dns.flags.rcode", Doc: "Reply code of a response (0 no error, 3 no such name).", Kind: KindInt, Layer: LayerDNSResponse, Store: StoreU8, Offset: unsafe.Offsetof(Packet{}.DNSRcode), Max: 15, Events: onPacket},
	{Name: "dns.qry.name", Doc: "Name of the first question, case kept, no final dot; \"<Root>\" for the root.", Kind: KindString, Layer: LayerDNSQuery, Store: StoreName, Events: onPacket},
	{Name: "dns.qry.type", Doc: "Type of the first question (1 A, 16 TXT, 28 AAAA).", Kind: KindInt, Layer: LayerDNSQuery, Store: StoreU16, Offset: unsafe.Offsetof(Packet{}.DNSQType), Max: max16, Events: onPacket},
	{Name: "dns.count.answers", Doc: "Answer records that the header announces; an UPDATE (RFC 2136) has none.", Kind: KindInt, Layer: LayerDNSAnswers, Store: StoreU16, Offset: unsafe.Offsetof(Packet{}.DNSAnswers), Max: max16, Events: onPacket},

	{Name: "dns.a", Doc: "IPv4 addresses of A records, in any section.", Kind: KindIP, Layer: LayerDNSA, Store: StoreMany, Offset: uintptr(ManyA), Events: onPacket},
	{Name: "dns.aaaa", Doc: "IPv6 addresses of AAAA records, in any section.", Kind: KindIP, Layer: LayerDNSAAAA, Store: StoreMany, Offset: uintptr(ManyAAAA), Events: onPacket},
	{Name: "dns.cname", Doc: "Names that CNAME records give, written as dns.qry.name.", Kind: KindString, Layer: LayerDNSCNAME, Store: StoreMany, Offset: uintptr(ManyCNAME), Events: onPacket},
	{Name: "dns.ns", Doc: "Names that NS records give, written as dns.qry.name.", Kind: KindString, Layer: LayerDNSNS, Store: StoreMany, Offset: uintptr(ManyNS), Events: onPacket},
	{Name: "dns.txt", Doc: "Character strings of TXT records: of one of more than 255 bytes its parts.", Kind: KindString, Layer: LayerDNSTXT, Store: StoreMany, Offset: uintptr(ManyTXT), Events: onPacket},
	{Name: "dns.resp.ttl", Doc: "Seconds to live of the records, in any section; OPT (RFC 6891) has none.", Kind: KindInt, Layer: LayerDNSTTL, Store: StoreMany, Offset: uintptr(ManyTTL), Max: max32, Events: onPacket},
	{Name: "dns.resp.len", Doc: "Bytes of the data of the records, in any section; of OPT (RFC 6891) too.", Kind: KindInt, Layer: LayerDNSRecords, Store: StoreMany, Offset: uintptr(ManyLength), Max: max16, Events: onPacket},

	{Name: "http.request.method", Doc: "Method of an HTTP request, as GET.", Kind: KindString, Layer: LayerHTTPRequest, Store: StoreHead, Offset: unsafe.Offsetof(heads{}.method), Events: onPacket},
	{Name: "http.request.uri", Doc: "Target of an HTTP request as written: the path with its query; all of the URL in a request to a proxy.", Kind: KindString, Layer: LayerHTTPRequest, Store: StoreHead, Offset: unsafe.Offsetof(heads{}.uri), Events: onPacket},
	{Name: "http.host", Doc: "Host that an HTTP request names.", Kind: KindString, Layer: LayerHTTPHost, Store: StoreHead, Offset: unsafe.Offsetof(heads{}.host), Events: onPacket},
	{Name: "http.user_agent", Doc: "Client that an HTTP request names.", Kind: KindString, Layer: LayerHTTPAgent, Store: StoreHead, Offset: unsafe.Offsetof(heads{}.agent), Events: onPacket},
	{Name: "http.content_type", Doc: "Content-Type of an HTTP request or response.", Kind: KindString, Layer: LayerHTTPContent, Store: StoreHead, Offset: unsafe.Offsetof(heads{}.content), Events: onPacket},
	{Name: "http.response.code", Doc: "Status of an HTTP response, as 404.", Kind: KindInt, Layer: LayerHTTPResponse, Store: StoreU16, Offset: unsafe.Offsetof(Packet{}.HTTPCode), Max: 999, Events: onPacket},

	{Name: "tls.handshake.type", Doc: "1 for a ClientHello, 2 for a ServerHello; other handshake messages are not looked at.", Kind: KindInt, Layer: LayerTLS, Store: StoreU8, Offset: unsafe.Offsetof(Packet{}.TLSType), Max: max8, Events: onPacket},
	{Name: "tls.handshake.version", Doc: "Version in a hello: 0x0303 for TLS 1.2, and for TLS 1.3, which names itself in an extension.", Kind: KindInt, Layer: LayerTLS, Store: StoreU16, Offset: unsafe.Offsetof(Packet{}.TLSVersion), Max: max16, Events: onPacket},
	{Name: "tls.handshake.extensions_server_name", Doc: "Server name (SNI) of a ClientHello.", Kind: KindString, Layer: LayerTLSName, Store: StoreHead, Offset: unsafe.Offsetof(heads{}.serverName), Events: onPacket},
	{Name: "tls.handshake.extensions_alpn_str", Doc: "Protocols that a hello names (ALPN), as h2 and http/1.1.", Kind: KindString, Layer: LayerTLSALPN, Store: StoreMany, Offset: uintptr(ManyALPN), Events: onPacket},
	{Name: "tls.handshake.ja3", Doc: "Fingerprint JA3 of a ClientHello: 32 hexadecimal digits.", Kind: KindString, Layer: LayerJA3, Store: StoreHead, Offset: unsafe.Offsetof(heads{}.ja3), Events: onPacket},
	{Name: "tls.handshake.ja4", Doc: "Fingerprint JA4 of a ClientHello, as t13d1516h2_8daaf6152771_e5627efa2ab1.", Kind: KindString, Layer: LayerJA4, Store: StoreHead, Offset: unsafe.Offsetof(heads{}.ja4), Events: onPacket},

	{Name: "ssh.protocol", Doc: "Banner of SSH, as SSH-2.0-OpenSSH_9.6.", Kind: KindString, Layer: LayerSSH, Store: StoreHead, Offset: unsafe.Offsetof(heads{}.banner), Events: onPacket},

	{Name: "dhcp.type", Doc: "Type of a DHCP message: \"discover\", \"offer\", \"request\", \"decline\", \"ack\", \"nak\", \"release\", \"inform\" and rarer ones.", Kind: KindString, Layer: LayerDHCPType, Store: StoreHead, Offset: unsafe.Offsetof(heads{}.dhcpType), Events: onPacket, Enum: application.DHCPTypes()},
	{Name: "dhcp.hw.mac_addr", Doc: "Hardware address of the client in a DHCP message.", Kind: KindMAC, Layer: LayerDHCPClient, Store: StoreMAC, Offset: unsafe.Offsetof(Packet{}.DHCPClient), Events: onPacket},

	{Name: "flow.packets", Doc: "Packets of this direction of the 5-tuple, up to and with this one.", Kind: KindInt, Layer: LayerFlow, Store: StoreU64, Offset: unsafe.Offsetof(Packet{}.FlowPackets), Max: max63, Events: onPacket},
	{Name: "flow.bytes", Doc: "Frame bytes of this direction of the 5-tuple, up to and with this packet.", Kind: KindInt, Layer: LayerFlow, Store: StoreU64, Offset: unsafe.Offsetof(Packet{}.FlowBytes), Max: max63, Events: onPacket},
	{Name: "flow.duration", Doc: "Seconds from the first packet of this direction to this one.", Kind: KindFloat, Layer: LayerFlow, Store: StoreF64, Offset: unsafe.Offsetof(Packet{}.FlowDuration), Events: onPacket},
	{Name: "flow.packet_rate", Doc: "Packets per second of this direction, over its duration or one second, whichever is longer.", Kind: KindFloat, Layer: LayerFlow, Store: StoreF64, Offset: unsafe.Offsetof(Packet{}.FlowPacketRate), Events: onPacket},
	{Name: "flow.byte_rate", Doc: "Bytes per second of this direction, over its duration or one second, whichever is longer.", Kind: KindFloat, Layer: LayerFlow, Store: StoreF64, Offset: unsafe.Offsetof(Packet{}.FlowByteRate), Events: onPacket},

	{Name: "conn.established", Doc: "The handshake of its TCP connection was seen whole: SYN, SYN with ACK, ACK.", Kind: KindBool, Layer: LayerConn, Store: StoreBool, Offset: unsafe.Offsetof(Packet{}.ConnOpen), Events: onPacket},
	{Name: "conn.retransmission", Doc: "All that the TCP segment brings, its bytes, SYN or FIN, was seen before.", Kind: KindBool, Layer: LayerConn, Store: StoreBool, Offset: unsafe.Offsetof(Packet{}.ConnAgain), Events: onPacket},
	{Name: "conn.to_server", Doc: "The TCP or UDP packet is from the side that opened the conversation.", Kind: KindBool, Layer: LayerConn, Store: StoreBool, Offset: unsafe.Offsetof(Packet{}.ConnToServer), Events: onPacket},

	{Name: "conn.state", Doc: "What became of the conversation: \"established\", \"refused\", \"unanswered\" or \"closed\".", Kind: KindString, Layer: LayerConnection, Store: StoreState, Offset: unsafe.Offsetof(Packet{}.ConnState), Events: onConn, Enum: connStates[:]},
	{Name: "conn.duration", Doc: "Seconds from the first packet of the conversation to its last.", Kind: KindFloat, Layer: LayerConnection, Store: StoreF64, Offset: unsafe.Offsetof(Packet{}.ConnDuration), Events: onConn},
	{Name: "conn.bytes_out", Doc: "Bytes of IP packets from the side that opened the conversation.", Kind: KindInt, Layer: LayerConnection, Store: StoreU64, Offset: unsafe.Offsetof(Packet{}.ConnBytesOut), Max: max63, Events: onConn},
	{Name: "conn.bytes_in", Doc: "Bytes of IP packets to the side that opened the conversation.", Kind: KindInt, Layer: LayerConnection, Store: StoreU64, Offset: unsafe.Offsetof(Packet{}.ConnBytesIn), Max: max63, Events: onConn},
	{Name: "conn.packets_out", Doc: "Packets from the side that opened the conversation.", Kind: KindInt, Layer: LayerConnection, Store: StoreU64, Offset: unsafe.Offsetof(Packet{}.ConnPacketsOut), Max: max63, Events: onConn},
	{Name: "conn.packets_in", Doc: "Packets to the side that opened the conversation.", Kind: KindInt, Layer: LayerConnection, Store: StoreU64, Offset: unsafe.Offsetof(Packet{}.ConnPacketsIn), Max: max63, Events: onConn},
	{Name: "conn.service", Doc: "What the two sides speak, by what they said first and not by port, as \"http\"; empty where that is not known.", Kind: KindString, Layer: LayerConnection, Store: StoreService, Offset: unsafe.Offsetof(Packet{}.ConnService), Enum: services[:], Events: onConn},

	{Name: "payload", Doc: "Bytes of the transport payload as captured: after the TCP or UDP header, or the first 8 bytes of ICMP or ICMPv6.", Kind: KindBytes, Layer: LayerPayload, Store: StoreBytes, Offset: unsafe.Offsetof(Packet{}.Payload), Events: onPacket},

	{Name: "asset.src.ip", Doc: "Address of the host that the event is from: ip.src, or of ARP the address that the sender claims.", Kind: KindIP, Layer: LayerAssetSrc, Store: StoreAddr, Offset: unsafe.Offsetof(Packet{}.Asset) + unsafe.Offsetof(Asset{}.Src), Events: onAsset},
	{Name: "asset.src.known", Doc: "Something came from the source before this event.", Kind: KindBool, Layer: LayerAssetSrc, Store: StoreBool, Offset: unsafe.Offsetof(Packet{}.Asset) + unsafe.Offsetof(Asset{}.SrcKnown), Events: onAsset},
	{Name: "asset.src.age", Doc: "Seconds since something came from the source first; 0 for an unknown one.", Kind: KindFloat, Layer: LayerAssetSrc, Store: StoreF64, Offset: unsafe.Offsetof(Packet{}.Asset) + unsafe.Offsetof(Asset{}.SrcAge), Events: onAsset},
	{Name: "asset.src.mac", Doc: "Hardware address that had the source's address before this event, by ARP, neighbor discovery or DHCP.", Kind: KindMAC, Layer: LayerAssetSrcMAC, Store: StoreMAC, Offset: unsafe.Offsetof(Packet{}.Asset) + unsafe.Offsetof(Asset{}.SrcMAC), Events: onAsset},
	{Name: "asset.dst.known", Doc: "Something came from the destination before this event.", Kind: KindBool, Layer: LayerAssetDst, Store: StoreBool, Offset: unsafe.Offsetof(Packet{}.Asset) + unsafe.Offsetof(Asset{}.DstKnown), Events: onAsset},
	{Name: "asset.dst.age", Doc: "Seconds since something came from the destination first; 0 for an unknown one.", Kind: KindFloat, Layer: LayerAssetDst, Store: StoreF64, Offset: unsafe.Offsetof(Packet{}.Asset) + unsafe.Offsetof(Asset{}.DstAge), Events: onAsset},
	{Name: "asset.dst.service", Doc: "What the destination port is known to speak, as conn.service; empty where that is not known.", Kind: KindString, Layer: LayerAssetDst, Store: StoreService, Offset: unsafe.Offsetof(Packet{}.Asset) + unsafe.Offsetof(Asset{}.DstService), Enum: services[:], Events: onAsset},
	{Name: "asset.watched", Doc: "Seconds since the map of hosts and services began: in a young one everything is new.", Kind: KindFloat, Layer: LayerAssetSrc, Store: StoreF64, Offset: unsafe.Offsetof(Packet{}.Asset) + unsafe.Offsetof(Asset{}.Watched), Events: onAsset},

	{Name: "honeypot.service", Doc: "Service that the honeypot plays, as \"ssh\".", Kind: KindString, Layer: LayerHoneypot, Store: StoreAttr, Offset: unsafe.Offsetof(Attributes{}.Service), Events: onHoney},
	{Name: "honeypot.action", Doc: "What the client did: \"connect\", \"login\" or \"command\".", Kind: KindString, Layer: LayerHoneypot, Store: StoreAttr, Offset: unsafe.Offsetof(Attributes{}.Action), Events: onHoney, Enum: []string{HoneypotConnect, HoneypotLogin, HoneypotCommand}},
	{Name: "honeypot.user", Doc: "User name that the client gave.", Kind: KindString, Layer: LayerHoneypot, Store: StoreAttr, Offset: unsafe.Offsetof(Attributes{}.User), Events: onHoney},
	{Name: "honeypot.client", Doc: "Software that the client says it is.", Kind: KindString, Layer: LayerHoneypot, Store: StoreAttr, Offset: unsafe.Offsetof(Attributes{}.Client), Events: onHoney},

	{Name: "alert.rule", Doc: "Name of the rule that fired.", Kind: KindString, Layer: LayerAlert, Store: StoreAttr, Offset: unsafe.Offsetof(Attributes{}.Rule), Events: onAlert},
	{Name: "alert.severity", Doc: "Severity of the alert.", Kind: KindString, Layer: LayerAlert, Store: StoreAttr, Offset: unsafe.Offsetof(Attributes{}.Severity), Events: onAlert, Enum: scale.SeverityWords()},
	{Name: "alert.category", Doc: "Category of the rule that fired.", Kind: KindString, Layer: LayerAlert, Store: StoreAttr, Offset: unsafe.Offsetof(Attributes{}.Category), Events: onAlert},
	{Name: "alert.mode", Doc: "Mode of the rule that fired: \"enforce\" or \"shadow\".", Kind: KindString, Layer: LayerAlert, Store: StoreAttr, Offset: unsafe.Offsetof(Attributes{}.Mode), Events: onAlert, Enum: []string{"enforce", "shadow"}},
	{Name: "alert.agent", Doc: "Name of the agent that raised the alert; empty where there is no fleet.", Kind: KindString, Layer: LayerAlert, Store: StoreAttr, Offset: unsafe.Offsetof(Attributes{}.Agent), Events: onAlert},

	{Name: "auth.user", Doc: "Account that was logged in to.", Kind: KindString, Layer: LayerAuth, Store: StoreAttr, Offset: unsafe.Offsetof(Attributes{}.User), Events: onAuth},
	{Name: "auth.service", Doc: "Service that was logged in to, as \"sshd\".", Kind: KindString, Layer: LayerAuth, Store: StoreAttr, Offset: unsafe.Offsetof(Attributes{}.Service), Events: onAuth},
	{Name: "auth.success", Doc: "The login succeeded: auth.result is \"success\".", Kind: KindBool, Layer: LayerAuth, Store: StoreAttrBool, Offset: unsafe.Offsetof(Attributes{}.Success), Events: onAuth},
	{Name: "auth.host", Doc: "Host whose log tells of the login.", Kind: KindString, Layer: LayerAuth, Store: StoreAttr, Offset: unsafe.Offsetof(Attributes{}.Host), Events: onAuth},
	{Name: "auth.method", Doc: "How, in the words of the service, as \"password\" or \"publickey\"; empty where the log does not tell.", Kind: KindString, Layer: LayerAuth, Store: StoreAttr, Offset: unsafe.Offsetof(Attributes{}.Method), Events: onAuth},
	{Name: "auth.reason", Doc: "Why the login failed, as \"bad_credential\", \"invalid_user\" or \"not_allowed\"; empty for a success and where the log does not tell.", Kind: KindString, Layer: LayerAuth, Store: StoreAttr, Offset: unsafe.Offsetof(Attributes{}.Reason), Events: onAuth},
	{Name: "auth.result", Doc: "\"success\", \"failure\" or \"probe\", which is a connection that named no account; a rule that does not read it sees no probes.", Kind: KindString, Layer: LayerAuth, Store: StoreAttr, Offset: unsafe.Offsetof(Attributes{}.Result), Events: onAuth, Enum: AuthResults()},

	{Name: "model.name", Doc: "Name of the model that scored the sample.", Kind: KindString, Layer: LayerModel, Store: StoreAttr, Offset: unsafe.Offsetof(Attributes{}.Model), Events: onModel},
	{Name: "model.score", Doc: "Share of what the model had learned that was less odd, 0 to 1.", Kind: KindFloat, Layer: LayerModel, Store: StoreAttrF64, Offset: unsafe.Offsetof(Attributes{}.Score), Events: onModel},
	{Name: "model.top", Doc: "The feature that makes the sample odd most.", Kind: KindString, Layer: LayerModel, Store: StoreAttr, Offset: unsafe.Offsetof(Attributes{}.Top), Events: onModel},
	{Name: "model.bits", Doc: "How much of the oddness that feature is: bits of a histogram, cuts that the trees of a forest save.", Kind: KindFloat, Layer: LayerModel, Store: StoreAttrF64, Offset: unsafe.Offsetof(Attributes{}.TopBits), Events: onModel},
})

// tunnelNames returns the values of tunnel.type.
func tunnelNames() []string {
	var names []string
	for _, t := range Tunnels() {
		names = append(names, t.String())
	}
	return names
}

func number(fs []Field) []Field {
	for i := range fs {
		fs[i].ID = i
	}
	return fs
}

// Fields returns the table of fields in the order of the reference. The caller must not change it.
func Fields() []Field { return fields }

var fieldByName = func() map[string]*Field {
	m := make(map[string]*Field, len(fields))
	for i := range fields {
		m[fields[i].Name] = &fields[i]
	}
	return m
}()

// FieldByName returns the field with a name, or nil.
func FieldByName(name string) *Field { return fieldByName[name] }

// Many reports whether a packet may have several values of the field, which a Cursor walks. Int, Addr and Bytes return the
// first.
func (f *Field) Many() bool { return f.Store == StoreMany }

// first returns a cursor at the first value.
func (f *Field) first(p *Packet) *Cursor {
	var c Cursor
	c.Begin(f, p)
	c.Next()
	return &c
}

// OneOf returns what the field can be but for the empty text; nil where that is any text.
func (f *Field) OneOf() []string {
	return slices.DeleteFunc(slices.Clone(f.Enum), func(word string) bool { return word == "" })
}

// On reports whether events of a kind can have the field.
func (f *Field) On(e Event) bool { return slices.Contains(f.Events, e) }

// Int returns the value of an integer or boolean field (0 or 1), or of a MAC address. The packet
// must have the field's layer.
func (f *Field) Int(p *Packet) int64 {
	at := unsafe.Add(unsafe.Pointer(p), f.Offset)
	switch f.Store {
	case StoreBool:
		if *(*bool)(at) {
			return 1
		}
		return 0
	case StoreU8:
		return int64(*(*uint8)(at))
	case StoreU16:
		return int64(*(*uint16)(at))
	case StoreU32:
		return int64(*(*uint32)(at))
	case StoreU64, StoreMAC:
		return int64(*(*uint64)(at))
	case StoreFlag:
		if *(*uint16)(at)&f.Bit != 0 {
			return 1
		}
		return 0
	case StoreMany:
		return f.first(p).Int
	case StoreAttrBool:
		if *(*bool)(unsafe.Add(unsafe.Pointer(p.Attrs), f.Offset)) {
			return 1
		}
		return 0
	}
	panic("packet: Int of field " + f.Name)
}

// Float returns the value of a field of KindFloat.
func (f *Field) Float(p *Packet) float64 {
	switch f.Store {
	case StoreTime:
		return float64(p.Time) / 1e9
	case StoreAttrF64:
		return *(*float64)(unsafe.Add(unsafe.Pointer(p.Attrs), f.Offset))
	}
	return *(*float64)(unsafe.Add(unsafe.Pointer(p), f.Offset))
}

// Addr returns the value of a field of KindIP.
func (f *Field) Addr(p *Packet) Addr {
	if f.Store == StoreMany {
		return f.first(p).Addr
	}
	return *(*Addr)(unsafe.Add(unsafe.Pointer(p), f.Offset))
}

// Bytes returns the value of a field of KindString or KindBytes. It is valid as long as the packet
// is, and must not be changed.
func (f *Field) Bytes(p *Packet) []byte {
	switch f.Store {
	case StoreName:
		return p.QueryName()
	case StoreBytes:
		return *(*[]byte)(unsafe.Add(unsafe.Pointer(p), f.Offset))
	case StoreHead:
		return *(*[]byte)(unsafe.Add(unsafe.Pointer(p.heads), f.Offset))
	case StoreMany:
		return f.first(p).Bytes
	case StoreTunnel:
		s := (*(*Tunnel)(unsafe.Add(unsafe.Pointer(p), f.Offset))).String()
		return unsafe.Slice(unsafe.StringData(s), len(s))
	case StoreState:
		s := (*(*ConnState)(unsafe.Add(unsafe.Pointer(p), f.Offset))).String()
		return unsafe.Slice(unsafe.StringData(s), len(s))
	case StoreService:
		s := (*(*Service)(unsafe.Add(unsafe.Pointer(p), f.Offset))).String()
		return unsafe.Slice(unsafe.StringData(s), len(s))
	}
	s := *(*string)(unsafe.Add(unsafe.Pointer(p.Attrs), f.Offset))
	return unsafe.Slice(unsafe.StringData(s), len(s))
}
