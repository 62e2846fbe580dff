package login

import (
	"testing"
	"time"
)

func TestUnifiedLog(t *testing.T) {
	f := Format{Location: time.UTC}
	const sshd = `{"traceID":1,"eventMessage":"Failed password for root from 198.51.100.7 port 40001 ssh2","eventType":"logEvent","source":null,` +
		`"formatString":"%{public}s","userID":0,"activityIdentifier":0,"subsystem":"","category":"","threadID":4711,` +
		`"senderImageUUID":"C0","backtrace":{"frames":[{"imageOffset":1,"imageUUID":"C0"}]},"bootUUID":"","processImagePath":"\/usr\/libexec\/sshd-session",` +
		`"senderImagePath":"\/usr\/libexec\/sshd-session","timestamp":"2026-11-29 11:00:01.250000+0100","machTimestamp":1,"messageType":"Default","processImageUUID":"C0","processID":811,"timezoneName":""}`
	l := f.Parse(sshd)
	want := time.Date(2026, 11, 29, 10, 0, 1, 250_000_000, time.UTC)
	if !l.Time.Equal(want) || l.Program != "sshd-session" || l.PID != "811" || l.Text != "Failed password for root from 198.51.100.7 port 40001 ssh2" {
		t.Errorf("%+v", l)
	}
	tracker := New(nil)
	events := tracker.Line(&l)
	events = append(events, tracker.Expire(want.Add(time.Minute))...)
	if len(events) != 1 || events[0].User != "root" || events[0].Result != "failure" {
		t.Errorf("%+v", events)
	}
	for name, raw := range map[string]string{
		"another account": `{"eventMessage":"Accepted publickey for root from 198.51.100.7 port 1 ssh2","userID":501,"processImagePath":"/tmp/sshd","timestamp":"2026-11-29 11:00:01.250000+0100","processID":1}`,
		"no account":      `{"eventMessage":"Accepted publickey for root from 198.51.100.7 port 1 ssh2","processImagePath":"/tmp/sshd","timestamp":"2026-11-29 11:00:01.250000+0100","processID":1}`,
	} {
		if l := f.Parse(raw); l.Program != "" {
			t.Errorf("%s: %+v", name, l)
		}
	}
	// What log says before, and an end in the middle, are no entries.
	for _, raw := range []string{`Filtering the log data using "process == \"sshd\""`, sshd[:200], `{"timestamp":"yesterday","processImagePath":"/usr/sbin/sshd"}`} {
		if l := f.Parse(raw); l.Program == "sshd" || l.Program == "sshd-session" {
			t.Errorf("%+v", l)
		}
	}
}
