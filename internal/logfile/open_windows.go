package logfile

import (
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// NoFollow is empty: there are no such flags.
const NoFollow = 0

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
		windows.FILE_ATTRIBUTE_NORMAL|windows.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(h), path), nil
}

// irregular reports whether openFile failed since there is something else than a regular file: of a directory Windows
// says no more than that access is denied.
func irregular(error) bool { return false }

// Look returns the size of an open file, and whether it was removed.
func Look(file *os.File) (size int64, removed bool, err error) {
	var info windows.ByHandleFileInformation
	err = windows.GetFileInformationByHandle(windows.Handle(file.Fd()), &info)
	return int64(info.FileSizeHigh)<<32 | int64(info.FileSizeLow), err == nil && info.NumberOfLinks == 0, err
}

// Give does nothing: a new file inherits its rights from the directory.
func Give(*os.File, fs.FileInfo) {}
