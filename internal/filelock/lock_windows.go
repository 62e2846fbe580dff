package filelock

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lockAt is the place of the lock, in units of 4 GiB: locks keep others from reading what they cover.
const lockAt = 1 << 30

func try(f *os.File) (taken bool) {
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0,
		&windows.Overlapped{OffsetHigh: lockAt})
	return errors.Is(err, windows.ERROR_LOCK_VIOLATION)
}
