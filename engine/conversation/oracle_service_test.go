package conversation

import (
	"maps"
	"slices"
	"strings"

	"github.com/ruleids/ruleids/packet"
)

// tsharkNames are how tshark writes each service in frame.protocols.
var tsharkNames = map[packet.Service][]string{
	packet.ServiceHTTP: {"http", "http2"}, packet.ServiceTLS: {"tls", "dtls"}, packet.ServiceSSH: {"ssh"},
	packet.ServiceDNS: {"dns", "mdns", "llmnr"}, packet.ServiceSMTP: {"smtp"}, packet.ServiceFTP: {"ftp"},
	packet.ServiceSMB: {"nbss", "smb", "smb2"}, packet.ServiceRDP: {"tpkt"}, packet.ServiceIMAP: {"imap"},
	packet.ServicePOP3: {"pop"}, packet.ServiceMySQL: {"mysql"}, packet.ServicePostgres: {"pgsql"},
	packet.ServiceMQTT: {"mqtt"}, packet.ServiceSIP: {"sip"}, packet.ServiceNTP: {"ntp"}, packet.ServiceQUIC: {"quic"},
	packet.ServiceTelnet: {"telnet"}, packet.ServiceVNC: {"vnc"}, packet.ServiceRedis: {"resp"},
	packet.ServiceLDAP: {"ldap"}, packet.ServiceRTSP: {"rtsp"}, packet.ServiceAMQP: {"amqp"},
	packet.ServiceMSSQL: {"tds"}, packet.ServiceIRC: {"irc"}, packet.ServiceSOCKS: {"socks"},
	packet.ServiceBitTorrent: {"bittorrent", "bt-dht"}, packet.ServiceDHCP: {"dhcp"}, packet.ServiceSNMP: {"snmp"},
	packet.ServiceTFTP: {"tftp"}, packet.ServiceSSDP: {"ssdp"}, packet.ServiceSTUN: {"stun", "classicstun"},
	packet.ServiceWireGuard: {"wg"}, packet.ServiceNFS: {"nfs", "rpc"}, packet.ServiceKerberos: {"kerberos"},
	packet.ServiceMemcached: {"memcache"}, packet.ServiceMongoDB: {"mongo"},
}

// tsharkPorts are where tshark looks for some services by the port, whatever is said there, and for DNS nowhere else.
var tsharkPorts = map[packet.Service][]uint16{
	packet.ServiceHTTP: {80, 8080, 8088, 3128}, packet.ServiceTLS: {443, 853, 993, 995, 5061, 8443}, packet.ServiceSMB: {139, 445},
	packet.ServiceDNS: {53, 5353, 5355}, packet.ServiceTFTP: {69}, packet.ServiceKerberos: {88}, packet.ServiceNFS: {111, 2049, 32768, 32769, 32770, 32771, 32772, 32773, 32774, 32775, 32776, 32777, 32778, 32779},
}

// at reports whether one side of a conversation has a port at which tshark looks for a service.
func at(e *entry, service string) bool {
	s, _ := packet.ServiceByName(service)
	return slices.Contains(tsharkPorts[s], e.key.port(0)) || slices.Contains(tsharkPorts[s], e.key.port(1))
}

// service compares what a stream speaks.
func (o *outcomes) service(stream string, e *entry, s *outcome) {
	ours := e.service
	var theirs []string
	for _, other := range slices.Sorted(maps.Keys(tsharkNames)) {
		if slices.ContainsFunc(tsharkNames[other], func(name string) bool { return s.protocols[name] }) {
			theirs = append(theirs, other.String())
		}
	}
	switch {
	case slices.Contains(theirs, ours.String()):
		o.equal["conn.service "+ours.String()]++
	case ours == packet.ServiceUnknown && len(theirs) == 0:
		o.equal["no conn.service"]++
	case ours == packet.ServiceUnknown && s.protocols["classicstun"]:
		o.known["STUN of RFC 3489 has nothing in it that tells it from other bytes: tshark guesses"]++
	case ours == packet.ServiceUnknown && s.protocols["nbdgm"]:
		o.known["messages of SMB in datagrams of NetBIOS are no service of ruleids"]++
	case ours == packet.ServiceUnknown && !s.client && e.key.proto() == protoTCP:
		o.known["the capture begins in the middle of it: tshark knows the service by its port"]++
	case slices.ContainsFunc(theirs, func(name string) bool { return at(e, name) }):
		o.known["it is not what is said at that port, or begins otherwise: tshark takes it by its port"]++
	case len(theirs) == 0 && (s.protocols["gnutella"] || s.protocols["dcerpc"]):
		o.known["tshark takes it for another protocol by its port"]++
	case ours != packet.ServiceUnknown && s.protocols["data"]:
		o.known["what comes first is no protocol that tshark knows: it looks no further"]++
	case ours == packet.ServiceDNS && len(theirs) == 0 && !at(e, "dns"):
		o.known["tshark looks for DNS at its ports only"]++
	case len(theirs) == 0 && s.protocols[""] && len(s.protocols) == 1:
		o.known["no message of it is whole: tshark names no protocol, ruleids that of the first bytes"]++
	default:
		o.Errorf("%s: %s: conn.service %q, for tshark %q of %s", o.file, stream, ours, theirs, strings.Join(slices.Sorted(maps.Keys(s.protocols)), " "))
	}
}
