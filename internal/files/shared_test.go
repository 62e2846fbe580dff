package files

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// A file that is read is rotated and removed by others.
func TestOpenShared(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := OpenShared(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path + ".1"); err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(f); err != nil || string(text) != "old" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := OpenShared(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// A file that others have open is replaced: where the system does not allow that, once they have closed it. Where they do not, it
// stays as it is, and nothing else is left.
func TestWriteOverAnOpenFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	hold := func() *os.File {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	f := hold()
	if runtime.GOOS == "windows" {
		if err := Write(path, []byte("never"), 0o600); err == nil {
			t.Error("Windows replaces files that are open: Rename need not wait any more")
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != "old" {
			t.Errorf("%q, %v", text, err)
		}
	}
	time.AfterFunc(50*time.Millisecond, func() { f.Close() })
	if err := Write(path, []byte("new"), 0o600); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "new" {
		t.Errorf("%q, %v", text, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v, %v", left, err)
	}
}
