package lab

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
)

// eveTime is the layout of the time stamps of EVE.
const eveTime = "2006-01-02T15:04:05.000000-0700"

// A line is an alert in an EVE file.
type line struct {
	Timestamp string `json:"timestamp"`
	SrcIP     string `json:"src_ip"`
	SrcPort   int    `json:"src_port"`
	DestIP    string `json:"dest_ip"`
	DestPort  int    `json:"dest_port"`
	Number    uint64 `json:"pcap_cnt"`
	Tunnel    struct {
		SrcIP  string `json:"src_ip"`
		DestIP string `json:"dest_ip"`
		Type   string `json:"type"`
	} `json:"tunnel"`
	RuleIDs struct {
		Rule      string             `json:"rule"`
		Key       map[string]any     `json:"key"`
		Values    map[string]float64 `json:"values"`
		Threshold float64            `json:"threshold"`
		Evidence  string             `json:"evidence"`
	} `json:"ruleids"`

	text    string
	arrived time.Time // when the test saw it in the file
}

// took is the time from the packet that fired the alert to its line in the file.
func (l line) took(t *testing.T) time.Duration {
	t.Helper()
	at, err := time.Parse(eveTime, l.Timestamp)
	if err != nil {
		t.Fatalf("%s: %v", l.text, err)
	}
	return l.arrived.Sub(at)
}

// A follower reads an EVE file while it is written.
type follower struct {
	t *testing.T
	*record[line]
}

// follow follows a file from its beginning until the test ends, also over rotations.
func follow(t *testing.T, path string) *follower {
	t.Helper()
	f := &follower{t, newRecord[line]()}
	watch, err := fsnotify.NewWatcher()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { watch.Close() })
	if err := watch.Add(filepath.Dir(path)); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer func() { file.Close() }()
		var rest []byte
		for {
			next, err := successor(file, path) // looked for before the rest is read: nothing comes behind that
			var more []byte
			if err == nil {
				more, err = io.ReadAll(file)
			}
			now := time.Now()
			if err != nil {
				f.add(line{text: err.Error(), arrived: now})
				return
			}
			rest = append(rest, more...)
			var lines []line
			for {
				text, after, ok := bytes.Cut(rest, []byte("\n"))
				if !ok {
					break
				}
				rest = after
				l := line{text: string(text), arrived: now}
				if err := json.Unmarshal(text, &l); err != nil {
					l.RuleIDs.Rule = "" // kept as a line that is no alert
				}
				lines = append(lines, l)
			}
			if len(lines) > 0 {
				f.add(lines...)
			}
			if next != nil {
				file.Close()
				file, rest = next, nil
				continue
			}
			if _, ok := <-watch.Events; !ok {
				return
			}
		}
	}()
	return f
}

// successor opens the file that is at a path now, where that is another one.
func successor(file *os.File, path string) (*os.File, error) {
	now, err := os.Stat(path)
	if os.IsNotExist(err) {
		return nil, nil // being rotated
	}
	if err != nil {
		return nil, err
	}
	is, err := file.Stat()
	if err != nil || os.SameFile(is, now) {
		return nil, err
	}
	return os.Open(path)
}

// alert waits for an alert of a rule from line n on.
func (f *follower) alert(n int, rule string, match ...func(line) bool) line {
	f.t.Helper()
	l, ok := f.await(patience, n, func(l line) bool {
		if l.RuleIDs.Rule != rule {
			return false
		}
		for _, m := range match {
			if !m(l) {
				return false
			}
		}
		return true
	})
	if !ok {
		f.t.Fatalf("no such alert of %s after %v; there are %d alerts:\n%s", rule, patience, f.len(), f.texts(n, 20))
	}
	return l
}

// texts returns the lines of the file from n on, but no more than most.
func (f *follower) texts(n, most int) string {
	var b bytes.Buffer
	for i, l := range f.from(n) {
		if i == most {
			b.WriteString("…\n")
			break
		}
		b.WriteString(l.text + "\n")
	}
	return b.String()
}

// readEVE reads the lines of a file that is complete. A line that is no alert fails the test.
func readEVE(t *testing.T, path string) []line {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 0 && text[len(text)-1] != '\n' {
		t.Errorf("%s ends within a line: %q", path, text[bytes.LastIndexByte(text, '\n')+1:])
	}
	var out []line
	for _, one := range bytes.Split(bytes.TrimSuffix(text, []byte("\n")), []byte("\n")) {
		if len(one) == 0 {
			continue
		}
		l := line{text: string(one)}
		if err := json.Unmarshal(one, &l); err != nil || l.RuleIDs.Rule == "" {
			t.Errorf("%s has a line that is no alert: %q: %v", path, one, err)
			continue
		}
		out = append(out, l)
	}
	return out
}

// spread is the median and the greatest of times.
func spread(times []time.Duration) (median, most time.Duration) {
	if len(times) == 0 {
		return 0, 0
	}
	slices.Sort(times)
	return times[len(times)/2], times[len(times)-1]
}
