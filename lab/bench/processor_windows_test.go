package main

import "golang.org/x/sys/windows"

// processorTime is the time in nanoseconds that this process has spent on processors for itself: on a machine that does
// other things meanwhile it says more than the time that went by.
func processorTime() float64 {
	var made, ended, kernel, user windows.Filetime
	if windows.GetProcessTimes(windows.CurrentProcess(), &made, &ended, &kernel, &user) != nil {
		return 0
	}
	return 100 * float64(uint64(user.HighDateTime)<<32|uint64(user.LowDateTime)) // a FILETIME counts 100 ns
}
