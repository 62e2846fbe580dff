package agent

import (
	"time"

	"golang.org/x/sys/unix"
)

// cpuTime returns the CPU time of the process.
func cpuTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &t); err != nil {
		return 0 // since Linux 2.6.12
	}
	return time.Duration(t.Nano())
}

// threadTime returns the CPU time of the calling thread.
func threadTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		return 0 // since Linux 2.6.12
	}
	return time.Duration(t.Nano())
}
