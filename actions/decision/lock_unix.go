//go:build unix

package decision

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// noFollow refuses links: whoever may write to the folder could have another file overwritten.
const noFollow = unix.O_NOFOLLOW | unix.O_NONBLOCK

// lock keeps other processes from writing to the file. Where the file system has no locks, nothing is lost but this
// check.
func lock(f *os.File) error {
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); errors.Is(err, unix.EWOULDBLOCK) {
		return fmt.Errorf("%s is in use by another process: stop that, or give each a journal of its own", f.Name())
	}
	return nil
}
