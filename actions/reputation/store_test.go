package reputation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
)

const headerLine = `{"format":"ruleids reputation cache","version":1}` + "\n"

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestCacheFile holds the format of the file, and takes it over a restart and over changed settings.
func TestCacheFile(t *testing.T) {
	t.Setenv("VIRUSTOTAL_API_KEY", testKey)
	dir := t.TempDir()
	path := filepath.Join(dir, "cache.jsonl")
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, dir, nil)
		w.answer("ip_addresses/8.8.8.8", report(4, 1, -3))
		w.tier("8.8.8.8")
		w.after(time.Second)
		w.tier("unknown.dev")
		want := headerLine +
			`{"indicator":"8.8.8.8","tier":"high","found":true,"malicious":4,"suspicious":1,"harmless":60,"undetected":20,"timeout":1,"reputation":-3,"asked":"2000-01-01T00:00:00Z"}` + "\n" +
			`{"indicator":"unknown.dev","tier":"clean","found":false,"malicious":0,"suspicious":0,"harmless":0,"undetected":0,"timeout":0,"reputation":0,"asked":"2000-01-01T00:00:01Z"}` + "\n"
		if diff := cmp.Diff(want, readFile(t, path)); diff != "" {
			t.Error(diff)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o007 != 0 && runtime.GOOS != "windows" {
			t.Errorf("%v, %v", info.Mode(), err)
		}
		if err := w.sources.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(want, readFile(t, path)); diff != "" {
			t.Error(diff)
		}
		// What was asked about before the restart counts for the quota.
		w.open(dir, func(c *VirusTotalConfig) { c.CriticalMalicious, c.HighMalicious = 4, 3 })
		if s := w.status(); s.Entries != 2 || s.Today != 2 || s.CacheDamage != 0 {
			t.Errorf("%+v", s)
		}
		if got := w.tier("8.8.8.8"); got != scale.TierCritical {
			t.Errorf("%v by the settings of now", got)
		}
		w.requests()
		for _, s := range []string{"a.dev", "b.dev", "c.dev", "unknown.dev"} {
			w.tier(s)
		}
		if got := w.requests(); got != "domains/a.dev domains/b.dev" {
			t.Errorf("asked for %s", got)
		}
		if err := w.sources.Close(context.Background()); err != nil {
			t.Error(err)
		}
		// After a while it is forgotten, in the file too.
		w.after(8 * 24 * time.Hour)
		w.open(dir, nil)
		if s := w.status(); s.Entries != 0 || s.Today != 0 {
			t.Errorf("%+v", s)
		}
		if err := w.sources.Close(context.Background()); err != nil {
			t.Error(err)
		}
		if got := readFile(t, path); got != headerLine {
			t.Errorf("%s", got)
		}
		w.server.Close()
	})
}

// TestDamagedCache reads a file that suffered.
func TestDamagedCache(t *testing.T) {
	t.Setenv("VIRUSTOTAL_API_KEY", testKey)
	line := func(indicator string, malicious int) string {
		return string(appendRecord(nil, &Verdict{Indicator: indicator, Found: true, Malicious: malicious, Asked: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)}))
	}
	for name, c := range map[string]struct {
		text    string
		entries int
		damage  int
	}{
		"empty":          {"", 0, 0},
		"header":         {headerLine, 0, 0},
		"torn header":    {headerLine[:20], 0, 1},
		"header alone":   {strings.TrimSuffix(headerLine, "\n"), 0, 1},
		"zeros alone":    {strings.Repeat("\x00", 9000), 0, 1},
		"torn":           {headerLine + line("8.8.8.8", 3) + line("8.8.4.4", 3)[:50], 1, 1},
		"torn at end":    {headerLine + line("8.8.8.8", 3) + strings.TrimSuffix(line("8.8.4.4", 3), "\n"), 1, 1},
		"in the midst":   {headerLine + line("8.8.8.8", 3) + line("8.8.1.1", 1)[:30] + "\n" + line("8.8.4.4", 3), 2, 1},
		"long line":      {headerLine + line("8.8.8.8", 3) + strings.Repeat("x", 100_000) + "\n" + line("8.8.4.4", 3), 2, 1},
		"zeros":          {headerLine + line("8.8.8.8", 3) + strings.Repeat("\x00", 9000), 1, 1},
		"twice":          {headerLine + line("8.8.8.8", 0) + line("8.8.8.8", 3), 1, 0},
		"not canonical":  {headerLine + line("8.8.8.8", 3) + line("Bad.dev", 3) + line("not it", 3), 1, 2},
		"negative":       {headerLine + line("8.8.8.8", 3) + line("8.8.4.4", -3), 1, 1},
		"never asked":    {headerLine + line("8.8.8.8", 3) + line("10.0.0.1", 3), 1, 0},
		"from tomorrow":  {headerLine + strings.Replace(line("8.8.8.8", 3), "2000-01-01", "2031-01-01", 1), 1, 0},
		"without a time": {headerLine + line("8.8.8.8", 3) + `{"indicator":"8.8.4.4"}` + "\n", 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := writeFile(t, dir, "cache.jsonl", c.text)
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, dir, nil)
				s := w.status()
				if s.Entries != c.entries || s.CacheDamage != c.damage || !s.Healthy {
					t.Errorf("%+v", s)
				}
				if c.entries > 0 && w.tier("8.8.8.8") != scale.TierHigh {
					t.Error("8.8.8.8 is forgotten")
				}
				w.tier("10.0.0.1")
				w.tier("new.dev") // writes the file again
				if err := w.sources.Close(context.Background()); err != nil {
					t.Error(err)
				}
				w.open(dir, nil)
				if s := w.status(); s.Entries != c.entries+1 || s.CacheDamage != 0 {
					t.Errorf("after it was written: %+v\n%s", s, readFile(t, path))
				}
				_ = w.sources.Close(context.Background())
				w.server.Close()
				if _, err := os.Stat(path + ".new"); err == nil {
					t.Error("a file was left behind")
				}
			})
		})
	}
}

// TestForeignFile gives the path of a file that is not a cache: it is not touched.
func TestForeignFile(t *testing.T) {
	for _, text := range []string{"rule \"x\" {\n}\n", "{}\n", headerLine[:20] + "\n", strings.Repeat("\x00", 9000) + "x\n", strings.Replace(headerLine, "1", "0", 1), strings.Repeat("x", 10_000)} {
		path := writeFile(t, t.TempDir(), "rules.hcl", text)
		c := setting.New[VirusTotalConfig]()
		c.CacheFile = path
		_, err := New([]Spec{{KindVirusTotal, c}}, Options{Log: discard()})
		if err == nil || !strings.Contains(err.Error(), path+" is not a reputation cache") || !strings.Contains(err.Error(), "give another path") {
			t.Errorf("%v", err)
		}
		if readFile(t, path) != text {
			t.Error("the file was changed")
		}
	}
	c := setting.New[VirusTotalConfig]()
	c.CacheFile = t.TempDir()
	if _, err := New([]Spec{{KindVirusTotal, c}}, Options{Log: discard()}); err == nil {
		t.Error("a directory was taken for a cache")
	}
}

// TestCacheTrouble has no directory for the file, until there is one.
func TestCacheTrouble(t *testing.T) {
	inWorld(t, func(c *VirusTotalConfig) {
		fast(c)
		c.CacheFile = filepath.Join(filepath.Dir(c.CacheFile), "sub", "cache.jsonl")
	}, func(w *world) {
		w.answer("", report(3, 0, 0))
		w.tier("a.dev")
		w.tier("b.dev")
		_, missing := os.Open(w.vt.cfg.CacheFile)
		if s := w.status(); s.State != StateReady || s.Healthy || !strings.Contains(s.CacheError, errors.Unwrap(missing).Error()) || s.Entries != 2 || w.tier("b.dev") != scale.TierHigh {
			t.Errorf("%+v", s)
		}
		if err := os.Mkdir(filepath.Dir(w.vt.cfg.CacheFile), 0o700); err != nil {
			t.Fatal(err)
		}
		w.tier("c.dev")
		if s := w.status(); !s.Healthy || s.CacheError != "" {
			t.Errorf("%+v", s)
		}
		if n := strings.Count(readFile(t, w.vt.cfg.CacheFile), "\n"); n != 4 {
			t.Errorf("%d lines", n)
		}
		if n := strings.Count(w.log.String(), "cannot be written"); n != 1 {
			t.Errorf("%d warnings", n)
		}
	})
}

// TestCompaction writes many verdicts on few indicators: the file stays small.
func TestCompaction(t *testing.T) {
	s := &store{path: filepath.Join(t.TempDir(), "cache.jsonl")}
	defer s.drop()
	var live []Verdict
	most := 0
	for i := range 5000 {
		v := Verdict{Indicator: fmt.Sprintf("h%d.dev", i%10), Asked: time.Unix(int64(i), 0)}
		live = append(slices.DeleteFunc(live, func(x Verdict) bool { return x.Indicator == v.Indicator }), v)
		if err := s.add(&v, func() []Verdict { return live }); err != nil {
			t.Fatal(err)
		}
		most = max(most, s.lines)
	}
	if most > slack+21 {
		t.Errorf("%d lines for 10 indicators", most)
	}
	got := map[string]Verdict{}
	again := &store{path: s.path}
	if err := again.read(func(v Verdict) { got[v.Indicator] = v }); err != nil || again.damaged != 0 || again.torn {
		t.Fatalf("%v, %+v", err, again)
	}
	for _, v := range live {
		if !got[v.Indicator].Asked.Equal(v.Asked) {
			t.Errorf("%s: %v, want %v", v.Indicator, got[v.Indicator].Asked, v.Asked)
		}
	}
}

// TestCacheIsBounded puts more into a cache than it holds: bad verdicts and those in use stay.
func TestCacheIsBounded(t *testing.T) {
	c := newCache(1600)
	now := time.Unix(1_000_000, 0)
	put := func(text string, tier Tier, used int64) {
		e := &entry{Verdict: Verdict{Indicator: text, Tier: tier}, expires: now.Unix() + 1000}
		e.used.Store(used)
		c.put(e, now)
		if n := c.len(); n > 1600 {
			t.Fatalf("%d entries", n)
		}
	}
	for i := range 1600 {
		put(fmt.Sprintf("clean%d", i), scale.TierClean, int64(i))
		if i%4 == 0 {
			put(fmt.Sprintf("bad%d", i), scale.TierHigh, 0)
		}
	}
	for i := 0; i < 1600; i += 4 {
		if c.get(fmt.Sprintf("bad%d", i), now.Unix()) == nil {
			t.Fatalf("bad%d went before clean ones", i)
		}
	}
	if c.get("clean0", now.Unix()) != nil || c.get("clean1599", now.Unix()) == nil {
		t.Error("not the longest unused went")
	}
	if e := c.get("bad0", now.Unix()+1000); e != nil {
		t.Error("it holds for longer than its life")
	}
}

// FuzzCacheFile reads anything as a cache. What it takes, it writes in a form that it reads in the same way.
func FuzzCacheFile(f *testing.F) {
	f.Add([]byte(headerLine + `{"indicator":"8.8.8.8","tier":"high","found":true,"malicious":4,"suspicious":1,"reputation":-3,"asked":"2000-01-01T00:00:00Z"}` + "\n" + `{"indicator":"a.dev"`))
	f.Add([]byte(headerLine + "\n\x00\n{}\n[]\nnull\n"))
	f.Add([]byte(headerLine + `{"indicator":"a.dev","asked":"9999-12-31T23:59:59-23:59"}` + "\n"))
	f.Add([]byte("x"))
	f.Fuzz(func(t *testing.T, text []byte) {
		read := func(text []byte) (out []Verdict, s store, err error) {
			err = s.parse(bytes.NewReader(text), func(v Verdict) { out = append(out, v) })
			return out, s, err
		}
		first, s, err := read(text)
		if err != nil && !errors.Is(err, errNotCache) {
			t.Fatal(err)
		}
		if s.lines != len(first)+s.damaged {
			t.Fatalf("%d lines, %d read, %d damaged", s.lines, len(first), s.damaged)
		}
		again := []byte(headerLine)
		for i := range first {
			first[i].Asked = first[i].Asked.Truncate(time.Second)
			again = appendRecord(again, &first[i])
		}
		second, s, err := read(again)
		if err != nil || s.damaged != 0 || s.torn {
			t.Fatalf("%v, %+v\n%s", err, s, again)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Fatal(diff)
		}
	})
}
