package reputation

import (
	"fmt"
	"testing"
	"time"
)

// TestPriorities asks for what is nearer to a threshold first, then for what is seen more often, then for what
// was seen last.
func TestPriorities(t *testing.T) {
	inWorld(t, func(c *VirusTotalConfig) { c.RequestsPerMinute = 1 }, func(w *world) {
		w.tier("first.dev") // takes the token
		at := func(s string, p Priority, times int) {
			for range times {
				w.sources.StandingAt(KindVirusTotal, s, p)
			}
		}
		at("once.dev", 0, 1)
		at("often.dev", 0, 5)
		at("later.dev", 0, 1)
		at("half.dev", 50, 1)
		at("near.dev", 90, 1)
		at("rising.dev", 10, 1)
		at("rising.dev", 100, 1)
		at("over.dev", 200, 1)
		w.after(time.Hour)
		want := "domains/first.dev domains/rising.dev domains/over.dev domains/near.dev domains/half.dev domains/often.dev domains/later.dev domains/once.dev"
		if got := w.requests(); got != want {
			t.Errorf("asked in the order\n%s, want\n%s", got, want)
		}
	})
}

// TestFlood fills the queue with indicators that are seen once.
func TestFlood(t *testing.T) {
	inWorld(t, func(c *VirusTotalConfig) { c.Queue, c.RequestsPerMinute = 100, 1 }, func(w *world) {
		w.tier("first.dev")
		w.sources.StandingAt(KindVirusTotal, "attacker.dev", 40)
		for i := range 10_000 {
			w.sources.Tier(KindVirusTotal, fmt.Sprintf("h%d.dev", i))
			if i%50 == 0 {
				w.sources.Tier(KindVirusTotal, "steady.dev")
			}
		}
		if s := w.status(); s.Queued != 100 || s.Dropped != 10_002-100 {
			t.Errorf("%d queued, %d dropped", s.Queued, s.Dropped)
		}
		w.requests()
		w.after(2*time.Minute + time.Second)
		if got := w.requests(); got != "domains/attacker.dev domains/steady.dev" {
			t.Errorf("asked for %s", got)
		}
	})
}
