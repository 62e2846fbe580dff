// Package logfile writes files of lines that grow at their end: safely opened, mended after a crash, moved away when they
// are full, and opened again after someone else moved, cut or removed them.
package logfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// ErrIrregular is wrapped by the error for a path that names a link, a directory, a pipe or a device.
var ErrIrregular = errors.New("is not a regular file: name the file itself")

// Open opens or makes a regular file to be read and appended to; made says which. The mode is that of a new file, less
// what the umask takes away.
func Open(path string, mode fs.FileMode) (f *os.File, made bool, err error) {
	for range 3 { // someone may make or remove the file in between
		f, err = openFile(path, os.O_CREATE|os.O_EXCL, mode)
		if err == nil {
			return f, true, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return nil, false, err
		}
		f, err = openFile(path, 0, 0)
		switch {
		case irregular(err):
			return nil, false, fmt.Errorf("%s %w", path, ErrIrregular)
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, false, err
		}
		st, err := f.Stat()
		if err == nil && !st.Mode().IsRegular() {
			err = fmt.Errorf("%s %w", path, ErrIrregular)
		}
		if err == nil {
			_, err = f.Seek(0, io.SeekEnd) // for systems that do not append by themselves
		}
		if err != nil {
			f.Close()
			return nil, false, err
		}
		return f, false, nil
	}
	return nil, false, fmt.Errorf("open %s: someone else makes and removes it all the time", path)
}

// Passing reports whether trying again may heal a failure of opening a file.
func Passing(err error) bool {
	return slices.ContainsFunc(passing[:], func(p error) bool { return errors.Is(err, p) })
}

// Remedy adds to an error of opening the file of a path what to do about it.
func Remedy(err error, path string) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: make the directory first (install -d -m 0750 %s)", err, filepath.Dir(path))
	case errors.Is(err, syscall.EISDIR):
		return fmt.Errorf("%w: name a file, or move the directory away", err)
	case errors.Is(err, fs.ErrPermission) && exists(path):
		return fmt.Errorf("%w: let the account that the program runs as read and write it, as with chown", err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w: let the account that the program runs as write in %s", err, filepath.Dir(path))
	}
	return err
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// ended reports whether a file of a size ends with a newline, or is empty.
func ended(f *os.File, size int64) (bool, error) {
	if size == 0 {
		return true, nil
	}
	last := make([]byte, 1)
	_, err := f.ReadAt(last, size-1)
	return last[0] == '\n', err
}
