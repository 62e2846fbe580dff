package output

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

// TestFullFileSystem fills a file system in truth.
func TestFullFileSystem(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("mounting a file system needs root")
	}
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skip("no file system can be mounted here:", err)
	}
	defer unix.Unmount(dir, unix.MNT_DETACH)
	synctest.Test(t, func(t *testing.T) {
		c := newEVE(filepath.Join(dir, "eve.json"))
		c.RotateSize = 0
		ballast := filepath.Join(dir, "ballast")
		write(t, ballast, strings.Repeat("x", 32<<10))
		f := start(t, Options{}, Spec{"eve", c})
		send(f, 1, 60) // about 45 KiB
		time.Sleep(time.Minute)
		synctest.Wait()
		s := f.Status()[0]
		if s.Error == "" || s.Written == 0 || s.Written == 60 || s.Written+uint64(s.Queued) != 60 || !strings.Contains(s.LastError, "no space left") {
			t.Errorf("full: %+v", s)
		}
		if got := numbers(t, read(t, c.Path)); len(got) != int(s.Written) {
			t.Errorf("full: the file has %d whole lines, %d are counted", len(got), s.Written)
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * fileBackoff)
		synctest.Wait()
		if s := f.Status()[0]; s.Error != "" || s.Written != 60 || s.Lost != 0 {
			t.Errorf("with room again: %+v", s)
		}
		stop(t, f)
		if got := numbers(t, read(t, c.Path)); !slices.Equal(got, sequence(1, 60)) {
			t.Errorf("file: %v", got)
		}
	})
}

// TestCannotRotate writes on where the file cannot be moved away.
func TestCannotRotate(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("mounting a file needs root")
	}
	path := filepath.Join(t.TempDir(), "eve.json")
	write(t, path, "")
	if err := unix.Mount(path, path, "", unix.MS_BIND, ""); err != nil {
		t.Skip("no file can be mounted here:", err)
	}
	defer unix.Unmount(path, unix.MNT_DETACH)
	synctest.Test(t, func(t *testing.T) {
		c := newEVE(path)
		c.RotateSize = 64 << 10
		f := start(t, Options{}, Spec{"eve", c})
		send(f, 1, 500)
		synctest.Wait()
		s := f.Status()[0]
		if s.Written != 500 || s.Error != "" || s.Errors != 1 || !strings.Contains(s.LastError, "cannot rotate") {
			t.Errorf("%+v", s)
		}
		if got := numbers(t, read(t, path)); !slices.Equal(got, sequence(1, 500)) {
			t.Errorf("%d alerts in the file", len(got))
		}
		if err := unix.Unmount(path, unix.MNT_DETACH); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * lookEvery)
		synctest.Wait()
		f.Reopen()
		send(f, 501, 501)
		stop(t, f)
		if got := numbers(t, read(t, path)); !slices.Equal(got, []int{501}) || len(rotatedFiles(t, path)) != 1 {
			t.Errorf("it is not rotated once it can be: %v", got)
		}
	})
}
