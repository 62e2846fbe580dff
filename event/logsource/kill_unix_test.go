//go:build unix

package logsource

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ruleids/ruleids/event/login"
)

// A logger writes numbered lines to a log all the time, as a daemon does: to the file that it has open, until it is told to open
// the log again.
type logger struct {
	path string

	mu   sync.Mutex // held by whoever wants no line meanwhile
	file *os.File
	n    int // lines written
	err  error
}

func (l *logger) run(ctx context.Context, random *rand.Rand) {
	for ctx.Err() == nil {
		l.mu.Lock()
		var b strings.Builder
		for range 1 + random.IntN(40) {
			b.WriteString(line(strconv.Itoa(l.n)))
			l.n++
		}
		text := b.String()
		at := len(text) // now and then a line comes in two writes
		if random.IntN(8) == 0 {
			at -= 1 + random.IntN(20)
		}
		for _, part := range []string{text[:at], text[at:]} {
			if _, err := l.file.WriteString(part); err != nil {
				l.err = err
			}
			time.Sleep(100 * time.Microsecond)
		}
		l.mu.Unlock()
		time.Sleep(time.Duration(random.IntN(4)) * time.Millisecond)
	}
}

// reopen opens the log that is at the path, and makes it where there is none.
func (l *logger) reopen() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	f, err := os.OpenFile(l.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil && l.file != nil {
		err = l.file.Close()
	}
	l.file = f
	return err
}

// generations is how many rotated files are kept: more than come while the reader starts.
const generations = 40

// shift makes room for a new ".1": each rotated file moves up, some are compressed, and the oldest goes.
func shift(path string, random *rand.Rand) error {
	for i := generations; i > 0; i-- {
		for _, gz := range []string{"", ".gz"} {
			from := fmt.Sprintf("%s.%d%s", path, i, gz)
			st, err := os.Stat(from)
			if err != nil {
				continue
			}
			to := fmt.Sprintf("%s.%d%s", path, i+1, gz)
			switch {
			case i == generations:
				err = os.Remove(from)
			case gz == "" && i > 1 && random.IntN(2) == 0: // what daemons may still write to is not compressed, as with delaycompress
				err = compress(from, to+".gz", st.ModTime())
			default:
				err = os.Rename(from, to)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// rotate rotates the log by renaming it, or by copying and cutting it.
func (l *logger) rotate(random *rand.Rand) error {
	if err := shift(l.path, random); err != nil {
		return err
	}
	if random.IntN(3) == 0 { // copytruncate. What is written between the two is lost, so nothing is
		l.mu.Lock()
		defer l.mu.Unlock()
		data, err := os.ReadFile(l.path)
		return errors.Join(err, os.WriteFile(l.path+".1", data, 0o600), os.Truncate(l.path, 0))
	}
	if err := os.Rename(l.path, l.path+".1"); err != nil {
		return err
	}
	if random.IntN(2) == 0 { // "create"
		if err := os.WriteFile(l.path, nil, 0o600); err != nil {
			return err
		}
	}
	time.Sleep(time.Duration(random.IntN(30)) * time.Millisecond)
	return l.reopen()
}

// TestReaderProcess is no test but the process that TestKilledReader kills: it reads a log, and appends each run of lines that
// it is handed to a file.
func TestReaderProcess(t *testing.T) {
	dir, name := os.Getenv("RULEIDS_READER"), os.Getenv("RULEIDS_READER_OUT")
	if dir == "" {
		t.Skip("it is run by TestKilledReader")
	}
	out, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	r := follow(t, dir, func(c *FileConfig) { c.Begin = "start" })
	set, err := Open([]Spec{{"file", "auth", &r.config}}, Options{Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Lines: func(_ context.Context, lines []login.Line) error {
		var b bytes.Buffer
		b.WriteString("run\n")
		for _, l := range lines {
			b.WriteString(l.Text + "\n")
		}
		_, err := out.Write(b.Bytes())
		return err
	}})
	if err != nil {
		t.Fatal(err)
	}
	set.Run(t.Context())
}

// handed returns the runs of lines that a process was handed. A last line without its end was being written when it was killed.
func handed(t *testing.T, name string) (runs [][]string) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for text := range strings.Lines(string(data)) {
		text, whole := strings.CutSuffix(text, "\n")
		switch {
		case !whole:
		case text == "run":
			runs = append(runs, nil)
		default:
			runs[len(runs)-1] = append(runs[len(runs)-1], text)
		}
	}
	return runs
}

// A log is written to without a pause and rotated in every way, while its reader, a process, is killed by SIGKILL at any moment
// and started again: no line is lost, and none is read twice but those that the killed process had in its hands. They are those
// of the last run of lines that it was handed: what its rules made of them died with it.
// RULEIDS_ROTATE_ROUNDS says how many times it is killed.
func TestKilledReader(t *testing.T) {
	rounds := 10
	if s := os.Getenv("RULEIDS_ROTATE_ROUNDS"); s != "" {
		var err error
		if rounds, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	if testing.Short() {
		rounds = 3
	}
	dir, outs := t.TempDir(), t.TempDir()
	random := rand.New(rand.NewPCG(1, uint64(rounds)))
	l := &logger{path: filepath.Join(dir, "auth.log")}
	if err := l.reopen(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { l.run(ctx, rand.New(rand.NewPCG(2, 2))) })
	defer wg.Wait()
	defer cancel()

	out := func(n int) string { return filepath.Join(outs, strconv.Itoa(n)) }
	start := func(n int) *exec.Cmd {
		c := exec.Command(os.Args[0], "-test.run=^TestReaderProcess$")
		c.Env = append(os.Environ(), "RULEIDS_READER="+dir, "RULEIDS_READER_OUT="+out(n), "GOCOVERDIR="+outs)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		return c
	}
	count := func(n int) (lines int) {
		for _, run := range handed(t, out(n)) {
			lines += len(run)
		}
		return lines
	}
	// stop kills a reader; what it was handed before is in its file.
	stop := func(c *exec.Cmd) {
		_ = c.Process.Kill()
		_ = c.Wait()
	}
	rotations := 0
	for n := range rounds {
		c := start(n)
		for deadline := time.Now().Add(time.Minute); count(n) == 0; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				stop(c)
				t.Fatalf("reader %d reads nothing", n)
			}
		}
		for range random.IntN(4) {
			time.Sleep(time.Duration(20+random.IntN(60)) * time.Millisecond)
			if err := l.rotate(random); err != nil {
				t.Error(err)
			}
			rotations++
		}
		time.Sleep(time.Duration(random.IntN(30_000)) * time.Microsecond)
		stop(c)
		if random.IntN(3) == 0 { // while nobody reads
			if err := l.rotate(random); err != nil {
				t.Error(err)
			}
			rotations++
		}
	}
	cancel()
	wg.Wait()
	if l.err != nil {
		t.Fatal(l.err)
	}
	c := start(rounds)
	missing := func() int {
		there := map[string]bool{}
		for n := range rounds + 1 {
			for _, run := range handed(t, out(n)) {
				for _, text := range run {
					there[text] = true
				}
			}
		}
		return l.n - len(there)
	}
	for deadline := time.Now().Add(time.Minute); missing() > 0 && time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
	}
	time.Sleep(10 * NewFile().Poll) // for what is read twice
	stop(c)

	seen := make([]int, l.n)
	again, inHand := 0, map[string]bool{}
	var lost, twice []int
	for n := range rounds + 1 {
		runs := handed(t, out(n))
		for at, run := range runs {
			for _, text := range run {
				i, err := strconv.Atoi(text)
				if err != nil || i < 0 || i >= l.n {
					t.Fatalf("reader %d was handed %q", n, text)
				}
				if seen[i]++; seen[i] > 1 {
					if again++; !inHand[text] {
						if len(twice) == 0 {
							t.Logf("reader %d, run %d of %d", n, at, len(runs))
						}
						twice = append(twice, i)
					}
				}
			}
		}
		clear(inHand)
		if len(runs) > 0 {
			for _, text := range runs[len(runs)-1] {
				inHand[text] = true
			}
		}
	}
	for i, times := range seen {
		if times == 0 {
			lost = append(lost, i)
		}
	}
	if len(lost) > 0 {
		var runs []string
		for i, x := range lost {
			if i == 0 || lost[i-1] != x-1 {
				runs = append(runs, strconv.Itoa(x)+"-")
			}
			if i == len(lost)-1 || lost[i+1] != x+1 {
				runs[len(runs)-1] += strconv.Itoa(x)
			}
		}
		t.Logf("lost: %v", runs)
	}
	if len(lost)+len(twice) > 0 {
		t.Errorf("%d lines lost, as %v; %d read twice, as %v", len(lost), lost[:min(len(lost), 20)], len(twice), twice[:min(len(twice), 20)])
	}
	t.Logf("%d lines, %d rotations, killed %d times, %d lines read again that were in hand", l.n, rotations, rounds, again)
}
