package store

import (
	"cmp"
	"context"
	"net/netip"
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
	levels     [scale.SeverityCritical + 1]int
}

// maxSlots bounds a timeline.
const maxSlots = 2000

// Stats counts alerts from q.Since to q.Until, which must be set, in steps of at least a minute. Counts go by whole minutes,
// sources by whole hours, where the query has no terms but those of rules, categories, agents and severities; otherwise by the
// alerts themselves.
func (s *Store) Stats(ctx context.Context, q *query.Query, step time.Duration, top int) (*Stats, error) {
	step = max(step.Truncate(time.Minute), time.Minute)
	if span := q.Until.Sub(q.Since); span/step > maxSlots {
		step = (span / maxSlots).Truncate(time.Minute) + time.Minute
	}
	since := q.Since.UTC().Truncate(time.Minute)
	out := &Stats{Since: since, Until: q.Until.UTC(), Severity: map[string]int{}, Techniques: []Count{}, Hours: make([]int, 24), Step: step.Seconds(), Timeline: []Slot{}}
	for t := since.Truncate(step); t.Before(q.Until); t = t.Add(step) {
		out.Timeline = append(out.Timeline, Slot{Time: t})
	}
	counts := [3]map[string]int{{}, {}, {}} // categories, rules, agents
	sources := map[netip.Addr]int{}
	_, _, first, last := span(&query.Query{Since: since, Until: q.Until})
	dates, err := s.between(first, last)
	if err != nil {
		return nil, err
	}
	bounded := *q
	bounded.Since = since
	for _, date := range dates {
		err := s.read(ctx, date, func(d *day) error { return d.count(ctx, &bounded, step, out, &counts, sources) })
		if err != nil {
			return nil, err
		}
	}
	for _, sev := range scale.Severities() {
		out.Severity[sev.String()] = out.levels[sev]
	}
	out.Categories, out.Rules, out.Agents = topOf(counts[0], top), topOf(counts[1], top), topOf(counts[2], top)
	bySource := map[string]int{}
	for a, n := range sources {
		bySource[a.Unmap().String()] += n
	}
	out.Sources = topOf(bySource, top)
	return out, nil
}

// rolledUp reports whether the counts by the minute can answer.
func rolledUp(q *query.Query) bool {
	return !slices.ContainsFunc(q.Terms, func(t query.Term) bool {
		return t.Field != query.Rule && t.Field != query.Category && t.Field != query.Agent && t.Field != query.Severity
	})
}

func (d *day) count(ctx context.Context, q *query.Query, step time.Duration, out *Stats, counts *[3]map[string]int, sources map[netip.Addr]int) error {
	w := d.where(q)
	if w.none {
		return nil
	}
	from, to, _, _ := span(q)
	text, args := "", []any{}
	rolled := rolledUp(q)
	switch {
	case rolled:
		text = "SELECT minute, category, rule, agent, severity, sum(n) FROM minute WHERE minute >= ? AND minute < ? AND " + w.text() + " GROUP BY 1, 2, 3, 4, 5"
		args = append(args, q.Since.Unix()/60, (q.Until.Unix()+59)/60)
	case w.words != "":
		text = "SELECT (id >> 10) / 60000000, category, rule, agent, severity, count(*) FROM word CROSS JOIN alert ON alert.id = word.rowid WHERE word MATCH ? AND word.rowid >= ? AND word.rowid < ? AND " + w.text() + " GROUP BY 1, 2, 3, 4, 5"
		args = append(args, w.words, int64(from), int64(to))
	default:
		text = "SELECT (id >> 10) / 60000000, category, rule, agent, severity, count(*) FROM alert WHERE id >= ? AND id < ? AND " + w.text() + " GROUP BY 1, 2, 3, 4, 5"
		args = append(args, int64(from), int64(to))
	}
	rows, err := d.db.QueryContext(ctx, text, append(args, w.args...)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var minute int64
		var names [3]int64
		var severity, n int
		if err := rows.Scan(&minute, &names[0], &names[1], &names[2], &severity, &n); err != nil {
			return err
		}
		out.Total += n
		if severity >= 0 && severity < len(out.levels) {
			out.levels[severity] += n
		}
		for i, id := range names {
			counts[i][d.text(id)] += n
		}
		out.Hours[minute/60%24] += n
		if i := int(time.Unix(minute*60, 0).Sub(out.Timeline[0].Time) / step); i >= 0 && i < len(out.Timeline) {
			out.Timeline[i].add(severity, n)
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return d.countSources(ctx, q, w, from, to, sources)
}

// maxSources bounds how many sources of a day are looked at for the largest.
const maxSources = 1000

func (d *day) countSources(ctx context.Context, q *query.Query, w *where, from, to ID, sources map[netip.Addr]int) error {
	text := "SELECT src, sum(n) FROM source WHERE hour >= ? AND hour < ? GROUP BY src ORDER BY 2 DESC LIMIT ?"
	args := []any{q.Since.Unix() / 3600, (q.Until.Unix() + 3599) / 3600}
	if len(q.Terms) > 0 {
		text = "SELECT src, count(*) FROM alert WHERE src IS NOT NULL AND id >= ? AND id < ? AND " + w.text() + " GROUP BY src ORDER BY 2 DESC LIMIT ?"
		args = append([]any{int64(from), int64(to)}, w.args...)
		if w.words != "" {
			text = "SELECT src, count(*) FROM word CROSS JOIN alert ON alert.id = word.rowid WHERE src IS NOT NULL AND word MATCH ? AND word.rowid >= ? AND word.rowid < ? AND " + w.text() + " GROUP BY src ORDER BY 2 DESC LIMIT ?"
			args = append([]any{w.words, int64(from), int64(to)}, w.args...)
		}
	}
	rows, err := d.db.QueryContext(ctx, text, append(args, maxSources)...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var src []byte
		var n int
		if err := rows.Scan(&src, &n); err != nil {
			return err
		}
		if a, ok := netip.AddrFromSlice(src); ok {
			sources[a] += n
		}
	}
	return rows.Err()
}

func topOf(counts map[string]int, top int) []Count {
	out := []Count{}
	for name, n := range counts {
		out = append(out, Count{name, n})
	}
	slices.SortFunc(out, func(a, b Count) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name)) })
	return out[:min(len(out), top)]
}
