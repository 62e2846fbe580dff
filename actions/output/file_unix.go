//go:build unix

package output

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// passing are failures of opening a file that trying again may heal.
var passing = [...]error{unix.ENOSPC, unix.EDQUOT, unix.EIO, unix.EMFILE, unix.ENFILE, unix.ENOMEM, unix.EINTR}

// openFile opens a file to be read and appended to; with os.O_CREATE|os.O_EXCL in how it makes it. A pipe without a
// reader must not hang here. Links are not followed: whoever may write to the folder could send the alerts elsewhere.
func openFile(path string, how int, mode fs.FileMode) (*os.File, error) {
	return os.OpenFile(path, how|os.O_RDWR|os.O_APPEND|unix.O_NONBLOCK|unix.O_NOFOLLOW, mode)
}

// irregular reports whether openFile failed since there is something else than a regular file.
func irregular(err error) bool {
	return errors.Is(err, unix.ELOOP) || errors.Is(err, unix.ENXIO) || errors.Is(err, unix.EISDIR)
}

// lock makes the file this process's own until it is closed, and reports whether another has it. Where the file
// system has no locks, nobody has.
func lock(file *os.File) (taken bool) {
	return errors.Is(unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB), unix.EWOULDBLOCK)
}

// lookAt returns the size of an open file, and whether it was removed.
func lookAt(file *os.File) (size int64, removed bool, err error) {
	var st unix.Stat_t
	err = unix.Fstat(int(file.Fd()), &st)
	return st.Size, st.Nlink == 0, err
}

// giveTo gives a file the owner of another. Without the right to, it stays ours.
func giveTo(file *os.File, of fs.FileInfo) {
	if sys, ok := of.Sys().(*syscall.Stat_t); ok {
		_ = file.Chown(int(sys.Uid), int(sys.Gid))
	}
}
