package login

import (
	"github.com/ruleids/ruleids/internal/lazyregexp"
	"github.com/ruleids/ruleids/packet"
)

const (
	serviceConsole = "login"
	serviceLogind  = "systemd-logind"
)

// login of shadow quotes names and terminals, that of util-linux does not. After "FOR" stands what somebody typed.
var (
	consoleFailed  = lazyregexp.New(`^(?:FAILED LOGIN (?:\(?\d+\)?|SESSION)|TOO MANY LOGIN TRIES \(\d+\))(?: on '([^']*)')?(?: [Ff][Rr][Oo][Mm] '?([^' ]+)'?)? FOR '?(.*?)'?, ([^,]*)$`)
	consoleInvalid = lazyregexp.New(`^invalid password for '(.*)' on '[^']*'(?: from '([^']*)')?$`)
)

// consoleForms are those of logins that went well.
var consoleForms = []form{
	{lazyregexp.New(`^ROOT LOGIN\s+ON '?[^' ]+'?(?: FROM '?(?P<ip>[^' ]+)'?)?$`), attempt{result: packet.AuthSuccess, user: "root"}},
	{lazyregexp.New(`^ROOT LOGIN\s+on '[^']+'(?: from '(?P<ip>[^']+)')?$`), attempt{result: packet.AuthSuccess, user: "root"}},
	{lazyregexp.New(`^(?:LOGIN ON|DIALUP AT) \S+ BY (?P<user>\S+)(?: FROM (?P<ip>\S+))?$`), success},
	{lazyregexp.New(`^pam_unix\(login:session\): session opened for user (?P<user>[^\s(]+)`), attempt{result: packet.AuthSuccess, wait: markWait}},
}

// parseConsole reads a message of login: at a terminal, or behind telnetd.
func parseConsole(text string) (attempt, bool) {
	if a, ok := parsePAM(text, "login"); ok {
		a.wait = pamWait
		return a, true
	}
	if m := consoleFailed.FindStringSubmatch(text); m != nil {
		a := attempt{result: packet.AuthFailure, user: m[3], method: "password", reason: reasonCredential, src: parseEnd(m[2], "")}
		if m[4] == "User not known to the underlying authentication module" {
			if a.reason = reasonUser; a.user == "UNKNOWN" || a.user == "(unknown)" {
				a.user = "" // login does not write what may be a password
			}
		}
		return a, true
	}
	if m := consoleInvalid.FindStringSubmatch(text); m != nil {
		a := attempt{result: packet.AuthFailure, user: m[1], method: "password", reason: reasonCredential, src: parseEnd(m[2], "")}
		if a.user == "UNKNOWN" {
			a.user, a.reason = "", reasonUser
		}
		return a, true
	}
	return readForms(text, consoleForms)
}

var logindSession = lazyregexp.New(`^New session '?[^' ]+'? of user '?([^' ]+?)'?(?: with class '([^']*)'.*)?\.$`)

// logindUsers are the classes of sessions of people (sd_session_get_class(3)). Those of the manager of their services, of
// programs in the background and of the screen that asks for the password are no logins.
var logindUsers = map[string]bool{"": true, "user": true, "user-early": true, "user-light": true, "user-early-light": true, "user-incomplete": true}

// parseLogind reads that a session began, which counts where no program has said who came in.
func parseLogind(text string) (attempt, bool) {
	if m := logindSession.FindStringSubmatch(text); m != nil && logindUsers[m[2]] {
		return attempt{result: packet.AuthSuccess, user: m[1], wait: markWait}, true
	}
	return attempt{}, false
}
