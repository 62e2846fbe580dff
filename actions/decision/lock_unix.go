//go:build unix

package decision

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// noFollow refuses links: whoever may write to the folder could have another file overwritten.
const noFollow = unix.O_NOFOLLOW | unix.O_NONBLOCK

// lockLingers is how long a lock may be held after its process was killed: a program that the process was about to start
// has a copy of the file until it runs.
const lockLingers = time.Second

// lock keeps other processes from writing to the file. Where the file system has no locks, nothing is lost but this
// check.
func lock(f *os.File) error {
	for deadline := time.Now().Add(lockLingers); ; time.Sleep(10 * time.Millisecond) {
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); !errors.Is(err, unix.EWOULDBLOCK) {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s is in use by another process: stop that, or give each a journal of its own", f.Name())
		}
	}
}
