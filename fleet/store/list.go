package store

import (
	"context"
	"database/sql"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/ruleids/ruleids/fleet/query"
)

// span returns the ids [from, to) of a query and the dates of the first and the last day that it may be on.
func span(q *query.Query) (from, to ID, first, last string) {
	from, to, first, last = 0, math.MaxInt64, "0000", "9999"
	if !q.Since.IsZero() {
		from, first = firstAt(q.Since), q.Since.UTC().Format(dayForm)
	}
	if !q.Until.IsZero() {
		to, last = firstAt(q.Until), q.Until.UTC().Format(dayForm)
	}
	return from, to, first, last
}

// between returns the days that there are from first to last, the newest first.
func (s *Store) between(first, last string) ([]string, error) {
	all, err := s.files()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, f := range all {
		if f.date >= first && f.date <= last {
			out = append(out, f.date)
		}
	}
	return out, nil
}

// List returns the newest alerts of a query that are older than before (0: the newest of all), the newest first, at most
// limit. next is what to give as before for those that follow; 0 where there are none.
func (s *Store) List(ctx context.Context, q *query.Query, before ID, limit int) (out []*Stored, next ID, err error) {
	from, to, first, last := span(q)
	if before > 0 && before < to {
		to, last = before, min(last, before.Time().Format(dayForm))
	}
	dates, err := s.between(first, last)
	if err != nil {
		return nil, 0, err
	}
	for _, date := range dates {
		if len(out) > limit {
			break
		}
		err := s.read(ctx, date, func(d *day) error {
			ids, err := d.list(ctx, q, from, to, limit+1-len(out))
			if err != nil {
				return err
			}
			list, err := d.bodies(ctx, ids)
			out = append(out, list...)
			return err
		})
		if err != nil {
			return nil, 0, err
		}
	}
	if len(out) > limit {
		out = out[:limit]
		next = out[limit-1].ID
	}
	return out, next, nil
}

// list returns the newest ids of a query in [from, to), at most limit.
func (d *day) list(ctx context.Context, q *query.Query, from, to ID, limit int) (ids []any, err error) {
	err = d.walk(ctx, q, from, to, func(x *fact) bool {
		ids = append(ids, int64(x.id))
		return len(ids) < limit
	})
	return ids, err
}

// atOnce is how many alerts are fetched by one statement.
const atOnce = 500

// bodies returns the alerts with ids, which are in descending order.
func (d *day) bodies(ctx context.Context, ids []any) (out []*Stored, err error) {
	for part := range slices.Chunk(ids, atOnce) {
		marks := strings.TrimSuffix(strings.Repeat("?,", len(part)), ",")
		rows, err := d.db.QueryContext(ctx, "SELECT b.id, b.received, a.agent, b.body FROM body b JOIN alert a ON a.id = b.id WHERE b.id IN ("+marks+") ORDER BY b.id DESC", part...)
		if err != nil {
			return nil, err
		}
		list, err := d.stored(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

func (d *day) stored(rows *sql.Rows) (out []*Stored, err error) {
	defer rows.Close()
	for rows.Next() {
		x := &Stored{}
		var received, agent int64
		if err := rows.Scan((*int64)(&x.ID), &received, &agent, &x.Body); err != nil {
			return nil, err
		}
		x.Received, x.Agent = time.UnixMicro(received).UTC(), d.text(agent)
		out = append(out, x)
	}
	return out, rows.Err()
}

// Get returns one alert; nil where there is none.
func (s *Store) Get(ctx context.Context, id ID) (out *Stored, err error) {
	err = s.read(ctx, id.Time().Format(dayForm), func(d *day) error {
		list, err := d.bodies(ctx, []any{int64(id)})
		if len(list) > 0 {
			out = list[0]
		}
		return err
	})
	return out, err
}

// read calls f with a day, where there is one.
func (s *Store) read(ctx context.Context, date string, f func(*day) error) error {
	d, err := s.open(ctx, date, false)
	if err != nil || d == nil {
		return err
	}
	defer s.leave(d)
	return f(d)
}
