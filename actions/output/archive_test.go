package output

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/klauspost/compress/gzip"
)

// rotatedFiles returns the rotated files of a path, the oldest first.
func rotatedFiles(t *testing.T, path string) []rotated {
	t.Helper()
	files, parts, err := (&archive{base: path}).list()
	if err != nil {
		t.Fatal(err)
	}
	if len(parts) != 0 {
		t.Errorf("unfinished files: %v", parts)
	}
	return files
}

// content returns the text of a rotated file, compressed or not.
func content(t *testing.T, f rotated) []byte {
	t.Helper()
	text := read(t, f.path)
	if f.plain {
		return text
	}
	zip, err := gzip.NewReader(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if text, err = io.ReadAll(zip); err != nil {
		t.Fatal(err)
	}
	return text
}

func TestRotateBySize(t *testing.T) {
	for _, compress := range []bool{true, false} {
		t.Run(fmt.Sprintf("compress=%v", compress), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newEVE(filepath.Join(t.TempDir(), "eve.json"))
				c.RotateSize, c.Keep, c.Compress, c.Mode = 64<<10, -1, compress, 0o604
				f := start(t, Options{}, Spec{"eve", c})
				const n = 1000
				send(f, 1, n)
				synctest.Wait()
				files := rotatedFiles(t, c.Path)
				if len(files) < 5 {
					t.Fatalf("%d rotated files", len(files))
				}
				var all []int
				for i, r := range files {
					text := content(t, r)
					if len(text) > 64<<10 || len(text) < 60<<10 {
						t.Errorf("%s has %d bytes of text", r.path, len(text))
					}
					if r.plain == compress || r.number != uint64(i+1) {
						t.Errorf("file %d is %+v", i, r)
					}
					if st, err := os.Stat(r.path); err != nil || st.Mode().Perm() != 0o604 && runtime.GOOS != "windows" {
						t.Errorf("%s: mode %v", r.path, st.Mode())
					}
					all = append(all, numbers(t, text)...)
				}
				if want := c.Path + ".20000101T000000Z.1"; strings.TrimSuffix(files[0].path, ".gz") != want {
					t.Errorf("the first is %s, want %s", files[0].path, want)
				}
				all = append(all, numbers(t, read(t, c.Path))...)
				if !slices.Equal(all, sequence(1, n)) {
					t.Errorf("%d alerts in all files, want 1 to %d in order", len(all), n)
				}
				stop(t, f)
				if s := f.Status()[0]; s.Errors != 0 || s.Written != n {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

func TestKeep(t *testing.T) {
	for _, keep := range []int{0, 2} {
		t.Run(fmt.Sprint(keep), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCSV(filepath.Join(t.TempDir(), "alerts.csv"))
				c.RotateSize, c.Keep = 64<<10, keep
				// Not rotated files, whatever their names suggest.
				for _, name := range []string{".1", ".20000101T000000Z.1.bak", ".2000.1", "x.20000101T000000Z.1"} {
					write(t, c.Path+name, "mine")
				}
				f := start(t, Options{}, Spec{"csv", c})
				send(f, 1, 1000)
				synctest.Wait()
				stop(t, f)
				files := rotatedFiles(t, c.Path)
				if len(files) != keep {
					t.Errorf("%d files are left, want %d: %v", len(files), keep, files)
				}
				for _, r := range files {
					csvNumbers(t, content(t, r)) // each has its header
					if r.number < 3 {
						t.Errorf("%s is not among the newest", r.path)
					}
				}
				if all, err := filepath.Glob(c.Path + "*"); err != nil || len(all) != 5+keep {
					t.Errorf("files: %v", all)
				}
			})
		})
	}
}

func TestRotateByTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // from 2000-01-01 00:00 UTC
		c := newEVE(filepath.Join(t.TempDir(), "eve.json"))
		c.RotateEvery, c.Compress = time.Hour, false
		f := start(t, Options{}, Spec{"eve", c})
		send(f, 1, 2)
		time.Sleep(59 * time.Minute)
		synctest.Wait()
		send(f, 3, 3)
		synctest.Wait()
		if files := rotatedFiles(t, c.Path); len(files) != 0 {
			t.Fatalf("rotated after 59 minutes: %v", files)
		}
		// On the hour, though no alert comes.
		time.Sleep(time.Minute + 10*time.Millisecond)
		synctest.Wait()
		files := rotatedFiles(t, c.Path)
		if len(files) != 1 || files[0].path != c.Path+".20000101T010000Z.1" || !slices.Equal(numbers(t, read(t, files[0].path)), []int{1, 2, 3}) {
			t.Fatalf("after an hour: %v", files)
		}
		// Hours without alerts make no files.
		time.Sleep(5 * time.Hour)
		synctest.Wait()
		if files := rotatedFiles(t, c.Path); len(files) != 1 {
			t.Errorf("after hours without alerts: %v", files)
		}
		send(f, 4, 4)
		stop(t, f)
		if got := numbers(t, read(t, c.Path)); !slices.Equal(got, []int{4}) {
			t.Errorf("file: %v", got)
		}

		// A file of an hour before is rotated by the next run.
		if err := os.Chtimes(c.Path, time.Time{}, time.Now().Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
		f = start(t, Options{}, Spec{"eve", c})
		send(f, 5, 5)
		stop(t, f)
		if got := numbers(t, read(t, c.Path)); !slices.Equal(got, []int{5}) {
			t.Errorf("file of the second run: %v", got)
		}
		if files := rotatedFiles(t, c.Path); len(files) != 2 {
			t.Errorf("after the second run: %v", files)
		}
	})
}

// TestClockSetBack rotates at no time that was there already.
func TestClockSetBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "eve.json")
	f := newFile(&FileConfig{Path: path, Mode: 0o600, RotateEvery: time.Hour, Keep: -1}, func(err error) { t.Error(err) })
	if err := f.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer f.close(t.Context())
	write := func() {
		var b batch
		b.add(appendEVE, newEvent(numbered(1)))
		if _, err := f.write(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
	}
	write()
	now := time.Now()
	for _, step := range []struct {
		at   time.Duration
		want int
	}{{0, 0}, {-48 * time.Hour, 0}, {-47 * time.Hour, 1}, {-47 * time.Hour, 1}} {
		if err := f.turn(now.Add(step.at)); err != nil {
			t.Fatal(err)
		}
		if files := rotatedFiles(t, path); len(files) != step.want {
			t.Fatalf("at %v: %d rotated files, want %d", step.at, len(files), step.want)
		}
	}
}

// TestLeftovers tends what a process left behind that was killed.
func TestLeftovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newEVE(filepath.Join(t.TempDir(), "eve.json"))
		c.Keep = 2
		line := string(numbered(7).AppendJSON(nil)) + "\n"
		write(t, c.Path+".20000101T000000Z.8", "old")
		write(t, c.Path+".20000101T000000Z.8.gz", "old")
		write(t, c.Path+".19990101T000000Z.9", line) // the number counts, not the time
		write(t, c.Path+".20000101T000000Z.10", line)
		write(t, c.Path+".20000101T000000Z.10.gz", "half")
		write(t, c.Path+".20000101T000000Z.10.gz.part", "half")
		write(t, c.Path+".20000101T000000Z.5.gz.part", "half")
		f := start(t, Options{}, Spec{"eve", c})
		synctest.Wait()
		files := rotatedFiles(t, c.Path)
		if len(files) != 2 || files[0].number != 9 || files[1].number != 10 {
			t.Fatalf("files: %v", files)
		}
		for _, r := range files {
			if r.plain || string(content(t, r)) != line {
				t.Errorf("%s is not the compressed form", r.path)
			}
		}
		stop(t, f)
	})
}

func TestCloseGivesUpCompression(t *testing.T) {
	path := filepath.Join(t.TempDir(), "eve.json")
	old := path + ".20000101T000000Z.1"
	write(t, old, strings.Repeat("0123456789abcdef\n", 4<<20)) // some 70 MB
	f := start(t, Options{}, Spec{"eve", newEVE(path)})
	stop(t, f)
	files := rotatedFiles(t, path) // and no unfinished one
	if len(files) != 1 {
		t.Errorf("files: %v", files)
	}
}
