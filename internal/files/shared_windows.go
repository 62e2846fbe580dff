package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// OpenShared opens a file to read it, so that others may rename and remove it meanwhile: who writes a log could not rotate it while
// it is open as os.Open does that.
func OpenShared(name string) (*os.File, error) {
	path, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	// The last flag is for directories, which os.Open opens, too.
	h, err := windows.CreateFile(path, windows.GENERIC_READ, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE, nil,
		windows.OPEN_EXISTING, windows.FILE_ATTRIBUTE_NORMAL|windows.FILE_FLAG_BACKUP_SEMANTICS, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return os.NewFile(uintptr(h), name), nil
}

// held is how long Rename waits, in all, for others to close a file.
const held = time.Second

// Rename renames a file or directory, a file also in place of another. Windows refuses that while somebody has one of the two open
// as most programs open files. Scanners for malware and indexers do that to what is new, and backups to what is old, for a
// moment; so it is tried for a second.
func Rename(from, to string) error {
	for wait := time.Millisecond; ; wait *= 2 {
		err := os.Rename(from, to)
		switch {
		case err == nil || !errors.Is(err, windows.ERROR_SHARING_VIOLATION) && !errors.Is(err, windows.ERROR_ACCESS_DENIED):
			return err
		case wait > held/2:
			return fmt.Errorf("%w; where another program has it open, close it there and try again", err)
		}
		time.Sleep(wait)
	}
}
