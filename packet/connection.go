package packet

import (
	"net/netip"
	"slices"
)

// A ConnState is what became of a conversation: a value of conn.state.
type ConnState uint8

// The values of conn.state.
const (
	ConnEstablished ConnState = iota // both sides take part: the handshake of TCP, an answer over UDP
	ConnRefused                      // RST, or ICMP unreachable, for the first packet
	ConnUnanswered                   // nothing from the other side for 3 s
	ConnClosed                       // FIN of both sides, RST, or silence
	numConnStates
)

var connStates = [numConnStates]string{"established", "refused", "unanswered", "closed"}

// String returns the value of conn.state.
func (s ConnState) String() string { return connStates[s] }

// ConnStateByName returns the state that a value of conn.state stands for; ok is false where there is none.
func ConnStateByName(name string) (s ConnState, ok bool) {
	i := slices.Index(connStates[:], name)
	return ConnState(max(i, 0)), i >= 0
}

// A Service is what the two sides of a conversation speak, by what they said first: a value of conn.service.
type Service uint8

// The services. ServiceUnknown is the zero value.
const (
	ServiceUnknown Service = iota
	ServiceHTTP
	ServiceTLS
	ServiceSSH
	ServiceDNS
	ServiceSMTP
	ServiceFTP
	ServiceSMB
	ServiceRDP
	ServiceIMAP
	ServicePOP3
	ServiceMySQL
	ServicePostgres
	ServiceMQTT
	ServiceSIP
	ServiceNTP
	ServiceQUIC
	ServiceTelnet
	ServiceVNC
	ServiceRedis
	ServiceLDAP
	ServiceRTSP
	ServiceAMQP
	ServiceMSSQL
	ServiceIRC
	ServiceSOCKS
	ServiceBitTorrent
	ServiceDHCP
	ServiceSNMP
	ServiceTFTP
	ServiceSSDP
	ServiceSTUN
	ServiceWireGuard
	ServiceNFS
	ServiceKerberos
	ServiceMemcached
	ServiceMongoDB
	numServices
)

var services = [numServices]string{
	"", "http", "tls", "ssh", "dns", "smtp", "ftp", "smb", "rdp", "imap", "pop3", "mysql", "postgres", "mqtt", "sip", "ntp", "quic",
	"telnet", "vnc", "redis", "ldap", "rtsp", "amqp", "mssql", "irc", "socks", "bittorrent", "dhcp", "snmp", "tftp", "ssdp", "stun",
	"wireguard", "nfs", "kerberos", "memcached", "mongodb",
}

// String returns the value of conn.service, "" for ServiceUnknown.
func (s Service) String() string { return services[s] }

// ServiceByName returns the service that a value of conn.service stands for; ok is false where there is none.
func ServiceByName(name string) (s Service, ok bool) {
	i := slices.Index(services[:], name)
	return Service(max(i, 0)), i >= 0
}

// Services returns the values of conn.service but for "", in the order of the reference.
func Services() []string { return services[1:] }

// A Connection says what became of a conversation. Source is the side that opened it.
type Connection struct {
	Time     int64 // nanoseconds since 1970-01-01 00:00:00 UTC
	Src, Dst netip.AddrPort
	Proto    uint8 // 6 TCP, 17 UDP
	State    ConnState
	Service  Service
	Duration float64 // seconds from its first packet to its last

	BytesOut, BytesIn, PacketsOut, PacketsIn uint64 // from the source, and to it; bytes are those of IP packets
}

// Event returns a new Packet that describes the event, for rules with on = "connection".
func (c *Connection) Event() *Packet {
	p := &Packet{Time: c.Time, ConnState: c.State, ConnService: c.Service, ConnDuration: c.Duration,
		ConnBytesOut: c.BytesOut, ConnBytesIn: c.BytesIn, ConnPacketsOut: c.PacketsOut, ConnPacketsIn: c.PacketsIn}
	p.SetConnection(AddrFromNetip(c.Src.Addr().Unmap()), AddrFromNetip(c.Dst.Addr().Unmap()), c.Src.Port(), c.Dst.Port(), c.Proto)
	return p
}

// SetConnection makes p an event of kind EventConnection between two sides, the opener first. Its time and its fields
// conn.* are left to the caller; of what p was before nothing else is left.
func (p *Packet) SetConnection(src, dst Addr, srcPort, dstPort uint16, proto uint8) {
	p.Class, p.Layers = ClassConnection, LayerFrame|LayerConnection|LayerIP|LayerPorts
	p.Src, p.Dst, p.SrcPort, p.DstPort = src, dst, srcPort, dstPort
	p.IPProto, p.IPVersion = proto, 6
	if src.Is4() {
		p.IPVersion = 4
	}
	p.Data, p.Payload, p.Attrs = nil, nil, nil
}
