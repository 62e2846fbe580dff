package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/fsnotify/fsnotify"
)

// TestWhatMatters: alerts that are written into the directory of the settings are no reason to look at the rules.
func TestWhatMatters(t *testing.T) {
	dir := t.TempDir()
	list := filepath.Join(dir, "servers.txt")
	if err := os.Symlink(filepath.Join(dir, "servers-7.txt"), list); err != nil {
		t.Skip(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "servers-7.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w, err := newWatcher()
	if err != nil {
		t.Skip(err)
	}
	defer func() { _ = w.close() }()
	w.follow([]string{filepath.Join(dir, "ruleids.hcl"), list})
	for _, c := range []struct {
		name string
		op   fsnotify.Op
		want bool
	}{
		{"eve.json", fsnotify.Write, false},
		{"eve.json", fsnotify.Chmod, false},
		{"ruleids.hcl", fsnotify.Write, true},
		{"ruleids.hcl", fsnotify.Chmod, false},
		{"new.hcl", fsnotify.Write, true},
		{"servers.txt", fsnotify.Write, true},
		{"servers-7.txt", fsnotify.Write, true},
		{"..data", fsnotify.Create, true},
		{"rules", fsnotify.Rename, true},
		{"eve.json", fsnotify.Remove, true}, // a directory may have had this name
	} {
		if got := w.matters(fsnotify.Event{Name: filepath.Join(dir, c.name), Op: c.op}); got != c.want {
			t.Errorf("%v of %s matters: %v, want %v", c.op, c.name, got, c.want)
		}
	}
}

// TestExhausted says which limit of the kernel to raise.
func TestExhausted(t *testing.T) {
	for errno, remedy := range map[syscall.Errno]string{
		syscall.ENOSPC: "raise fs.inotify.max_user_watches", syscall.EMFILE: "raise fs.inotify.max_user_instances", syscall.ENOENT: "",
	} {
		err := exhausted(fmt.Errorf("add: %w", errno))
		if !strings.HasSuffix(err.Error(), remedy) || remedy == "" && err.Error() != "add: "+errno.Error() {
			t.Errorf("%v: %v", errno, err)
		}
	}
}
