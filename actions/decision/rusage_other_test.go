//go:build !unix

package decision

import (
	"testing"
	"time"
)

// cpuTime returns a time that grows at least as fast as the processor time of the process.
func cpuTime(*testing.T) time.Duration { return time.Duration(time.Now().UnixNano()) }
