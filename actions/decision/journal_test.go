package decision

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ruleids/ruleids/internal/scale"
)

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o640); err != nil {
		t.Fatal(err)
	}
}

// TestFormat holds the journal to what the manual says of it.
func TestFormat(t *testing.T) {
	f := newFixture(t)
	r := byRule(Quarantine, bad, 10*time.Minute)
	r.Reason = "it tried <15> ports\x1b[2J\n" + strings.Repeat("x", 2000)
	r.By.Alert = &Alert{Time: f.clock.Now(), Number: 15, Severity: scale.SeverityHigh}
	f.do(Decided, r)
	f.do(Released, byPerson(Release, bad, 0))
	want := []string{
		`{"op":"add","id":1,"kind":"quarantine","target":"198.51.100.7","source":"rule","rule":"port_scan",` +
			`"alert":{"time":"2026-11-20T12:00:00Z","number":15,"severity":"high"},"reason":"it tried <15> ports\\x1b[2J xxx`,
		`{"op":"remove","id":1,"target":"198.51.100.7","source":"person","who":"root","reason":"asked to","at":"2026-11-20T12:00:00Z","crc":"`,
	}
	lines := strings.Split(strings.TrimSuffix(string(read(t, f.config.Journal)), "\n"), "\n")
	for i, l := range lines {
		if !strings.HasPrefix(l, want[i]) {
			t.Errorf("line %d is\n%s\nwant\n%s", i+1, l, want[i])
		}
	}
	if len(lines) != 2 || len(lines[0]) > 1500 || !strings.HasSuffix(lines[0][:strings.Index(lines[0], `,"crc"`)],
		`x…","since":"2026-11-20T12:00:00Z","until":"2026-11-20T12:10:00Z","offences":1`) {
		t.Errorf("%d lines, the first is\n%s", len(lines), lines[0])
	}
	if st, _ := os.Stat(f.config.Journal); st.Mode().Perm()&^journalMode != 0 {
		t.Errorf("mode %v", st.Mode())
	}
}

// TestCutAnywhere opens a journal that ends at any of its bytes: what whole lines say is there, and no more.
func TestCutAnywhere(t *testing.T) {
	f := newFixture(t, func(c *Config) { c.Audit = "" })
	var sizes []int
	var states []map[string]string
	note := func() bool {
		sizes, states = append(sizes, len(read(t, f.config.Journal))), append(states, snapshot(f.Store))
		return true
	}
	note()
	for i := range 6 { // one line each
		f.do(Decided, byRule(Block, fmt.Sprintf("198.51.100.%d", i), 0))
		note()
	}
	whole := read(t, f.config.Journal)
	f.Close()
	for end := range len(whole) + 1 {
		write(t, f.config.Journal, whole[:end])
		f.open()
		i, exact := slices.BinarySearch(sizes, end)
		if !exact {
			i--
		}
		cut := int64(end - sizes[i])
		if end < len(whole) && whole[end] == '\n' { // only the newline is missing
			i, cut = i+1, 0
		}
		if diff := cmp.Diff(states[i], snapshot(f.Store)); diff != "" {
			t.Fatalf("cut at byte %d: %s", end, diff)
		}
		if f.report.Cut != cut || f.report.BadCount != 0 || (cut > 0) != (f.report.CutReason != "") {
			t.Fatalf("cut at byte %d: %+v, want %d bytes cut", end, f.report, cut)
		}
		if n := len(read(t, f.config.Journal)); n != sizes[i] {
			t.Fatalf("cut at byte %d: %d bytes are left, want %d", end, n, sizes[i])
		}
		// What is written behind it is good.
		f.do(Decided, byRule(Block, "203.0.113.7", 0))
		f.reopen()
		if f.report.Restored != len(states[i])+1 || f.report.Cut != 0 {
			t.Fatalf("cut at byte %d, written on: %+v", end, f.report)
		}
		f.Close()
	}
}

func TestDamage(t *testing.T) {
	f := newFixture(t)
	for i := range 6 {
		f.do(Decided, byRule(Block, fmt.Sprintf("198.51.100.%d", i), 0))
	}
	f.Close()
	lines := bytes.SplitAfter(read(t, f.config.Journal), []byte{'\n'})
	lines[1] = bytes.Replace(lines[1], []byte("198.51.100.1"), []byte("198.51.100.9"), 1)
	lines[2] = append(bytes.Repeat([]byte{'x'}, 3*maxLine), '\n')
	lines[3] = append([]byte("{}"), '\n')
	newer, err := appendRecord(nil, &record{Op: "rename", Decision: Decision{Target: target(bad)}})
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Join(slices.Insert(lines[:6], 4, newer, []byte("\n")), nil)
	damaged = append(damaged, `{"op":"add","id"`...)
	write(t, f.config.Journal, damaged)
	f.open()
	r := f.report
	var got []string
	for _, b := range r.Bad {
		got = append(got, b.String())
	}
	want := []string{"line 2: its checksum is wrong", "line 3: it is longer than 32768 bytes", "line 4: it does not end with a checksum",
		`line 5: this version does not know the operation "rename"`}
	if !slices.Equal(got, want) || r.BadCount != 4 || r.Restored != 3 || r.CutReason != "line 9: it does not end with a checksum" || r.Cut != 16 {
		t.Errorf("%q\n%+v", got, r)
	}
	f.inFirewall("block 198.51.100.0", "block 198.51.100.4", "block 198.51.100.5")
	if !bytes.Equal(read(t, r.KeptAside), damaged) {
		t.Error("the damaged file was not kept")
	}
	f.do(Decided, byRule(Block, bad, 0))
	f.reopen()
	if f.report.Restored != 4 || f.report.BadCount != 0 {
		t.Errorf("%+v", f.report)
	}
}

// TestForeign does not destroy a file that is not a journal.
func TestForeign(t *testing.T) {
	for _, lines := range []int{1, 2000} {
		f := newFixture(t)
		f.Close()
		text := bytes.Repeat([]byte("a line of something else\n"), lines)
		write(t, f.config.Journal, text)
		f.open()
		if f.report.KeptAside != f.config.Journal+".damaged" || !bytes.Equal(read(t, f.config.Journal+".damaged"), text) {
			t.Errorf("%d lines are gone: %+v", lines, f.report)
		}
		f.do(Decided, byRule(Block, bad, 0))
		f.reopen()
		f.inFirewall("block " + bad)
	}
}

func TestJournalFails(t *testing.T) {
	f := newFixture(t)
	f.do(Decided, byRule(Block, "198.51.100.1", 0))
	f.Close()
	full := errors.New("no space left on device")
	var fail atomic.Bool
	f.ops.write = func(file *os.File, b []byte) (int, error) {
		if fail.Load() {
			n, _ := file.Write(b[:len(b)/2])
			return n, full
		}
		return file.Write(b)
	}
	f.open()
	fail.Store(true)
	vs := f.DecideAll(context.Background(), []Request{byRule(Block, bad, 0), byRule(Block, bad, 0), byPerson(Release, "198.51.100.1", 0)})
	if vs[0].Outcome != Failed || !errors.Is(vs[0].Err, full) || vs[1].Outcome != Failed || vs[2].Outcome != Released || !errors.Is(vs[2].Err, full) {
		t.Errorf("%v", vs)
	}
	f.inFirewall() // who blocked himself gets out with a full disk too
	if s := f.Status(); s.Failing["journal"] == "" || s.Blocks != 0 {
		t.Errorf("%+v", s)
	}
	if v := f.DecideAll(context.Background(), []Request{byRule(Block, bad, 0)})[0]; v.Outcome != Failed || !errors.Is(v.Err, full) {
		t.Errorf("a later failure does not say why: %v", v.Err)
	}
	fail.Store(false)
	f.do(Failed, byRule(Block, bad, 0)) // not tried with every request
	f.wait(time.Minute)
	if s := f.Status(); s.Failing["journal"] != "" {
		t.Errorf("%+v", s.Failing)
	}
	f.do(Decided, byRule(Block, bad, 0))
	f.reopen()
	f.inFirewall("block " + bad)
}

func TestInUse(t *testing.T) {
	f := newFixture(t)
	c := *f.config
	_, _, err := Open(context.Background(), &c, Options{Firewall: new(Memory), Host: newHost()})
	if err == nil || !strings.Contains(err.Error(), "in use by another process") {
		t.Errorf("opened twice: %v", err)
	}
	if err := f.call(context.Background(), func() { _ = f.rewrite() }); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(context.Background(), &c, Options{Firewall: new(Memory), Host: newHost()}); err == nil {
		t.Error("opened twice after compacting")
	}
	c.Journal = filepath.Join(t.TempDir(), "none", "decisions.jsonl")
	if _, _, err := Open(context.Background(), &c, Options{Firewall: new(Memory), Host: newHost()}); err == nil || !strings.Contains(err.Error(), "install -d") {
		t.Errorf("without a directory: %v", err)
	}
	c.Journal = filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(f.config.Journal, c.Journal); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Open(context.Background(), &c, Options{Firewall: new(Memory), Host: newHost()}); err == nil {
		t.Error("a link was followed")
	}
}

func TestCompacting(t *testing.T) {
	f := newFixture(t)
	f.do(Decided, byRule(Block, "203.0.113.7", 0))
	for range 900 {
		f.do(Decided, byPerson(Block, bad, 0))
		f.do(Released, byPerson(Release, bad, 0))
	}
	s := f.Status()
	if s.JournalLines > 1100 || s.JournalLines < 100 {
		t.Errorf("%d lines for two decisions", s.JournalLines)
	}
	was := snapshot(f.Store)
	f.reopen()
	if diff := cmp.Diff(was, snapshot(f.Store)); diff != "" {
		t.Error(diff)
	}
	if d := f.do(Decided, byPerson(Block, bad, 0)).Decision; d.ID != 902 {
		t.Errorf("number %d", d.ID)
	}
}

// TestRestore has a hundred thousand decisions in force again in well under three seconds of processor time, in one batch.
func TestRestore(t *testing.T) {
	const n = 100_000
	f := newFixture(t)
	rs := make([]Request, n)
	for i := range rs {
		rs[i] = byRule(Quarantine, fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), 10*time.Minute)
		if i%10 == 0 {
			rs[i].For = time.Minute
		}
	}
	for _, v := range f.DecideAll(context.Background(), rs) {
		if v.Outcome != Decided {
			t.Fatal(v)
		}
	}
	f.clock.add(5 * time.Minute)
	f.Close()
	f.firewall = new(Memory)
	began := cpuTime(t)
	f.open()
	took := cpuTime(t) - began // what others do on the machine is not in it
	t.Logf("%d decisions restored in %v, journal of %d bytes", f.report.Restored, took, f.Status().JournalBytes)
	if f.report.Restored != n*9/10 || f.report.Expired != n/10 || !slices.Equal(f.firewall.Batches(), []int{n * 9 / 10}) {
		t.Errorf("%+v, batches of %v", f.report, f.firewall.Batches())
	}
	if took > 3*time.Second && !raceEnabled {
		t.Errorf("it took %v", took)
	}
}

func FuzzJournal(f *testing.F) {
	line, err := appendRecord(nil, &record{Op: opAdd, Decision: Decision{ID: 1, Kind: Block, Target: target(bad), Since: newClock().Now()}})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{nil, line, append(slices.Clone(line), line[:20]...), append([]byte("x\n"), line...), bytes.Repeat([]byte{0}, 100), line[:len(line)-1]} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		records := 0
		p, err := replayJournal(bytes.NewReader(b), func(r *record) {
			records++
			if err := r.check(); err != nil {
				t.Error(err)
			}
			// What is read is written the same.
			again, err := appendRecord(nil, r)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parseRecord(bytes.TrimSuffix(again, []byte{'\n'})); err != nil {
				t.Errorf("%s: %v", again, err)
			}
		})
		if err != nil || p.size != int64(len(b)) || p.good > p.size || p.lines != records || len(p.bad) > p.badCount {
			t.Fatalf("%+v, %v", p, err)
		}
		// What is cut at its end is good altogether, but for the lines in the middle.
		q, err := replayJournal(bytes.NewReader(b[:p.good]), func(*record) {})
		if err != nil || q.tail != "" || q.lines != p.lines || q.badCount != p.badCount {
			t.Fatalf("%+v, cut: %+v, %v", p, q, err)
		}
		// A line behind it is found.
		if !p.newline {
			b = append(b[:p.good:p.good], '\n')
		} else {
			b = b[:p.good:p.good]
		}
		q, err = replayJournal(io.MultiReader(bytes.NewReader(b), bytes.NewReader(line)), func(*record) {})
		if err != nil || q.lines != p.lines+1 || q.tail != "" {
			t.Fatalf("%+v, written on: %+v, %v", p, q, err)
		}
	})
}

// BenchmarkDecide is a decision with ten thousand in place, on a real disk, synced.
func BenchmarkDecide(b *testing.B) {
	f := newFixture(b)
	f.Close()
	f.ops = realFileOps()
	f.open()
	rs := make([]Request, 10_000)
	for i := range rs {
		rs[i] = byRule(Block, fmt.Sprintf("10.0.%d.%d", i>>8, i&255), 0)
	}
	f.DecideAll(context.Background(), rs)
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		began := time.Now()
		f.do(Decided, byRule(Block, fmt.Sprintf("10.%d.%d.%d", 1+i>>16, i>>8&255, i&255), 0))
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "median-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}
