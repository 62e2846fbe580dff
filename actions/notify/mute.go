package notify

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxMuted is how many rules can be muted at once: more than anybody mutes by hand.
const maxMuted = 1000

// A Mute is a rule that no notifier tells of until a time.
type Mute struct {
	Rule  string
	Until time.Time
}

// mutes are the rules that are muted.
type mutes struct {
	mu    sync.Mutex
	until map[string]time.Time
}

// set mutes a rule, or with no time ends that.
func (m *mutes) set(rule string, d time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	for r, t := range m.until {
		if !now.Before(t) {
			delete(m.until, r)
		}
	}
	if d <= 0 {
		delete(m.until, rule)
		return nil
	}
	if _, known := m.until[rule]; !known && len(m.until) >= maxMuted {
		return fmt.Errorf("%d rules are muted already; no more can be until one of them is over", maxMuted)
	}
	if m.until == nil {
		m.until = map[string]time.Time{}
	}
	m.until[rule] = now.Add(d)
	return nil
}

func (m *mutes) has(rule string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return now.Before(m.until[rule])
}

func (m *mutes) list() []Mute {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	var out []Mute
	for r, t := range m.until {
		if now.Before(t) {
			out = append(out, Mute{r, t})
		}
	}
	slices.SortFunc(out, func(a, b Mute) int { return strings.Compare(a.Rule, b.Rule) })
	return out
}
