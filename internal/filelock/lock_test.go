package filelock

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestWithin(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	open := func() *os.File {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	first, second := open(), open()
	if Within(first, 0) {
		t.Fatal("a file that nobody has is taken")
	}
	if !Within(second, 0) || !Within(second, 20*time.Millisecond) {
		t.Error("two have one file")
	}
	first.Close()
	if Within(second, 0) {
		t.Error("a file that was closed is taken still")
	}
}
