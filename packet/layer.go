package packet

import (
	"math/bits"
	"slices"
	"strings"
)

// Layer is a set of protocol layers, or of parts of one, that a packet has. A field can be read
// only when the packet has the field's layer.
type Layer uint64

// The layers.
const (
	LayerFrame        Layer = 1 << iota // every packet
	LayerEth                            // an Ethernet header
	LayerVLAN                           // an 802.1Q or 802.1ad tag
	LayerARP                            // ARP
	LayerARPIPv4                        // ARP for IPv4 over six-octet hardware addresses (RFC 826)
	LayerIP                             // IPv4 or IPv6
	LayerTCP                            // TCP, first fragment or unfragmented
	LayerUDP                            // UDP, first fragment or unfragmented
	LayerPorts                          // TCP or UDP ports; of a header that is cut short they may be all that is there
	LayerICMP                           // ICMP for IPv4
	LayerICMPv6                         // ICMP for IPv6
	LayerDNS                            // a DNS message
	LayerDNSQuery                       // a DNS message with at least one question
	LayerDNSResponse                    // a DNS message with the QR bit
	LayerPayload                        // a transport payload, may be empty: TCP, UDP, ICMP, ICMPv6
	LayerFlow                           // flow statistics were computed
	LayerHoneypot                       // an event of a honeypot
	LayerAlert                          // an alert of another rule
	LayerAuth                           // a login from a host's log
	LayerEthType                        // an Ethernet header with an EtherType, not the length of IEEE 802.3
	LayerDNSAnswers                     // a DNS message with a section of answers: any but an UPDATE (RFC 2136)
	LayerTunnel                         // a tunnel was opened: Outer is there
	LayerOuterPorts                     // its outermost packet has ports
	LayerConn                           // its conversation was looked up
	LayerConnection                     // what became of a conversation
	LayerModel                          // a sample that a model scored
	LayerHTTP                           // the head of an HTTP message ends here
	LayerHTTPRequest                    // of a request
	LayerHTTPResponse                   // of a response
	LayerHTTPHost                       // with a Host
	LayerHTTPAgent                      // with a User-Agent
	LayerHTTPContent                    // with a Content-Type
	LayerTLS                            // a ClientHello or a ServerHello ends here
	LayerTLSName                        // with a server name
	LayerTLSALPN                        // with ALPN names
	LayerJA3                            // with a fingerprint JA3
	LayerJA4                            // with a fingerprint JA4
	LayerQUIC                           // it came in QUIC
	LayerSSH                            // the banner of SSH ends here
	LayerDHCP                           // a message of DHCP for IPv4
	LayerDHCPType                       // with a type
	LayerDHCPClient                     // with a client's hardware address
	LayerDNSRecords                     // a DNS message with a whole record at least, in any section
	LayerDNSTTL                         // with one that has a time to live: any but OPT (RFC 6891)
	LayerDNSA                           // with an A record
	LayerDNSAAAA                        // with an AAAA record
	LayerDNSCNAME                       // with a CNAME record
	LayerDNSTXT                         // with a TXT record
	LayerDNSNS                          // with an NS record
	LayerICMPEcho                       // an ICMP or ICMPv6 message with an identifier and a sequence number
	LayerNDTarget                       // an ICMPv6 message of neighbor discovery with a target
	LayerNDLink                         // an ICMPv6 message of neighbor discovery with a link-layer address
	LayerAssetSrc                       // the map of hosts was asked for its source, which is an address of a host
	LayerAssetDst                       // and for its destination
	LayerAssetSrcMAC                    // a hardware address of its source is known
)

// What applications say: the layers that a Decoder looks for only where its Need has them.
const (
	httpParts     = LayerHTTP | LayerHTTPRequest | LayerHTTPResponse | LayerHTTPHost | LayerHTTPAgent | LayerHTTPContent
	tlsParts      = LayerTLS | LayerTLSName | LayerTLSALPN | LayerJA3 | LayerJA4 | LayerQUIC
	dhcpParts     = LayerDHCP | LayerDHCPType | LayerDHCPClient
	dnsParts      = LayerDNS | LayerDNSQuery | LayerDNSResponse | LayerDNSAnswers
	recordParts   = LayerDNSRecords | LayerDNSTTL | LayerDNSA | LayerDNSAAAA | LayerDNSCNAME | LayerDNSTXT | LayerDNSNS
	neighborParts = LayerNDTarget | LayerNDLink

	// AssetLayers are there where a map of hosts and services was asked.
	AssetLayers = LayerAssetSrc | LayerAssetDst | LayerAssetSrcMAC

	// HeadLayers are those of message heads, which hang on the packets before them: they are looked for by who knows the
	// conversations, or with Decoder.Single.
	HeadLayers = httpParts | tlsParts | LayerSSH
	// DNSLayers are those of DNS messages.
	DNSLayers = dnsParts | recordParts
	// AllNeeds are all layers that Decoder.Need may have.
	AllNeeds = HeadLayers | dhcpParts | dnsParts | recordParts | LayerICMPEcho | neighborParts
)

// linkParts, outerParts and onlyPackets are what events of other kinds than packets never have.
const (
	linkParts   = LayerEth | LayerEthType | LayerVLAN
	outerParts  = LayerTunnel | LayerOuterPorts
	onlyPackets = linkParts | outerParts | LayerARP | LayerTCP | LayerUDP | LayerICMP | LayerICMPv6 | LayerPayload | LayerFlow | LayerConn | HeadLayers | dhcpParts | recordParts | LayerICMPEcho | neighborParts
)

// layers is the table of layers: what each is called, whether that can be written in a condition, which layers it
// never comes without, and which it never comes with, as fields are those of the innermost packet. What follows from
// two rows, or is said by the row of the other layer, is left out.
var layers = []struct {
	layer        Layer
	name         string
	word         bool
	needs, never Layer
}{
	{LayerFrame, "frame", true, 0, 0},
	{LayerEth, "eth", true, 0, 0},
	{LayerEthType, "eth (EtherType)", false, LayerEth, 0},
	{LayerVLAN, "vlan", true, 0, 0},
	{LayerARP, "arp", true, 0, LayerIP},
	{LayerARPIPv4, "arp (IPv4)", false, LayerARP, 0},
	{LayerIP, "ip", true, 0, 0},
	{LayerTCP, "tcp", true, LayerPorts | LayerPayload, LayerUDP | LayerICMP | LayerICMPv6},
	{LayerUDP, "udp", true, LayerPorts | LayerPayload, LayerICMP | LayerICMPv6},
	{LayerPorts, "tcp or udp", false, LayerIP, LayerICMP | LayerICMPv6},
	{LayerICMP, "icmp", true, LayerIP | LayerPayload, LayerICMPv6},
	{LayerICMPv6, "icmpv6", true, LayerIP | LayerPayload, 0},
	{LayerDNS, "dns", true, LayerPorts | LayerPayload, 0},
	{LayerDNSQuery, "dns question", false, LayerDNS, 0},
	{LayerDNSResponse, "dns response", false, LayerDNS, 0},
	{LayerDNSAnswers, "dns answers", false, LayerDNS, 0},
	{LayerDNSRecords, "dns records", false, LayerDNS, 0},
	{LayerDNSTTL, "dns record but OPT", false, LayerDNSRecords, 0},
	{LayerDNSA, "dns record A", false, LayerDNSTTL, 0},
	{LayerDNSAAAA, "dns record AAAA", false, LayerDNSTTL, 0},
	{LayerDNSCNAME, "dns record CNAME", false, LayerDNSTTL, 0},
	{LayerDNSTXT, "dns record TXT", false, LayerDNSTTL, 0},
	{LayerDNSNS, "dns record NS", false, LayerDNSTTL, 0},
	{LayerHTTP, "http", true, LayerTCP, LayerTLS | LayerSSH | LayerDNS},
	{LayerHTTPRequest, "http request", false, LayerHTTP, LayerHTTPResponse},
	{LayerHTTPResponse, "http response", false, LayerHTTP, 0},
	{LayerHTTPHost, "http host", false, LayerHTTPRequest, 0},
	{LayerHTTPAgent, "http user agent", false, LayerHTTPRequest, 0},
	{LayerHTTPContent, "http content type", false, LayerHTTP, 0},
	{LayerTLS, "tls", true, LayerPorts | LayerPayload, LayerSSH | LayerDNS},
	{LayerTLSName, "tls server name", false, LayerTLS, 0},
	{LayerTLSALPN, "tls alpn", false, LayerTLS, 0},
	{LayerJA3, "tls ja3", false, LayerTLS, 0},
	{LayerJA4, "tls ja4", false, LayerTLS, 0},
	{LayerQUIC, "quic", true, LayerTLS | LayerUDP, 0},
	{LayerSSH, "ssh", true, LayerTCP, LayerDNS},
	{LayerDHCP, "dhcp", true, LayerUDP, LayerTLS | LayerDNS},
	{LayerDHCPType, "dhcp type", false, LayerDHCP, 0},
	{LayerDHCPClient, "dhcp client", false, LayerDHCP, 0},
	{LayerICMPEcho, "icmp identifier", false, LayerIP | LayerPayload, LayerPorts},
	{LayerNDTarget, "icmpv6 nd target", false, LayerICMPv6, LayerICMPEcho},
	{LayerNDLink, "icmpv6 nd link-layer address", false, LayerICMPv6, LayerICMPEcho},
	{LayerTunnel, "tunnel", true, 0, 0},
	{LayerOuterPorts, "tunnel (UDP)", false, LayerTunnel, 0},
	{LayerPayload, "payload", false, LayerIP, 0},
	{LayerFlow, "flow", false, LayerIP, 0},
	{LayerConn, "conn", false, LayerPorts, 0},
	{LayerAssetSrc, "asset.src", false, 0, LayerAlert | LayerModel},
	{LayerAssetDst, "asset.dst", false, 0, LayerAlert | LayerModel},
	{LayerAssetSrcMAC, "asset.src.mac", false, LayerAssetSrc, 0},
	{LayerHoneypot, "honeypot", false, 0, LayerAlert | LayerAuth | LayerConnection | LayerModel | onlyPackets},
	{LayerAlert, "alert", false, 0, LayerAuth | LayerConnection | LayerModel | onlyPackets},
	{LayerAuth, "auth", false, 0, LayerConnection | onlyPackets},
	{LayerConnection, "connection", false, LayerPorts, LayerModel | onlyPackets},
	{LayerModel, "model", false, 0, onlyPackets &^ (LayerEth | LayerVLAN)},
}

// needsOf and neverOf are what Needs and Never return for the layer of each bit alone. Both are those of all bits together: rules
// are checked by asking them some hundred thousand times.
var needsOf, neverOf [64]Layer

func init() {
	for i := range needsOf {
		l := Layer(1) << i
		for before := Layer(0); before != l; {
			before = l
			for _, x := range layers {
				if l&x.layer != 0 {
					l |= x.needs
				}
			}
		}
		needsOf[i] = l
	}
	for i, l := range needsOf {
		var direct Layer
		for _, x := range layers {
			if l&x.layer != 0 {
				direct |= x.never
			}
			if l&x.never != 0 {
				direct |= x.layer
			}
		}
		for _, x := range layers {
			if x.layer.Needs()&direct != 0 {
				neverOf[i] |= x.layer
			}
		}
	}
}

// Needs returns l and all layers that the layers of l never come without in what a condition can read.
func (l Layer) Needs() Layer { return l.all(&needsOf) }

// Never returns the layers that an event with all layers of l cannot have. It has some of l where that contradicts itself.
func (l Layer) Never() Layer { return l.all(&neverOf) }

// all brings together what a table has for the bits of l.
func (l Layer) all(of *[64]Layer) (out Layer) {
	for ; l != 0; l &= l - 1 {
		out |= of[bits.TrailingZeros64(uint64(l))]
	}
	return out
}

// LayerByName returns the layer that a bare name in a condition stands for; ok is false where
// there is none.
func LayerByName(name string) (l Layer, ok bool) {
	for i := range layers {
		if layers[i].word && layers[i].name == name {
			return layers[i].layer, true
		}
	}
	return 0, false
}

// Yields reports whether the bare name of a layer may be given another meaning: rules were written before packets had
// these layers.
func (l Layer) Yields() bool { return l&(HeadLayers|dhcpParts) != 0 }

// LayerNames returns the bare layer names, sorted.
func LayerNames() []string {
	var names []string
	for i := range layers {
		if layers[i].word {
			names = append(names, layers[i].name)
		}
	}
	slices.Sort(names)
	return names
}

// String names the layers in l, separated by commas; parts of a layer are named by it.
func (l Layer) String() string {
	var names []string
	for i := range layers {
		if l&layers[i].layer != 0 {
			names = append(names, layers[i].name)
		}
	}
	return strings.Join(names, ", ")
}
