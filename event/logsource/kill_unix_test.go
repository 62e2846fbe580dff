//go:build unix

package logsource

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/ruleids/ruleids/event/login"
	"github.com/ruleids/ruleids/internal/setting"
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

// generations is how many rotated files are kept. A log is rotated only while the reader is not behind by half of that, since what
// is removed before it was read is lost whoever reads.
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
				err = compressSlowly(from, to+".gz", st.ModTime())
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

// compressSlowly is compress as gzip does it: for a while there is the file, and a part of the compressed one.
func compressSlowly(from, to string, at time.Time) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	z := gzip.NewWriter(f)
	for _, part := range [][]byte{data[:len(data)/3], data[len(data)/3:]} {
		_, werr := z.Write(part)
		err = errors.Join(err, werr, z.Flush())
		time.Sleep(time.Millisecond)
	}
	return errors.Join(err, z.Close(), f.Close(), os.Chtimes(to, at, at), os.Remove(from))
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

// A record is what a reader was handed, in memory that outlives it: the number of bytes, and the lines. It is for the test what the
// windows of rules are for the daemon, but for outliving.
type record []byte

const recordBytes = 16 << 20

func openRecord(t *testing.T, name string) record {
	t.Helper()
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err == nil {
		err = f.Truncate(recordBytes)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := unix.Mmap(int(f.Fd()), 0, recordBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (r record) size() *uint64 { return (*uint64)(unsafe.Pointer(&r[0])) }

// add takes down a line.
func (r record) add(text string) {
	n := atomic.LoadUint64(r.size())
	n += uint64(copy(r[8+n:], text+"\n"))
	atomic.StoreUint64(r.size(), n)
}

func (r record) lines() (out []string) {
	for text := range strings.Lines(string(r[8 : 8+atomic.LoadUint64(r.size())])) {
		out = append(out, strings.TrimSuffix(text, "\n"))
	}
	return out
}

// TestReaderProcess is no test but the process that TestKilledReader kills: it reads a log, and takes down each line.
func TestReaderProcess(t *testing.T) {
	dir, name := os.Getenv("RULEIDS_READER"), os.Getenv("RULEIDS_READER_OUT")
	if dir == "" {
		t.Skip("it is run by TestKilledReader")
	}
	out := openRecord(t, name)
	r := follow(t, dir, func(c *FileConfig) { c.Begin = "start" })
	set, err := Open([]Spec{{"file", "auth", &r.config}}, Options{Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Lines: func(_ context.Context, lines []login.Line, took func(int)) error {
		for i, l := range lines {
			out.add(l.Text)
			took(i + 1)
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	set.Run(t.Context())
}

// A log is written to without a pause and rotated in every way, while its reader, a process, is killed by SIGKILL at any moment
// and started again: no line is lost, and none is read twice but the one that a killed process had in its hands, taken down but
// not said to be: it is the last in the record of that process, and the first of the next.
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
		c.Stderr = os.Stderr
		c.Env = append(os.Environ(), "RULEIDS_READER="+dir, "RULEIDS_READER_OUT="+out(n), "GOCOVERDIR="+outs)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		return c
	}
	records := make([]record, rounds+1)
	for n := range records {
		records[n] = openRecord(t, out(n))
		defer func() { _ = unix.Munmap(records[n]) }()
	}
	count := func(n int) int { return int(atomic.LoadUint64(records[n].size())) }
	// stop kills a reader; what it was handed before is in its file.
	stop := func(c *exec.Cmd) {
		_ = c.Process.Kill()
		_ = c.Wait()
	}
	var begun []int // the first line after each rotation
	rotate := func(n int) {
		if len(begun) > generations/2 {
			read := 0
			for ; n >= 0; n-- {
				if lines := records[n].lines(); len(lines) > 0 {
					read, _ = strconv.Atoi(lines[len(lines)-1])
					break
				}
			}
			if read < begun[len(begun)-generations/2] {
				return
			}
		}
		if err := l.rotate(random); err != nil {
			t.Error(err)
		}
		l.mu.Lock()
		begun = append(begun, l.n)
		l.mu.Unlock()
	}
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
			rotate(n)
		}
		time.Sleep(time.Duration(random.IntN(30_000)) * time.Microsecond)
		stop(c)
		if random.IntN(3) == 0 { // while nobody reads
			rotate(n)
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
		for _, r := range records {
			for _, text := range r.lines() {
				there[text] = true
			}
		}
		return l.n - len(there)
	}
	for deadline, least := time.Now().Add(time.Minute), l.n; time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		n := missing()
		if n == 0 {
			break
		}
		if n < least {
			deadline, least = time.Now().Add(time.Minute), n
		}
	}
	time.Sleep(10 * setting.New[FileConfig]().Poll) // for what is read twice
	stop(c)

	seen := make([]int, l.n)
	var lost, twice []int
	again, last := 0, ""
	for n, r := range records {
		for at, text := range r.lines() {
			i, err := strconv.Atoi(text)
			if err != nil || i < 0 || i >= l.n {
				t.Fatalf("reader %d was handed %q", n, text)
			}
			switch seen[i]++; {
			case seen[i] == 1:
			case at == 0 && text == last:
				again++
			default:
				if len(twice) == 0 {
					t.Logf("reader %d, line %d of %d", n, at, len(r.lines()))
				}
				twice = append(twice, i)
			}
			last = text
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
	t.Logf("%d lines, %d rotations, killed %d times, %d lost, %d read twice, and %d that were in hand", l.n, len(begun), rounds, len(lost), len(twice), again)
}
