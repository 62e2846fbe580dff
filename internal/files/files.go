// Package files finds and reads the files that people write for this program.
package files

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// errNotRegular is what there is to say of a pipe, a socket, a device and a directory.
var errNotRegular = errors.New("it is not a regular file")

// Open opens a regular file, by a symbolic link too. It opens nothing else: whoever reads a pipe waits for
// a writer, and some devices never end. Errors are *fs.PathError.
func Open(name string) (*os.File, error) {
	info, err := os.Stat(name)
	if err != nil {
		if pe, ok := errors.AsType[*fs.PathError](err); ok {
			pe.Op = "open" // as whoever opens a file expects it
		}
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: name, Err: errNotRegular}
	}
	return OpenShared(name)
}

// Read reads a file that Open opens.
func Read(name string) ([]byte, error) {
	f, err := Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// Find returns the files in a directory, and in the directories below it, whose names are wanted, in the
// order of their paths. Hidden files and directories, whose names begin with a dot, are left out, and so are
// directories named testdata, as the go command does; the path itself may be either. The path of a file
// stands for that file, whatever its name. What cannot be looked at, and a directory with the name of a
// wanted file, is an error, a *fs.PathError, beside which the other files are found.
func Find(path string, wanted func(base string) bool) (names []string, errs []error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, []error{err}
	}
	if !info.IsDir() {
		return []string{filepath.Clean(path)}, nil
	}
	root := path + string(filepath.Separator) // so that a link to a directory is followed
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		hidden := name != root && strings.HasPrefix(d.Name(), ".")
		switch {
		case err != nil:
			errs = append(errs, err)
		case d.IsDir() && name == root:
		case d.IsDir() && (hidden || d.Name() == "testdata"):
			return fs.SkipDir
		case d.IsDir() && wanted(d.Name()):
			errs = append(errs, &fs.PathError{Op: "read", Path: name, Err: errNotRegular})
			return fs.SkipDir
		case !d.IsDir() && !hidden && wanted(d.Name()):
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		errs = append(errs, err)
	}
	return names, errs
}

// Identity returns a name that all paths to one file share.
func Identity(name string) string {
	if abs, err := filepath.Abs(name); err == nil {
		name = abs
	}
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	return name
}

// Replace writes a file that exists, or the one that a link of this name leads to, as Write does. It keeps the permissions.
func Replace(name string, content []byte) error {
	name, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	st, err := os.Stat(name)
	if err != nil {
		return err
	}
	return Write(name, content, st.Mode().Perm())
}

// Write writes a file as a whole or not at all: whoever reads it meanwhile, and whoever comes after a crash, finds what was
// there, or what is new.
func Write(name string, content []byte, mode fs.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err == nil {
		err = Rename(f.Name(), name)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return err
	}
	_ = SyncDirectory(filepath.Dir(name)) // where directories can be synced, the new name is to last, too
	return nil
}
