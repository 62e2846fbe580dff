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

// Stats counts alerts from q.Since to q.Until, which must be set and are taken as whole minutes, in steps of at least a minute, or of
// an hour where the query names rules, categories or agents and spans over a day.
func (s *Store) Stats(ctx context.Context, q *query.Query, step time.Duration, top int) (*Stats, error) {
	step = max(step.Truncate(time.Minute), time.Minute)
	long := q.Until.Sub(q.Since)
	if long/step > maxSlots {
		step = (long / maxSlots).Truncate(time.Minute) + time.Minute
	}
	c := &counting{rolled: rolledUp(q), total: totals(q), byHour: long > 24*time.Hour, names: [3]map[string]int{{}, {}, {}}, sources: map[netip.Addr]int{}}
	if c.rolled && !c.total && c.byHour {
		step = (step + time.Hour - 1).Truncate(time.Hour)
	}
	c.q = *q
	c.q.Since, c.q.Until = q.Since.UTC().Truncate(time.Minute), q.Until.UTC().Add(time.Minute-1).Truncate(time.Minute)
	out := &Stats{Since: c.q.Since, Until: q.Until.UTC(), Severity: map[string]int{}, Techniques: []Count{}, Hours: make([]int, 24), Step: step.Seconds(), Timeline: []Slot{}}
	c.out, c.step = out, step
	for t := c.q.Since.Truncate(step); t.Before(q.Until); t = t.Add(step) {
		out.Timeline = append(out.Timeline, Slot{Time: t})
	}
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
	for _, sev := range scale.Severities() {
		out.Severity[sev.String()] = out.levels[sev]
	}
	out.Categories, out.Rules, out.Agents = topOf(c.names[0], top), topOf(c.names[1], top), topOf(c.names[2], top)
	bySource := map[string]int{}
	for a, n := range c.sources {
		bySource[a.Unmap().String()] += n
	}
	out.Sources = topOf(bySource, top)
	return out, nil
}

// A counting is statistics on their way.
type counting struct {
	q       query.Query // its times are whole minutes
	rolled  bool        // counts by the hour can answer
	total   bool        // counts by the minute can answer, but for names
	byHour  bool        // the timeline may be as coarse as counts by the hour
	step    time.Duration
	out     *Stats
	names   [3]map[string]int // categories, rules, agents
	sources map[netip.Addr]int
}

// rolledUp reports whether the counts by the hour can answer.
func rolledUp(q *query.Query) bool {
	return !slices.ContainsFunc(q.Terms, func(t query.Term) bool {
		return t.Field != query.Rule && t.Field != query.Category && t.Field != query.Agent && t.Field != query.Severity
	})
}

// totals reports whether the counts by the minute can answer.
func totals(q *query.Query) bool {
	return !slices.ContainsFunc(q.Terms, func(t query.Term) bool { return t.Field != query.Severity })
}

// A piece of a day is counted by whole hours, or by its alerts.
type piece struct {
	from, to time.Time
	whole    bool
}

// pieces cuts what a query asks of a day into whole hours, and what is left at the ends.
func pieces(date string, since, until time.Time) []piece {
	begin, err := time.Parse(dayForm, date)
	if err != nil {
		return nil
	}
	from, to := later(begin, since), earlier(begin.Add(24*time.Hour), until)
	low, high := from.Add(time.Hour-1).Truncate(time.Hour), to.Truncate(time.Hour)
	if !low.Before(high) {
		return []piece{{from, to, false}}
	}
	out := []piece{{low, high, true}}
	if from.Before(low) {
		out = append(out, piece{from, low, false})
	}
	if high.Before(to) {
		out = append(out, piece{high, to, false})
	}
	return out
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func (c *counting) count(ctx context.Context, d *day) error {
	w := d.where(&c.q)
	if w.none {
		return nil
	}
	if c.total {
		if err := c.slots(ctx, d, "SELECT minute * 60, severity, sum(n) FROM minute WHERE minute >= ? AND minute < ? AND "+w.text()+" GROUP BY 1, 2",
			append([]any{c.q.Since.Unix() / 60, c.q.Until.Unix() / 60}, w.args...)); err != nil {
			return err
		}
	}
	for _, p := range pieces(d.date, c.q.Since, c.q.Until) {
		if !p.from.Before(p.to) {
			continue
		}
		if p.whole && c.rolled {
			times := append([]any{p.from.Unix() / 3600, p.to.Unix() / 3600}, w.args...)
			if !c.total && c.byHour {
				if err := c.slots(ctx, d, "SELECT hour * 3600, severity, sum(n) FROM hour WHERE hour >= ? AND hour < ? AND "+w.text()+" GROUP BY 1, 2", times); err != nil {
					return err
				}
			}
			if err := c.named(ctx, d, "SELECT category, rule, agent, sum(n) FROM hour WHERE hour >= ? AND hour < ? AND "+w.text()+" GROUP BY 1, 2, 3", times); err != nil {
				return err
			}
			if len(c.q.Terms) == 0 {
				text, args := "SELECT src, sum(n) FROM source WHERE hour >= ? AND hour < ? GROUP BY src ORDER BY 2 DESC LIMIT ?", times
				if p.to.Sub(p.from) == 24*time.Hour {
					text, args = "SELECT src, n FROM daysource ORDER BY 2 DESC LIMIT ?", nil
				}
				if err := c.source(ctx, d, text, args); err != nil {
					return err
				}
			} else if err := c.raw(ctx, d, w, p, false, false, true); err != nil {
				return err
			}
			if !c.total && !c.byHour {
				if err := c.raw(ctx, d, w, p, true, false, false); err != nil {
					return err
				}
			}
			continue
		}
		if err := c.raw(ctx, d, w, p, !c.total, true, true); err != nil {
			return err
		}
	}
	return nil
}

// raw counts alerts one by one.
func (c *counting) raw(ctx context.Context, d *day, w *where, p piece, slots, names, sources bool) error {
	from, args := " FROM alert WHERE id >= ? AND id < ? AND "+w.text(), []any{int64(firstAt(p.from)), int64(firstAt(p.to))}
	if w.words != "" {
		from = " FROM word CROSS JOIN alert ON alert.id = word.rowid WHERE word.rowid >= ? AND word.rowid < ? AND word MATCH ? AND " + w.text()
		args = append(args, w.words)
	}
	args = append(args, w.args...)
	if slots {
		if err := c.slots(ctx, d, "SELECT (id >> 10) / 60000000 * 60, severity, count(*)"+from+" GROUP BY 1, 2", args); err != nil {
			return err
		}
	}
	if names {
		if err := c.named(ctx, d, "SELECT category, rule, agent, count(*)"+from+" GROUP BY 1, 2, 3", args); err != nil {
			return err
		}
	}
	if sources {
		return c.source(ctx, d, "SELECT src, count(*)"+from+" AND src IS NOT NULL GROUP BY src ORDER BY 2 DESC LIMIT ?", args)
	}
	return nil
}

// slots adds counts by time (seconds since 1970) and severity.
func (c *counting) slots(ctx context.Context, d *day, text string, args []any) error {
	rows, err := d.db.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var at int64
		var severity, n int
		if err := rows.Scan(&at, &severity, &n); err != nil {
			return err
		}
		c.out.Total += n
		c.out.Hours[at/3600%24] += n
		if severity >= 0 && severity < len(c.out.levels) {
			c.out.levels[severity] += n
		}
		if i := int(time.Unix(at, 0).Sub(c.out.Timeline[0].Time) / c.step); i >= 0 && i < len(c.out.Timeline) {
			c.out.Timeline[i].add(severity, n)
		}
	}
	return rows.Err()
}

// named adds counts by category, rule and agent.
func (c *counting) named(ctx context.Context, d *day, text string, args []any) error {
	rows, err := d.db.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var ids [3]int64
		var n int
		if err := rows.Scan(&ids[0], &ids[1], &ids[2], &n); err != nil {
			return err
		}
		for i, id := range ids {
			c.names[i][d.text(id)] += n
		}
	}
	return rows.Err()
}

// maxSources bounds how many sources of a piece are looked at for the largest.
const maxSources = 1000

// source adds counts by source.
func (c *counting) source(ctx context.Context, d *day, text string, args []any) error {
	rows, err := d.db.QueryContext(ctx, text, append(slices.Clone(args), maxSources)...)
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
			c.sources[a] += n
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
