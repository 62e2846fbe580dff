package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ruleids/ruleids/internal/stateversion"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// schema is that of the file of a day. The key of an alert is its ID, so that its order is that of time. What terms of a query are
// about is apart from the alerts themselves, and has no index: see fact.
const schema = `
CREATE TABLE IF NOT EXISTS name(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, text TEXT NOT NULL, UNIQUE(kind, text));
CREATE TABLE IF NOT EXISTS alert(id INTEGER PRIMARY KEY, severity INTEGER NOT NULL, rule INTEGER NOT NULL, category INTEGER NOT NULL, agent INTEGER NOT NULL, proto INTEGER NOT NULL,
  src BLOB, sport INTEGER NOT NULL, dst BLOB, dport INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS body(id INTEGER PRIMARY KEY, received INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS total(one INTEGER PRIMARY KEY CHECK(one = 1), n INTEGER NOT NULL);
INSERT INTO total(one, n) VALUES(1, 0) ON CONFLICT DO NOTHING;
CREATE TABLE IF NOT EXISTS origin(agent INTEGER NOT NULL, boot INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(agent, boot, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS minute(minute INTEGER NOT NULL, severity INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY(minute, severity)) WITHOUT ROWID;
DROP TABLE IF EXISTS hour; -- of version 2
CREATE TABLE IF NOT EXISTS term(text TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID;
CREATE VIRTUAL TABLE IF NOT EXISTS word USING fts5(text, content='', detail=none, columnsize=0, tokenize="unicode61 remove_diacritics 2 tokenchars '._-'");
`

// former turns the file of a day of version 1 into one of version 2: it had the alerts in one table, with indexes.
const former = `
DROP INDEX alert_rule; DROP INDEX alert_severity; DROP INDEX alert_src; DROP INDEX alert_dst; DROP INDEX alert_agent; DROP INDEX alert_dport;
ALTER TABLE alert RENAME TO old;
` + schema + `
INSERT INTO alert SELECT id, severity, rule, category, agent, proto, src, coalesce(sport, 0), dst, coalesce(dport, 0) FROM old ORDER BY id;
INSERT INTO body SELECT id, received, body FROM old ORDER BY id;
UPDATE total SET n = (SELECT count(*) FROM alert);
CREATE VIRTUAL TABLE vocabulary USING fts5vocab(word, row);
INSERT INTO term SELECT term FROM vocabulary WHERE term NOT GLOB ('*[^' || char(1) || '-' || char(127) || ']*');
DROP TABLE vocabulary; DROP TABLE old; DROP TABLE source; DROP TABLE daysource;
`

// version is that of the schema, as the file has it.
const version = 3

// The kinds of names.
const (
	nameRule = iota
	nameCategory
	nameAgent
	nameProto
	nameOrigin
)

// A day is the file with the alerts of one day, UTC.
type day struct {
	date string
	path string
	db   *sql.DB

	mu    sync.RWMutex
	names [nameOrigin + 1]map[string]int64
	texts map[int64]string

	// Of the writer.
	conn  *sql.Conn
	stmts struct{ name, origin, alert, body, highest, minute, term, word, total *sql.Stmt }
	free  map[ID]ID       // by the first id of a microsecond: one that is likely to be free; of the last few
	terms map[string]bool // of those that the file has

	factsMu sync.RWMutex
	facts   *facts       // nil until they are asked for
	rows    atomic.Int64 // of facts

	users int // of readers; guarded by Store.mu
	used  time.Time
}

// dsn is the name of a database for the driver. FULL has every transaction on the disk before it is answered: an agent
// forgets what it is told is stored.
func dsn(path string) string {
	return "file:" + path + "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=cache_size(-8000)&_pragma=temp_store(MEMORY)&_txlock=immediate"
}

// OpenDB opens a SQLite database as this program uses them: with a write-ahead log that is synced at every commit.
func OpenDB(path string, conns int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	db.SetConnMaxIdleTime(5 * time.Minute)
	return db, nil
}

func openDay(ctx context.Context, path, date string) (*day, error) {
	db, err := OpenDB(path, 4)
	if err != nil {
		return nil, err
	}
	d := &day{date: date, path: path, db: db, texts: map[int64]string{}, free: map[ID]ID{}, terms: map[string]bool{}}
	for i := range d.names {
		d.names[i] = map[string]int64{}
	}
	if err := d.prepare(ctx); err != nil {
		_ = d.close()
		if !errors.Is(err, stateversion.ErrLater) {
			err = fmt.Errorf("%w; where it is damaged, move it away, and the day begins anew", err)
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return d, nil
}

func (d *day) prepare(ctx context.Context) (err error) {
	if d.conn, err = d.db.Conn(ctx); err != nil {
		return err
	}
	if err := d.makeSchema(ctx); err != nil {
		return err
	}
	for _, s := range []struct {
		to   **sql.Stmt
		text string
	}{
		{&d.stmts.name, `INSERT INTO name(kind, text) VALUES(?, ?) ON CONFLICT DO UPDATE SET text = excluded.text RETURNING id`},
		{&d.stmts.origin, `INSERT INTO origin(agent, boot, seq) VALUES(?, ?, ?) ON CONFLICT DO NOTHING`},
		{&d.stmts.alert, `INSERT INTO alert(id, severity, rule, category, agent, proto, src, sport, dst, dport) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`},
		{&d.stmts.body, `INSERT INTO body(id, received, body) VALUES(?, ?, ?)`},
		{&d.stmts.highest, `SELECT max(id) FROM alert WHERE id >= ? AND id < ?`},
		{&d.stmts.minute, `INSERT INTO minute(minute, severity, n) VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n`},
		{&d.stmts.total, `UPDATE total SET n = n + ?`},
		{&d.stmts.term, `INSERT INTO term(text) VALUES(?) ON CONFLICT DO NOTHING`},
		{&d.stmts.word, `INSERT INTO word(rowid, text) VALUES(?, ?)`},
	} {
		if *s.to, err = d.conn.PrepareContext(ctx, s.text); err != nil {
			return err
		}
	}
	return d.loadNames(ctx)
}

// makeSchema makes the tables that are missing.
func (d *day) makeSchema(ctx context.Context) error {
	var has, old int
	if err := d.conn.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&has); err != nil {
		return err
	}
	if err := stateversion.Check("the file of this day", has, version); err != nil {
		return err
	}
	if err := d.conn.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE name = 'daysource'`).Scan(&old); err != nil {
		return err
	}
	text := schema
	if old > 0 {
		text = former
	}
	_, err := d.conn.ExecContext(ctx, fmt.Sprintf("BEGIN IMMEDIATE; %s PRAGMA user_version = %d; COMMIT", text, version))
	if err != nil {
		_, _ = d.conn.ExecContext(ctx, `ROLLBACK`)
	}
	return err
}

func (d *day) loadNames(ctx context.Context) error {
	rows, err := d.conn.QueryContext(ctx, `SELECT id, kind, text FROM name`)
	if err != nil {
		return err
	}
	defer rows.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	for rows.Next() {
		var id int64
		var kind int
		var text string
		if err := rows.Scan(&id, &kind, &text); err != nil {
			return err
		}
		if kind >= 0 && kind < len(d.names) {
			d.names[kind][text] = id
			d.texts[id] = text
		}
	}
	return rows.Err()
}

func (d *day) close() error {
	err := d.dropFacts()
	if d.conn != nil {
		_ = d.conn.Close()
	}
	return errors.Join(err, d.db.Close())
}

// known returns the ids of names; those that the day does not have are left out.
func (d *day) known(kind int, words []string) []int64 {
	d.mu.RLock()
	defer d.mu.RUnlock()
	var out []int64
	for _, w := range words {
		if id, ok := d.names[kind][w]; ok {
			out = append(out, id)
		}
	}
	return out
}

func (d *day) text(id int64) string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.texts[id]
}
