package source

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aead.dev/minisign"

	"github.com/ruleids/ruleids/internal/fetch"
	"github.com/ruleids/ruleids/rules"
	"github.com/ruleids/ruleids/rules/lists"
)

const oneRule = `rule "x" {
  description = "x"
  severity    = "low"
  where       = "tcp"
}
`

// archiveOf makes a packed tar file of entries.
func archiveOf(t *testing.T, entries ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, h := range entries {
		text := []byte(h.Gname) // the text, for want of another field
		h.Gname = ""
		if h.Typeflag == 0 {
			h.Typeflag, h.Size, h.Mode = tar.TypeReg, int64(len(text)), 0o644
		} else {
			text = nil
		}
		if err := errors.Join(w.WriteHeader(&h), writeAll(w, text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func writeAll(w *tar.Writer, text []byte) error { _, err := w.Write(text); return err }

func good(string) error { return nil }

// TestUnpack takes rule files and lists out of archives, and nothing that leads elsewhere.
func TestUnpack(t *testing.T) {
	rule := tar.Header{Name: "set-1.0/rules/a.hcl", Gname: oneRule}
	zeros := strings.Repeat("\x00", 1<<20)
	bomb := []tar.Header{rule}
	for i := range maxUnpacked>>20 + 1 {
		bomb = append(bomb, tar.Header{Name: fmt.Sprintf("x/%d.bin", i), Gname: zeros})
	}
	for _, c := range []struct {
		name    string
		data    []byte
		below   string
		want    string // the error
		written string
	}{
		{"all of it", archiveOf(t, rule, tar.Header{Name: "set-1.0/lists/l.csv", Gname: "x"}, tar.Header{Name: "set-1.0/a_test.hcl", Gname: "x"}, tar.Header{Name: "set-1.0/README.md", Gname: "x"},
			tar.Header{Name: "set-1.0/link", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}), "", "", "set-1.0/lists/l.csv set-1.0/rules/a.hcl"},
		{"a directory of it", archiveOf(t, rule, tar.Header{Name: "set-1.0/other/b.hcl", Gname: oneRule}), "rules", "", "a.hcl"},
		{"another directory", archiveOf(t, rule), "none", "there is no rule file in it", ""},
		{"up", archiveOf(t, rule, tar.Header{Name: "../../evil.hcl", Gname: "x"}), "", "could lead elsewhere", ""},
		{"up in the middle", archiveOf(t, rule, tar.Header{Name: "a/../../evil.hcl", Gname: "x"}), "", "could lead elsewhere", ""},
		{"absolute", archiveOf(t, rule, tar.Header{Name: "/etc/evil.hcl", Gname: "x"}), "", "could lead elsewhere", ""},
		{"backslashes", archiveOf(t, rule, tar.Header{Name: "..\\evil.hcl", Gname: "x"}), "", "could lead elsewhere", ""},
		{"a link as a rule", archiveOf(t, rule, tar.Header{Name: "b.hcl", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}), "", "is a link", ""},
		{"a hard link", archiveOf(t, rule, tar.Header{Name: "b.hcl", Typeflag: tar.TypeLink, Linkname: "/etc/passwd"}), "", "is a link", ""},
		{"a device", archiveOf(t, rule, tar.Header{Name: "b.hcl", Typeflag: tar.TypeChar}), "", "is a link, or something else", ""},
		{"through a link", archiveOf(t, tar.Header{Name: "d.hcl", Typeflag: tar.TypeSymlink, Linkname: "/tmp"}, tar.Header{Name: "d.hcl/x.hcl", Gname: "x"}), "", "is a link", ""},
		{"twice", archiveOf(t, rule, rule), "", "stands in it twice", ""},
		{"a bomb", archiveOf(t, bomb...), "", "it unpacks to over", ""},
		{"no rules", archiveOf(t, tar.Header{Name: "README.md", Gname: "x"}), "", "there is no rule file in it", ""},
		{"cut", archiveOf(t, rule)[:60], "", "damaged or cut short", ""},
		{"another checksum", spoilt(archiveOf(t, rule)), "", "damaged", ""},
		{"a file and a directory", archiveOf(t, rule, tar.Header{Name: "set-1.0/rules/a.hcl/b.hcl", Gname: "x"}), "", `"set-1.0/rules/a.hcl/b.hcl" in it cannot be written`, ""},
		{"no tar file", []byte(strings.Repeat("<p>hello</p>", 100)), "", "no tar file", ""},
		{"nothing", nil, "", "no tar file", ""},
		{"gzip of garbage", []byte("\x1f\x8b\x08\x00garbage"), "", "damaged or cut short", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			to := filepath.Join(dir, "to")
			if err := os.Mkdir(to, 0o700); err != nil {
				t.Fatal(err)
			}
			_, err := unpack(bytes.NewReader(c.data), c.below, to)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			if c.want == "" {
				var written []string
				_ = filepath.Walk(to, func(name string, st os.FileInfo, err error) error {
					if rel, _ := filepath.Rel(to, name); err == nil && !st.IsDir() {
						written = append(written, filepath.ToSlash(rel))
					}
					return err
				})
				if strings.Join(written, " ") != c.written {
					t.Errorf("wrote %v", written)
				}
			}
			if entries, _ := os.ReadDir(dir); len(entries) != 1 {
				t.Errorf("something was written elsewhere: %v", entries)
			}
		})
	}
}

// spoilt changes the checksum at the end of a gzip file.
func spoilt(packed []byte) []byte {
	packed[len(packed)-8] ^= 1
	return packed
}

// A mirror serves files by name, with their bytes as ETags.
type mirror map[string][]byte

func (m mirror) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	data, ok := m[strings.TrimPrefix(r.URL.Path, "/")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("ETag", `"`+digest(data)+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

func newStore(t *testing.T) *Store {
	t.Helper()
	return &Store{Dir: t.TempDir(), Client: fetch.NewClient("test")}
}

// TestRules fetches a signed rule set, refuses what is not signed, older, or judged bad, and keeps the copy then.
func TestRules(t *testing.T) {
	pub, priv, err := minisign.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	m := mirror{}
	server := httptest.NewServer(m)
	defer server.Close()
	publish := func(text string, at int) {
		m["set.tgz"] = archiveOf(t, tar.Header{Name: "a.hcl", Gname: text})
		m["set.tgz.minisig"] = minisign.SignWithComments(priv, m["set.tgz"], fmt.Sprintf("timestamp:%d\tfile:set.tgz", at), "")
	}
	s := newStore(t)
	spec := Spec{Source: server.URL + "/set.tgz", Key: pub.String()}
	has := func(want string) {
		t.Helper()
		dir, _ := Current(s.Dir, spec.Source)
		text, err := os.ReadFile(filepath.Join(dir, "a.hcl"))
		if err != nil || string(text) != want {
			t.Errorf("the copy is %q, %v", text, err)
		}
	}
	take := func(want bool, fails string, judge func(string) error) {
		t.Helper()
		_, changed, err := s.Rules(context.Background(), spec, judge)
		if changed != want || (err == nil) != (fails == "") || err != nil && !strings.Contains(err.Error(), fails) {
			t.Errorf("changed %v, error %v", changed, err)
		}
	}
	publish("one", 1000)
	take(true, "", good)
	has("one")
	take(false, "", good)
	publish("two", 2000)
	take(false, "it does not load", func(string) error { return errors.New("it does not load") })
	has("one")
	take(true, "", good)
	has("two")
	publish("old", 1500)
	take(false, "gives out an old one", good)
	publish("three", 3000)
	m["set.tgz"] = archiveOf(t, tar.Header{Name: "a.hcl", Gname: "forged"})
	take(false, "not signed with the key", good)
	m["set.tgz.minisig"] = m["set.tgz.minisig"][:20]
	take(false, "its signature (.minisig) is none of minisign", good)
	m["set.tgz.minisig"] = nil
	take(false, "there is no signature (.minisig) with it", good)
	delete(m, "set.tgz.minisig")
	take(false, "its signature (.minisig): the server answered 404", good)
	server.Close()
	take(false, "refused", good)
	has("two")
	if entries, _ := os.ReadDir(filepath.Join(s.Dir, "rules")); len(entries) != 2 {
		t.Errorf("more is kept than the copy: %v", entries)
	}
}

// TestDigest holds an archive to the digest in the settings, when it comes and when the settings change.
func TestDigest(t *testing.T) {
	m := mirror{"set.tgz": archiveOf(t, tar.Header{Name: "a.hcl", Gname: oneRule})}
	server := httptest.NewServer(m)
	defer server.Close()
	s := newStore(t)
	spec := Spec{Source: server.URL + "/set.tgz", SHA256: strings.ToUpper(digest(m["set.tgz"]))}
	if _, changed, err := s.Rules(context.Background(), spec, good); err != nil || !changed {
		t.Fatal(changed, err)
	}
	if _, changed, err := s.Rules(context.Background(), spec, good); err != nil || changed {
		t.Fatal(changed, err)
	}
	spec.SHA256 = strings.Repeat("0", 64)
	if _, _, err := s.Rules(context.Background(), spec, good); err == nil || !strings.Contains(err.Error(), "its SHA-256 is") {
		t.Error(err)
	}
}

// TestSpec names what is wrong with a source.
func TestSpec(t *testing.T) {
	hash := strings.Repeat("ab", 32)
	for _, c := range []struct {
		spec Spec
		want string
	}{
		{Spec{}, ""},
		{Spec{Source: "https://x.example/a.tgz#rules/site"}, ""},
		{Spec{Source: "http://x.example/a.tgz", SHA256: hash}, ""},
		{Spec{Source: "http://127.0.0.1:1/a.tgz"}, ""},
		{Spec{Source: "git+ssh://git@x.example/a.git?ref=v1.2"}, ""},
		{Spec{Source: "oci://x.example/a:1"}, ""},
		{Spec{Source: "http://x.example/a.tgz"}, "source: Anybody on the way"},
		{Spec{Source: "ftp://x.example/a.tgz"}, "source: Rules are fetched from"},
		{Spec{Source: "https:///a.tgz"}, "source: There is no server"},
		{Spec{Source: "https://x.example/a.tgz#../up"}, "source: Behind # stands a directory"},
		{Spec{Source: "git+https://x.example/a.git?ref=--upload-pack=x"}, "source: \"--upload-pack=x\" names no branch"},
		{Spec{Source: "git+https://x.example/a.git", SHA256: hash}, "source: Of a repository"},
		{Spec{Source: "oci://x.example/Site/rules:1"}, "source: An artifact is written oci://"},
		{Spec{Source: "oci://x.example"}, "source: An artifact is written oci://"},
		{Spec{SHA256: hash}, "sha256: It checks what source names"},
		{Spec{Source: "https://x.example/a", SHA256: "abc"}, "sha256: This is no SHA-256"},
		{Spec{Source: "https://x.example/a", Key: "abc"}, "minisign: This is no public key"},
	} {
		got := ""
		if p := c.spec.Check(); len(p) > 0 {
			got = p[0].Setting + ": " + p[0].Detail
		}
		if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
			t.Errorf("%+v: got %q, want %q", c.spec, got, c.want)
		}
	}
}

// TestList fetches a list, and keeps the copy when what comes is no list.
func TestList(t *testing.T) {
	m := mirror{}
	server := httptest.NewServer(m)
	defer server.Close()
	s := newStore(t)
	l := &lists.List{Name: "bad", Type: lists.IP}
	f := &lists.Feed{URL: server.URL + "/bad.txt", MaxSize: 1 << 20}
	f.Copy = rules.CopyPath(s.Dir, f.URL)
	entries := strings.Repeat("192.0.2.1\n", 20)
	for _, c := range []struct {
		name, text, want string
		changed          bool
		entries, left    int
	}{
		{"first", "# bad\n" + entries, "", true, 20, 0},
		{"the same", "# bad\n" + entries, "", false, 20, 0},
		{"a line that is none", "; bad\n" + entries + "not an address\n", "", true, 20, 1},
		{"empty", "# none today\n", "there is no entry in it", false, 20, 1},
		{"too many that are none", entries + strings.Repeat("x\n", 10), "10 of 30 lines are no entries", false, 20, 1},
		{"a page", "<!DOCTYPE html>\n<html>log in</html>", "a page for people", false, 20, 1},
		{"something else", "\x00\x01\x02", "there is no entry of the type \"ip\"", false, 20, 1},
		{"too large", strings.Repeat("192.0.2.1\n", 200_000), "the file has over 1048576 bytes", false, 20, 1},
		{"good again", entries + "192.0.2.2\n", "", true, 21, 0},
	} {
		m["bad.txt"] = []byte(c.text)
		got, changed, err := s.List(context.Background(), l, f, good)
		if changed != c.changed || got.Entries != c.entries || got.LeftOut != c.left || (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %+v, changed %v, error %v", c.name, got, changed, err)
		}
		text, err := os.ReadFile(f.Copy)
		if n := strings.Count(string(text), "192.0.2."); err != nil || n != c.entries || strings.Contains(string(text), "not") {
			t.Errorf("%s: the copy has %d entries, %v", c.name, n, err)
		}
	}
	m["bad.txt"] = []byte(entries + "192.0.2.3\n")
	if _, changed, err := s.List(context.Background(), l, f, func(string) error { return errors.New("no") }); changed || err == nil {
		t.Errorf("a copy that the rules do not load with: %v %v", changed, err)
	}
	if err := os.WriteFile(f.Copy, []byte("192.0.2.9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if c := s.ListCopy(f); !c.Checked.IsZero() {
		t.Errorf("bytes that did not come from the server count as its own: %+v", c)
	}
	if names, _ := filepath.Glob(filepath.Join(s.Dir, "lists", ".*")); names != nil {
		t.Errorf("left behind: %v", names)
	}
}
