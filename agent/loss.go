package agent

import (
	"time"

	"github.com/ruleids/ruleids/capture/live"
)

// lossSeconds is how long a lost packet counts against alerts: the windows of many rules may have missed it.
const lossSeconds = 10

// A lossMeter knows how many packets were lost in the last seconds. It goes by the monotonic clock, so that it does
// not matter when the other one is set.
type lossMeter struct {
	begun  time.Time
	slots  [lossSeconds]uint64 // packets lost, by second
	second int64               // of the newest slot, since begun
	losing bool                // packets were lost while those at hand were captured

	// A spell of losses lasts until none was lost for lossSeconds.
	since  time.Time // when it began; zero where there is none
	lost   uint64    // in it
	newest time.Time // when packets were last lost
	remind time.Time // when to say so again
	pause  time.Duration
}

// Reminders of a spell of losses come so long after it began, and then at intervals that double, up to the longest.
const (
	firstReminder   = time.Minute
	longestReminder = time.Hour
)

// A lossNews is something about losses that should be logged.
type lossNews struct {
	ended bool
	since time.Time
	lost  uint64        // since then
	took  time.Duration // from the first loss to the last
}

// add takes what a batch says.
func (m *lossMeter) add(b *live.Batch, now time.Time) {
	m.losing = b.Losing
	if m.begun.IsZero() {
		m.begun = now
	}
	second := int64(now.Sub(m.begun) / time.Second)
	if second-m.second >= lossSeconds {
		m.slots, m.second = [lossSeconds]uint64{}, second
	}
	for m.second < second {
		m.second++
		m.slots[m.second%lossSeconds] = 0
	}
	m.slots[m.second%lossSeconds] += b.Lost
}

// news returns what there is to tell after add: that losses have begun, that they go on, now and then, and that they
// are over. It is nil for nothing.
func (m *lossMeter) news(b *live.Batch, now time.Time) *lossNews {
	if b.Lost > 0 {
		m.lost += b.Lost
		m.newest = now
		switch {
		case m.since.IsZero():
			m.since, m.pause = now, firstReminder
		case now.Before(m.remind):
			return nil
		default:
			m.pause = min(2*m.pause, longestReminder)
		}
		m.remind = now.Add(m.pause)
		return m.tell(false)
	}
	if m.since.IsZero() || now.Sub(m.newest) < lossSeconds*time.Second {
		return nil
	}
	n := m.tell(true)
	m.since, m.lost = time.Time{}, 0
	return n
}

func (m *lossMeter) tell(ended bool) *lossNews {
	return &lossNews{ended: ended, since: m.since, lost: m.lost, took: m.newest.Sub(m.since)}
}

// recent returns the packets lost lately; at least one where some were but are not counted yet.
func (m *lossMeter) recent() uint64 {
	n := uint64(0)
	for _, s := range m.slots {
		n += s
	}
	if n == 0 && m.losing {
		n = 1
	}
	return n
}
