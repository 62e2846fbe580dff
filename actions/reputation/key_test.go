package reputation

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/ruleids/ruleids/internal/scale"
)

func TestNoKey(t *testing.T) {
	t.Setenv("VIRUSTOTAL_API_KEY", "")
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, dir, nil)
		if got := w.tier("bad.dev"); got != scale.TierClean || w.requests() != "" {
			t.Errorf("%v", got)
		}
		if s := w.status(); s.State != StateOff || !s.Healthy || !strings.Contains(s.LastError, "the environment variable VIRUSTOTAL_API_KEY does not hold") || s.Queued != 0 {
			t.Errorf("%+v", s)
		}
		if err := w.sources.Close(context.Background()); err != nil {
			t.Error(err)
		}
		w.server.Close()
		if _, err := os.Stat(filepath.Join(dir, "cache.jsonl")); err == nil {
			t.Error("a cache file without an answer")
		}
	})
}

// TestKeyFile changes the key while the source runs.
func TestKeyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	write := func(s string) {
		if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	inWorld(t, func(c *VirusTotalConfig) { fast(c); c.Key.File = path }, func(w *world) {
		if s := w.status(); s.State != StateOff || s.KeyFrom != "file "+path {
			t.Errorf("%+v", s)
		}
		key := ""
		w.answer("", func(rw http.ResponseWriter, r *http.Request) {
			if key = r.Header.Get("x-apikey"); key == "old" {
				problem(401, "WrongCredentialsError", "Wrong API key")(rw, r)
				return
			}
			report(3, 0, 0)(rw, r)
		})
		write("old\n")
		if err := w.sources.Reload(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		w.tier("bad.dev")
		if s := w.status(); s.State != StateRefused || key != "old" {
			t.Errorf("%+v", s)
		}
		write("new\n")
		if err := w.sources.Reload(); err != nil { // it is asked again at once
			t.Fatal(err)
		}
		synctest.Wait()
		if got := w.tier("bad.dev"); got != scale.TierHigh || key != "new" {
			t.Errorf("%v with the key %q", got, key)
		}
		write("newer")
		w.tier("worse.dev") // the key is read again by itself
		if key != "newer" {
			t.Errorf("asked with the key %q", key)
		}
		for _, wrong := range []string{"", " \n", "two words", "a\nb", "ü", strings.Repeat("k", 600)} {
			write(wrong)
			w.tier(fmt.Sprintf("x%d.dev", len(wrong)))
			if key != "newer" {
				t.Errorf("%q: asked with %q", wrong, key)
			}
		}
		_ = w.sources.Reload()
		if s := w.status(); s.State != StateOff || w.tier("bad.dev") != scale.TierClean {
			t.Errorf("%+v", s)
		}
	})
}
