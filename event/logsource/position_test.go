package logsource

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ruleids/ruleids/event/login"
)

// killedAfter gives lines of a log to a reader, and kills that after so many of them: nothing is called any more, and nothing saved.
// It returns what was taken.
func killedAfter(t *testing.T, c *FileConfig, most int) (out []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	dead := make(chan struct{})
	set, err := Open([]Spec{{"file", "auth", c}}, Options{Log: slog.New(slog.DiscardHandler), Lines: func(_ context.Context, lines []login.Line, took func(int)) error {
		for i, l := range lines {
			if len(out) == most {
				close(dead)
				select {} // it neither returns nor remembers
			}
			out = append(out, l.Text)
			took(i + 1)
		}
		if len(out) == most {
			close(dead)
			select {}
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	go set.Run(ctx)
	select {
	case <-dead:
	case <-ctx.Done():
		t.Errorf("%d lines of %d", len(out), most)
	}
	return out
}

// A reader that is killed between two lines of a run is followed by one that begins with the second: in the log, and in rotated
// files, compressed or not.
func TestPositionIsOfALine(t *testing.T) {
	if openPosition(filepath.Join(t.TempDir(), "x")).word == nil {
		t.Skip("there is no memory of files here")
	}
	dir := t.TempDir()
	r := follow(t, dir, func(c *FileConfig) { c.Begin = "start" })
	path := r.config.Path
	write(t, path+".2", line("a")+line("b")+line("c"))
	zipped(t, path+".2", path+".2.gz")
	write(t, path+".1", line("d")+line("e"))
	past := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path+".2.gz", past, past); err != nil {
		t.Fatal(err)
	}
	write(t, path, line("f")+line("g")+line("h"))
	var got []string
	for _, most := range []int{1, 1, 2, 3} {
		got = append(got, killedAfter(t, &r.config, most)...)
	}
	write(t, path, line("i"))
	got = append(got, killedAfter(t, &r.config, 1)...) // h
	// A file that was rotated after the kill, and has another in its place with the same number or not.
	if err := os.Rename(path, path+".0"); err != nil {
		t.Fatal(err)
	}
	write(t, path, line("j"))
	got = append(got, killedAfter(t, &r.config, 2)...)
	if len(got) != 10 {
		t.Fatal(got)
	}
	for i, text := range got {
		if text != string(rune('a'+i)) {
			t.Fatalf("%q", got)
		}
	}
}

// What a position says of a mark that is no longer the newest is nothing.
func TestPositionOfAnotherMark(t *testing.T) {
	dir := t.TempDir()
	m := memoryOf(dir, "file", "auth")
	for _, c := range []struct {
		generation  uint32 // of the position; that of the mark is 5
		aside       bool
		main, rests int64
	}{{5, false, 107, 50}, {5, true, 100, 57}, {4, false, 100, 50}, {6, true, 100, 50}} {
		if err := m.save(mark{Offset: 100, HeadBytes: 9, Seen: []string{}, Generation: 5, Aside: &mark{Offset: 50}}); err != nil {
			t.Fatal(err)
		}
		p := openPosition(m.positionFile())
		if p.word == nil {
			t.Skip("there is no memory of files here")
		}
		p.set(c.generation, c.aside, 7)
		p.close()
		x := &tail{memory: m}
		got, known, err := x.recall()
		if err != nil || !known || got.Offset != c.main || got.Aside.Offset != c.rests || x.generation != max(c.generation, 5) {
			t.Errorf("%+v: %+v %+v %d %v", c, got, got.Aside, x.generation, err)
		}
		x.position.close()
	}
}

// Between two looks the log may be rotated twice, so that there is a rotated file to which somebody still writes: it is not taken
// for one that is done.
func TestARotatedFileThatIsWrittenTo(t *testing.T) {
	dir := t.TempDir()
	r := follow(t, dir, func(c *FileConfig) { c.Begin = "start" })
	path := r.config.Path
	var got []string
	env := &environment{opt: Options{Log: slog.New(slog.DiscardHandler), Lines: func(_ context.Context, lines []login.Line, _ func(int)) error {
		for _, l := range lines {
			got = append(got, l.Text)
		}
		return nil
	}}}
	s, err := r.config.source("auth", env)
	if err != nil {
		t.Fatal(err)
	}
	x := s.(*tail)
	defer x.close()
	look := func() {
		t.Helper()
		if err := x.look(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	write(t, path, line("1"))
	if err := x.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	look()
	move := func(from, to string) {
		t.Helper()
		if err := os.Rename(path+from, path+to); err != nil {
			t.Fatal(err)
		}
	}
	move("", ".2")
	write(t, path, line("2"))
	move("", ".1")
	// As in a look that found the log at its path, and then had no processor for a while.
	if err := x.scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	write(t, path+".1", line("3"))
	for range 3 {
		look()
	}
	write(t, path, line("4"))
	for range 5 {
		look()
	}
	if len(got) != 4 || got[0]+got[1]+got[2]+got[3] != "1234" {
		t.Error(got)
	}
	// gzip writes the compressed file bit by bit.
	zipped(t, path+".2", path+".3.gz")
	data, err := os.ReadFile(path + ".3.gz")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".4.gz", data[:len(data)-9], 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		look()
	}
	if len(got) != 4 {
		t.Error(got)
	}
}
