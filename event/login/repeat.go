package login

import (
	"strconv"
	"strings"

	"github.com/ruleids/ruleids/internal/lazyregexp"
)

// rsyslog and systemd join equal messages in a row, as "message repeated 2 times: [ Failed password …]"; syslogd of BSD and
// busybox writes "last message repeated 2 times" instead.
var (
	joinedMessages = lazyregexp.New(`^message repeated (\d{1,9}) times?: \[ ?(.*)\]$`)
	lastMessage    = lazyregexp.New(`^(?:--- )?last message repeated (\d{1,9}) times?(?: ---)?$`)
)

// unrepeated returns the message that was joined, and how often it came.
func unrepeated(text string) (message string, times int, ok bool) {
	if !strings.HasPrefix(text, "message repeated ") {
		return "", 0, false
	}
	m := joinedMessages.FindStringSubmatch(text)
	if m == nil {
		return "", 0, false
	}
	return m[2], bounded(m[1], maxRepeats), true
}

// repeats returns how often the last message of a host came again.
func repeats(l *Line) (times int, ok bool) {
	text := l.Text
	if !strings.Contains(text, "last message repeated") {
		return 0, false
	}
	m := lastMessage.FindStringSubmatch(text)
	if m == nil {
		return 0, false
	}
	return bounded(m[1], maxRepeats), true
}

// bounded returns the number in digits, at most limit.
func bounded(digits string, limit int) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return limit
	}
	return min(n, limit)
}
