package state

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// list returns the rows of a query, an empty list where there are none; columns returns where the values of a row go.
func list[T any](ctx context.Context, d *DB, columns func(*T) []any, query string, args ...any) ([]T, error) {
	rows, err := d.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []T{}
	for rows.Next() {
		var x T
		if err := rows.Scan(columns(&x)...); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// pointers returns a list as one of pointers.
func pointers[T any](list []T, err error) ([]*T, error) {
	out := make([]*T, len(list))
	for i := range list {
		out[i] = &list[i]
	}
	return out, err
}

// An instant is a time as the file has it: milliseconds since 1970, 0 for none.
type instant time.Time

func at(t *time.Time) *instant { return (*instant)(t) }

// Scan implements sql.Scanner.
func (t *instant) Scan(v any) error {
	n, ok := v.(int64)
	if !ok {
		return fmt.Errorf("a time is a number, not %T", v)
	}
	*t = instant(fromUnix(n))
	return nil
}

// A document is a value that the file has as JSON.
type document struct{ into any }

// Scan implements sql.Scanner.
func (d document) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("a document is text, not %T", v)
	}
	return json.Unmarshal([]byte(text), d.into)
}
