package snapshot

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func sample() []Section {
	return []Section{{"list/a", []byte("some data")}, {"list/b", []byte{}}, {"memory/ü", make([]byte, 5000)}}
}

func TestWriteAndRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memory")
	if _, err := Read(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	for _, want := range [][]Section{sample(), nil, sample()[:1]} {
		if err := Write(path, want); err != nil {
			t.Fatal(err)
		}
		got, err := Read(path)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	}
	if st, _ := os.Stat(path); st.Mode().Perm()&0o077 != 0 {
		t.Errorf("mode %v", st.Mode())
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("files were left: %v", left)
	}
}

// Any change of a byte, any cut and anything behind the end is found.
func TestDamage(t *testing.T) {
	good := Encode(sample()[:2])
	for i := range good {
		bad := append([]byte{}, good...)
		bad[i] ^= 1 << (i % 8)
		if _, err := Decode(bad); !errors.Is(err, ErrDamaged) {
			t.Errorf("byte %d changed: %v", i, err)
		}
		if _, err := Decode(good[:i]); !errors.Is(err, ErrDamaged) {
			t.Errorf("cut at %d: %v", i, err)
		}
	}
	if _, err := Decode(append(good, 0)); !errors.Is(err, ErrDamaged) {
		t.Errorf("a byte more: %v", err)
	}
	if _, err := Decode(good); err != nil {
		t.Error(err)
	}
}

// A file that cannot be replaced stays as it was.
func TestWriteFails(t *testing.T) {
	dir := t.TempDir()
	if err := Write(filepath.Join(dir, "no", "memory"), nil); err == nil {
		t.Error("no error for a directory that is not there")
	}
	if err := os.Mkdir(filepath.Join(dir, "memory"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Write(filepath.Join(dir, "memory"), sample()); err == nil {
		t.Error("a directory was replaced")
	}
	if _, err := Read(filepath.Join(dir, "memory")); err == nil || errors.Is(err, ErrDamaged) {
		t.Errorf("a directory was read: %v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("files were left: %v", left)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(Encode(sample()[:1]))
	f.Add([]byte(magic))
	f.Fuzz(func(t *testing.T, file []byte) {
		if sections, err := Decode(file); err == nil {
			if d := cmp.Diff(Encode(sections), file); d != "" && len(sections) > 0 {
				if again, err := Decode(Encode(sections)); err != nil || !cmp.Equal(again, sections) {
					t.Errorf("%v is read as %v: %v", sections, again, err)
				}
			}
		}
	})
}
