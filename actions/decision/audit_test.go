package decision

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// audited returns the lines of the audit log.
func audited(t *testing.T, path string) []auditLine {
	t.Helper()
	var out []auditLine
	for line := range bytes.Lines(read(t, path)) {
		var l auditLine
		dec := json.NewDecoder(bytes.NewReader(line))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&l); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		out = append(out, l)
	}
	return out
}

func TestAudit(t *testing.T) {
	f := newFixture(t)
	r := byRule(Quarantine, bad, time.Minute)
	r.By.Alert = &Alert{Time: f.clock.Now(), Number: 15}
	f.do(Decided, r)
	f.do(Kept, r)
	f.do(Refused, byRule(Block, "192.0.2.1", 0))
	f.wait(time.Minute)
	f.do(Decided, byPerson(Block, bad, 0))
	f.firewall.Fail(errors.New("no such set"))
	f.do(Released, byPerson(Release, bad, 0))
	f.do(Skipped, r)
	f.do(Absent, byPerson(Release, bad, 0))
	var got []string
	for _, l := range audited(t, f.config.Audit) {
		s := fmt.Sprintf("%s %s %s by %s", l.Event, l.Action, l.Target, l.Origin)
		if l.Alert != nil {
			s += fmt.Sprintf(" alert %d", l.Alert.Number)
		}
		if l.Decision != nil {
			s += fmt.Sprintf(" decision %d", l.Decision.ID)
		}
		if l.Error != "" {
			s += " failed"
		}
		got = append(got, s)
	}
	want := []string{
		"restored  none by restore",
		"decided quarantine 198.51.100.7 by rule port_scan alert 15 decision 1",
		"refused block 192.0.2.1 by rule port_scan",
		"expired quarantine 198.51.100.7 by  decision 1",
		"decided block 198.51.100.7 by person root decision 2",
		"released release 198.51.100.7 by person root decision 2 failed",
		"skipped quarantine 198.51.100.7 by rule port_scan alert 15",
		"absent release 198.51.100.7 by person root",
	}
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		t.Errorf("the log has\n%s\nwant\n%s", g, w)
	}
}

// TestAuditLimit bounds what an attacker can have written by being refused.
func TestAuditLimit(t *testing.T) {
	var log bytes.Buffer
	a, err := openAudit(t.TempDir()+"/audit.jsonl", slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	clock := newClock()
	line := func(e Outcome, by Source) auditLine {
		return auditLine{Time: clock.Now(), Event: string(e), Target: target(bad), Origin: Origin{Source: by}}
	}
	for range 1000 {
		if err := a.write([]auditLine{line(Refused, SourceRule)}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(audited(t, a.path)); n != auditBurst || strings.Count(log.String(), "refused") != n {
		t.Errorf("%d lines, want %d; logged\n%s", n, auditBurst, &log)
	}
	// What changes something, and what a person did, is always there, and says what is missing.
	if err := a.write([]auditLine{line(Decided, SourceRule), line(Refused, SourcePerson)}); err != nil {
		t.Fatal(err)
	}
	lines := audited(t, a.path)
	if len(lines) != auditBurst+2 || lines[auditBurst].Unlogged != 900 || lines[auditBurst+1].Unlogged != 0 {
		t.Errorf("%d lines, %+v", len(lines), lines[auditBurst:])
	}
	clock.add(time.Second)
	for range 50 {
		if err := a.write([]auditLine{line(Skipped, SourceFleet)}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(audited(t, a.path)); n != auditBurst+2+auditRate {
		t.Errorf("%d lines", n)
	}
}

func TestAuditReopen(t *testing.T) {
	f := newFixture(t)
	if err := os.Rename(f.config.Audit, f.config.Audit+".1"); err != nil {
		t.Fatal(err)
	}
	if err := f.ReopenAudit(); err != nil {
		t.Fatal(err)
	}
	f.do(Decided, byRule(Block, bad, 0))
	if got := audited(t, f.config.Audit); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

// TestAuditIsBounded moves a full audit log away, once, and goes on in a new one; closed, it stays closed.
func TestAuditIsBounded(t *testing.T) {
	f := newFixture(t)
	f.audit.file.Limit = 2000
	path := f.config.Audit
	last := 0
	for i := range 40 {
		f.do(Decided, byPerson(Block, fmt.Sprintf("198.51.100.%d", i), 0))
		last = i
		st, err := os.Stat(path)
		if err != nil || st.Size() > 3000 {
			t.Fatalf("%v, %+v", err, st)
		}
	}
	was, is := audited(t, path+".1"), audited(t, path)
	lines := append(was, is...)
	if len(was) == 0 || len(is) == 0 || lines[len(lines)-1].Target != target(fmt.Sprintf("198.51.100.%d", last)) {
		t.Errorf("%d and %d lines, the last %+v", len(was), len(is), lines[len(lines)-1])
	}
	for i := 1; i < len(lines); i++ {
		if lines[i].Target.Prefix().Addr() != lines[i-1].Target.Prefix().Addr().Next() {
			t.Errorf("after %s comes %s", lines[i-1].Target, lines[i].Target)
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 3 { // with the journal
		t.Errorf("%v, %v", err, entries)
	}
	if err := errors.Join(f.Close(), os.Remove(path), f.ReopenAudit()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("closed, and there again: %v", err)
	}
}
