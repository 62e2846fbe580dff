package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/ruleids/ruleids/fleet/query"
	"github.com/ruleids/ruleids/internal/scale"
)

// A Count is how many alerts have a value.
type Count struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// A Slot is the alerts of one step of a timeline.
type Slot struct {
	Time     time.Time `json:"time"`
	Total    int       `json:"total"`
	Low      int       `json:"low"`
	Medium   int       `json:"medium"`
	High     int       `json:"high"`
	Critical int       `json:"critical"`
}

func (s *Slot) add(severity, n int) {
	s.Total += n
	switch scale.Severity(severity) {
	case scale.SeverityLow:
		s.Low += n
	case scale.SeverityMedium:
		s.Medium += n
	case scale.SeverityHigh:
		s.High += n
	case scale.SeverityCritical:
		s.Critical += n
	}
}

// Stats are counts of the alerts of a query. Lists are sorted, the largest count first, and have at most top entries.
type Stats struct {
	Since      time.Time      `json:"since"`
	Until      time.Time      `json:"until"`
	Total      int            `json:"total"`
	Severity   map[string]int `json:"severity"` // every severity is there
	Categories []Count        `json:"categories"`
	Rules      []Count        `json:"rules"`
	Agents     []Count        `json:"agents"`
	Sources    []Count        `json:"sources"`    // addresses
	Techniques []Count        `json:"techniques"` // of MITRE ATT&CK; an alert of several counts for each
	Hours      []int          `json:"hours"`      // by the hour of the day, UTC
	Step       float64        `json:"step_seconds"`
	Timeline   []Slot         `json:"timeline"` // from since to until, without gaps; its first step may begin before since
	// Sampled is left out where all were counted. Else a query has words that very many alerts have: of some days one alert in so
	// many was counted, from the beginning of each step, and the counts are estimates.
	Sampled int `json:"sampled,omitempty"`
	levels  [scale.SeverityCritical + 1]int
}

// maxSlots bounds a timeline.
const maxSlots = 2000

// Stats counts alerts from q.Since to q.Until, which must be set and are taken as whole minutes, in steps of at least a minute, or of
// an hour where the query names rules, categories or agents and spans over a day.
func (s *Store) Stats(ctx context.Context, q *query.Query, step time.Duration, top int) (*Stats, error) {
	c := begin(q, step)
	_, _, first, last := span(&c.q)
	dates, err := s.between(first, last)
	if err != nil {
		return nil, err
	}
	for _, date := range dates {
		if err := s.read(ctx, date, func(d *day) error { return c.count(ctx, d) }); err != nil {
			return nil, err
		}
	}
	return c.end(top), nil
}

func topOf(counts map[string]int, top int) []Count {
	out := []Count{}
	for name, n := range counts {
		out = append(out, Count{name, n})
	}
	slices.SortFunc(out, func(a, b Count) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name)) })
	return out[:min(len(out), top)]
}
