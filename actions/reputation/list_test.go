package reputation

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/ruleids/ruleids/internal/scale"
)

func discard() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// writeFile writes a file into a directory of the test and returns its path.
func writeFile(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func openTest(t *testing.T, files ...string) *Sources {
	t.Helper()
	s, err := New([]Spec{{KindList, &ListConfig{Files: files}}}, Options{Log: discard()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestList(t *testing.T) {
	dir := t.TempDir()
	a := writeFile(t, dir, "a.txt", "\ufeff# known bad\n\n203.0.113.9   critical # scanner\n203.0.113.0/24\thigh\r\n10.0.0.5 low\n2001:db8::/32 medium\n"+
		"2001:db8::7 Clean\nBad.Example. HIGH\nok.bad.example clean\n::ffff:198.51.100.1 high\nbücher.example low\n0.0.0.0/0 low")
	b := writeFile(t, dir, "b.txt", "203.0.113.9 low\nbad.example critical\nzip low\n")
	s := openTest(t, a, b)
	for indicator, want := range map[string]Tier{
		"203.0.113.9": scale.TierCritical, "203.0.113.10": scale.TierHigh, "203.0.114.1": scale.TierLow, "10.0.0.5": scale.TierLow, "2001:db8::1": scale.TierMedium, "2001:db8::7": scale.TierClean,
		"2001:db9::1": scale.TierClean, "bad.example": scale.TierCritical, "BAD.example.": scale.TierCritical, "a.b.bad.example": scale.TierCritical, "ok.bad.example": scale.TierClean,
		"x.ok.bad.example": scale.TierClean, "notbad.example": scale.TierClean, "example": scale.TierClean, "198.51.100.1": scale.TierHigh, "::ffff:203.0.113.9": scale.TierCritical,
		"xn--bcher-kva.example": scale.TierLow, "any.zip": scale.TierLow, "": scale.TierClean, "not an indicator": scale.TierClean,
	} {
		if got := s.Tier(KindList, indicator); got != want {
			t.Errorf("%q: %v, want %v", indicator, got, want)
		}
		if got := s.Tier(KindVirusTotal, indicator); got != scale.TierClean {
			t.Errorf("%q: %v of a source that is not there", indicator, got)
		}
	}
	for indicator, want := range map[string]string{"203.0.113.10": "203.0.113.0/24", "203.0.113.9": "203.0.113.9", "a.b.bad.example": "bad.example"} {
		if v, ok := s.Verdict(KindList, indicator); !ok || v.Match != want || !v.Found || v.Indicator != indicator {
			t.Errorf("%s: %+v", indicator, v)
		}
	}
	if v, ok := s.Verdict(KindList, "2001:db9::1"); ok {
		t.Errorf("%+v", v)
	}
	if st := s.Status(); len(st) != 1 || st[0].State != StateReady || !st[0].Healthy || st[0].Entries != 11 || st[0].Loaded.IsZero() {
		t.Errorf("%+v", st)
	}
	if n := testing.AllocsPerRun(100, func() { s.Tier(KindList, "a.b.bad.example"); s.Tier(KindList, "203.0.113.10") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if !s.Has(KindList) || s.Has(KindVirusTotal) || s.Has("other") {
		t.Error("Has is wrong")
	}
}

func TestListErrors(t *testing.T) {
	text := "8.8.8.8\n8.8.8.8 bad\n8.8.8.8/24 high\n8.8.8.8/33 high\n*.bad.dev high\n.bad.dev high\na..b high\nfe80::1%eth0 high\n8.8.8.8 high really\n8.8.4.4 high\n::ffff:1.2.3.0/120 low\nhigh\n"
	err := parseList("bad.txt", strings.NewReader(text), newTable())
	if err == nil {
		t.Fatal("no error")
	}
	want := []string{
		`bad.txt:1: 8.8.8.8 has no tier; write one of clean, low, medium, high, critical behind it`,
		`bad.txt:2: there is no tier "bad"; write one of clean, low, medium, high, critical`,
		`bad.txt:3: "8.8.8.8/24" has bits set behind its length; write 8.8.8.0/24, or the address alone`,
		`bad.txt:4: "8.8.8.8/33" is not a prefix; write one as 192.0.2.0/24 or 2001:db8::/32`,
		`bad.txt:5: "*.bad.dev" has a wildcard; write "bad.dev", which stands for the names below it too`,
		`bad.txt:6: ".bad.dev" has a wildcard; write "bad.dev", which stands for the names below it too`,
		`bad.txt:7: "a..b" is not an address, a prefix as 192.0.2.0/24 or a domain name`,
		`bad.txt:8: "fe80::1%eth0" has a zone; write the address without it`,
		`bad.txt:9: "really" is too much; write an indicator and a tier, and # before a comment`,
		`bad.txt:11: prefixes of IPv4 in IPv6 are not matched; write the IPv4 prefix`,
		`bad.txt:12: high has no tier; write one of clean, low, medium, high, critical behind it`,
	}
	if got := err.Error(); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	err = parseList("bad.txt", strings.NewReader(strings.Repeat("x\n", 100)), newTable())
	if n := strings.Count(err.Error(), "\n"); n != maxFaults || !strings.HasSuffix(err.Error(), "bad.txt: 80 more lines are wrong") {
		t.Errorf("%d lines:\n%v", n, err)
	}
	err = parseList("bad.txt", strings.NewReader("8.8.8.8 low\n"+strings.Repeat("x", 70_000)), newTable())
	if err == nil || !strings.Contains(err.Error(), "bad.txt:2: the line is longer than") {
		t.Error(err)
	}
}

// TestListReload changes a list while it is used.
func TestListReload(t *testing.T) {
	dir := t.TempDir()
	path := writeFile(t, dir, "a.txt", "8.8.8.8 high\n")
	s := openTest(t, path)
	writeFile(t, dir, "a.txt", "8.8.8.8 low\n8.8.4.4 awful\n")
	err := s.Reload()
	if err == nil || !strings.Contains(err.Error(), path+":2: ") {
		t.Errorf("%v", err)
	}
	if got := s.Tier(KindList, "8.8.8.8"); got != scale.TierHigh {
		t.Errorf("%v after a wrong list", got)
	}
	if st := s.Status()[0]; st.State != StateFailing || st.Healthy || !strings.Contains(st.LastError, "awful") || st.Entries != 1 {
		t.Errorf("%+v", st)
	}
	writeFile(t, dir, "a.txt", "8.8.8.8 low\n8.8.4.4 high\n")
	before := s.Version()
	if err := s.Reload(); err != nil {
		t.Error(err)
	}
	if s.Version() == before {
		t.Error("nobody can tell that the list changed")
	}
	if s.Tier(KindList, "8.8.8.8") != scale.TierLow || s.Tier(KindList, "8.8.4.4") != scale.TierHigh {
		t.Error("the list was not taken over")
	}
	if st := s.Status()[0]; st.State != StateReady || !st.Healthy || st.Entries != 2 {
		t.Errorf("%+v", st)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := s.Reload(); err == nil || s.Tier(KindList, "8.8.4.4") != scale.TierHigh {
		t.Errorf("%v after the list was removed", err)
	}
	if got := s.Status()[0].Files; len(got) != 1 || got[0] != path {
		t.Errorf("%v", got)
	}
}

// FuzzList reads anything as a list: every error has a line that is there, and every entry finds itself.
func FuzzList(f *testing.F) {
	f.Add("8.8.8.8 high\n# x\nbad.dev low # y\n10.0.0.0/8 clean")
	f.Add("2001:db8::/32 medium\r\n*.x high\n\x00\nbücher.de critical")
	f.Add("::ffff:1.2.3.4 low\na.\xff low\n1.2.3.4/0 high")
	place := regexp.MustCompile(`^f:([0-9]+): .`)
	f.Fuzz(func(t *testing.T, text string) {
		into := newTable()
		if err := parseList("f", strings.NewReader(text), into); err != nil {
			for i, line := range strings.Split(err.Error(), "\n") {
				if strings.HasSuffix(line, "more lines are wrong") && i == maxFaults {
					continue
				}
				m := place.FindStringSubmatch(line)
				if m == nil {
					t.Fatalf("no place in %q", line)
				}
				if n, _ := strconv.Atoi(m[1]); n < 1 || n > strings.Count(text, "\n")+1 {
					t.Fatalf("line %d of %d", n, strings.Count(text, "\n")+1)
				}
			}
		}
		into.build()
		for p, want := range into.prefixes {
			if got, at, ok := into.addr(p.Addr()); !ok || at.Bits() < p.Bits() || at == p && got != want {
				t.Fatalf("%v is found as %v by %v", p, got, at)
			}
		}
		for name, want := range into.names {
			canon, addr, ok := canonical(nil, name)
			if !ok || addr.IsValid() || string(canon) != name {
				t.Fatalf("%q is not canonical: %q", name, canon)
			}
			if got, at, ok := into.name([]byte("x." + name)); !ok || len(at) >= len(name) && string(at) == name && got != want {
				t.Fatalf("%q is found as %v by %q", name, got, at)
			}
		}
	})
}
