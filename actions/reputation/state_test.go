package reputation

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
	"github.com/ruleids/ruleids/internal/stateversion"
)

// TestCacheOfEachVersion goes on with the caches in testdata/state, each of which a version of the program has written.
func TestCacheOfEachVersion(t *testing.T) {
	t.Setenv("VIRUSTOTAL_API_KEY", testKey)
	files, err := filepath.Glob("testdata/state/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatal("there is no cache", err)
	}
	for _, file := range files {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "cache.jsonl"), []byte(readFile(t, file)), 0o600); err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, dir, nil)
			if got, s := w.tier("8.8.8.8"), w.status(); got != scale.TierHigh || s.Entries != 2 || s.CacheDamage != 0 {
				t.Errorf("%s: %v, %+v", file, got, s)
			}
			if asked := w.requests(); asked != "" {
				t.Errorf("%s: asked again for %s", file, asked)
			}
			if err := w.sources.Close(context.Background()); err != nil {
				t.Error(err)
			}
			w.server.Close()
		})
	}
}

// TestCacheOfLaterVersion refuses a cache that a later version has written, and leaves it as it is.
func TestCacheOfLaterVersion(t *testing.T) {
	t.Setenv("VIRUSTOTAL_API_KEY", testKey)
	const text = `{"format":"ruleids reputation cache","version":2}` + "\nwhat no program before understands\n"
	c := setting.New[VirusTotalConfig]()
	c.CacheFile = filepath.Join(t.TempDir(), "cache.jsonl")
	if err := os.WriteFile(c.CacheFile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := New([]Spec{{KindVirusTotal, c}}, Options{Log: slog.New(slog.DiscardHandler)})
	if !errors.Is(err, stateversion.ErrLater) || !strings.Contains(err.Error(), c.CacheFile) {
		t.Errorf("%v", err)
	}
	if got := readFile(t, c.CacheFile); got != text {
		t.Errorf("it is changed: %q", got)
	}
}
