//go:build !linux

package decision

import "time"

// elapsed returns the time since the program was started.
func elapsed() time.Duration { return time.Since(started) }

var started = time.Now()
