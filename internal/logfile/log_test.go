package logfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, l *Log, text string) Change {
	t.Helper()
	change, err := l.Look()
	if err != nil {
		t.Fatal(err)
	}
	if n, err := l.Write([]byte(text)); n != len(text) || err != nil {
		t.Fatal(n, err)
	}
	return change
}

func has(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); string(got) != want {
		t.Errorf("%s: %q %v, want %q", path, got, err, want)
	}
}

// A log goes on after all that others do to its file: cutting it in place, as logrotate's copytruncate does, moving it,
// removing it, and what a kill leaves at its end.
func TestLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte("old\nhal"), 0o600); err != nil {
		t.Fatal(err)
	}
	l := &Log{Path: path, Mode: 0o600, Limit: 20}
	defer func() { _ = l.Release() }()
	if c := write(t, l, "a\n"); c != Opened {
		t.Errorf("first: %v", c)
	}
	has(t, path, "old\nhal\na\n")
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	if c := write(t, l, "b\n"); c != Same {
		t.Errorf("after truncation: %v", c)
	}
	has(t, path, "b\n")
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	if c := write(t, l, "c\n"); c != Opened {
		t.Errorf("after moving: %v", c)
	}
	has(t, path, "c\n")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	write(t, l, "half of a line that is long")
	if c := write(t, l, ", and the rest\n"); c != Same { // one line is in one file
		t.Errorf("in a line: %v", c)
	}
	if c := write(t, l, "d\n"); c != Moved {
		t.Errorf("when it is full: %v", c)
	}
	has(t, path+".1", "half of a line that is long, and the rest\n")
	has(t, path, "d\n")
	write(t, l, strings.Repeat("e", 20)+"\n")
	if err := os.Remove(path + ".1"); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(path+".1/x", 0o700); err != nil { // in the way
		t.Fatal(err)
	}
	if c, err := l.Look(); c != Same || err == nil {
		t.Errorf("moved onto a directory: %v", err)
	}
	if _, err := l.Write([]byte("f\n")); err != nil {
		t.Error(err)
	}
	has(t, path, "d\n"+strings.Repeat("e", 20)+"\nf\n")
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	paths := []string{dir}
	link := filepath.Join(dir, "link")
	err := os.Symlink(filepath.Join(dir, "target"), link)
	if st, lerr := os.Lstat(link); err == nil && lerr == nil && st.Mode()&fs.ModeSymlink != 0 { // Windows needs a right for that
		paths = append(paths, link)
	}
	for _, path := range paths {
		if _, _, err := Open(path, 0o600); !errors.Is(err, ErrIrregular) {
			t.Errorf("%s: %v", path, err)
		}
	}
	missing := filepath.Join(dir, "no", "log")
	_, _, err = Open(missing, 0o600)
	if err = Remedy(err, missing); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "make the directory first") {
		t.Error(err)
	}
}
