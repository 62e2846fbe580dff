package login

import (
	"net/netip"
	"strings"

	"github.com/ruleids/ruleids/internal/lazyregexp"
	"github.com/ruleids/ruleids/packet"
)

// nginx writes the name of Basic authentication, then the client, then the client's request: both the name and the request may
// hold ", client: " and an address (nginx, src/http/modules/ngx_http_auth_basic_module.c).
var (
	nginxUser   = lazyregexp.New(`^(?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d )?(?:\[\w+\] )?(?:\d+#\d+: )?(?:\*\d+ )?user "(.*?)"(: password mismatch| was not found in "[^"]*"), client: `)
	nginxPAM    = lazyregexp.New(`^(?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d )?(?:\[\w+\] )?(?:\d+#\d+: )?(?:\*\d+ )?PAM: user '(.*?)'( - not authenticated: ).*, client: `)
	nginxNobody = lazyregexp.New(`^(?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d )?(?:\[\w+\] )?(?:\d+#\d+: )?(?:\*\d+ )?no user/password was provided for basic authentication, client: ([0-9A-Fa-f:.]+), server: `)
	nginxClient = lazyregexp.New(`, client: ([0-9A-Fa-f:.]+), server: `)
)

// parseNginx reads a message of nginx's error log.
func parseNginx(text string) (attempt, bool) {
	m := nginxUser.FindStringSubmatch(text)
	if m == nil {
		m = nginxPAM.FindStringSubmatch(text)
	}
	if m != nil {
		a := attempt{result: packet.AuthFailure, user: m[1], method: "basic", reason: reasonCredential}
		if strings.HasPrefix(m[2], " was") {
			a.reason = reasonUser
		}
		var clients []netip.AddrPort
		for _, c := range nginxClient.FindAllStringSubmatch(text, -1) {
			clients = append(clients, parseEnd(c[1], ""))
		}
		a.src = agreed(clients)
		return a, true
	}
	if m := nginxNobody.FindStringSubmatch(text); m != nil {
		return attempt{result: packet.AuthProbe, src: parseEnd(m[1], "")}, true // the browser asks for a name after this
	}
	return attempt{}, false
}

// apache writes the client first, in brackets that nothing of the client comes before.
var (
	apacheError  = lazyregexp.New(`^(?:\[[\w.-]+:\w+\] |\[\w+\] )?(?:\[pid \d+(?::tid \d+)?\] )?(?:\([^)]*\)[^\[]*: )?\[(?:remote|client) (\[[^\s\]]+\]:\d+|[^\s\]]+)\] (?:AH(\d{5}): )?(.*)$`)
	apacheBasic  = lazyregexp.New("^(?:Digest: )?user [`']?(.*?)'?(?: in realm `.*')?(?:: (authentication failure for \"|password mismatch: )| (not found)(?:: |$)| denied by provider: )")
	apacheAccess = lazyregexp.New(`^(?:Authorization of )?user (.*?)(?:: authorization failure for "| not allowed access:| to access .* failed, reason: )`)
)

// parseApache reads a message of Apache's error log.
func parseApache(text string) (attempt, bool) {
	e := apacheError.FindStringSubmatch(text)
	if e == nil {
		return attempt{}, false
	}
	a := attempt{result: packet.AuthFailure, method: "basic", reason: reasonCredential, src: parsePair(e[1])}
	if whole := parseEnd(e[1], ""); e[2] == "" && whole.IsValid() {
		a.src = whole // before 2.4 there is no port, and the end of an IPv6 address may look like one
	}
	if strings.Contains(e[3][:min(len(e[3]), 8)], "Digest") || e[2] == "01790" || e[2] == "01794" || strings.HasPrefix(e[3], "user `") {
		a.method = "digest"
	}
	if m := apacheBasic.FindStringSubmatch(e[3]); m != nil {
		if a.user = m[1]; m[3] != "" {
			a.reason = reasonUser
		}
		return a, true
	}
	if m := apacheAccess.FindStringSubmatch(e[3]); m != nil {
		a.user, a.reason = m[1], reasonAllowed
		return a, true
	}
	return attempt{}, false
}

// The access log of both, in the forms "common" and "combined": the client comes first, its name in the third place.
var accessLine = lazyregexp.New(`^(\S+) \S+ (.*?) \[(\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "(?:[^"\\]|\\.)*" (\d{3}) `)

// parseAccess reads a line of an access log that is of a login: the answer 401 (RFC 9110, section 15.5.2) to a name, or to none.
func parseAccess(line string) (attempt, bool) {
	m := accessLine.FindStringSubmatch(line)
	if m == nil || m[4] != "401" {
		return attempt{}, false
	}
	a := attempt{service: "http", result: packet.AuthFailure, user: m[2], reason: reasonCredential, src: parseEnd(m[1], "")}
	if a.user == "-" {
		a = attempt{service: "http", result: packet.AuthProbe, src: a.src}
	}
	return a, true
}
