package honeypot

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/internal/setting"
)

// written returns a journal that runs, and a honeypot that loses its lines.
func written(t *testing.T, path string, limit int64) (*journal, *honeypot) {
	t.Helper()
	j := newJournal(path)
	j.file.Limit = limit
	if err := j.check(); err != nil {
		t.Fatal(err)
	}
	go j.run()
	return j, &honeypot{}
}

// finish closes a journal and returns what the files have.
func finish(t *testing.T, j *journal, paths ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), soon)
	defer cancel()
	if err := j.close(ctx); err != nil {
		t.Error(err)
	}
	var all strings.Builder
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// grown waits for a file to have a text, as others see it.
func grown(t *testing.T, path, want string) {
	t.Helper()
	deadline := time.After(soon)
	for tick := time.Tick(time.Millisecond); ; {
		if got, _ := os.ReadFile(path); string(got) == want {
			return
		}
		select {
		case <-tick:
		case <-deadline:
			got, err := os.ReadFile(path)
			t.Fatalf("%s: %q %v, want %q", path, got, err, want)
		}
	}
}

func TestJournalMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	j, h := written(t, path, maxJournal)
	j.offer(line{h, []byte("a\n")})
	if got := finish(t, j, path); got != "a\n" {
		t.Errorf("%q", got)
	}
	if st, err := os.Stat(path); err != nil || st.Mode() != 0o600 {
		t.Errorf("%v %v", st, err)
	}
}

// TestJournalTornTail goes on after one that was killed in the midst of a line.
func TestJournalTornTail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte("a\nhal"), 0o600); err != nil {
		t.Fatal(err)
	}
	j, h := written(t, path, maxJournal)
	j.offer(line{h, []byte("b\n")})
	if got := finish(t, j, path); got != "a\nhal\nb\n" {
		t.Errorf("%q", got)
	}
}

func TestJournalReopen(t *testing.T) {
	dir := t.TempDir()
	path, old := filepath.Join(dir, "log"), filepath.Join(dir, "old")
	j, h := written(t, path, maxJournal)
	j.offer(line{h, []byte("a\n")})
	grown(t, path, "a\n")
	if err := os.Rename(path, old); err != nil {
		t.Fatal(err)
	}
	j.reopen()
	grown(t, path, "") // made again though nothing is written
	j.offer(line{h, []byte("b\n")})
	grown(t, path, "b\n")
	if err := os.Remove(path); err != nil { // without a word
		t.Fatal(err)
	}
	j.offer(line{h, []byte("c\n")})
	if got := finish(t, j, old, path); got != "a\nc\n" {
		t.Errorf("%q", got)
	}
}

// TestJournalLimit has a file move away when it is full, in the place of the one before.
func TestJournalLimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	j, h := written(t, path, 8)
	for i := range 3 {
		text := fmt.Sprintf("line %d, long\n", i)
		j.offer(line{h, []byte(text)})
		grown(t, path, text)
	}
	if got := finish(t, j, path+".1", path); got != "line 1, long\nline 2, long\n" {
		t.Errorf("%q", got)
	}
}

// TestJournalTrouble keeps lines while the file cannot be opened, and loses those that do not fit.
func TestJournalTrouble(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "log")
	j, h := written(t, path, maxJournal)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	h.journal, h.take = j, func(Event) {}
	const events = queueLimit + 3*batchLimit
	for range events {
		h.report(Event{Action: "connect"})
	}
	deadline := time.After(soon)
	for tick := time.Tick(time.Millisecond); ; {
		if last := j.trouble.State().Last; last != nil && strings.Contains(last.Error(), "log: ") {
			break
		}
		select {
		case <-tick:
		case <-deadline:
			t.Fatal("no error")
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	j.reopen() // which tries at once
	got := finish(t, j, path)
	if lost := h.lost.Load(); lost == 0 || uint64(strings.Count(got, "\n"))+lost != events {
		t.Errorf("%d lines, %d lost", strings.Count(got, "\n"), lost)
	}
}

// TestJournalGivesUp has no file come back in time.
func TestJournalGivesUp(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	j, h := written(t, filepath.Join(dir, "log"), maxJournal)
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		j.offer(line{h, []byte("a\n")})
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := j.close(ctx); err == nil {
		t.Error("no error")
	}
	<-j.done
	if h.lost.Load() != 5 {
		t.Errorf("%d lost", h.lost.Load())
	}
}

// TestSharedLog has two honeypots write to one file.
func TestSharedLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	var specs []Spec
	for _, name := range []string{"a", "b"} {
		c := setting.New[Config]()
		c.Service, c.Listen, c.Log = "tcp", "127.0.0.1:0", path
		specs = append(specs, Spec{name, c})
	}
	set, err := Listen(specs)
	if err != nil {
		t.Fatal(err)
	}
	events := make(chan Event, 10)
	go set.Serve(context.Background(), Options{Log: quietLog(), Events: func(e Event) { events <- e }})
	for _, s := range set.Status() {
		p := trap{t: t, addr: s.Address, events: events}
		p.dial()
		p.next()
	}
	if len(set.journals) != 1 {
		t.Errorf("%d files", len(set.journals))
	}
	if err := set.Close(context.Background()); err != nil {
		t.Error(err)
	}
	names := ""
	for _, l := range readLines(t, path) {
		names += l["honeypot"].(string)
	}
	if names != "ab" && names != "ba" { // whoever was quicker
		t.Errorf("%q", names)
	}
}
