package login

import (
	"time"

	"github.com/ruleids/ruleids/internal/lazyregexp"
	"github.com/ruleids/ruleids/packet"
)

// sudo names the caller, whose password it asks for, first. What follows, the command for one, is the caller's to choose
// (sudo, lib/eventlog/eventlog.c).
var (
	sudoWrong   = lazyregexp.New(`^\s*(\S+) : (\d+) incorrect password attempts? ; `)
	sudoRefused = lazyregexp.New(`^\s*(\S+) : (user NOT in sudoers|user NOT authorized on host|command not allowed|a password is required|no tty present|a terminal is required|authentication failure|account validation failure|password expired)\b[^;]*; `)

	sudoForms = []form{{lazyregexp.New(`^\s*(?P<user>\S+) : (?:[A-Z]+=[^;]* ; )*USER=\S+ ; (?:[A-Z]+=[^;]* ; )*COMMAND=`), success}}
)

// pamWait is how long what PAM says of a password at a terminal waits for the program's own line: as long as a person may take
// to type three passwords.
const pamWait = memory

// parseSudo reads a message of sudo. auth.user is who called it: that is whose password was asked for.
func parseSudo(text string) (attempt, bool) {
	if a, ok := parsePAM(text, "sudo"); ok {
		a.wait = pamWait
		return a, true
	}
	if m := sudoWrong.FindStringSubmatch(text); m != nil {
		return attempt{result: packet.AuthFailure, user: m[1], method: "password", reason: reasonCredential, count: bounded(m[2], maxRepeats)}, true
	}
	if m := sudoRefused.FindStringSubmatch(text); m != nil {
		reason := reasonAllowed
		if m[2] == "authentication failure" || m[2] == "a password is required" {
			reason = reasonCredential
		}
		return attempt{result: packet.AuthFailure, user: m[1], reason: reason}, true
	}
	return readForms(text, sudoForms)
}

// suForms are those of su of util-linux, of shadow, and of BSD. Some write two lines of one attempt, so that the shorter one waits.
var suForms = []form{
	{lazyregexp.New(`^FAILED SU \(to (?P<user>.*)\) \S+ on \S+$`), badPassword},
	{lazyregexp.New(`^FAILED su for (?P<user>.*) by \S+$`), badPassword},
	{lazyregexp.New(`^\(to (?P<user>.*)\) \S+ on \S+$`), success},
	{lazyregexp.New(`^Successful su for (?P<user>.*) by \S+$`), success},
	{lazyregexp.New(`^\+ \S+ [^\s:]+[:-](?P<user>.*)$`), attempt{result: packet.AuthSuccess, wait: markWait}},
	{lazyregexp.New(`^- \S+ [^\s:]+[:-](?P<user>.*)$`), attempt{result: packet.AuthFailure, method: "password", reason: reasonCredential, wait: markWait}},
	{lazyregexp.New(`^BAD SU \S+ to (?P<user>\S+) on \S+$`), badPassword},
	{lazyregexp.New(`^\S+ to (?P<user>\S+) on \S+$`), success},
}

// markWait is how long a line waits for the other one that is written with it.
const markWait = 3 * time.Second

// parseSu reads a message of su. auth.user is the account that was asked for.
func parseSu(text string) (attempt, bool) {
	if a, ok := parsePAM(text, "su"); ok {
		a.wait = pamWait
		return a, true
	}
	if a, ok := parsePAM(text, "su-l"); ok {
		a.service, a.wait = "su", pamWait
		return a, true
	}
	return readForms(text, suForms)
}
