package agent

import (
	"runtime"
	"time"
)

// A stopwatch takes the time of a piece of work on one thread: that of a clock, and that for which the thread had a
// processor. The first is the longer one where other programs, or the program's other threads, had the processor
// meanwhile.
type stopwatch struct {
	begun time.Time
	cpu   time.Duration
}

// startWatch starts a stopwatch. The goroutine stays on its thread until stop.
func startWatch() stopwatch {
	runtime.LockOSThread()
	return stopwatch{cpu: threadTime(), begun: time.Now()}
}

// stop returns the seconds since the start.
func (w stopwatch) stop() (wall, cpu float64) {
	wall = time.Since(w.begun).Seconds()
	cpu = (threadTime() - w.cpu).Seconds()
	runtime.UnlockOSThread()
	return wall, cpu
}
