package state

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/ruleids/ruleids/fleet"
)

const loginSchema = `
CREATE TABLE IF NOT EXISTS login(id INTEGER PRIMARY KEY, at INTEGER NOT NULL, agent TEXT NOT NULL, boot INTEGER NOT NULL, seq INTEGER NOT NULL, skipped INTEGER NOT NULL, result TEXT NOT NULL, user TEXT NOT NULL, src TEXT NOT NULL,
  service TEXT NOT NULL, host TEXT NOT NULL, method TEXT NOT NULL, reason TEXT NOT NULL, UNIQUE(agent, boot, seq));
CREATE INDEX IF NOT EXISTS login_at ON login(at);
`

// MaxLogins is how many logins are kept, the newest.
const MaxLogins = 500_000

// AddLogins keeps logins that an agent told of since a start of it. Those that it told before are known by their numbers.
// They stay in this file: other servers of a fleet have those of the agents that are connected to them.
func (d *DB) AddLogins(ctx context.Context, agent string, boot time.Time, list []fleet.Login) error {
	if len(list) == 0 {
		return nil
	}
	tx, err := d.file.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after a commit it does nothing
	var last uint64
	if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(seq), 0) FROM login WHERE agent = ? AND boot = ?`, agent, unix(boot)).Scan(&last); err != nil {
		return err
	}
	for _, l := range list {
		if l.Seq <= last || l.Seq > 1<<62 {
			continue
		}
		r, err := tx.ExecContext(ctx, `INSERT INTO login(at, agent, boot, seq, skipped, result, user, src, service, host, method, reason) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			unix(l.Time), agent, unix(boot), l.Seq, l.Seq-last-1, l.Result, l.User, l.Src, l.Service, l.Host, l.Method, l.Reason)
		if err != nil {
			return err
		}
		last = l.Seq
		if id, err := r.LastInsertId(); err == nil && id%1000 == 0 {
			if _, err := tx.ExecContext(ctx, `DELETE FROM login WHERE id <= ?`, id-MaxLogins); err != nil {
				return err
			}
		}
	}
	return tx.Commit()
}

// A KeptLogin is a login, and who told of it.
type KeptLogin struct {
	Agent string `json:"agent"` // its identity
	fleet.Login
}

// A LoginQuery asks for logins in [Since, Until) of whose texts one holds Text, whatever its case.
type LoginQuery struct {
	Since, Until time.Time
	Text         string
}

func (q *LoginQuery) where() (string, []any) {
	text, args := "at >= ? AND at < ?", []any{unix(q.Since), unix(q.Until)}
	if q.Text != "" {
		like := "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(q.Text) + "%"
		var parts []string
		for _, c := range []string{"user", "src", "service", "host", "method", "reason", "result"} {
			parts, args = append(parts, c+` LIKE ? ESCAPE '\'`), append(args, like)
		}
		text += " AND (" + strings.Join(parts, " OR ") + ")"
	}
	return text, args
}

// Logins returns the newest logins of a query.
func (d *DB) Logins(ctx context.Context, q *LoginQuery, limit int) ([]KeptLogin, error) {
	where, args := q.where()
	return list(ctx, d, func(l *KeptLogin) []any {
		return []any{at(&l.Time), &l.Agent, &l.Seq, &l.Result, &l.User, &l.Src, &l.Service, &l.Host, &l.Method, &l.Reason}
	}, `SELECT at, agent, seq, result, user, src, service, host, method, reason FROM login WHERE `+where+` ORDER BY at DESC, id DESC LIMIT ?`, append(args, limit)...)
}

// LoginCounts are counts of the logins of a query.
type LoginCounts struct {
	Total    map[string]int `json:"total"`    // by result
	Untold   int            `json:"untold"`   // of which agents told no more than that there were so many
	Users    []LoginCount   `json:"users"`    // of failures, the largest count first
	Sources  []LoginCount   `json:"sources"`  // addresses of failures
	Timeline []LoginSlot    `json:"timeline"` // without gaps
	Step     float64        `json:"step_seconds"`
}

// A LoginCount is how many failures there were of a user or an address.
type LoginCount struct {
	Name  string `json:"name"`
	Count int    `json:"count"`
}

// A LoginSlot is the logins of one step of a timeline.
type LoginSlot struct {
	Time    time.Time `json:"time"`
	Success int       `json:"success"`
	Failure int       `json:"failure"`
}

// CountLogins counts the logins of a query, by steps of time.
func (d *DB) CountLogins(ctx context.Context, q *LoginQuery, step time.Duration, top int) (*LoginCounts, error) {
	where, args := q.where()
	out := &LoginCounts{Total: map[string]int{"success": 0, "failure": 0, "probe": 0}, Users: []LoginCount{}, Sources: []LoginCount{}, Timeline: []LoginSlot{}, Step: step.Seconds()}
	var errs []error
	each := func(query string, more []any, row func(name any, n, skipped int64)) {
		type counted struct {
			name       any
			n, skipped int64
		}
		rows, err := list(ctx, d, func(c *counted) []any { return []any{&c.name, &c.n, &c.skipped} }, query, append(args[:len(args):len(args)], more...)...)
		errs = append(errs, err)
		for _, c := range rows {
			row(c.name, c.n, c.skipped)
		}
	}
	each(`SELECT result, count(*), sum(skipped) FROM login WHERE `+where+` GROUP BY result`, nil, func(name any, n, skipped int64) {
		text, _ := name.(string)
		out.Total[text] += int(n)
		out.Untold += int(skipped)
	})
	for _, by := range []struct {
		column string
		to     *[]LoginCount
	}{{"user", &out.Users}, {"src", &out.Sources}} {
		each(`SELECT `+by.column+`, count(*) AS n, 0 FROM login WHERE `+where+` AND result = 'failure' AND `+by.column+` != '' GROUP BY 1 ORDER BY n DESC, 1 LIMIT ?`, []any{top}, func(name any, n, _ int64) {
			text, _ := name.(string)
			*by.to = append(*by.to, LoginCount{text, int(n)})
		})
	}
	first := q.Since.UTC().Truncate(step)
	for t := first; t.Before(q.Until); t = t.Add(step) {
		out.Timeline = append(out.Timeline, LoginSlot{Time: t})
	}
	for result, add := range map[string]func(*LoginSlot, int){"success": func(s *LoginSlot, n int) { s.Success += n }, "failure": func(s *LoginSlot, n int) { s.Failure += n }} {
		query, more := `SELECT (at - ?) / ?, count(*), 0 FROM login WHERE `+where+` AND result = ? GROUP BY 1`, []any{result}
		saved := args
		args = append([]any{unix(first), step.Milliseconds()}, args...)
		each(query, more, func(at any, n, _ int64) {
			if i, ok := at.(int64); ok && i >= 0 && int(i) < len(out.Timeline) {
				add(&out.Timeline[i], int(n))
			}
		})
		args = saved
	}
	return out, errors.Join(errs...)
}
