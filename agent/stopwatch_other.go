//go:build !linux

package agent

import "time"

// threadTime returns 0: the CPU time of a thread is known on Linux only.
func threadTime() time.Duration { return 0 }
