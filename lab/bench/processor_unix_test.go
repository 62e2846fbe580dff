//go:build unix

package main

import "golang.org/x/sys/unix"

// processorTime is the time in nanoseconds that this process has spent on processors for itself: on a machine that does
// other things meanwhile it says more than the time that went by.
func processorTime() float64 {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return float64(u.Utime.Nano())
}
