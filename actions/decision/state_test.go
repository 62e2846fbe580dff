package decision

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/internal/stateversion"
)

// TestJournalOfEachVersion opens the journals in testdata/state, each of which a version of the program has written: one decision
// that holds, one that was released, and what a kill left. What is released adds a file.
func TestJournalOfEachVersion(t *testing.T) {
	files, err := filepath.Glob("testdata/state/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatal("there is no journal", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			f := newFixture(t)
			f.Close()
			write(t, f.config.Journal, read(t, file))
			f.clock = newClock()
			f.open()
			defer f.Close()
			list := f.List()
			if len(list) != 1 || list[0].Target.String() != "198.51.100.7" || list[0].Kind != Block || list[0].Rule != "port_scan" || list[0].ID != 1 {
				t.Errorf("%+v", list)
			}
			if len(f.report.Dropped) > 0 {
				t.Errorf("%+v", f.report)
			}
			if v := f.do(Decided, byRule(Quarantine, "203.0.113.9", time.Minute)); v.Decision.ID != 3 {
				t.Errorf("the next number is %d", v.Decision.ID)
			}
		})
	}
}

// TestJournalOfLaterVersion refuses a journal that a later version has written, and leaves it as it is.
func TestJournalOfLaterVersion(t *testing.T) {
	f := newFixture(t)
	f.Close()
	line, err := appendRecord(nil, &record{Op: opStart, Version: journalVersion + 1, At: f.clock.Now()})
	if err != nil {
		t.Fatal(err)
	}
	text := append(line, "what no program before understands\n"...)
	write(t, f.config.Journal, text)
	_, _, err = Open(t.Context(), f.config, Options{Firewall: f.firewall, Host: f.host, Now: f.clock.Now, Elapsed: f.clock.Elapsed, ops: f.ops})
	if !errors.Is(err, stateversion.ErrLater) || !strings.Contains(err.Error(), f.config.Journal) {
		t.Errorf("%v", err)
	}
	if string(read(t, f.config.Journal)) != string(text) {
		t.Error("it was changed")
	}
	if _, err := os.Stat(f.config.Journal + ".damaged"); err == nil {
		t.Error("it is taken for damaged")
	}
}
