package conversation

import (
	"bytes"

	"github.com/ruleids/ruleids/packet"
)

// A sign is what a service is known by: a test of the first bytes of one direction.
type sign struct {
	service packet.Service
	test    func(b []byte) bool
}

// tcpSigns and udpSigns are tried in this order. Each is of what one side says first, whichever that is.
var (
	tcpSigns = []sign{
		{packet.ServiceTLS, isTLS},
		{packet.ServiceSSH, begins("SSH-")},
		{packet.ServiceRTSP, isRequest(" RTSP/1.0", "RTSP/1.0 ")},
		{packet.ServiceSIP, isRequest(" SIP/2.0", "SIP/2.0 ")},
		{packet.ServiceHTTP, isHTTP},
		{packet.ServiceSMTP, isSMTP},
		{packet.ServiceFTP, isFTP},
		{packet.ServiceIMAP, begins("* OK", "* PREAUTH", "* BYE")},
		{packet.ServicePOP3, begins("+OK")},
		{packet.ServiceSMB, isSMB},
		{packet.ServiceRDP, isRDP},
		{packet.ServiceMySQL, isMySQL},
		{packet.ServicePostgres, isPostgres},
		{packet.ServiceMQTT, isMQTT},
		{packet.ServiceTelnet, isTelnet},
		{packet.ServiceVNC, begins("RFB 00")},
		{packet.ServiceRedis, isRedis},
		{packet.ServiceAMQP, begins("AMQP")},
		{packet.ServiceBitTorrent, begins("\x13BitTorrent protocol")},
		{packet.ServiceIRC, isIRC},
		{packet.ServiceLDAP, isLDAP},
		{packet.ServiceMSSQL, isTDS},
		{packet.ServiceMongoDB, isMongoDB},
		{packet.ServiceDNS, isDNSOverTCP},
		{packet.ServiceKerberos, isKerberosOverTCP},
		{packet.ServiceNFS, isNFSOverTCP},
		{packet.ServiceSOCKS, isSOCKS},
		{packet.ServiceMemcached, begins("get ", "gets ", "stats\r\n", "version\r\n")},
	}
	udpSigns = []sign{
		{packet.ServiceQUIC, isQUIC},
		{packet.ServiceSSDP, begins("M-SEARCH * HTTP/1.1", "NOTIFY * HTTP/1.1", "HTTP/1.1 200 OK")},
		{packet.ServiceSIP, isRequest(" SIP/2.0", "SIP/2.0 ")},
		{packet.ServiceDHCP, isDHCP},
		{packet.ServiceSTUN, isSTUN},
		{packet.ServiceDNS, isDNS}, // before NTP, for whose head any number of a question may be taken
		{packet.ServiceNTP, isNTP},
		{packet.ServiceSNMP, isSNMP},
		{packet.ServiceWireGuard, isWireGuard},
		{packet.ServiceTLS, isDTLS},
		{packet.ServiceBitTorrent, begins("d1:ad2:id20:", "d1:rd2:id20:", "d1:eli")},
		{packet.ServiceKerberos, isKerberos},
		{packet.ServiceNFS, isNFS},
		{packet.ServiceTFTP, isTFTP},
	}
)

// Recognise returns what a packet speaks that is the first with payload in its direction; ServiceUnknown where that cannot be
// told.
func Recognise(p *packet.Packet) packet.Service {
	signs := udpSigns
	if p.Layers&packet.LayerTCP != 0 {
		signs = tcpSigns
	}
	for i := range signs {
		if signs[i].test(p.Payload) {
			return signs[i].service
		}
	}
	return packet.ServiceUnknown
}

// begins returns a test for text at the beginning.
func begins(words ...string) func([]byte) bool {
	return func(b []byte) bool {
		for _, w := range words {
			if len(b) >= len(w) && string(b[:len(w)]) == w {
				return true
			}
		}
		return false
	}
}

// line returns the first line, without its end; of one that does not end, what there is up to 1,024 bytes.
func line(b []byte) []byte {
	b = b[:min(len(b), 1024)]
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		b = b[:i]
	}
	return bytes.TrimSuffix(b, []byte("\r"))
}

// isRequest returns a test for the messages of a protocol that looks like HTTP: a request line that ends in a version, or an
// answer that begins with one.
func isRequest(ends, answer string) func([]byte) bool {
	return func(b []byte) bool {
		if len(b) == 0 || b[0] < 'A' || b[0] > 'Z' {
			return false
		}
		return begins(answer)(b) || bytes.HasSuffix(line(b), []byte(ends))
	}
}

// methods are those of RFC 9110 and RFC 5789, WebDAV (RFC 4918), and the preface of HTTP/2 (RFC 9113 section 3.4).
var methods = begins("GET ", "POST ", "HEAD ", "PUT ", "DELETE ", "OPTIONS ", "CONNECT ", "TRACE ", "PATCH ",
	"PROPFIND ", "PROPPATCH ", "MKCOL ", "COPY ", "MOVE ", "LOCK ", "UNLOCK ", "REPORT ", "SEARCH ", "PRI * HTTP/2.0")

func isHTTP(b []byte) bool { return begins("HTTP/1.")(b) || methods(b) }

// isSMTP: a greeting that says so (RFC 5321 section 4.2), or the first command.
func isSMTP(b []byte) bool {
	if begins("220 ", "220-")(b) {
		l := bytes.ToUpper(line(b))
		return bytes.Contains(l, []byte("SMTP")) || bytes.Contains(l, []byte("ESMTP"))
	}
	return begins("EHLO ", "HELO ", "LHLO ", "ehlo ", "helo ")(b)
}

// isFTP: a greeting that says so (RFC 959 section 5.4), or the first command.
func isFTP(b []byte) bool {
	if begins("220 ", "220-")(b) {
		return bytes.Contains(bytes.ToUpper(b[:min(len(b), 512)]), []byte("FTP"))
	}
	return begins("USER ", "AUTH TLS", "AUTH SSL", "FEAT\r\n")(b)
}

// isTelnet: option negotiation (RFC 854).
func isTelnet(b []byte) bool { return len(b) >= 3 && b[0] == 255 && b[1] >= 250 && b[1] <= 254 }

// isIRC: how a client registers (RFC 2812 section 3.1), or what a server says meanwhile. A password alone may be one of FTP.
func isIRC(b []byte) bool {
	l := line(b)
	if begins("NICK ", "CAP LS", "NOTICE AUTH ")(b) || begins("PASS ")(b) && bytes.HasPrefix(b[len(l):], []byte("\r\nNICK ")) {
		return true
	}
	return len(l) > 0 && l[0] == ':' && (bytes.Contains(l, []byte(" NOTICE AUTH ")) || bytes.Contains(l, []byte(" NOTICE * ")))
}

// isRedis: an array of strings, or an inline command.
func isRedis(b []byte) bool {
	return len(b) >= 5 && b[0] == '*' && b[1] >= '1' && b[1] <= '9' && bytes.Contains(b[:min(len(b), 8)], []byte("\r\n$")) ||
		begins("PING\r\n", "INFO\r\n")(b)
}
