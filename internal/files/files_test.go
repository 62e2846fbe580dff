package files

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func isHCL(base string) bool { return strings.HasSuffix(base, ".hcl") }

func TestFind(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"d/b.hcl", "d/a/c.hcl", "d/.hidden.hcl", "d/.git/x.hcl", "d/testdata/bad.hcl", "d/readme.md", "d/dir.hcl/x.txt", "testdata/y.hcl"} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	names, errs := Find("d", isHCL)
	if want := []string{filepath.FromSlash("d/a/c.hcl"), filepath.FromSlash("d/b.hcl")}; !slices.Equal(names, want) {
		t.Errorf("found %q, want %q", names, want)
	}
	if len(errs) != 1 || !errors.Is(errs[0], errNotRegular) || !strings.Contains(errs[0].Error(), "dir.hcl") {
		t.Errorf("errors %v", errs)
	}
	if names, errs := Find("testdata", isHCL); len(names) != 1 || len(errs) > 0 {
		t.Errorf("a testdata directory that is asked for has %q, %v", names, errs)
	}
	if names, errs := Find("d/readme.md", isHCL); !slices.Equal(names, []string{filepath.FromSlash("d/readme.md")}) || len(errs) > 0 {
		t.Errorf("a file is %q, %v", names, errs)
	}
	if _, errs := Find("none", isHCL); len(errs) != 1 {
		t.Errorf("errors %v of what is not there", errs)
	}
}

func TestReadOpensOnlyRegularFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("a.hcl", []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	irregular := []string{"."}
	if runtime.GOOS != "windows" {
		l, err := net.Listen("unix", "socket.hcl")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		irregular = append(irregular, "socket.hcl", "/dev/zero")
	}
	for _, name := range irregular {
		if _, err := Read(name); !errors.Is(err, errNotRegular) {
			t.Errorf("%s gives %v", name, err)
		}
	}
	if Identity("a.hcl") != Identity("./d/../a.hcl") {
		t.Error("two paths to one file have two identities")
	}
	symlink(t, "a.hcl", "link.hcl")
	if data, err := Read("link.hcl"); string(data) != "text" || err != nil {
		t.Errorf("a link gives %q, %v", data, err)
	}
	if Identity("link.hcl") != Identity("./a.hcl") {
		t.Error("two paths to one file have two identities")
	}
}

// symlink makes a link, or skips the rest of a test: Windows needs a right for that, and Wine says that it made one.
func symlink(t *testing.T, to, link string) {
	t.Helper()
	err := os.Symlink(to, link)
	if st, lerr := os.Lstat(link); err != nil || lerr != nil || st.Mode()&fs.ModeSymlink == 0 {
		if runtime.GOOS != "windows" {
			t.Fatal(err, lerr)
		}
		t.Skip("no links are made here")
	}
}

// TestReplace holds that permissions and links stay, and that nothing else is left in the directory.
func TestReplace(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "a.hcl"), filepath.Join(dir, "b.hcl")
	if err := os.WriteFile(file, []byte("old"), 0o640); err != nil {
		t.Fatal(err)
	}
	mode := func() fs.FileMode {
		st, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		return st.Mode()
	}
	before := mode()
	symlink(t, file, link)
	if err := Replace(link, []byte("new")); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil || string(text) != "new" {
		t.Errorf("%q, %v", text, err)
	}
	if now := mode(); now != before || runtime.GOOS != "windows" && now.Perm() != 0o640 {
		t.Errorf("%v, was %v", now, before)
	}
	if to, err := os.Readlink(link); err != nil || to != file {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("%v, %v", left, err)
	}
	if err := Replace(filepath.Join(dir, "none.hcl"), nil); err == nil {
		t.Error("a file that does not exist was replaced")
	}
}
