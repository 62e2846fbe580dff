package daemon

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
