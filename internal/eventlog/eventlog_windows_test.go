package eventlog

import (
	"strings"
	"testing"
)

// TestReport registers the source, writes an event of each number, of which one is too long and one has a NUL, and takes the
// source away, twice.
func TestReport(t *testing.T) {
	if err := Install(); err != nil {
		t.Skipf("it needs an administrator: %v", err)
	}
	l, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []ID{Started, Stopped, Failed, Critical, High, Medium, Low} {
		for _, text := range []string{"what happened", "a\x00b", strings.Repeat("ä", 40_000)} {
			if err := l.Report(id, text); err != nil {
				t.Errorf("event %d: %v", id, err)
			}
		}
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := Remove(); err != nil {
			t.Error(err)
		}
	}
}
