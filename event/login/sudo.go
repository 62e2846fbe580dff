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
	sudoDone    = lazyregexp.New(`^\s*(\S+) : (?:[A-Z]+=[^;]* ; )*USER=\S+ ; (?:[A-Z]+=[^;]* ; )*COMMAND=`)
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
	if m := sudoDone.FindStringSubmatch(text); m != nil {
		return attempt{result: packet.AuthSuccess, user: m[1]}, true
	}
	return attempt{}, false
}

// su of util-linux, of shadow, and of BSD. Some write two lines of one attempt, so that the shorter one waits.
var (
	suFailedUtil = lazyregexp.New(`^FAILED SU \(to (.*)\) \S+ on \S+$`)
	suDoneUtil   = lazyregexp.New(`^\(to (.*)\) \S+ on \S+$`)
	suFailed     = lazyregexp.New(`^FAILED su for (.*) by \S+$`)
	suDone       = lazyregexp.New(`^Successful su for (.*) by \S+$`)
	suMark       = lazyregexp.New(`^([+-]) \S+ [^\s:]+[:-](.*)$`)
	suBSD        = lazyregexp.New(`^(BAD SU )?\S+ to (\S+) on \S+$`)
)

// markWait is how long a line waits for the other one that is written with it.
const markWait = 3 * time.Second

// parseSu reads a message of su. auth.user is the account that was asked for.
func parseSu(text string) (a attempt, ok bool) {
	if a, ok := parsePAM(text, "su"); ok {
		a.wait = pamWait
		return a, true
	}
	if a, ok := parsePAM(text, "su-l"); ok {
		a.service, a.wait = "su", pamWait
		return a, true
	}
	failed := func(user string) (attempt, bool) {
		return attempt{result: packet.AuthFailure, user: user, method: "password", reason: reasonCredential}, true
	}
	if m := suFailedUtil.FindStringSubmatch(text); m != nil {
		return failed(m[1])
	}
	if m := suFailed.FindStringSubmatch(text); m != nil {
		return failed(m[1])
	}
	if m := suDoneUtil.FindStringSubmatch(text); m != nil {
		return attempt{result: packet.AuthSuccess, user: m[1]}, true
	}
	if m := suDone.FindStringSubmatch(text); m != nil {
		return attempt{result: packet.AuthSuccess, user: m[1]}, true
	}
	if m := suMark.FindStringSubmatch(text); m != nil {
		if m[1] == "+" {
			return attempt{result: packet.AuthSuccess, user: m[2], wait: markWait}, true
		}
		a, ok = failed(m[2])
		a.wait = markWait
		return a, ok
	}
	if m := suBSD.FindStringSubmatch(text); m != nil {
		if m[1] != "" {
			return failed(m[2])
		}
		return attempt{result: packet.AuthSuccess, user: m[2]}, true
	}
	return attempt{}, false
}
