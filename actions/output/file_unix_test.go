//go:build unix

package output

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestFilesThatAreRefused(t *testing.T) {
	dir := t.TempDir()
	link, pipe, taken := filepath.Join(dir, "link"), filepath.Join(dir, "pipe"), filepath.Join(dir, "taken")
	if err := os.Symlink(filepath.Join(dir, "target"), link); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	other, err := os.Create(taken)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := unix.Flock(int(other.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		link: "not a regular file", pipe: "not a regular file", "/dev/full": "not a regular file",
		taken: "written to by another process", dir: "not a regular file",
		filepath.Join(dir, "no", "eve.json"): "make the directory first",
	} {
		f, err := New([]Spec{{"eve", newEVE(path)}}, Options{})
		if err == nil {
			f.Close(context.Background())
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

func TestModeOfFiles(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o077))
	c := newEVE(filepath.Join(t.TempDir(), "eve.json"))
	c.Mode = 0o644
	f := start(t, Options{}, Spec{"eve", c})
	send(f, 1, 1)
	stop(t, f)
	st, err := os.Stat(c.Path)
	if err != nil || st.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, want 0644 whatever the umask", st.Mode())
	}
	// A file that is there keeps its own.
	if err := os.Chmod(c.Path, 0o600); err != nil {
		t.Fatal(err)
	}
	f = start(t, Options{}, Spec{"eve", c})
	send(f, 2, 2)
	stop(t, f)
	if st, err := os.Stat(c.Path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, want 0600", st.Mode())
	}
}
