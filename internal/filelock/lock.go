// Package filelock keeps other processes away from a file for as long as it is open.
package filelock

import (
	"os"
	"time"
)

// Within makes a file, or on Unix a directory, this process's own until it is closed. It reports whether another process
// has it still after a time: a program that a killed process was about to start holds its files until it runs. Where
// the file system has no locks, no process has.
func Within(f *os.File, d time.Duration) (taken bool) {
	for deadline := time.Now().Add(d); try(f); time.Sleep(10 * time.Millisecond) {
		if !time.Now().Before(deadline) {
			return true
		}
	}
	return false
}
