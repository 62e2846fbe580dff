package login

import (
	"cmp"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A journalField is a value of a field in the JSON of journalctl: text; the bytes of what is no UTF-8, as numbers; an array of
// them where the field is there several times; null where it is too long.
type journalField string

// UnmarshalJSON implements json.Unmarshaler.
func (f *journalField) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) == nil {
		*f = journalField(s)
		return nil
	}
	var numbers []uint8
	var ints []int
	if json.Unmarshal(data, &ints) == nil {
		for _, n := range ints {
			numbers = append(numbers, uint8(n))
		}
		*f = journalField(numbers)
		return nil
	}
	var several []journalField
	if json.Unmarshal(data, &several) == nil && len(several) > 0 {
		*f = several[0]
	}
	return nil
}

// A journalEntry is a line of journalctl -o json, as far as logins need it.
type journalEntry struct {
	Message    journalField `json:"MESSAGE"`
	Time       journalField `json:"__REALTIME_TIMESTAMP"`
	Cursor     journalField `json:"__CURSOR"`
	Host       journalField `json:"_HOSTNAME"`
	Identifier journalField `json:"SYSLOG_IDENTIFIER"`
	Command    journalField `json:"_COMM"`
	SyslogPID  journalField `json:"SYSLOG_PID"`
	PID        journalField `json:"_PID"`
	UID        journalField `json:"_UID"`
}

// parseJournal reads an entry of the journal. It is not ok where the line is none.
//
// Whoever has an account can send the journal messages in the name of sshd; _UID says who did (systemd.journal-fields(7)).
// Those of others than root are no messages of sshd.
func parseJournal(raw string) (l Line, ok bool) {
	var e journalEntry
	if json.Unmarshal([]byte(raw), &e) != nil || e.Time == "" {
		return l, false
	}
	micros, err := strconv.ParseInt(string(e.Time), 10, 64)
	if err != nil {
		return l, false
	}
	l = Line{Time: time.UnixMicro(micros), Host: string(e.Host), Program: string(e.Identifier), PID: string(e.PID), Text: strings.TrimRight(string(e.Message), "\n")}
	l.Program = cmp.Or(l.Program, string(e.Command))
	l.PID = cmp.Or(l.PID, string(e.SyslogPID))
	if sshdNames[l.Program] && e.UID != "" && e.UID != "0" {
		l.Program = ""
	}
	if !utf8.ValidString(l.Program) {
		l.Program = ""
	}
	return l, true
}
