package login

import (
	"strings"

	"github.com/ruleids/ruleids/internal/lazyregexp"
	"github.com/ruleids/ruleids/packet"
)

// dovecot's login processes tell of a connection when it ends, or when somebody came in. "rip" is the client, and comes behind
// the name, which is the client's.
var (
	dovecotPrefix = lazyregexp.New(`^(?:dovecot: )?(?:imap|pop3|managesieve|submission)-login: (?:Info: )?`)
	dovecotNone   = lazyregexp.New(`^(?:Info: )?`)
	dovecotEnd    = lazyregexp.New(`^(Login aborted|Login|Disconnected|Aborted login|Logged in|Logged out|Maximum number of connections[^:(]*)(?:: [^()<>]*?)?:? ?(?:\(([^()]*)\))?(?: \(\w+\))?(?:: ?| )user=<(.*)>, (?:method=([^,]+), )?rip=([0-9A-Fa-f:.]+), lip=([0-9A-Fa-f:.]+)`)
	dovecotFailed = lazyregexp.New(`auth failed, (\d+) attempts?`)
)

// parseDovecot reads a message of dovecot. How many attempts a connection made is in it.
func parseDovecot(text string) (attempt, bool) {
	if p := dovecotPrefix.FindString(text); p != "" {
		text = text[len(p):]
	} else {
		text = text[len(dovecotNone.FindString(text)):]
	}
	m := dovecotEnd.FindStringSubmatch(text)
	if m == nil {
		return attempt{}, false
	}
	a := attempt{user: m[3], method: strings.ToLower(m[4]), src: parseEnd(m[5], ""), dst: parseEnd(m[6], "")}
	if m[1] == "Login" || m[1] == "Logged in" { // before and from 2.4 on
		a.result = packet.AuthSuccess
		return a, true
	}
	if f := dovecotFailed.FindStringSubmatch(m[2]); f != nil {
		a.result, a.reason, a.count = packet.AuthFailure, reasonCredential, bounded(f[1], maxRepeats)
		return a, true
	}
	switch {
	case strings.Contains(m[2], "user disabled"), strings.Contains(m[2], "disallowed plaintext"), strings.Contains(m[2], "proxy dest auth failed"):
		a.result, a.reason = packet.AuthFailure, reasonAllowed
	case a.user == "" && m[2] != "":
		a.result = packet.AuthProbe
	default:
		return attempt{}, false
	}
	return a, true
}

// postfix names the client by DNS and by address; the name is what DNS says of the address.
var (
	postfixFailed = lazyregexp.New(`^(?:warning: )?[^\s\[\]]*\[([0-9A-Fa-f:.]+)\](?::(\d+))?: SASL (\S+) authentication failed(?:: (.*))?$`)
	postfixUser   = lazyregexp.New(`, sasl_username=(.*)$`)
	postfixDone   = lazyregexp.New(`^[0-9A-Za-z]+: client=[^\s\[\]]*\[([0-9A-Fa-f:.]+)\](?::(\d+))?, sasl_method=([^,]+), sasl_username=(.*?)(?:, sasl_sender=.*)?$`)
)

// parsePostfix reads a message of postfix: SASL in smtpd.
func parsePostfix(text string) (attempt, bool) {
	if m := postfixFailed.FindStringSubmatch(text); m != nil {
		a := attempt{result: packet.AuthFailure, method: strings.ToLower(m[3]), reason: reasonCredential, src: parseEnd(m[1], m[2])}
		if strings.HasPrefix(m[4], "Connection lost") {
			a.reason = "" // the server that is asked was away
		}
		if u := postfixUser.FindStringSubmatch(m[4]); u != nil {
			if a.user = u[1]; a.user == "(unavailable)" {
				a.user = ""
			}
		}
		return a, true
	}
	if m := postfixDone.FindStringSubmatch(text); m != nil {
		return attempt{result: packet.AuthSuccess, user: m[4], method: strings.ToLower(m[3]), src: parseEnd(m[1], m[2])}, true
	}
	return attempt{}, false
}
