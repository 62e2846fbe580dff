package logsource

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ruleids/ruleids/event/login"
	"github.com/ruleids/ruleids/internal/setting"
)

// A reading is a file that is followed, with what came of it.
type reading struct {
	t      *testing.T
	config FileConfig

	mu    sync.Mutex
	lines []string
	deny  bool // lines are refused, as at a crash

	stop func()
}

func follow(t *testing.T, dir string, change func(*FileConfig)) *reading {
	t.Helper()
	c := setting.New[FileConfig]()
	c.Path, c.State, c.Poll = filepath.Join(dir, "auth.log"), filepath.Join(dir, "state"), 10*time.Millisecond
	if change != nil {
		change(c)
	}
	return &reading{t: t, config: *c}
}

var errKilled = errors.New("killed")

// start reads until stop.
func (r *reading) start() {
	r.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	set, err := Open([]Spec{{"file", "auth", &r.config}}, Options{Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Lines: func(_ context.Context, lines []login.Line, _ func(int)) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.deny {
			return errKilled
		}
		for _, l := range lines {
			r.lines = append(r.lines, l.Text)
		}
		return nil
	}})
	if err != nil {
		r.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		set.Run(ctx)
	}()
	r.stop = func() {
		cancel()
		<-ended
		if err := set.Close(); err != nil {
			r.t.Error(err)
		}
	}
}

// kill ends the reading in the midst of what it does: what it has in its hands comes to nothing.
func (r *reading) kill() {
	r.mu.Lock()
	r.deny = true
	r.mu.Unlock()
	r.stop()
	r.mu.Lock()
	r.deny = false
	r.mu.Unlock()
}

// await waits for so many lines.
func (r *reading) await(n int) {
	r.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		r.mu.Lock()
		got := len(r.lines)
		r.mu.Unlock()
		if got >= n {
			return
		}
		if time.Now().After(deadline) {
			r.t.Errorf("%d lines of %d", got, n)
			return
		}
	}
}

func (r *reading) got() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.lines, " ")
}

// line is a line of a log with a text.
func line(text string) string { return "2026-11-29T10:00:00Z h app[1]: " + text + "\n" }

func write(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(text)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func zipped(t *testing.T, from, to string) {
	t.Helper()
	st, err := os.Stat(from)
	if err == nil {
		err = compress(from, to, st.ModTime())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// compress replaces a file by a compressed one, as gzip does, with a time of change. It is there whole or not at all.
func compress(from, to string, at time.Time) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err = z.Write(data)
	return errors.Join(err, z.Close(), os.WriteFile(to+".tmp", b.Bytes(), 0o600), os.Chtimes(to+".tmp", at, at), os.Rename(to+".tmp", to), os.Remove(from))
}

func TestBeginsAtTheEndOrAtTheStart(t *testing.T) {
	for begin, want := range map[string]string{"end": "new", "start": "oldest older old new"} {
		dir := t.TempDir()
		path := filepath.Join(dir, "auth.log")
		write(t, path+".2", line("oldest"))
		zipped(t, path+".2", path+".2.gz")
		if err := os.Chtimes(path+".2.gz", time.Now(), time.Now().Add(-2*time.Hour)); err != nil {
			t.Fatal(err)
		}
		write(t, path+".1", line("older"))
		if err := os.Chtimes(path+".1", time.Now(), time.Now().Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
		write(t, path, line("old"))
		r := follow(t, dir, func(c *FileConfig) { c.Begin = begin })
		r.start()
		if begin == "start" {
			r.await(3)
		} else {
			for r.config.State != "" {
				if _, err := os.Stat(filepath.Join(r.config.State, "file-auth.json")); err == nil {
					break
				}
				time.Sleep(5 * time.Millisecond)
			}
		}
		write(t, path, line("new"))
		r.await(len(strings.Fields(want)))
		r.stop()
		if got := r.got(); got != want {
			t.Errorf("%s: %s", begin, got)
		}
	}
}

func TestAFileThatComesLaterIsReadFromItsStart(t *testing.T) {
	dir := t.TempDir()
	r := follow(t, dir, nil)
	r.start()
	time.Sleep(50 * time.Millisecond)
	write(t, r.config.Path, line("a")+"2026-11-29T10:00:00Z h app[1]: ha")
	r.await(1)
	write(t, r.config.Path, "lf\n")
	r.await(2)
	r.stop()
	if got := r.got(); got != "a half" {
		t.Error(got)
	}
}

func TestWhatWasRotatedWhileNobodyLookedIsRead(t *testing.T) {
	dir := t.TempDir()
	r := follow(t, dir, func(c *FileConfig) { c.Begin = "start" })
	write(t, r.config.Path, line("1")+line("2"))
	r.start()
	r.await(2)
	r.stop()
	write(t, r.config.Path, line("3"))
	if err := os.Rename(r.config.Path, r.config.Path+".1"); err != nil {
		t.Fatal(err)
	}
	past := time.Now().Add(time.Minute) // later than what is remembered, in whole seconds too
	zipped(t, r.config.Path+".1", r.config.Path+".2.gz")
	if err := os.Chtimes(r.config.Path+".2.gz", past, past); err != nil {
		t.Fatal(err)
	}
	write(t, r.config.Path+".1", line("4"))
	if err := os.Chtimes(r.config.Path+".1", past.Add(time.Second), past.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	write(t, r.config.Path, line("5"))
	r.start()
	r.await(5)
	r.stop()
	if got := r.got(); got != "1 2 3 4 5" {
		t.Error(got)
	}
}

// A log is written to and rotated in every way, and its reader is killed and started again: no line is lost or read twice.
// Two rotations are some looks apart, as a second and more are in life.
func TestRotationUnderLoad(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { rotateUnderLoad(t, seed) })
	}
}

func rotateUnderLoad(t *testing.T, seed uint64) {
	rounds := 50
	if testing.Short() {
		rounds = 10
	}
	dir := t.TempDir()
	r := follow(t, dir, func(c *FileConfig) { c.Begin = "start" })
	path := r.config.Path
	random := rand.New(rand.NewPCG(seed, 2))
	n := 0
	burst := func() {
		var b strings.Builder
		for range 1 + random.IntN(400) {
			b.WriteString(line(fmt.Sprint(n)))
			n++
		}
		write(t, path, b.String())
	}
	shift := func() { // as logrotate does: .2 is dropped, .1 becomes .2, compressed or not
		_ = os.Remove(path + ".2")
		_ = os.Remove(path + ".2.gz")
		if _, err := os.Stat(path + ".1"); err == nil {
			if random.IntN(2) == 0 {
				zipped(t, path+".1", path+".2.gz")
			} else if err := os.Rename(path+".1", path+".2"); err != nil {
				t.Fatal(err)
			}
		}
	}
	burst()
	r.start()
	for range rounds {
		burst()
		time.Sleep(3 * r.config.Poll)
		burst()
		switch random.IntN(5) {
		case 0, 1: // rename and create; the daemon goes on in the old file for a while
			r.await(n - 300) // a log is rotated twice at most while nobody looks: what is dropped is gone
			shift()
			old, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
			if err == nil {
				err = os.Rename(path, path+".1")
			}
			if err != nil {
				t.Fatal(err)
			}
			if random.IntN(2) == 0 {
				write(t, path, "") // "create"
			}
			if _, err = old.WriteString(line(fmt.Sprint(n))); err != nil {
				t.Fatal(err)
			}
			n++
			if err := old.Close(); err != nil {
				t.Fatal(err)
			}
			burst()
		case 2: // copytruncate
			r.await(n - 300)
			shift()
			data, err := os.ReadFile(path)
			if err = errors.Join(err, os.WriteFile(path+".1", data, 0o600), os.Truncate(path, 0)); err != nil {
				t.Fatal(err)
			}
			if random.IntN(2) == 0 {
				burst()
			}
		case 3: // kill -9
			r.kill()
			if random.IntN(2) == 0 {
				burst()
			}
			r.start()
		case 4:
			time.Sleep(time.Duration(random.IntN(20)) * time.Millisecond)
		}
	}
	r.await(n)
	r.stop()
	seen := map[string]int{}
	for _, l := range r.lines {
		seen[l]++
	}
	var lost, twice []int
	for i := range n {
		switch seen[fmt.Sprint(i)] {
		case 0:
			lost = append(lost, i)
		case 1:
		default:
			twice = append(twice, i)
		}
	}
	if len(lost)+len(twice) > 0 || len(r.lines) != n {
		t.Errorf("%d lines of %d; lost %v, twice %v", len(r.lines), n, lost[:min(len(lost), 20)], twice[:min(len(twice), 20)])
	}
	t.Logf("%d lines in %d rounds", n, rounds)
}
