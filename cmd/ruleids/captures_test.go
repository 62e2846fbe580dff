package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/ruleids/ruleids/stdlib"
)

// capturesDir returns the directory of captures that the tests in this file compare with: real/ with
// captures, odd/ with broken and unusual ones, INDEX.tsv, and expected.json with the first alert of
// each rule and key. It is no part of the repository.
func capturesDir(t *testing.T) string {
	t.Helper()
	dir := cmp.Or(os.Getenv("CAPTURES"), filepath.FromSlash("../../../shared/captures"))
	if _, err := os.Stat(filepath.Join(dir, "expected.json")); err != nil {
		t.Skipf("no captures to compare with (%v); name a directory with CAPTURES=DIR", err)
	}
	return dir
}

// expectedRules are the rules that expected.json speaks of; alerts of others are left aside. The
// value is how late the rule may fire, in seconds: a window kept in panes, by a 64th of its span.
var expectedRules = map[string]float64{
	"port_scan": 0, "syn_flood": 0, "syn_flood_fast": 0, "syn_flood_global": 0, "syn_ratio": 30. / 64,
	"icmp_flood": 0, "suspicious_port": 0, "arp_spoof": 0, "dns_tunnel": 0, "data_exfil": 60. / 64,
	"brute_force": 0, "host_sweep": 0, "distributed_brute_force": 0, "stealth_scan": 0, "udp_flood": 0, "land_attack": 0,
}

// clockError is how far the times of an exact window may differ: expected.json has microseconds.
const clockError = 0.001

// expectation is an entry of expected.json.
type expectation struct {
	Packets uint64
	Alerts  []struct {
		Rule   string
		Key    map[string]any
		Time   float64
		Number uint64 `json:"pcap_cnt"`
	}
	Fault string
	Loose []string
}

// firing is the first alert of a rule and key.
type firing struct {
	time   float64
	number uint64
}

// TestExpectedCaptures holds the first alert of each rule and key in each capture to what an
// independent count says it is.
func TestExpectedCaptures(t *testing.T) {
	dir := capturesDir(t)
	data, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	var expected map[string]expectation
	if err := json.Unmarshal(data, &expected); err != nil {
		t.Fatal(err)
	}
	var table bytes.Buffer
	tw := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "capture\tpackets\texpected\tgot\tverdict")
	differ, notes, spared := 0, 0, 0
	for _, name := range slices.Sorted(maps.Keys(expected)) {
		e := expected[name]
		got, packets, problems := runCapture(t, filepath.Join(dir, "real", name), e.Fault != "")
		want := map[string]firing{}
		for _, a := range e.Alerts {
			want[a.Rule+" "+keyText(a.Key)] = firing{a.Time, a.Number}
		}
		verdict := "ok"
		if e.Loose != nil {
			if d := difference(rulesOf(want), rulesOf(got)); len(d) > 0 {
				verdict = "note: " + strings.Join(e.Loose, ", ") + ": rules that differ: " + strings.Join(d, " ")
				notes++
			}
		} else {
			lacking, others := compareFirings(want, got)
			excepted, unexplained := exceptions(t, filepath.Join(dir, "real", name), e.Fault != "", want, lacking)
			if problems = append(append(problems, unexplained...), others...); len(excepted) > 0 {
				verdict = "excepted: " + strings.Join(excepted, ", ")
				spared++
			}
			if packets != e.Packets {
				problems = append(problems, fmt.Sprintf("%d packets, want %d", packets, e.Packets))
			}
		}
		if len(problems) > 0 {
			verdict = "DIFFERS: " + problems[0]
			differ++
			for _, p := range problems {
				t.Errorf("%s: %s", name, p)
			}
		}
		fmt.Fprintf(tw, "%s\t%d\t%d\t%d\t%s\n", name, packets, len(want), len(got), verdict)
	}
	tw.Flush()
	if testing.Verbose() {
		fmt.Printf("%s%d captures, %d differ, %d notes, %d with alerts excepted\n", &table, len(expected), differ, notes, spared)
	}
}

// compareFirings returns how two sets of first alerts differ: by rule and key what is missing or comes at another time, and
// what is there besides.
func compareFirings(want, got map[string]firing) (lacking map[string]string, others []string) {
	lacking = map[string]string{}
	for k, w := range want {
		g, fired := got[k]
		if !fired {
			lacking[k] = fmt.Sprintf("missing %s (packet %d)", k, w.number)
		} else if !w.at(g, k) {
			lacking[k] = fmt.Sprintf("%s fired at %.6f (packet %d), want %.6f (packet %d)", k, g.time, g.number, w.time, w.number)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[k]; !ok {
			others = append(others, fmt.Sprintf("unexpected %s (packet %d)", k, got[k].number))
		}
	}
	return lacking, others
}

// at reports whether the first alert of a rule and key comes when it is wanted.
func (w firing) at(g firing, key string) bool {
	rule, _, _ := strings.Cut(key, " ")
	return math.Abs(w.time-g.time) <= expectedRules[rule]+clockError
}

// exceptLine is an except block of a shipped rule, in one line as all are that need no more, and the comment before it.
var exceptLine = regexp.MustCompile("(?m)((?:^  #.*\n)*)(^  except \"([^\"]+)\" +\\{.*\\}\n)")

// exceptions finds the alerts that an except block of a shipped rule leaves out on purpose: they are there in a run without
// that block. It returns what is excepted, with the name and reason of the block, and what is lacking for another reason.
func exceptions(t *testing.T, capture string, faulty bool, want map[string]firing, lacking map[string]string) (excepted, unexplained []string) {
	t.Helper()
	for _, k := range slices.Sorted(maps.Keys(lacking)) {
		rule, _, _ := strings.Cut(k, " ")
		name := ""
		for _, without := range withoutException(t, rule) {
			got, _, _ := runCapture(t, capture, faulty, "--no-stdlib", "--rules", without.dir)
			if g, fired := got[k]; fired && want[k].at(g, k) {
				name = without.name
				break
			}
		}
		if name == "" {
			unexplained = append(unexplained, lacking[k])
		} else {
			excepted = append(excepted, fmt.Sprintf("%s by %s", k, name))
		}
	}
	return excepted, unexplained
}

// A withoutBlock is a directory with the shipped rules but for one except block.
type withoutBlock struct{ name, dir string } // name with the reason

// withoutException writes the shipped rules, once for each except block of a rule, without that block.
func withoutException(t *testing.T, rule string) (out []withoutBlock) {
	t.Helper()
	files := stdlib.FS()
	names, err := fs.Glob(files, "*/"+rule+".hcl")
	if err != nil || len(names) != 1 {
		t.Fatalf("the file of rule %s: %v, %v", rule, names, err)
	}
	text, err := fs.ReadFile(files, names[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range exceptLine.FindAllSubmatchIndex(text, -1) {
		dir := t.TempDir()
		if err := os.CopyFS(dir, files); err != nil {
			t.Fatal(err)
		}
		less := slices.Concat(text[:m[4]], text[m[5]:])
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(names[0])), less, 0o644); err != nil {
			t.Fatal(err)
		}
		reason := strings.Join(strings.Fields(strings.ReplaceAll(string(text[m[2]:m[3]]), "#", "")), " ")
		out = append(out, withoutBlock{fmt.Sprintf("%q (%s)", text[m[6]:m[7]], reason), dir})
	}
	return out
}

// runCapture runs the command on a capture and returns the first alert of each rule and key.
func runCapture(t *testing.T, name string, faulty bool, args ...string) (got map[string]firing, packets uint64, problems []string) {
	t.Helper()
	out := runProgram(t, append([]string{"run", "-r", name, "--format", "json", "--summary", "always"}, args...)...)
	if want := map[bool]int{false: statusClean, true: statusFault}[faulty]; out.status != want {
		problems = append(problems, fmt.Sprintf("exit status %d, want %d: %s", out.status, want, out.stderr))
	}
	got = map[string]firing{}
	for line := range strings.Lines(out.stdout) {
		var a struct {
			Timestamp string
			Number    uint64 `json:"pcap_cnt"`
			Ruleids   struct {
				Rule string
				Key  map[string]any
			}
		}
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			problems = append(problems, fmt.Sprintf("unreadable alert %q: %v", line, err))
			continue
		}
		if _, ok := expectedRules[a.Ruleids.Rule]; !ok {
			continue
		}
		at, err := time.Parse("2006-01-02T15:04:05.999999-0700", a.Timestamp)
		if err != nil {
			problems = append(problems, err.Error())
		}
		k := a.Ruleids.Rule + " " + keyText(a.Ruleids.Key)
		if _, seen := got[k]; !seen {
			got[k] = firing{float64(at.UnixMicro()) / 1e6, a.Number}
		}
	}
	return got, packetsOf(t, out.stderr), problems
}

// keyText is a key with its values as text, by name.
func keyText(key map[string]any) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(key)) {
		parts = append(parts, fmt.Sprintf("%s=%v", name, key[name]))
	}
	return strings.Join(parts, " ")
}

func rulesOf(m map[string]firing) map[string]bool {
	out := map[string]bool{}
	for k := range m {
		rule, _, _ := strings.Cut(k, " ")
		out[rule] = true
	}
	return out
}

func difference(a, b map[string]bool) []string {
	var out []string
	for k := range a {
		if !b[k] {
			out = append(out, k)
		}
	}
	for k := range b {
		if !a[k] {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

// Bounds on what an odd file may cost.
const (
	oddTime   = 2 * time.Second
	oddMemory = 100 << 20
)

// TestOddCaptures runs unusual and broken captures. Each ends soon, in bounded memory, with status 0
// or with status 2 and a message that names the file; packets before a fault count.
func TestOddCaptures(t *testing.T) {
	dir := capturesDir(t)
	index, err := os.ReadFile(filepath.Join(dir, "INDEX.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	// A child's peak begins with what its parent has at the time of the fork.
	floor := runProgram(t, "version").memory
	var table bytes.Buffer
	tw := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "capture\tpackets\tindex\tstatus\tms\tMiB\tmessage")
	for line := range strings.Lines(string(index)) {
		cells := strings.Split(line, "\t")
		if !strings.HasPrefix(cells[0], "odd/") {
			continue
		}
		name := filepath.Join(dir, filepath.FromSlash(cells[0]))
		out := runProgram(t, "run", "-r", name, "--format", "json", "--summary", "always")
		packets := packetsOf(t, out.stderr)
		message, _, _ := strings.Cut(out.stderr, "\n")
		switch {
		case out.status != statusClean && out.status != statusFault:
			t.Errorf("%s: exit status %d: %s", cells[0], out.status, out.stderr)
		case out.status == statusFault && !strings.Contains(message, filepath.Base(name)):
			t.Errorf("%s: no message names the file: %s", cells[0], out.stderr)
		case out.status == statusClean:
			message = ""
			if fmt.Sprint(packets) != cells[1] {
				t.Errorf("%s: %d packets, the index says %s", cells[0], packets, cells[1])
			}
		}
		if out.elapsed > oddTime {
			t.Errorf("%s: took %v", cells[0], out.elapsed)
		}
		if out.memory > oddMemory && floor < oddMemory/2 {
			t.Errorf("%s: took %d MiB", cells[0], out.memory>>20)
		}
		fmt.Fprintf(tw, "%s\t%d\t%s\t%d\t%d\t%d\t%s\n", cells[0], packets, cells[1], out.status, out.elapsed.Milliseconds(), out.memory>>20, strings.ReplaceAll(message, dir, ""))
	}
	tw.Flush()
	if testing.Verbose() {
		fmt.Print(&table)
	}
}

// outcome is what a run of the program left.
type outcome struct {
	stdout, stderr string
	status         int
	elapsed        time.Duration
	memory         int64 // peak, in bytes; 0 where the system does not tell
}

// runProgram runs ruleids, which TestMain put in the path.
func runProgram(t *testing.T, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.Command("ruleids", args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	start := time.Now()
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	o := outcome{stdout: stdout.String(), stderr: stderr.String(), status: cmd.ProcessState.ExitCode(), elapsed: time.Since(start)}
	o.memory = peakMemory(cmd.ProcessState)
	return o
}

var summaryPackets = regexp.MustCompile(`(?m)^\d+ captures?, ([\d,]+) packets?,`)

// packetsOf returns the number of packets that a summary tells.
func packetsOf(t *testing.T, stderr string) uint64 {
	t.Helper()
	m := summaryPackets.FindStringSubmatch(stderr)
	if m == nil {
		t.Fatalf("no summary: %s", stderr)
	}
	n, err := strconv.ParseUint(strings.ReplaceAll(m[1], ",", ""), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
