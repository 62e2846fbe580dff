package decision

import (
	"testing"
	"time"
)

// TestClockSet sets the clock back and forward a day: what is to hold for ten minutes holds for ten minutes, over a
// restart too, and what holds for good is not touched.
func TestClockSet(t *testing.T) {
	for _, by := range []time.Duration{-24 * time.Hour, 24 * time.Hour, -time.Minute, time.Minute} {
		t.Run(by.String(), func(t *testing.T) {
			f := newFixture(t)
			f.do(Decided, byRule(Quarantine, bad, 10*time.Minute))
			f.do(Decided, byRule(Block, "198.51.100.9", 0))
			f.wait(4 * time.Minute)
			f.clock.set(by)
			f.wait(0)
			f.inFirewall("quarantine "+bad, "block 198.51.100.9")
			f.do(Decided, byRule(Quarantine, "198.51.100.8", 10*time.Minute)) // under the new time
			f.wait(5*time.Minute + 59*time.Second)
			f.inFirewall("quarantine "+bad, "quarantine 198.51.100.8", "block 198.51.100.9")
			f.reopen()
			f.inFirewall("quarantine "+bad, "quarantine 198.51.100.8", "block 198.51.100.9")
			f.wait(time.Second)
			f.inFirewall("quarantine 198.51.100.8", "block 198.51.100.9")
			f.wait(4 * time.Minute)
			f.inFirewall("block 198.51.100.9")
		})
	}
}

// TestClockSetRight starts with a clock that is decades late, as machines without a battery do: what the journal says
// was decided under a clock that was right, and keeps its time.
func TestClockSetRight(t *testing.T) {
	f := newFixture(t)
	f.do(Decided, byRule(Quarantine, bad, 10*time.Minute))
	f.Close()
	const late = 50 * 365 * 24 * time.Hour
	f.clock.set(-late)
	f.open()
	f.wait(time.Minute)
	f.clock.set(late)
	f.wait(0)
	f.inFirewall("quarantine " + bad)
	f.wait(9*time.Minute - time.Second)
	f.inFirewall("quarantine " + bad)
	f.wait(time.Second)
	f.inFirewall()
}

// TestClockDrifts lets a clock be corrected little by little, which moves nothing.
func TestClockDrifts(t *testing.T) {
	f := newFixture(t)
	f.do(Decided, byRule(Quarantine, bad, 10*time.Minute))
	for range 60 {
		f.clock.set(10 * time.Millisecond)
		f.wait(time.Second)
	}
	if d := f.List()[0]; d.Until != newClock().now.Add(10*time.Minute) {
		t.Errorf("it ends at %s", d.Until)
	}
}
