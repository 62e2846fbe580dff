//go:build unix

package logfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// NoFollow is for os.OpenFile: links are not followed, since whoever may write to the directory could have another file
// overwritten, and a pipe without a reader does not hang.
const NoFollow = unix.O_NOFOLLOW | unix.O_NONBLOCK

// passing are failures of opening a file that trying again may heal.
var passing = [...]error{unix.ENOSPC, unix.EDQUOT, unix.EIO, unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.EINTR}

// openFile opens a file to be read and appended to; with os.O_CREATE|os.O_EXCL in how it makes it.
func openFile(path string, how int, mode fs.FileMode) (*os.File, error) {
	return os.OpenFile(path, how|os.O_RDWR|os.O_APPEND|NoFollow, mode)
}

// irregular reports whether openFile failed since there is something else than a regular file.
func irregular(err error) bool {
	return errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENXIO) || errors.Is(err, unix.EISDIR)
}

// Look returns the size of an open file, and whether it was removed.
func Look(file *os.File) (size int64, removed bool, err error) {
	var st unix.Stat_t
	err = unix.Fstat(int(file.Fd()), &st)
	return st.Size, st.Nlink == 0, err
}

// Give gives a file the owner of another. Without the right to, it stays ours.
func Give(file *os.File, of fs.FileInfo) {
	if sys, ok := of.Sys().(*syscall.Stat_t); ok {
		_ = file.Chown(int(sys.Uid), int(sys.Gid))
	}
}
