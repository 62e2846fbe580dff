// Package application reads what applications say: the heads of HTTP messages, the hellos of TLS, over TCP and in the
// Initial packets of QUIC, the banner of SSH, the records of DNS and the options of DHCP.
//
// Which application it is, its first bytes tell, on any port. Parsers take bytes and give parts of them; any bytes are
// safe to read. They keep no state and, but for the keys of QUIC, allocate nothing.
package application

import "bytes"

// Kind is an application by what it says first.
type Kind uint8

// The kinds. Those with a head that is read come first; of the others only the name is known. KindUnknown is the zero value.
const (
	KindUnknown  Kind = iota
	KindHTTP          // RFC 9112
	KindTLS           // RFC 8446, RFC 5246
	KindSSH           // RFC 4253
	KindDNS           // RFC 1035, over TCP with its length before it
	KindSMTP          // RFC 5321
	KindFTP           // RFC 959
	KindPOP3          // RFC 1939
	KindIMAP          // RFC 9051
	KindSMB           // MS-SMB, MS-SMB2, over NetBIOS sessions or TCP
	KindRDP           // MS-RDPBCGR: TPKT with a connection request or confirm of X.224
	KindMySQL         // protocol 10
	KindVNC           // RFC 6143
	KindTelnet        // RFC 854
	KindMQTT          // MQTT 3.1 to 5
	KindSIP           // RFC 3261
	KindHTTP2         // RFC 9113, without TLS
	KindPostgres      // its startup message
	KindRedis         // RESP
	KindLDAP          // RFC 4511: a bind request
	KindDHCP          // RFC 2131
	KindQUIC          // RFC 9000
	KindNTP           // RFC 5905
	KindSNMP          // RFC 3416
	numKinds
)

var kindNames = [numKinds]string{"", "http", "tls", "ssh", "dns", "smtp", "ftp", "pop3", "imap", "smb", "rdp", "mysql", "vnc", "telnet", "mqtt", "sip", "http2",
	"postgres", "redis", "ldap", "dhcp", "quic", "ntp", "snmp"}

// String returns the name that conn.service has for the kind; "" for KindUnknown.
func (k Kind) String() string { return kindNames[k] }

// Kinds returns the names of all kinds but KindUnknown.
func Kinds() []string { return kindNames[1:] }

// Head reports whether messages of the kind have a head that Scan waits for, and fields of it.
func (k Kind) Head() bool { return k == KindHTTP || k == KindTLS || k == KindSSH }

// Repeats reports whether one direction of a conversation has a head for each of its messages, so that Scan may be asked
// again for what comes after the first. A hello of TLS and a banner come once.
func (k Kind) Repeats() bool { return k == KindHTTP }

// MaxHead is how many bytes of a head are put together of segments. A ClientHello with a post-quantum key share has
// about 1,800, a request of a browser rarely over 3,000. Of a head that is longer its beginning is read.
const MaxHead = 4096

// Scan tells what the first bytes that one side of a TCP conversation said are of: what they are, and how many there must
// be, from the first on, before it is worth to ask again. need is 0 when that is settled: the head is whole, or as much of
// it as is looked at (MaxHead), or there is none. Otherwise it is more than len(data) and at most MaxHead, and the kind may
// still be KindUnknown.
//
//	kind, need := Scan(data)
//	need == 0 && kind.Head()  ->  the packet with the last byte of data has the fields of the head
//	need > len(data)          ->  keep data, and ask again with what follows in order
//	need == 0 otherwise       ->  nothing more comes of this direction
func Scan(data []byte) (kind Kind, need int) {
	if len(data) == 0 {
		return KindUnknown, 1
	}
	switch data[0] {
	case recordHandshake:
		kind, need = scanTLS(data)
	case 'H':
		kind, need = scanResponse(data)
		if kind == KindUnknown && need == 0 { // HEAD
			kind, need = scanRequest(data)
		}
	case 'S':
		kind, need = scanSSH(data)
		if kind == KindUnknown && need == 0 { // SEARCH
			kind, need = scanRequest(data)
		}
	default:
		if isUpper(data[0]) {
			kind, need = scanRequest(data)
		}
	}
	if kind == KindUnknown && need == 0 {
		return scanService(data)
	}
	if need > 0 {
		if len(data) >= MaxHead { // the beginning has to do
			return kind, 0
		}
		need = min(max(need, len(data)+1), MaxHead)
	}
	return kind, need
}

// services are the applications of which nothing but the first bytes is looked at.
var services = []struct {
	kind   Kind
	prefix string
}{
	{KindHTTP2, "PRI * HTTP/2.0\r\n"},
	{KindSMTP, "EHLO "}, {KindSMTP, "HELO "}, {KindSMTP, "LHLO "},
	{KindFTP, "USER "}, {KindFTP, "220-FileZilla"},
	{KindPOP3, "+OK"},
	{KindIMAP, "* OK"}, {KindIMAP, "* PREAUTH"},
	{KindVNC, "RFB 003."},
	{KindRedis, "*1\r\n$"}, {KindRedis, "*2\r\n$"}, {KindRedis, "*3\r\n$"}, {KindRedis, "*4\r\n$"},
	{KindSIP, "SIP/2.0 "},
	{KindTelnet, "\xff\xfd"}, {KindTelnet, "\xff\xfb"},
}

// scanService tells applications apart that have no head here. Their first bytes come in one segment.
func scanService(data []byte) (Kind, int) {
	for i := range services {
		if bytes.HasPrefix(data, []byte(services[i].prefix)) {
			return services[i].kind, 0
		}
	}
	line, _, _ := bytes.Cut(data[:min(len(data), 512)], []byte("\n"))
	at := func(i int) byte {
		if i < len(data) {
			return data[i]
		}
		return 0
	}
	switch {
	case bytes.HasPrefix(line, []byte("220")) && (at(3) == ' ' || at(3) == '-'):
		if bytes.Contains(line, []byte("SMTP")) || bytes.Contains(line, []byte("smtp")) || bytes.Contains(line, []byte("mail")) {
			return KindSMTP, 0
		}
		return KindFTP, 0
	case bytes.HasSuffix(bytes.TrimRight(line, "\r"), []byte(" SIP/2.0")):
		return KindSIP, 0
	case len(data) >= 8 && data[0] == 0 && (string(data[5:8]) == "SMB") && (data[4] == 0xff || data[4] == 0xfe || data[4] == 0xfd):
		return KindSMB, 0
	case len(data) >= 7 && data[0] == 3 && data[1] == 0 && (data[5] == 0xe0 || data[5] == 0xd0) && int(data[2])<<8|int(data[3]) == len(data):
		return KindRDP, 0
	case len(data) >= 12 && data[0] == 0x10 && (bytes.HasPrefix(data[2:], []byte("\x00\x04MQTT")) || bytes.HasPrefix(data[2:], []byte("\x00\x06MQIsdp"))):
		return KindMQTT, 0
	case len(data) >= 12 && data[3] == 0 && data[4] == 10 && int(data[0])|int(data[1])<<8|int(data[2])<<16 == len(data)-4:
		return KindMySQL, 0
	case len(data) >= 8 && data[0] == 0 && data[1] == 0 && int(data[2])<<8|int(data[3]) == len(data) &&
		(string(data[4:8]) == "\x00\x03\x00\x00" || string(data[4:8]) == "\x04\xd2\x16\x2f"):
		return KindPostgres, 0
	case len(data) >= 7 && data[0] == 0x30 && data[1] < 0x80 && int(data[1])+2 == len(data) && data[2] == 2 && data[3] == 1 && data[5] == 0x60:
		return KindLDAP, 0
	case len(data) >= 2+dnsHeader && int(data[0])<<8|int(data[1]) == len(data)-2 && soundDNS(data[2:]):
		return KindDNS, 0
	}
	return KindUnknown, 0
}

// ScanDatagram tells which application a UDP datagram is of.
func ScanDatagram(data []byte) Kind {
	switch {
	case len(data) >= dhcpOptions && isDHCP(data):
		return KindDHCP
	case IsInitial(data):
		return KindQUIC
	case len(data) >= dnsHeader && soundDNS(data):
		return KindDNS
	case len(data) >= 48 && len(data) <= 48+20+4 && data[0]>>3&7 >= 1 && data[0]>>3&7 <= 4 && data[0]&7 >= 1 && data[0]&7 <= 5:
		return KindNTP
	case len(data) >= 10 && data[0] == 0x30 && data[1] < 0x80 && int(data[1])+2 == len(data) && data[2] == 2 && data[3] == 1 && data[4] <= 3:
		return KindSNMP
	case bytes.HasPrefix(data, []byte("SIP/2.0 ")):
		return KindSIP
	}
	line, _, found := bytes.Cut(data[:min(len(data), 512)], []byte("\r\n"))
	if found && bytes.HasSuffix(line, []byte(" SIP/2.0")) {
		return KindSIP
	}
	return KindUnknown
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
