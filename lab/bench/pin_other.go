//go:build !linux

package main

import (
	"runtime"
	"time"
)

// allowedCPUs returns numbers for the CPUs of the machine.
func allowedCPUs() ([]int, error) {
	cpus := make([]int, runtime.NumCPU())
	for i := range cpus {
		cpus[i] = i
	}
	return cpus, nil
}

// pin does nothing: only Linux lets a process choose its CPUs this way. GOMAXPROCS bounds how many run at a time.
func pin([]int) error { return nil }

// processorTime returns 0: it is not known.
func processorTime() time.Duration { return 0 }

// kernel names the system.
func kernel() string { return runtime.GOOS }
