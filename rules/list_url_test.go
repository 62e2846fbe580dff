package rules

import (
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
