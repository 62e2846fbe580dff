package link

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/files"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
)

// SummaryRule is the rule of the alert that stands for those that were too many.
const SummaryRule = "alerts_over_limit"

// A limiter lets so many alerts pass in each span, and counts the others. Half of the room is for alerts that are high or
// critical alone, so that a flood of small ones does not cover them up.
type limiter struct {
	mu    sync.Mutex
	most  int
	span  time.Duration
	begun time.Time
	n     int // passed in this span
	small int // of those, low and medium ones
	total uint64

	over  map[string]int // by rule
	worst scale.Severity
	last  int64 // time of the last that was counted
}

// maxRules bounds the rules that a summary names; those beyond are counted together.
const maxRules = 20

// set changes the limit, and reports whether it was another one.
func (l *limiter) set(most int, span time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	changed := most != l.most || span != l.span
	l.most, l.span = most, span
	return changed
}

// limitFile keeps the limit that the server said last.
const limitFile = "limit.json"

// savedLimit is the limit as the file has it.
type savedLimit struct {
	Alerts  int     `json:"alerts"`
	Seconds float64 `json:"seconds"`
}

// load sets the limit that the server said last, or the usual one.
func (l *limiter) load(dir string) {
	s := savedLimit{50, 5}
	if text, err := os.ReadFile(filepath.Join(dir, limitFile)); err == nil {
		_ = json.Unmarshal(text, &s) // the server says it again
	}
	if s.Alerts < 1 || s.Seconds <= 0 {
		s = savedLimit{50, 5}
	}
	l.set(s.Alerts, time.Duration(s.Seconds*float64(time.Second)))
}

// save keeps the limit.
func (l *limiter) save(dir string) {
	l.mu.Lock()
	s := savedLimit{l.most, l.span.Seconds()}
	l.mu.Unlock()
	if text, err := json.Marshal(s); err == nil {
		_ = files.Write(filepath.Join(dir, limitFile), text, 0o640) // the server says it again
	}
}

// take reports whether an alert passes; else it is counted.
func (l *limiter) take(a *alert.Alert, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.begun) >= l.span || now.Before(l.begun) {
		l.begun, l.n, l.small = now, 0, 0
	}
	small := a.Severity < scale.SeverityHigh
	if l.n < l.most && (!small || l.small < (l.most+1)/2) {
		l.n++
		if small {
			l.small++
		}
		return true
	}
	if l.over == nil {
		l.over = map[string]int{}
	}
	name := a.Rule
	if _, known := l.over[name]; !known && len(l.over) >= maxRules {
		name = "others"
	}
	l.over[name]++
	l.total++
	l.worst, l.last = max(l.worst, a.Severity), max(l.last, a.Time)
	return false
}

// summary returns the alert that stands for what was counted in a span that is over, or in any with end; nil for nothing.
func (l *limiter) summary(now time.Time, end bool) *alert.Alert {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.over) == 0 || !end && now.Sub(l.begun) < l.span {
		return nil
	}
	n := 0
	for _, c := range l.over {
		n += c
	}
	a := &alert.Alert{Time: l.last, Layers: packet.LayerFrame, Rule: SummaryRule, Description: "More alerts came than the limit of an agent; these were counted.", Category: "fleet", Severity: l.worst,
		Key: []alert.Named{}, Values: []alert.Named{{Name: "alerts", Value: int64(n)}}, Message: fmt.Sprintf("%d alerts above the limit of %d in %v", n, l.most, l.span)}
	for _, rule := range slices.SortedFunc(maps.Keys(l.over), func(a, b string) int {
		return cmp.Or(cmp.Compare(l.over[b], l.over[a]), cmp.Compare(a, b))
	}) {
		a.Values = append(a.Values, alert.Named{Name: rule, Value: int64(l.over[rule])})
	}
	l.over, l.worst, l.last = nil, 0, 0
	return a
}

// counted returns how many alerts were counted since the start.
func (l *limiter) counted() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}
