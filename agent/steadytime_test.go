package agent

import (
	"testing"
	"time"

	"github.com/ruleids/ruleids/packet"
)

// TestSteadyTime sets the clock back and forth and wants the time of packets to go on, never back.
func TestSteadyTime(t *testing.T) {
	const start = int64(1_800_000_000_000_000_000)
	var s steadyTime
	set := time.Duration(0) // by how much the clock is off
	mono := time.Duration(0)
	last := int64(0)
	turn := func(by time.Duration, stamped time.Duration) int64 {
		t.Helper()
		mono += 100 * time.Millisecond
		if by != 0 {
			set += by
		}
		wall := start + int64(mono+set)
		if got := s.look(wall, mono); (got - by).Abs() > time.Millisecond {
			t.Fatalf("a step of %v is seen as %v", by, got)
		}
		frames := []packet.Frame{{Time: wall + int64(stamped)}}
		now := s.apply(frames, wall)
		if now < last {
			t.Fatalf("time went back by %v when the clock was set by %v", time.Duration(last-now), by)
		}
		last = now
		if real := s.real(now); real != wall {
			t.Fatalf("an alert of now is given the time %v off", time.Duration(real-wall))
		}
		return frames[0].Time
	}
	turn(0, 0)
	turn(0, 0)
	turn(-time.Hour, 0)
	for range 5 {
		turn(0, 0)
	}
	turn(-2*time.Second, 0)
	turn(time.Hour, 0) // nearly where it was
	turn(0, 0)
	turn(3*time.Hour, 0) // ahead: time jumps, as after a pause
	if s.shift != 0 {
		t.Errorf("%v are still added after the clock was set further ahead than it had been set back", time.Duration(s.shift))
	}
	turn(-3*time.Hour, 0)
	turn(0, 0)
}

// TestSteadyTimeOfTheRing gives out packets that were stamped before the clock was set back, after it was.
func TestSteadyTimeOfTheRing(t *testing.T) {
	const start = int64(1_800_000_000_000_000_000)
	var s steadyTime
	s.look(start, 0)
	s.look(start+int64(time.Second-time.Hour), time.Second)
	frames := []packet.Frame{
		{Time: start + int64(900*time.Millisecond)},           // by the clock before
		{Time: start + int64(999*time.Millisecond-time.Hour)}, // by the clock after
		{Time: start + int64(1000*time.Millisecond-time.Hour)},
	}
	s.apply(frames, start)
	for i, want := range []time.Duration{900 * time.Millisecond, 999 * time.Millisecond, time.Second} {
		if got := time.Duration(frames[i].Time - start); got != want {
			t.Errorf("packet %d is at %v, want %v", i, got, want)
		}
	}
}

// TestSteadyTimeSmallChanges leaves alone what is no step.
func TestSteadyTimeSmallChanges(t *testing.T) {
	var s steadyTime
	s.look(0, 0)
	for i := range 100 {
		mono := time.Duration(i+1) * time.Second
		if d := s.look(int64(mono)+int64(i%3)*int64(100*time.Millisecond), mono); d != 0 {
			t.Fatalf("a step of %v where there was none", d)
		}
	}
	if s.shift != 0 {
		t.Error("times are shifted")
	}
}
