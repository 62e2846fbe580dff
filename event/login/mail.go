package login

import (
	"strings"

	"github.com/ruleids/ruleids/internal/lazyregexp"
	"github.com/ruleids/ruleids/packet"
)

// dovecot's login processes tell of a connection when it ends, or when somebody came in: what became of it, with errors of the
// connection, then the name, which is the client's, and "rip", the client.
var (
	dovecotPrefix = lazyregexp.New(`^(?:dovecot: )?(?:imap|pop3|managesieve|submission)-login: (?:Info: )?`)
	dovecotNone   = lazyregexp.New(`^(?:Info: )?`)
	dovecotEnd    = lazyregexp.New(`^((?:Login|Logged|Disconnected|Aborted|Maximum|Client|Remote|Connection|Inactivity|Too many)\b.*?)(?:: ?| )(?:user=<(.*)>, )?(?:method=([^,]+), )?rip=([0-9A-Fa-f:.]+)(?:, lip=([0-9A-Fa-f:.]+))?(?:,|$)`)
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
	how := m[1]
	a := attempt{user: m[2], method: strings.ToLower(m[3]), src: parseEnd(m[4], ""), dst: parseEnd(m[5], "")}
	if how == "Login" || how == "Logged in" { // before and from 2.4 on
		a.result = packet.AuthSuccess
		return a, true
	}
	if f := dovecotFailed.FindStringSubmatch(how); f != nil {
		a.result, a.reason, a.count = packet.AuthFailure, reasonCredential, bounded(f[1], maxRepeats)
		return a, true
	}
	switch {
	case strings.Contains(how, "user disabled"), strings.Contains(how, "disallowed plaintext"), strings.Contains(how, "disabled plaintext"), strings.Contains(how, "proxy dest auth failed"):
		a.result, a.reason = packet.AuthFailure, reasonAllowed
	case a.user == "" && strings.Contains(how, "("):
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
