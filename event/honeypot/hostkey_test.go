package honeypot

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestHostKey(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	first, err := hostKey(path)
	if err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(path); err != nil || st.Mode() != 0o600 {
		t.Errorf("%v %v", st, err)
	}
	again, err := hostKey(path)
	if err != nil || !bytes.Equal(first.PublicKey().Marshal(), again.PublicKey().Marshal()) {
		t.Errorf("another key, %v", err)
	}
	one, err1 := hostKey("")
	two, err2 := hostKey("")
	if err1 != nil || err2 != nil || bytes.Equal(one.PublicKey().Marshal(), two.PublicKey().Marshal()) {
		t.Errorf("the same key, %v %v", err1, err2)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

// TestHostKeyAtOnce has several make the same file: all get the one key.
func TestHostKeyAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	var wg sync.WaitGroup
	keys := make([]string, 8)
	for i := range keys {
		wg.Go(func() {
			k, err := hostKey(path)
			if err != nil {
				t.Error(err)
				return
			}
			keys[i] = string(k.PublicKey().Marshal())
		})
	}
	wg.Wait()
	for _, k := range keys {
		if k != keys[0] {
			t.Fatal("different keys")
		}
	}
}

func TestHostKeyErrors(t *testing.T) {
	dir := t.TempDir()
	open, bad := filepath.Join(dir, "open"), filepath.Join(dir, "bad")
	if err := os.WriteFile(bad, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(open, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		open: "chmod 600", bad: "remove it", dir: "is not a key file", filepath.Join(dir, "no", "key"): "install -d",
	} {
		if _, err := hostKey(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}
