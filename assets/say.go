package assets

import (
	"bytes"
	"regexp"
	"strings"

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
	m.change(h)
}

// systems are what texts say of the system that they come from, the narrower first. A group of the pattern is the version.
var systems = []struct {
	text   string // in the pattern, in lower case: most texts have none
	sign   *regexp.Regexp
	system string
}{
	{"windows nt", regexp.MustCompile(`(?i)windows nt 10\.0`), "Windows 10 or later"},
	{"windows nt", regexp.MustCompile(`(?i)windows nt 6\.[23]`), "Windows 8"},
	{"windows nt", regexp.MustCompile(`(?i)windows nt 6\.1`), "Windows 7"},
	{"windows nt", regexp.MustCompile(`(?i)windows nt 6\.0`), "Windows Vista"},
	{"windows nt", regexp.MustCompile(`(?i)windows nt 5\.[12]`), "Windows XP"},
	{"android", regexp.MustCompile(`(?i)android(?:-dhcp)?[- ](\d+)`), "Android"},
	{"android", regexp.MustCompile(`(?i)android`), "Android"},
	{"iphone os", regexp.MustCompile(`(?i)iphone os (\d+)`), "iOS"},
	{"cpu os", regexp.MustCompile(`(?i)cpu os (\d+)`), "iPadOS"},
	{"mac os x", regexp.MustCompile(`(?i)mac os x`), "macOS"},
	{"aaplbsdpc", regexp.MustCompile(`AAPLBSDPC`), "macOS"},
	{"cros ", regexp.MustCompile(`(?i)cros `), "ChromeOS"},
	{"msft ", regexp.MustCompile(`^MSFT `), "Windows"},
	{"microsoft-", regexp.MustCompile(`Microsoft-(?:IIS|HTTPAPI|CryptoAPI|WNS|Delivery)`), "Windows"},
	{"for_windows", regexp.MustCompile(`(?i)for_windows`), "Windows"},
	{"(win", regexp.MustCompile(`(?i)\(win(?:32|64)\)`), "Windows"},
	{"raspbian", regexp.MustCompile(`(?i)raspbian`), "Raspbian"},
	{"+deb", regexp.MustCompile(`(?i)\+deb(\d+)`), "Debian"},
	{"debian", regexp.MustCompile(`(?i)debian`), "Debian"},
	{"ubuntu", regexp.MustCompile(`(?i)ubuntu`), "Ubuntu"},
	{"centos", regexp.MustCompile(`(?i)centos`), "CentOS"},
	{"red hat", regexp.MustCompile(`(?i)red hat`), "Red Hat"},
	{"fedora", regexp.MustCompile(`(?i)fedora`), "Fedora"},
	{"alpine", regexp.MustCompile(`(?i)alpine`), "Alpine Linux"},
	{"freebsd", regexp.MustCompile(`(?i)freebsd`), "FreeBSD"},
	{"openbsd", regexp.MustCompile(`OpenBSD`), "OpenBSD"},
	{"netbsd", regexp.MustCompile(`NetBSD`), "NetBSD"},
	{"rosssh", regexp.MustCompile(`ROSSSH`), "RouterOS"},
	{"cisco", regexp.MustCompile(`(?i)cisco`), "Cisco IOS"},
	{"dropbear", regexp.MustCompile(`(?i)dropbear`), "Linux"},
	{"udhcp", regexp.MustCompile(`(?i)^udhcp`), "Linux"},
	{"linux", regexp.MustCompile(`(?i)linux`), "Linux"},
	{"darwin", regexp.MustCompile(`(?i)darwin/`), "macOS or iOS"},
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
