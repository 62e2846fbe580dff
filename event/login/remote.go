package login

import (
	"cmp"

	"github.com/ruleids/ruleids/internal/lazyregexp"
	"github.com/ruleids/ruleids/packet"
)

// Xvnc of TigerVNC and RealVNC, and libvncserver (x11vnc). VNC itself has no names of accounts.
var (
	vncClosed = lazyregexp.New(`^\s*(?:VNCSConnST|SConnection|Connections|AuthFailure): +(?:closing|closed|disconnected):? (\S+?):? \(?(?:\[AuthFailure\] )?(?:Authentication fail(?:ure|ed)|Either the username was not recognised, or the password was incorrect)\)?\.?$`)
	vncFailed = lazyregexp.New(`^\s*(?:rfbAuthProcessClientMessage: )?[Aa]uthentication failed (?:from|for) (\S+)$`)
	vncDone   = lazyregexp.New(`^\s*Connections: authenticated: (\S+?), as (?:(.*) )?\(.*permissions?\)$`)
)

// parseVNC reads a message of a VNC server.
func parseVNC(text string) (attempt, bool) {
	if m := vncClosed.FindStringSubmatch(text); m != nil {
		// TigerVNC says so of the connection and of the list of them.
		return attempt{result: packet.AuthFailure, method: "vnc", reason: reasonCredential, src: parsePair(m[1]), wait: markWait}, true
	}
	if m := vncFailed.FindStringSubmatch(text); m != nil {
		return attempt{result: packet.AuthFailure, method: "vnc", reason: reasonCredential, src: parsePair(m[1])}, true
	}
	if m := vncDone.FindStringSubmatch(text); m != nil {
		return attempt{result: packet.AuthSuccess, user: m[2], method: "vnc", src: parsePair(m[1])}, true
	}
	return attempt{}, false
}

// openvpn begins a message with the client's address, before which stands, once it is known, its common name.
var (
	openvpnLine   = lazyregexp.New(`^(?:\d+ )?(?:(\S*?)/)?((?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|\[[0-9A-Fa-f:.]+\]|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+):\d{1,5}) (?:SENT CONTROL|TLS|VERIFY|MULTI|\[)`)
	openvpnFailed = lazyregexp.New(`^TLS Auth Error: Auth Username/Password (?:verification failed for peer|was not provided by peer)`)
	openvpnName   = lazyregexp.New(`^TLS: Username/[Pp]assword authentication (succeeded|failed) for username '(.*)'`)
	openvpnVerify = lazyregexp.New(`^VERIFY ERROR: depth=\d+, error=([^:]*)(?:: (?:.*\b)?CN ?= ?([^,/]*)|: |$)`)
	openvpnDone   = lazyregexp.New(`^MULTI: primary virtual IP for (?:(.*)/)?(\S+): \S+$`)
)

// parseOpenVPN reads a message of an OpenVPN server.
func parseOpenVPN(text string) (attempt, bool) {
	p := openvpnLine.FindStringSubmatchIndex(text)
	if p == nil {
		return attempt{}, false
	}
	name := ""
	if p[2] >= 0 {
		name = text[p[2]:p[3]]
	}
	message := text[p[5]+1:]
	a := attempt{result: packet.AuthFailure, user: name, src: parsePair(text[p[4]:p[5]])}
	if openvpnFailed.MatchString(message) {
		a.method, a.reason = "password", reasonCredential
		return a, true
	}
	if m := openvpnName.FindStringSubmatch(message); m != nil {
		if m[1] == "succeeded" {
			return attempt{}, false // that it came in is told later, once its certificate is known as well
		}
		a.user, a.method, a.reason, a.wait = m[2], "password", reasonCredential, markWait
		return a, true
	}
	if m := openvpnVerify.FindStringSubmatch(message); m != nil {
		a.user, a.method, a.reason = m[2], "certificate", reasonCredential
		return a, true
	}
	if m := openvpnDone.FindStringSubmatch(message); m != nil {
		a.result, a.method = packet.AuthSuccess, "certificate"
		a.user = cmp.Or(a.user, m[1])
		return a, true
	}
	return attempt{}, false
}
