package assets

import (
	"bytes"
	"strings"

	"github.com/ruleids/ruleids/internal/lazyregexp"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/packet/application"
)

// A saying is what a host says of itself as a client.
type saying uint8

// The sayings.
const (
	sayDHCP  saying = iota // vendor class
	sayAgent               // user agent of HTTP
	saySSH                 // banner of the SSH client
	numSayings
)

var sayings = [numSayings]string{"dhcp vendor class", "user agent", "ssh client"}

// An evidence is what a system is known by; the greater is believed more.
type evidence uint8

const (
	byNothing evidence = iota
	byTTL
	byServer
	byAgent
	bySSH
	byDHCP
	byScan
	numEvidence
)

var evidences = [numEvidence]string{"", "ttl", "server", "user agent", "ssh", "dhcp", "scan"}

// bySpeaks returns what the product of a service is evidence of.
func bySpeaks(s packet.Service) evidence {
	if s == packet.ServiceSSH {
		return bySSH
	}
	return byServer
}

// say notes what a host says of itself.
func (m *Map) say(h *host, what saying, text string) {
	if text == "" || h.says[what] == text {
		return
	}
	h.says[what] = text
	m.change(h)
	m.system(h, [numSayings]evidence{byDHCP, byAgent, bySSH}[what], text)
}

// system notes which system a text speaks for, where it does and nothing better is known.
func (m *Map) system(h *host, by evidence, text string) {
	if by < h.systemBy {
		return
	}
	if by != byTTL && by != byScan {
		text = systemOf(text)
	}
	if text == "" || text == h.system {
		return
	}
	h.system, h.systemBy = text, by
	m.identify(h)
	m.change(h)
}

// systems are what texts say of the system that they come from, the narrower first. A group of the pattern is the version.
var systems = []struct {
	text   string // in the pattern, in lower case: most texts have none
	sign   *lazyregexp.Regexp
	system string
}{
	{"windows nt", lazyregexp.New(`(?i)windows nt 10\.0`), "Windows 10 or later"},
	{"windows nt", lazyregexp.New(`(?i)windows nt 6\.[23]`), "Windows 8"},
	{"windows nt", lazyregexp.New(`(?i)windows nt 6\.1`), "Windows 7"},
	{"windows nt", lazyregexp.New(`(?i)windows nt 6\.0`), "Windows Vista"},
	{"windows nt", lazyregexp.New(`(?i)windows nt 5\.[12]`), "Windows XP"},
	{"android", lazyregexp.New(`(?i)android(?:-dhcp)?[- ](\d+)`), "Android"},
	{"android", lazyregexp.New(`(?i)android`), "Android"},
	{"iphone os", lazyregexp.New(`(?i)iphone os (\d+)`), "iOS"},
	{"cpu os", lazyregexp.New(`(?i)cpu os (\d+)`), "iPadOS"},
	{"mac os x", lazyregexp.New(`(?i)mac os x`), "macOS"},
	{"aaplbsdpc", lazyregexp.New(`AAPLBSDPC`), "macOS"},
	{"cros ", lazyregexp.New(`(?i)cros `), "ChromeOS"},
	{"msft ", lazyregexp.New(`^MSFT `), "Windows"},
	{"microsoft-", lazyregexp.New(`Microsoft-(?:IIS|HTTPAPI|CryptoAPI|WNS|Delivery)`), "Windows"},
	{"for_windows", lazyregexp.New(`(?i)for_windows`), "Windows"},
	{"(win", lazyregexp.New(`(?i)\(win(?:32|64)\)`), "Windows"},
	{"raspbian", lazyregexp.New(`(?i)raspbian`), "Raspbian"},
	{"+deb", lazyregexp.New(`(?i)\+deb(\d+)`), "Debian"},
	{"debian", lazyregexp.New(`(?i)debian`), "Debian"},
	{"ubuntu", lazyregexp.New(`(?i)ubuntu`), "Ubuntu"},
	{"centos", lazyregexp.New(`(?i)centos`), "CentOS"},
	{"red hat", lazyregexp.New(`(?i)red hat`), "Red Hat"},
	{"fedora", lazyregexp.New(`(?i)fedora`), "Fedora"},
	{"alpine", lazyregexp.New(`(?i)alpine`), "Alpine Linux"},
	{"freebsd", lazyregexp.New(`(?i)freebsd`), "FreeBSD"},
	{"openbsd", lazyregexp.New(`OpenBSD`), "OpenBSD"},
	{"netbsd", lazyregexp.New(`NetBSD`), "NetBSD"},
	{"rosssh", lazyregexp.New(`ROSSSH`), "RouterOS"},
	{"cisco", lazyregexp.New(`(?i)cisco`), "Cisco IOS"},
	{"dropbear", lazyregexp.New(`(?i)dropbear`), "Linux"},
	{"udhcp", lazyregexp.New(`(?i)^udhcp`), "Linux"},
	{"linux", lazyregexp.New(`(?i)linux`), "Linux"},
	{"darwin", lazyregexp.New(`(?i)darwin/`), "macOS or iOS"},
}

// systemOf returns which system a text speaks for; "" for none.
func systemOf(text string) string {
	lower := strings.ToLower(text)
	for i := range systems {
		s := &systems[i]
		if !strings.Contains(lower, s.text) {
			continue
		}
		found := s.sign.FindStringSubmatch(text)
		if found == nil {
			continue
		}
		if len(found) > 1 {
			return s.system + " " + found[1]
		}
		return s.system
	}
	return ""
}

// systemOfTTL guesses a system by the time to live that its packets begin with: hosts are seldom more than 30 hops away.
func systemOfTTL(ttl uint8) string {
	switch {
	case ttl > 128: // routers, Solaris, and what stands before many servers
		return ""
	case ttl > 64:
		return "Windows"
	case ttl > 32:
		return "Unix"
	}
	return ""
}

// productOf returns what the first words of a server say that it is; "" where they do not.
func productOf(speaks packet.Service, b []byte) string {
	switch speaks {
	case packet.ServiceSSH:
		return clean(application.Banner(b))
	case packet.ServiceHTTP:
		var h application.HTTP
		if h.Read(b) && !h.Request {
			return clean(h.Server)
		}
	case packet.ServiceSMTP, packet.ServiceFTP, packet.ServiceIMAP, packet.ServicePOP3:
		line, _, _ := bytes.Cut(b, []byte("\r\n"))
		for _, code := range []string{"220 ", "220-", "* OK ", "+OK "} {
			if text, ok := bytes.CutPrefix(line, []byte(code)); ok {
				return clean(text)
			}
		}
	case packet.ServiceMySQL:
		const greeting = 10 // protocol 10: a version that ends in zero follows
		if len(b) > 5 && b[4] == greeting {
			version, _, _ := bytes.Cut(b[5:], []byte{0})
			return clean(version)
		}
	case packet.ServiceVNC:
		return clean(bytes.TrimRight(b[:min(len(b), 12)], "\n"))
	case packet.ServiceRTSP, packet.ServiceSIP, packet.ServiceSSDP:
		for line := range bytes.Lines(b[:min(len(b), 2048)]) {
			if name, value, ok := bytes.Cut(line, []byte(":")); ok && bytes.EqualFold(name, []byte("server")) {
				return clean(bytes.TrimSpace(value))
			}
		}
	}
	return ""
}

// sayingOf returns what the first words of a client say of it.
func sayingOf(speaks packet.Service, b []byte) (saying, string) {
	switch speaks {
	case packet.ServiceSSH:
		return saySSH, clean(application.Banner(b))
	case packet.ServiceHTTP:
		var h application.HTTP
		if h.Read(b) && h.Request {
			return sayAgent, clean(h.UserAgent)
		}
	}
	return 0, ""
}
