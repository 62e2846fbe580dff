package rules

import (
	"cmp"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/internal/diag"
	"github.com/ruleids/ruleids/packet"
	"github.com/ruleids/ruleids/rules/lists"
)

// TestFeeds reads lists from the copies of what was fetched, from a candidate, and from the block itself where there is neither.
func TestFeeds(t *testing.T) {
	dir := t.TempDir()
	const address = "https://feeds.example/bad.csv"
	source := map[string][]byte{"a.hcl": []byte(`list "bad" {
  type    = "ip"
  columns = ["indicator", "threat"]
  url     = "` + address + `"
  file    = "seed.csv"
}
rule "r" {
  description = "r"
  severity    = "low"
  where       = "ip.src in list.bad"
}
`), "seed.csv": []byte("192.0.2.1,seed\n")}
	has := func(opt Options, want string, codes string) {
		t.Helper()
		opt.Sources = source
		set, diags := Load(opt)
		var got []string
		for _, d := range diags {
			got = append(got, diag.CodeOf(d))
		}
		if strings.Join(got, " ") != codes {
			t.Errorf("%v", diags)
		}
		l := set.Lists[0]
		row := l.RowOfAddr(packet.AddrFromNetip(netip.MustParseAddr(want)))
		if row < 0 || l.Len != 1 {
			t.Errorf("%d entries, without %s", l.Len, want)
		}
		if f := l.Feeds[0]; f.URL != address || f.Fetched != (codes == "" && opt.Fetched != "") || f.Refresh != defaultRefresh || f.MaxSize != defaultMaxSize {
			t.Errorf("%+v", f)
		}
	}
	has(Options{}, "192.0.2.1", "")
	has(Options{Fetched: dir}, "192.0.2.1", diag.NotFetched)
	name := CopyPath(dir, address)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("192.0.2.2,copy\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	has(Options{Fetched: dir}, "192.0.2.2", "")
	next := filepath.Join(dir, "next")
	if err := os.WriteFile(next, []byte("192.0.2.3,next\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	has(Options{Fetched: dir, Copies: map[string]string{address: next}}, "192.0.2.3", "")

	if err := os.WriteFile(name, []byte("192.0.\n192.0.2.2,copy\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, diags := Load(Options{Sources: source, Fetched: dir}); !diags.HasErrors() || !strings.Contains(diags.Error(), "the copy of "+address+": where it is damaged, remove it") {
		t.Errorf("a damaged copy: %v", diags)
	}
}

// TestConfined lets a rule set from elsewhere name files of its own, and none besides.
func TestConfined(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{"set/lists/in.txt": "192.0.2.1\n", "set2/out.txt": "192.0.2.1\n", "out.txt": "192.0.2.1\n"} {
		name = filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	slashed := filepath.ToSlash(root)
	for attribute, want := range map[string]string{
		`file = "lists/in.txt"`: "", `file = "` + slashed + `/set/lists/in.txt"`: "", `url = "https://feeds.example/bad.txt"`: "",
		`file = "../out.txt"`: "outside", `file = "lists/../../set2/out.txt"`: "outside", `file = "` + slashed + `/out.txt"`: "outside",
		`url = "file://` + slashed + `/out.txt"`: "no lists from the disk",
	} {
		rule := []byte("list \"bad\" {\n  type = \"ip\"\n  " + attribute + "\n}\nrule \"r\" {\n  description = \"r\"\n  severity = \"low\"\n  where = \"ip.src in list.bad\"\n}\n")
		if err := os.WriteFile(filepath.Join(root, "set", "a.hcl"), rule, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, confined := range []string{filepath.Join(root, "set"), filepath.Join(root, "set2"), ""} {
			_, diags := Load(Options{Paths: []string{filepath.Join(root, "set")}, Confined: confined})
			refused := diags.HasErrors() && strings.Contains(diags.Error(), cmp.Or(want, "outside"))
			if refused != (want != "" && strings.HasSuffix(confined, "set")) {
				t.Errorf("%s, confined to %q: %v", attribute, confined, diags)
			}
		}
	}
}

// TestSift leaves out what is no entry, and keeps all else as it is.
func TestSift(t *testing.T) {
	for _, c := range []struct {
		name           string
		typ            lists.Type
		header         []string
		data, good     string
		entries, other int
	}{
		{"lines", lists.IP, nil, "# a\n192.0.2.1\n\nnobody\n192.0.2.0/24 ; b\n", "# a\n192.0.2.1\n\n192.0.2.0/24 ; b\n", 2, 1},
		{"without an end", lists.Port, nil, "80\n443", "80\n443", 2, 0},
		{"texts", lists.String, nil, "a;b\nc #d\n", "a;b\nc #d\n", 2, 0},
		{"names", lists.Domain, nil, "Bad.example\nno name at all\n", "Bad.example\n", 1, 1},
		{"rows", lists.IP, []string{"ip", "threat"}, "# c\nip,threat\n192.0.2.1,\"a, b\"\n192.0.2.2\nx,y\n192.0.2.3,\"two\nlines\"\n192.0.2.4,a\"b\n192.0.2.5,c\n", "# c\nip,threat\n192.0.2.1,\"a, b\"\n192.0.2.3,\"two\nlines\"\n192.0.2.5,c\n", 3, 3},
		{"nothing", lists.IP, []string{"ip", "threat"}, "", "", 0, 0},
	} {
		good, entries, others, first := lists.Sift(c.typ, c.header, []byte(c.data))
		if string(good) != c.good || entries != c.entries || others != c.other || (first == nil) != (others == 0) {
			t.Errorf("%s: %q, %d entries, %d others, %v", c.name, good, entries, others, first)
		}
	}
}
