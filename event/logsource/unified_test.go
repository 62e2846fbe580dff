package logsource

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/internal/setting"
)

// TestUnifiedLogIsFollowed has a program in place of log, which shows its arguments as an entry and ends.
func TestUnifiedLogIsFollowed(t *testing.T) {
	program := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(program, []byte(`#!/bin/sh
echo "Filtering the log data using \"process BEGINSWITH sshd\""
printf '{"timestamp":"2026-11-29 10:00:01.000001+0000","processImagePath":"/bin/args","eventMessage":"%s %s %s %s %s %s"}\n' "$1" "$2" "$3" "$4" "$5" "$6"
printf '{"timestamp":"2026-11-29 10:00:02.000001+0000","processImagePath":"/usr/libexec/sshd-session","processID":811,"userID":0,"eventMessage":"x"}\n'
`), 0o700); err != nil {
		t.Fatal(err)
	}
	c := setting.New[UnifiedConfig]()
	c.Command = []string{program}
	var programs []string
	for _, l := range collect(t, Spec{"unified", "local", c}, 6, nil) { // it is started again
		_, rest, _ := strings.Cut(l, " ")
		programs = append(programs, rest)
	}
	got := strings.Join(programs[1:3], "\n")
	if got != "args stream --style ndjson --level info --predicate\nsshd-session x" {
		t.Errorf("%q", programs)
	}
}
