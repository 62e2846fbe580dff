package agent

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/engine/snapshot"
)

// What becomes of a file of state that is not as it should be.
const (
	refused = "refused" // the daemon does not start, and leaves the file as it is
	left    = "left"    // it starts without it, and leaves the file as it is
	anew    = "anew"    // it starts, and goes on with what can be read
)

// A fate is what becomes of a file, and what is said of it; "" where there is nothing to say.
type fate struct{ outcome, said string }

// aLater returns a file of state as a later version of the program would have written it.
type aLater func(text []byte) []byte

// laterNumber raises the first version in a file of JSON.
func laterNumber(text []byte) []byte {
	text = bytes.Replace(text, []byte(`"version": 1`), []byte(`"version":1`), 1)
	return bytes.Replace(text, []byte(`"version":1`), []byte(`"version":99`), 1)
}

// laterSnapshot raises the version of a snapshot.
func laterSnapshot(text []byte) []byte {
	text = bytes.Replace(text[:len(text)-sha256.Size], []byte("ruleids snapshot 1\n"), []byte("ruleids snapshot 99\n"), 1)
	sum := sha256.Sum256(text)
	return append(text, sum[:]...)
}

// laterJournal puts a first line of a later version before a journal.
func laterJournal(text []byte) []byte {
	line := `{"op":"start","version":99`
	return append(fmt.Appendf(nil, "%s,\"crc\":\"%08x\"}\n", line, crc32.Checksum([]byte(line), crc32.MakeTable(crc32.Castagnoli))), text...)
}

// stateKinds are the files of state of the daemon: what becomes of each where a later version wrote it, where it is cut, empty,
// something else, and where a directory has its place. Those of a server are in package fleet/state and fleet/store.
var stateKinds = []struct {
	path                              string
	later                             aLater // nil for files whose form others define
	newer, cut, empty, other, inPlace fate
}{
	{"decisions.jsonl", laterJournal, fate{refused, "later version of ruleids"}, fate{anew, "was being written"}, fate{anew, ""}, fate{anew, "decisions.jsonl.damaged"}, fate{refused, "is a directory"}},
	{"audit.jsonl", nil, fate{}, fate{anew, ""}, fate{anew, ""}, fate{anew, ""}, fate{refused, "name a file"}},
	{"memory", laterSnapshot, fate{left, "later version of ruleids"}, fate{anew, "memory: the file is damaged"}, fate{anew, "the file is damaged"}, fate{anew, "the file is damaged"}, fate{left, "move it away"}},
	{"assets", laterSnapshot, fate{left, "later version of ruleids"}, fate{anew, "assets: the file is damaged"}, fate{anew, "the file is damaged"}, fate{anew, "the file is damaged"}, fate{left, "move it away"}},
	{"peaks", laterSnapshot, fate{left, "later version of ruleids"}, fate{anew, "peaks: the file is damaged"}, fate{anew, "the file is damaged"}, fate{anew, "the file is damaged"}, fate{left, "move it away"}},
	{"models/host.json", laterNumber, fate{left, "ruleids model forget host"}, fate{left, "Remove the file"}, fate{left, "Remove the file"}, fate{left, "Remove the file"}, fate{left, "host.json"}},
	{"logs/file-sshd.json", laterNumber, fate{left, "later version of ruleids"}, fate{anew, "how far a log was read is not known"}, fate{anew, "how far a log was read is not known"}, fate{anew, "how far a log was read is not known"}, fate{left, "file-sshd.json"}},
	{"logs/file-sshd.position", nil, fate{}, fate{anew, ""}, fate{anew, ""}, fate{anew, ""}, fate{left, ""}},
	{"virustotal.jsonl", laterNumber, fate{refused, "later version of ruleids"}, fate{anew, "cut_short=true"}, fate{anew, ""}, fate{refused, "give another path, or remove it"}, fate{refused, "give another path, or remove it"}},
	{"honeypot_key", nil, fate{}, fate{refused, "remove it, and a new one is made"}, fate{refused, "remove it, and a new one is made"}, fate{refused, "remove it, and a new one is made"}, fate{refused, "is not a key file"}},
	{"member/member.json", laterNumber, fate{refused, "later version of ruleids"}, fate{refused, "join again"}, fate{refused, "join again"}, fate{refused, "join again"}, fate{refused, "member.json"}},
}

// TestStateFiles has the daemon find each of its files of state in every condition that an administrator, a crash or another version
// may have left it in.
func TestStateFiles(t *testing.T) {
	rules := map[string]string{"seen.hcl": seenRules, "host.hcl": hostModel}
	settings := func(root, fleet string) string {
		text := `rules { models = "ROOT/models" }
fleet { directory = "FLEET" }
auth "file" "sshd" {
  path  = "ROOT/auth.log"
  state = "ROOT/logs"
  begin = "start"
}
reputation "virustotal" {
  url        = "http://127.0.0.1:9"
  cache_file = "ROOT/virustotal.jsonl"
}
honeypot "ssh" {
  service       = "ssh"
  listen        = "127.0.0.1:0"
  host_key_file = "ROOT/honeypot_key"
  log           = ""
}
`
		return strings.NewReplacer("ROOT", filepath.ToSlash(root), "FLEET", filepath.ToSlash(fleet)).Replace(text)
	}
	// A daemon that leaves them; of decisions, verdicts and the membership of a fleet others have more in them.
	good := t.TempDir()
	must(t, os.WriteFile(filepath.Join(good, "auth.log"), []byte("Nov 30 07:20:00 h sshd[1]: Failed password for root from 203.0.113.5 port 22 ssh2\n"), 0o600))
	must(t, os.MkdirAll(filepath.Join(good, "member"), 0o700))
	r := startIn(t, good, settings(good, filepath.Join(good, "none")), rules)
	r.source.send(t, batchOf(append(seconds(t, 0, 5, 0), syn(t, "10.0.0.1", 1, 6000))...))
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(good, "logs", "file-sshd.json")); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the log is never read")
		}
	}
	must(t, r.stop())
	for to, from := range map[string]string{
		"virustotal.jsonl": "../actions/reputation/testdata/state/1.jsonl", "decisions.jsonl": "../actions/decision/testdata/state/1.jsonl", "member/member.json": "../fleet/link/testdata/state/1.json",
	} {
		text, err := os.ReadFile(from)
		must(t, err)
		must(t, os.WriteFile(filepath.Join(good, filepath.FromSlash(to)), text, 0o600))
	}

	known := map[string]bool{"ruleids.hcl": true, "auth.log": true, "rules/seen.hcl": true, "rules/host.hcl": true}
	for _, k := range stateKinds {
		known[k.path] = true
	}
	must(t, filepath.WalkDir(good, func(path string, d fs.DirEntry, err error) error {
		if name, _ := filepath.Rel(good, path); err == nil && d.Type().IsRegular() && !known[filepath.ToSlash(name)] {
			t.Errorf("%s is in no row of stateKinds", name)
		}
		return err
	}))

	for _, k := range stateKinds {
		for _, c := range []struct {
			what string
			fate
			make func(text []byte) []byte // nil for a directory
		}{
			{"of a later version", k.newer, k.later},
			{"cut", k.cut, func(text []byte) []byte { return text[:len(text)-len(text)/3-1] }},
			{"empty", k.empty, func([]byte) []byte { return []byte{} }},
			{"something else", k.other, func([]byte) []byte { return []byte("# the file of\n# another program\n") }},
			{"a directory", k.inPlace, nil},
		} {
			if c.outcome == "" {
				continue
			}
			t.Run(k.path+"/"+strings.ReplaceAll(c.what, " ", "_"), func(t *testing.T) {
				root := t.TempDir()
				must(t, os.CopyFS(root, os.DirFS(good)))
				must(t, os.Chmod(filepath.Join(root, "honeypot_key"), 0o600))
				file, fleet := filepath.Join(root, filepath.FromSlash(k.path)), filepath.Join(root, "none")
				if k.path == "member/member.json" {
					fleet = filepath.Dir(file)
				}
				text, err := os.ReadFile(file)
				must(t, err)
				must(t, os.Remove(file))
				if c.make == nil {
					must(t, os.Mkdir(file, 0o700))
				} else {
					text = c.make(text)
					must(t, os.WriteFile(file, text, 0o600))
				}
				r := prepare(t, root, settings(root, fleet), rules)
				err = r.open(t.Context())
				if c.outcome == refused {
					if err == nil {
						r.begin(t)
						t.Fatal("the daemon starts")
					}
					if !strings.Contains(err.Error(), c.said) {
						t.Errorf("it does not say %q: %v", c.said, err)
					}
				} else {
					must(t, err)
					r.begin(t)
					says := func() string {
						trouble := strings.Join(r.Status(context.Background()).Trouble, "\n")
						r.log.mu.Lock()
						defer r.log.mu.Unlock()
						return trouble + "\n" + strings.Join(r.log.lines, "")
					}
					for deadline := time.Now().Add(20 * time.Second); !strings.Contains(says(), c.said); time.Sleep(20 * time.Millisecond) {
						if time.Now().After(deadline) {
							t.Fatalf("it does not say %q:\n%s", c.said, says())
						}
					}
					r.source.send(t, batchOf(append(seconds(t, 100, 104, 0), syn(t, "10.0.0.1", 1, 106000))...))
					must(t, r.stop())
				}
				switch now, err := os.ReadFile(file); {
				case c.make == nil:
					if st, err := os.Stat(file); err != nil || !st.IsDir() {
						t.Errorf("the directory is gone: %v", err)
					}
				case c.outcome == anew:
					must(t, err)
				case err != nil || !bytes.Equal(now, text):
					t.Errorf("it was changed: %v", err)
				}
			})
		}
	}
}

// TestPeaksOfEachVersion goes on with what versions of the program have kept of peaks, and leaves what a later one has kept as it
// is.
func TestPeaksOfEachVersion(t *testing.T) {
	const day = `{"day":20600,"counts":{"4":1},"tail":[{"key":{"ip.src":"10.0.0.1"},"value":4,"time":"2026-05-27T00:00:00Z"}]}`
	const text = `{"from":"2026-05-27T00:00:00Z","rules":{"scan":{"of":"ports","strict":false,"days":[` + day + `]}}}`
	root := t.TempDir()
	file := filepath.Join(root, "peaks")
	for _, section := range []string{"peaks", "peaks 1"} {
		must(t, snapshot.Write(file, []snapshot.Section{{Name: section, Data: []byte(text)}}))
		r := startIn(t, root, "", map[string]string{"a.hcl": scanRule})
		if got := r.peaks.rules["scan"]; got == nil || len(got.Days) != 1 || got.Days[0].Counts[4] != 1 {
			t.Errorf("%s: %+v", section, got)
		}
		must(t, r.stop())
	}
	must(t, snapshot.Write(file, []snapshot.Section{{Name: "peaks 2", Data: []byte("another form")}}))
	later, err := os.ReadFile(file)
	must(t, err)
	r := startIn(t, root, "", map[string]string{"a.hcl": scanRule})
	s, err := r.client.Status(t.Context())
	must(t, err)
	if len(s.Trouble) != 1 || !strings.Contains(s.Trouble[0], "later version of ruleids") {
		t.Errorf("trouble %q", s.Trouble)
	}
	must(t, r.stop())
	if now, err := os.ReadFile(file); err != nil || string(now) != string(later) {
		t.Errorf("it was changed: %v", err)
	}
}
