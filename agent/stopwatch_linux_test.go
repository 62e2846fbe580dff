package agent

import (
	"testing"
	"time"
)

// TestStopwatch: work takes time of both kinds, waiting none of the processor.
func TestStopwatch(t *testing.T) {
	w := startWatch()
	for begun := threadTime(); threadTime()-begun < 2*time.Millisecond; {
	}
	if wall, cpu := w.stop(); cpu < 2e-3 || wall < 1e-3 {
		t.Errorf("work of 2 ms took %.3f ms, %.3f ms of them on a processor", wall*1e3, cpu*1e3)
	}
	w = startWatch()
	<-time.After(20 * time.Millisecond)
	if wall, cpu := w.stop(); wall < 20e-3 || cpu > 10e-3 {
		t.Errorf("waiting for 20 ms took %.3f ms, %.3f ms of them on a processor", wall*1e3, cpu*1e3)
	}
}
