//go:build !linux

package agent

import "time"

// cpuTime returns 0: the CPU time of the process is asked for on Linux only.
func cpuTime() time.Duration { return 0 }

// threadTime returns 0: the CPU time of a thread is known on Linux only.
func threadTime() time.Duration { return 0 }
