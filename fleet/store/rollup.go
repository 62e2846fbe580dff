package store

import (
	"context"
	"slices"
	"time"

	"github.com/ruleids/ruleids/fleet/query"
	"github.com/ruleids/ruleids/internal/scale"
)

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

// minutes adds the counts of a day by time and severity.
func (c *counting) minutes(ctx context.Context, d *day) error {
	slot := "minute * 60"
	if c.step%time.Hour == 0 {
		slot = "minute / 60 * 3600"
	}
	rows, err := d.db.QueryContext(ctx, "SELECT "+slot+", severity, sum(n) FROM minute WHERE minute >= ? AND minute < ? GROUP BY 1, 2", c.q.Since.Unix()/60, c.q.Until.Unix()/60)
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
		if !slices.ContainsFunc(c.q.Terms, func(t query.Term) bool { return slices.Contains(t.Levels, scale.Severity(severity)) == t.Not }) {
			c.slot(at, severity, n)
		}
	}
	return rows.Err()
}

// hours adds the counts of whole hours: by category, rule and agent, and where it is asked by time and severity.
func (c *counting) hours(ctx context.Context, d *day, p piece, slots bool) error {
	return d.look(ctx, func(known *facts) error {
		f, err := d.filter(ctx, &c.q, known)
		if err != nil || f.none {
			return err
		}
		sums := make([]int, len(known.traits))
		for at := p.from; at.Before(p.to); at = at.Add(time.Hour) {
			var levels [scale.SeverityCritical + 1]int
			for i, n := range known.byHour[at.Hour()] {
				if n > 0 && f.has(uint32(i)) {
					sums[i] += int(n)
					levels[min(int(known.traits[i].severity), len(levels)-1)] += int(n)
				}
			}
			for severity, n := range levels {
				if slots && n > 0 {
					c.slot(at.Unix(), severity, n)
				}
			}
		}
		c.named(d, known.traits, sums)
		return nil
	})
}

// named adds counts of traits by category, rule and agent.
func (c *counting) named(d *day, of []traits, sums []int) {
	var by [len(c.names)]map[uint32]int
	for i := range by {
		by[i] = map[uint32]int{}
	}
	for i, n := range sums {
		if n > 0 {
			for j, id := range [...]uint32{of[i].category, of[i].rule, of[i].agent} {
				by[j][id] += n
			}
		}
	}
	for i := range by {
		for id, n := range by[i] {
			c.names[i][d.text(int64(id))] += n
		}
	}
}
