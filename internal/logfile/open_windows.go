package logfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

// NoFollow is for os.OpenFile: a link is opened itself, not what it leads to. Whoever opens a file so has to look whether it is
// regular.
const NoFollow = windows.FILE_FLAG_OPEN_REPARSE_POINT

// passing are failures of opening a file that trying again may heal.
var passing = [...]error{windows.ERROR_DISK_FULL, windows.ERROR_HANDLE_DISK_FULL, windows.ERROR_TOO_MANY_OPEN_FILES, windows.ERROR_NOT_ENOUGH_MEMORY}

// openFile opens a file to be read and appended to; with os.O_CREATE|os.O_EXCL in how it makes it. It may be renamed
// while it is open, which os.OpenFile does not allow, and links are not followed. The mode is without meaning here.
func openFile(path string, how int, _ fs.FileMode) (*os.File, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	disposition := uint32(windows.OPEN_EXISTING)
	if how&os.O_CREATE != 0 {
		disposition = windows.CREATE_NEW
	}
	// FILE_APPEND_DATA alone would not let a torn line be cut off, so Open goes to the end.
	h, err := windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE,
		windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE, nil, disposition,
		windows.FILE_ATTRIBUTE_NORMAL|NoFollow, 0)
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) { // Windows says no more of a directory
		if st, lerr := os.Lstat(path); lerr == nil && !st.Mode().IsRegular() {
			err = syscall.EISDIR
		}
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(h), path), nil
}

// irregular reports whether openFile failed since there is something else than a regular file.
func irregular(err error) bool { return errors.Is(err, syscall.EISDIR) }

// Look returns the size of an open file, and whether it was removed.
func Look(file *os.File) (size int64, removed bool, err error) {
	var info windows.ByHandleFileInformation
	err = windows.GetFileInformationByHandle(windows.Handle(file.Fd()), &info)
	return int64(info.FileSizeHigh)<<32 | int64(info.FileSizeLow), err == nil && info.NumberOfLinks == 0, err
}

// Give does nothing: a new file inherits its rights from the directory.
func Give(*os.File, fs.FileInfo) {}
