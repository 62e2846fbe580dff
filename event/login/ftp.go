package login

import (
	"net/netip"
	"time"

	"github.com/ruleids/ruleids/internal/lazyregexp"
	"github.com/ruleids/ruleids/packet"
)

// ftpWait is how long what PAM says of a password waits for the server's own line, which may go to another log.
const ftpWait = 5 * time.Second

// vsftpd writes "[pid 2] [bob] FAIL LOGIN: Client "192.0.2.1"". The name comes first and is the client's, as is the password of
// an anonymous login, which comes last.
var (
	vsftpdLogin = lazyregexp.New(`^(?:\[pid \d+\] )?\[(.*)\] (OK|FAIL) LOGIN: Client "([^"]+)"(?:, "([^"]*)")?$`)
	vsftpdGuest = lazyregexp.New(`^(?:\[pid \d+\] )?\[(ftp|anonymous)\] OK LOGIN: Client "([^"]+)", anon password ".*"$`)
)

// parseVsftpd reads a message of vsftpd.
func parseVsftpd(text string) (attempt, bool) {
	if a, ok := parsePAM(text, "vsftpd"); ok {
		a.wait = ftpWait
		return a, true
	}
	m, g := vsftpdLogin.FindStringSubmatch(text), vsftpdGuest.FindStringSubmatch(text)
	switch {
	case m != nil && g != nil:
		return attempt{result: packet.AuthSuccess, user: g[1], method: "anonymous", src: agreed([]netip.AddrPort{parseEnd(m[3], ""), parseEnd(g[2], "")})}, true
	case g != nil:
		return attempt{result: packet.AuthSuccess, user: g[1], method: "anonymous", src: parseEnd(g[2], "")}, true
	case m == nil:
		return attempt{}, false
	case m[2] == "OK":
		return attempt{result: packet.AuthSuccess, user: m[1], method: "password", src: parseEnd(m[3], "")}, true
	}
	a := attempt{result: packet.AuthFailure, user: m[1], method: "password", reason: reasonCredential, src: parseEnd(m[3], "")}
	if m[4] != "" { // "User is not in the allow user list."
		a.reason = reasonAllowed
	}
	return a, true
}

// proftpd begins each message with the client: "ftp.example (client.example[192.0.2.1]) - ". The name in front of the brackets
// is what DNS says of the address.
var (
	proftpdSession = lazyregexp.New(`^(?:\S+ )?\([^\s\[\]()]*\[([0-9A-Fa-f:.]+)\]\)(?: -|:) (.*)$`)
	proftpdUser    = lazyregexp.New(`^USER (.*)(?:: no such user found from \S+ \[[^\]]*\] to (\S+)| \(Login failed\): (.*))$`)
	proftpdDone    = lazyregexp.New(`^(?:ANON|USER) (.*): Login successful\.?$`)
	proftpdRoot    = lazyregexp.New(`^SECURITY VIOLATION: [Rr]oot login attempted\.?$`)
)

// parseProftpd reads a message of proftpd.
func parseProftpd(text string) (attempt, bool) {
	if a, ok := parsePAM(text, "proftpd"); ok {
		a.wait = ftpWait
		return a, true
	}
	s := proftpdSession.FindStringSubmatch(text)
	if s == nil {
		return attempt{}, false
	}
	src := parseEnd(s[1], "")
	if m := proftpdUser.FindStringSubmatch(s[2]); m != nil {
		a := attempt{result: packet.AuthFailure, user: m[1], method: "password", reason: reasonCredential, src: src}
		switch {
		case m[2] != "":
			a.reason, a.dst = reasonUser, parsePair(m[2])
		case m[3] != "Incorrect password" && m[3] != "Incorrect password.":
			a.reason = reasonAllowed
		}
		return a, true
	}
	if m := proftpdDone.FindStringSubmatch(s[2]); m != nil {
		return attempt{result: packet.AuthSuccess, user: m[1], method: "password", src: src}, true
	}
	if proftpdRoot.MatchString(s[2]) {
		return attempt{result: packet.AuthFailure, user: "root", method: "password", reason: reasonAllowed, src: src}, true
	}
	return attempt{}, false
}
