package login

import (
	"testing"
	"time"
)

func TestTimes(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Skip(err)
	}
	for line, want := range map[string]string{
		"Nov 29 10:00:00 h sshd[1]: x":                          "2026-11-29T09:00:00Z",
		"Nov  9 10:00:00 h sshd[1]: x":                          "2026-11-09T09:00:00Z",
		"Jul 29 10:00:00.5 h sshd[1]: x":                        "2026-07-29T08:00:00.5Z",
		"Dec 24 10:00:00 h sshd[1]: x":                          "2025-12-24T09:00:00Z", // not in the future
		"Dec  1 10:00:00 h sshd[1]: x":                          "2026-12-01T09:00:00Z", // a clock may be ahead
		"Feb 29 10:00:00 h sshd[1]: x":                          "2024-02-29T09:00:00Z",
		"Nov 29 2025 10:00:00 h sshd[1]: x":                     "2025-11-29T09:00:00Z",
		"<86>Nov 29 10:00:00 h sshd[1]: x":                      "2026-11-29T09:00:00Z",
		"2026-11-29T10:00:00.123456+00:00 h sshd[1]: x":         "2026-11-29T10:00:00.123456Z",
		"2026-11-29T10:00:00+0530 h sshd[1]: x":                 "2026-11-29T04:30:00Z",
		"2026-11-29T10:00:00-04:00 h sshd[1]: x":                "2026-11-29T14:00:00Z",
		"2026-11-29T10:00:00Z h sshd[1]: x":                     "2026-11-29T10:00:00Z",
		"2026-11-29 10:00:00 h sshd[1]: x":                      "2026-11-29T09:00:00Z",
		"2026-11-29 10:00:00,5 h sshd[1]: x":                    "2026-11-29T09:00:00.5Z",
		"Sun 2026-11-29 10:00:00 UTC h sshd[1]: x":              "2026-11-29T10:00:00Z",
		"Sun Nov 29 10:00:00 2026 authpriv.info sshd[1]: x":     "2026-11-29T09:00:00Z",
		"1764410400.123456 h sshd[1]: x":                        "2025-11-29T10:00:00.123456Z",
		"<38>1 2026-07-08T17:40:16.954167-04:00 h sshd 1 - - x": "2026-07-08T21:40:16.954167Z",
	} {
		f := Format{Location: berlin, Reference: reference}
		l := f.Parse(line)
		if got := l.Time.UTC().Format(time.RFC3339Nano); got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
		if l.Program != "sshd" || l.Text != "x" {
			t.Errorf("%s: program %q, text %q", line, l.Program, l.Text)
		}
	}
}
