package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ruleids/ruleids/fleet/query"
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

// A where is the terms of a query for the counts of a day.
type where struct {
	text string
	args []any
}

// where makes the condition of a query; none says that nothing of the day can match. Terms that counts know nothing of are left out.
func (d *day) where(q *query.Query) (w where, none bool) {
	w.text = "1"
	for i := range q.Terms {
		t := &q.Terms[i]
		var list []any
		add := func(column string, kind int) {
			for _, id := range d.known(kind, t.Words) {
				list = append(list, id)
			}
			w.in(column, list, t.Not)
		}
		switch t.Field {
		case query.Rule:
			add("rule", nameRule)
		case query.Category:
			add("category", nameCategory)
		case query.Agent:
			add("agent", nameAgent)
		case query.Severity:
			for _, s := range t.Levels {
				list = append(list, int(s))
			}
			w.in("severity", list, t.Not)
		default:
			continue
		}
		none = none || len(list) == 0 && !t.Not
	}
	return w, none
}

func (w *where) in(column string, list []any, not bool) {
	if len(list) == 0 {
		return // all, or none
	}
	word := " IN ("
	if not {
		word = " NOT IN ("
	}
	w.text += " AND " + column + word + strings.TrimSuffix(strings.Repeat("?,", len(list)), ",") + ")"
	w.args = append(w.args, list...)
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
		c.slot(at, severity, n)
	}
	return rows.Err()
}

// namedInAll adds the counts of a whole day by category, rule and agent.
func (c *counting) namedInAll(ctx context.Context, d *day) error {
	return d.look(ctx, func(known *facts) error {
		f, err := d.filter(ctx, &c.q, known)
		if err != nil {
			return err
		}
		for k, n := range known.byName {
			if f.none || !f.match(&fact{category: k.category, rule: k.rule, agent: k.agent, severity: k.severity}) {
				continue
			}
			for i, id := range [3]uint32{k.category, k.rule, k.agent} {
				c.names[i][d.text(int64(id))] += n
			}
		}
		return nil
	})
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
